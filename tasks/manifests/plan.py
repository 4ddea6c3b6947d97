"""What a plan says: what was asked of each source and what it got."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.core.records import Section
from tasks.manifests.manifest import Facts


class ReceiptRow(Section):
    """What was asked of one source and what it got."""

    source: str
    requested: float
    """Share asked for, in the recipe's unit."""
    weight: float
    """Share used after checks, caps and normalising, in the recipe's unit."""
    reason: str = ""
    """Where the weight comes from."""
    available: int
    rows: int
    share_rows: float
    tokens: int
    share_tokens: float
    epochs: float
    """How often each row of the source is seen: in a plan and its mix, which hang on no training, by going through the
    mix once; wherever a run is told of, the trainer's epochs included."""
    dropped: dict[str, int] = Field(default_factory=dict)
    labelled: dict[str, int] = Field(default_factory=dict)
    """Of a source without labels of its own: rule, or `teacher` -> rows that it labelled."""
    augmented: dict[str, int] = Field(default_factory=dict)
    """Way of augmentation -> rows that were made from the source's; they are not among `rows`."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Fingerprints of receipts without them are older than the fields.
        later = {"labelled", "augmented"}
        return {name: value for name, value in dump(self).items() if value or name not in later}

    @classmethod
    def left_out(cls, source: str, requested: float, reason: str) -> Self:
        """Make the line of a source of which nothing is in the mix."""
        nothing = {
            "weight": 0.0,
            "available": 0,
            "rows": 0,
            "share_rows": 0.0,
            "tokens": 0,
            "share_tokens": 0.0,
            "epochs": 0.0,
        }
        return cls.model_validate({"source": source, "requested": requested, "reason": reason} | nothing)


def with_training(rows: Iterable[ReceiptRow], epochs: float, cut: str = "") -> tuple[ReceiptRow, ...]:
    """Count the trainer's epochs in.

    Args:
        cut: says that the training was cut, as a sentence goes on.
    """
    seen = ((row, row.rows / row.available * epochs if row.available else 0.0) for row in rows)
    told = f"; training {cut}" * bool(cut)
    return tuple(row.model_copy(update={"epochs": round(often, 4), "reason": row.reason + told}) for row, often in seen)


class PlanFacts(Facts):
    """What a plan says: what each source gives. What it was asked for and changes no row is no part of it, so that the
    same rows in the same order are the same mix.
    """

    sources: tuple[str, ...]
    """By their numbers in the plan."""
    receipt: tuple[ReceiptRow, ...]
    seed: int
    unit: str
