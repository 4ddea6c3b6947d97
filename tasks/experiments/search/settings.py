"""The `search` section of a recipe."""

from pydantic import Field

from tasks.core.records import Section
from tasks.core.references import JudgeName


class SearchSettings(Section):
    """How `cuvee search` looks for weights."""

    target: JudgeName | None = None
    """Source or evaluation set that the mix is to be good for, by its hold-out or its rows; by default all sources,
    each counting the same."""
    trials: int | None = Field(default=None, ge=1, le=100_000)
    """Most mixes that are tried, confirming runs not counted; by default six for each source and at least 20."""
    rounds: int = Field(default=2, ge=2, le=1_000)
    """Rounds of trials; each after the first looks around the best mix that the ones before have taught."""
    minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """No trial begins later than this after the first; the confirming runs follow. By default only `trials` ends it."""
    seeds: int = Field(default=5, ge=3, le=1_000)
    """Seeds of the confirming runs of each mix."""

    def most_trials(self, sources: int) -> int:
        """Give the number of trials for so many sources."""
        return self.trials or max(20, 6 * sources)
