"""The `compare` section of a recipe, without its arms, and the names that arms have by themselves."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.core.records import Section
from tasks.core.references import JudgeName

RECIPE, UNIFORM, PROPORTIONAL, LEARNED = "recipe", "uniform", "proportional", "learned"
TARGET, CONCATENATED, SINGLES = "target", "concatenated", "singles"
ALL_ROWS = "all-rows"
"""The proportional mix of every row, whatever the others' budget."""
UNAUGMENTED, OWN_LABELS = "unaugmented", "own-labels"
WITHOUT = {
    UNAUGMENTED: "the rows that `augment` makes",
    OWN_LABELS: "the sources that the run labels itself",
}
"""Arms that are the recipe's mix without something, and what that is."""
ARMS = (RECIPE, UNIFORM, PROPORTIONAL, LEARNED, TARGET, CONCATENATED, SINGLES, ALL_ROWS, *WITHOUT)
"""Arms that every recipe has, and short names for some; no other arm may be called so."""
ONLY = "only-"
"""What the name of a source alone begins with."""


class CompareSettings(Section):
    """How mixes are compared by `cuvee compare`."""

    target: JudgeName | None = None
    """Source whose hold-out decides, or evaluation set that does; by default the mean over the hold-outs of all sources
    does."""
    seeds: int = Field(default=5, ge=1, le=100)
    """Trials of every mix: rows, order and start of the model hang on the seed. A claim needs 3."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Share of intervals that hold the true difference; of those of one question, the share of times that all do."""
    margin: float = Field(default=0.01, ge=0)
    """Difference at home that matters to nobody: .01 is one point of accuracy, or 1 % of a perplexity."""
    resamples: int = Field(default=2_000, ge=100, le=1_000_000)
    """Bootstrap replicates behind an interval."""
    values: tuple[Literal["leave-one-out", "add-one", "shapley"], ...] = ("leave-one-out", "shapley", "add-one")
    """What is asked of each source's worth, in this order; `[]` for nothing."""
    shapley: Literal["auto", "trials", "ensemble"] = "auto"
    """What sets of sources are worth: `trials` of their mixes (all sets to 6 sources, above that those of 24 orders
    drawn), or the likelihood of an `ensemble` of one model per source, for which nothing more is trained and which says
    less; `auto` = trials, but an ensemble where `trials.full` would train more than 4 sources' sets."""
    sizes: tuple[Annotated[int, Field(ge=1, le=10**12)], ...] = ()
    """Budgets, in `mix.unit`, under which every mix is tried, too, drawn from the whole pool and repeating no row: a
    learning curve each, up to the largest or to where its rows are used up."""
    minutes: float | None = Field(default=None, gt=0)
    """After so many minutes no further trial begins; the report says what is left out."""
