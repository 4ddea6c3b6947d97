"""What a comparison says: the record that `cuvee compare` leaves in the store, and how its numbers are written.

Every score is made so that more is better: the accuracy, or minus the loss in nats per token. Differences are of such
    scores.
"""

import math
from typing import Any, Literal

from pydantic import ConfigDict, Field

from tasks.core.records import Section
from tasks.store.runs import RunStart

Metric = Literal["accuracy", "perplexity"]
Outcome = Literal["gain", "loss", "none", "no claim"]


def score_text(metric: Metric, score: float) -> str:
    """Write a score: `80.4 %`, or a perplexity."""
    return f"{100 * score:.1f} %" if metric == "accuracy" else f"perplexity {math.exp(-score):,.2f}"


def gain_text(metric: Metric, gain: float) -> str:
    """Write a difference of scores, more is better: `+1.2 points`, or by how much the perplexity falls."""
    if metric == "accuracy":
        return f"{100 * gain:+.1f} points".replace("-", "−")
    return f"{100 * math.expm1(-gain):+.1f} % perplexity".replace("-", "−")


def range_text(metric: Metric, low: float, high: float) -> str:
    """Write an interval of differences."""
    if metric == "accuracy":
        return f"{100 * low:+.1f} to {100 * high:+.1f}".replace("-", "−")
    return f"{100 * math.expm1(-low):+.1f} to {100 * math.expm1(-high):+.1f} %".replace("-", "−")


class Arm(Section):
    """One of the mixes compared."""

    name: str
    kind: Literal["source", "mix"]
    """One source alone, or several together."""
    also: tuple[str, ...] = ()
    """Other names of the same mix."""
    shares: dict[str, float] = Field(default_factory=dict)
    """Of every source, in the recipe's unit; empty when they could not be settled."""
    seeds: int = 0
    """Trials that came to an end."""
    error: str | None = None
    """What stopped it."""
    score: float | None = None
    """Mean over the seeds, more is better."""
    low: float | None = None
    high: float | None = None
    """Interval of the score, over seeds and rows."""
    sd: float | None = None
    """Standard deviation over the seeds."""
    by_source: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Source -> `score`, `macro_f1`, `loss` (nats a row, or a token), means over the seeds; and `all`, what is judged
    on."""
    epochs: dict[str, float] = Field(default_factory=dict)
    """Source -> how often each of its rows stands in the mix."""


class Contrast(Section):
    """The difference of two arms: the first minus the second."""

    first: str
    second: str
    estimate: float
    low: float
    high: float
    """Interval over seeds and rows (hierarchical bootstrap)."""
    p: float
    holm: float
    """p corrected for the other comparisons of the same question (Holm)."""
    detectable: float
    """Least difference that would have been seen four times in five."""
    seeds: int
    over_seeds: dict[str, Any] | None = None
    """Paired t over the seeds alone."""
    over_rows: tuple[float, float] | None = None
    """BCa interval over the rows alone, seeds as they are."""
    mcnemar: dict[str, Any] | None = None
    """Exact test of the two models of the middle seed."""
    outcome: Outcome


class Estimate(Section):
    """A value with its interval."""

    estimate: float
    low: float
    high: float


class Worth(Section):
    """What one source is worth to the recipe's mix."""

    source: str
    share: float
    leave_one_out: Estimate | None = None
    """Score of the recipe's mix minus its score without the source, the others taking its place."""
    add_one: Estimate | None = None
    """What adding the source to the target, or on average to each other source, brings."""
    shapley: Estimate | None = None
    """Its share of what all sources together bring over answering with the commonest label."""
    word: Literal["pays", "redundant", "drop", "cannot tell"] = "cannot tell"
    trials: dict[str, int] = Field(default_factory=dict)
    """Value -> trials behind it, those shared with other values included."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """Value -> what these trials took, whenever they were run."""


class Comparison(RunStart):
    """Everything that one comparison says; `comparisons/<name>/<run>/comparison.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    finished: str
    seconds: float
    metric: Metric
    target: str | None
    judged: dict[str, int]
    """Source -> hold-out rows that are judged on."""
    budget: dict[str, Any]
    """The same for every arm: `size` and `unit` of a mix, `learner`, `steps`, `share` of the pool drawn from, `seeds`
    wanted."""
    confidence: float
    arms: tuple[Arm, ...]
    contrasts: tuple[Contrast, ...]
    worth: tuple[Worth, ...] = ()
    shapley: dict[str, Any] = Field(default_factory=dict)
    """How the Shapley values were made: `on`, `how`, `orders`, `sum`, `whole`, `nothing`."""
    outcome: Outcome
    """Of the recipe's mix over the best single source."""
    sentence: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """What there was no time for, or could not be done."""
    trials: dict[str, Any]
    """`run`, `cached`, `failed`, and the `seconds` of all of them."""
    uri: str = ""
    report: str = ""


def comparison_folder(start: RunStart) -> str:
    """Give the folder of a comparison, relative to the store."""
    return f"comparisons/{start.name}/{start.run}"
