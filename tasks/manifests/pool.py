"""What a pool of cleaned rows, and a mix of them, say of themselves."""

from pydantic import Field

from tasks.manifests.dropped import Dropped
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.rows import RowsFacts


class PoolFacts(RowsFacts):
    """What a pool says of itself."""

    media: dict[str, str] = Field(default_factory=dict)
    """Source -> `image` or `audio`, of those that have any."""
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped on the way to it, in their order."""


class MixFacts(RowsFacts):
    """What a mix says of itself."""

    receipt: tuple[ReceiptRow, ...]
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped on the way to its pool."""
