"""What a plan says: what was asked of each source and what it got."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.core.errors import RecipeError
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
    loss_weight: float | None = None
    """How much a row of the source counts in the loss of training, where not every row counts 1; see
    `loss_weights_of`."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Fingerprints of receipts without them are older than the fields.
        later = {"labelled", "augmented", "loss_weight"}
        return {name: value for name, value in dump(self).items() if value not in (None, {}) or name not in later}

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


class WeightReading(Section):
    """What one source is of a mix, in every way to say it."""

    source: str
    asked: float
    """Share asked for, in the recipe's unit."""
    rows: float
    tokens: float
    compute: float
    """Shares of the mix, 0..1."""
    positions: int
    """That a model reads of it, going through the mix once."""
    epochs: float
    """How often the mix holds each of its rows."""
    seen: float
    """The same with the epochs of training."""


def with_training(rows: Iterable[ReceiptRow], epochs: float, cut: str = "") -> tuple[ReceiptRow, ...]:
    """Count the trainer's epochs in.

    Args:
        cut: says that the training was cut, as a sentence goes on.
    """
    seen = ((row, row.rows / row.available * epochs if row.available else 0.0) for row in rows)
    told = f"; training {cut}" * bool(cut)
    return tuple(row.model_copy(update={"epochs": round(often, 4), "reason": row.reason + told}) for row, often in seen)


def loss_weights_of(rows: Sequence[ReceiptRow], weights: Mapping[str, float]) -> dict[str, float]:
    """Say how much a row of each source counts in the loss of training, apart from how many rows it gives.

    A source with weight λ_i (1 where none is said) that has n_i of the rows, made ones included, counts
    w_i = λ_i · Σ n_j / Σ n_j λ_j, so that the mean over the rows of an expected batch is 1 and the learning rate means
    what it does without; the loss of a step is Σ w ℓ / Σ t over its rows, with the loss ℓ of a row and its t targets.
    Under equal weights, and where nothing is planned, nothing is said.

    Raises:
        RecipeError: no row would count.
    """
    given = _rows_of(rows)
    asked = {name: weights.get(name, 1.0) for name, count in given.items() if count}
    if (len({*asked.values()}) < 2 and any(asked.values())) or not asked:
        return {}
    mean = math.fsum(given[name] * weight for name, weight in asked.items()) / sum(given.values())
    if not mean:
        raise RecipeError(
            f"mix.loss_weights: {', '.join(asked)} {'has' if len(asked) == 1 else 'have'} all rows of the mix and "
            "weight 0, so that nothing would be learned; give one of them a weight above 0"
        )
    return {name: weight / mean for name, weight in asked.items()}


def with_loss_weights(rows: Sequence[ReceiptRow], weights: Mapping[str, float]) -> tuple[ReceiptRow, ...]:
    """Say how much a row of each source counts in the loss, and how much of it all of them are; see
    `loss_weights_of`.
    """
    weighed, given = loss_weights_of(rows, weights), _rows_of(rows)
    return tuple(
        row.model_copy(
            update={
                "loss_weight": (weight := weighed[row.source]),
                "reason": f"{row.reason}; a row counts {weight:.3g} in the loss, all of them "
                f"{100 * weight * given[row.source] / sum(given.values()):.3g} % of it",
            }
        )
        if row.source in weighed
        else row
        for row in rows
    )


def _rows_of(rows: Sequence[ReceiptRow]) -> dict[str, int]:
    return {row.source: row.rows + sum(row.augmented.values()) for row in rows}


def with_drawn(rows: Sequence[ReceiptRow], drawn: Mapping[str, int] | None) -> tuple[ReceiptRow, ...]:
    """Say that each epoch draws its rows anew.

    Args:
        drawn: different rows that training saw of each source; None before it has.
    """
    return tuple(
        row.model_copy(
            update={
                "reason": f"{row.reason}; each epoch draws anew"
                + ("" if drawn is None else f", {drawn.get(row.source, 0):,} different rows in all")
            }
        )
        if row.rows
        else row
        for row in rows
    )


class PlanFacts(Facts):
    """What a plan says: what each source gives. What it was asked for and changes no row is no part of it, so that the
    same rows in the same order are the same mix.
    """

    sources: tuple[str, ...]
    """By their numbers in the plan."""
    receipt: tuple[ReceiptRow, ...]
    seed: int
    unit: str
