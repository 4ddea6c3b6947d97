"""The `clean` and `holdout` sections of a recipe."""

from pydantic import Field

from tasks.records import Section


class CleanSettings(Section):
    """Which texts are kept. Lengths are in characters, after normalising."""

    min_chars: int = Field(default=1, ge=1)
    """Shorter texts are dropped."""
    max_chars: int = Field(default=20_000, ge=1)
    """Longer texts are dropped."""


class HoldoutSettings(Section):
    """How much is kept aside to measure on; chosen by hash of the text, so the same for every mix."""

    share: float = Field(default=0.1, gt=0, lt=1)
    """Expected share of each source's rows."""
