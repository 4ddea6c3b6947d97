"""What counts as a near duplicate."""

from pydantic import Field

from tasks.core.records import Section


class NearSettings(Section):
    """Rows with a Jaccard of `threshold` or more are near duplicates; the survivor is the one of the earlier source."""

    threshold: float = Field(default=0.8, ge=0.1, le=1)
    """Shared shingles / all shingles of two texts."""
    words: int = Field(default=5, ge=1, le=10_000)
    """Words in one shingle."""
    permutations: int = Field(default=128, ge=8, le=1024)
    """Length of a MinHash signature: more find more of the pairs near the threshold and cost more time."""
