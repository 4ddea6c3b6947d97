"""What is said of the worth of each source, in the record of a comparison."""

from typing import Literal

from pydantic import Field

from tasks.core.records import Section


class Correction(Section):
    """How an interval is widened for being looked at beside others."""

    method: Literal["none", "intersection-union", "Bonferroni", "max-T"] = "none"
    """`intersection-union`: all of them must be there for anything to be said, so that nothing is widened."""
    of: int = 1
    """How many there are, this one included."""


class Estimate(Section):
    """A value with its interval."""

    estimate: float
    low: float
    high: float
    rows: int = 0
    """Hold-out rows behind it; 0 in comparisons that did not write it down."""
    seeds: int = 0
    correction: Correction = Correction()
    """Of the interval."""


Value = Literal["leave_one_out", "elsewhere", "home", "add_one", "shapley", "shapley_elsewhere"]
Word = Literal["pays", "pays at home", "redundant", "drop", "cannot tell"]


class SourceValue(Section):
    """What one source is worth to the recipe's mix."""

    source: str
    share: float
    leave_one_out: Estimate | None = None
    """Score of the recipe's mix minus its score without the source, the others taking its place; on all that is judged
    on."""
    elsewhere: Estimate | None = None
    """The same on the hold-outs of the other sources alone; None where a target is named."""
    home: Estimate | None = None
    """The same on the source's own hold-out."""
    add_one: Estimate | None = None
    """What adding the source to the target, or on average to each other source, brings."""
    shapley: Estimate | None = None
    """Its share of what all sources together bring over answering with the commonest label."""
    shapley_elsewhere: Estimate | None = None
    """The same on the hold-outs of the other sources alone."""
    agreement: Estimate | None = None
    """By how much models of the other sources give its labels more often than chance: below 0 they contradict them."""
    word: Word = "cannot tell"
    wanting: float | None = None
    """Where nothing can be told: how many times as many seeds and hold-out rows would show that a source worth nothing
    is redundant."""
    trials: dict[str, int] = Field(default_factory=dict)
    """Value -> trials behind it, those shared with other values included."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """Value -> what these trials took, whenever they were run."""


class SpareSources(Section):
    """The largest set of redundant sources that may be left out together."""

    of: tuple[str, ...]
    """The redundant ones."""
    tried: int
    """Sets of them whose mix was tried."""
    sources: tuple[str, ...] = ()
    """Of the largest such set; empty where no set was shown to be one."""
    cost: Estimate | None = None


class ShapleyNote(Section):
    """How the Shapley values were made."""

    on: Literal["trials", "ensemble"] = "trials"
    """What a set of sources is worth: by trials of its mix, or by an ensemble of one model per source."""
    orders: int = 0
    """Orders that the values are the mean over; 0 for a sum over all sets."""
    wanted: int = 0
    """Orders asked for."""
    coalitions: int = 0
    """Sets of sources that count; 0 where there are no values."""
    drawn: bool = False
    """Whether the orders are only some of all."""
    sum: float = 0.0
    whole: float = 0.0
    nothing: float = 0.0
    """Sum of the values, and what it must equal: the score of all sources minus that of a model that learned
    nothing."""
