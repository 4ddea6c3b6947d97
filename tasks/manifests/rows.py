"""What products that hold rows say of themselves: a source as it was read, and as it was cleaned."""

from typing import Literal

from tasks.core.layout import Layout
from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Facts


class RowsFacts(Facts):
    """What every product that holds rows says."""

    layout: Layout | None = None
    """What a row holds; None in products made before layouts were written down."""


class SnapshotFacts(RowsFacts):
    """What a source says that was read, and one that was cleaned."""

    media: Literal["image", "audio"] | None = None
    """What stands beside the texts."""


class CleanedFacts(SnapshotFacts):
    """What a cleaned source says."""

    dropped: tuple[Dropped, ...] = ()
    """What each step after cleaning dropped."""
