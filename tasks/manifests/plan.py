"""What a plan says: what was asked of each source and what it got."""

from typing import Literal, Self

from pydantic import Field

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
    """How often each row of the source is seen in all, the trainer's epochs included."""
    dropped: dict[str, int] = Field(default_factory=dict)

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


class PlanFacts(Facts):
    """What a plan says: what was asked for, and what each source gives."""

    sources: tuple[str, ...]
    """By their numbers in the plan."""
    receipt: tuple[ReceiptRow, ...]
    seed: int
    unit: str
    size: int | Literal["all"]
    max_epochs: float
    on_cap: str
    trainer_epochs: float
