"""The `holdout` section of a recipe."""

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import Field

from tasks.core.records import Section
from tasks.core.references import SourceName

FEWEST_OF_A_SOURCE, FEWEST_IN_ALL = 100, 50
"""Rows of a source that gives some for validation, and rows that a checkpoint can be chosen by."""


class HoldoutSettings(Section):
    """How much is kept aside to measure on; chosen by hash of the text, so the same for every mix."""

    share: float = Field(default=0.1, gt=0, lt=1)
    """Expected share of each source's rows."""
    shares: dict[SourceName, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    """Source -> expected share of its rows, where it differs: more of a small source that mixes are judged by."""

    validation: float = Field(default=0.05, ge=0, lt=1)
    """Expected share of the other rows of each source by which the best checkpoint is chosen; 0 keeps the last one. A
    source of fewer than 100 rows gives none, nor does any where fewer than 50 are expected in all."""

    def of(self, source: str) -> float:
        """Give the share of one source."""
        return self.shares.get(source, self.share)

    def shares_of(self, rows: Mapping[str, int], unlabelled: Collection[str] = ()) -> list[tuple[float, float]]:
        """Give the expected shares of each source's rows that are kept aside to measure on, and to choose the
        checkpoint by.

        Args:
            rows: source -> its rows.
            unlabelled: sources whose labels the run makes itself: nothing is measured by them.
        """
        rows = {source: count * (source not in unlabelled) for source, count in rows.items()}
        given = {source: self.validation * (1 - self.of(source)) for source in rows}
        given = {source: share * (rows[source] >= FEWEST_OF_A_SOURCE) for source, share in given.items()}
        enough = sum(given[source] * rows[source] for source in rows) >= FEWEST_IN_ALL
        return [(self.of(source) * (source not in unlabelled), given[source] * enough) for source in rows]
