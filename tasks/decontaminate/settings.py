"""What counts as text that stands elsewhere."""

from pydantic import Field

from tasks.core.records import Section
from tasks.similarity.settings import NearSettings


class OverlapSettings(Section):
    """Which training rows repeat the hold-out or a benchmark: by runs of words they share, or as near duplicates."""

    words: int = Field(default=13, ge=1, le=10_000)
    """Words in a run that must not be shared; a shorter text is compared as a whole."""
    share: float = Field(default=0, ge=0, le=1)
    """Least part of a benchmark row's runs that a training row must share to go; 0 = one run is enough."""
    near: NearSettings | None = NearSettings()
    """What counts as a near duplicate of a benchmark row; null looks at runs of words only."""
