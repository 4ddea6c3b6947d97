"""The `holdout` section of a recipe."""

from typing import Annotated

from pydantic import Field

from tasks.core.records import Section
from tasks.core.references import SourceName


class HoldoutSettings(Section):
    """How much is kept aside to measure on; chosen by hash of the text, so the same for every mix."""

    share: float = Field(default=0.1, gt=0, lt=1)
    """Expected share of each source's rows."""
    shares: dict[SourceName, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    """Source -> expected share of its rows, where it differs: more of a small source that mixes are judged by."""

    def of(self, source: str) -> float:
        """Give the share of one source."""
        return self.shares.get(source, self.share)
