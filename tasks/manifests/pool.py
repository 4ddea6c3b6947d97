"""What a pool of cleaned rows, and a mix of them, say of themselves."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.manifests.augmented import Augmented
from tasks.manifests.dropped import Dropped
from tasks.manifests.labelled import Labelled
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.rows import RowsFacts


class PoolFacts(RowsFacts):
    """What a pool says of itself."""

    media: dict[str, str] = Field(default_factory=dict)
    """Source -> `image` or `audio`, of those that have any."""
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped on the way to it, in their order."""
    labelled: Labelled | None = None
    """What the run labelled itself."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Fingerprints of pools without it are older than the field.
        return {name: value for name, value in dump(self).items() if value or name != "labelled"}


class MixFacts(RowsFacts):
    """What a mix says of itself."""

    receipt: tuple[ReceiptRow, ...]
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped on the way to its pool."""
    labelled: Labelled | None = None
    """What the run labelled itself."""
    augmented: tuple[Augmented, ...] = ()
    """What each way of making rows from the mix's own has made; the receipt's rows are the mix's own alone."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Fingerprints of mixes without them are older than the fields.
        later = {"labelled", "augmented"}
        return {name: value for name, value in dump(self).items() if value or name not in later}
