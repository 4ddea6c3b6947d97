"""What a pool of cleaned rows says of itself."""

from pydantic import Field

from tasks.core.layout import Layout
from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Facts


class PoolFacts(Facts):
    """What a pool says of itself."""

    layout: Layout | None = None
    """What a row holds; None in pools made before layouts were written down."""
    media: dict[str, str] = Field(default_factory=dict)
    """Source -> `image` or `audio`, of those that have any."""
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped on the way to it, in their order."""
