"""What counts as a near duplicate, and what as text that stands elsewhere."""

from pydantic import Field

from tasks.records import Section


class NearSettings(Section):
    """Rows with a Jaccard of `threshold` or more are near duplicates; the survivor is the one of the earlier source."""

    threshold: float = Field(default=0.8, ge=0.1, le=1)
    """Shared shingles / all shingles of two texts."""
    words: int = Field(default=5, ge=1)
    """Words in one shingle."""
    permutations: int = Field(default=128, ge=8, le=1024)
    """Length of a MinHash signature: more find more of the pairs near the threshold and cost more time."""


class OverlapSettings(Section):
    """Which training rows repeat the hold-out or a benchmark: by runs of words they share, or as near duplicates."""

    words: int = Field(default=13, ge=1)
    """Words in a run that must not be shared; a shorter text is compared as a whole."""
    share: float = Field(default=0, ge=0, le=1)
    """Least part of a benchmark row's runs that a training row must share to go; 0 = one run is enough."""
    near: NearSettings | None = NearSettings()
    """What counts as a near duplicate of a benchmark row; null looks at runs of words only."""
