"""What a training says of its model."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.core.records import Section, said
from tasks.manifests.manifest import Facts


class WeightsAt(Section):
    """The weights in force from an optimiser step on."""

    step: int
    weights: dict[str, float]


class OnlineFacts(Section):
    """How weights went that changed while training."""

    kind: str
    path: tuple[WeightsAt, ...]
    shares: dict[str, float]
    """Source -> share of all rows drawn."""
    epochs: dict[str, float]
    """Source -> how often its rows were seen."""
    probe_rows: int
    """Rows set aside to measure on."""


class ModelFacts(Facts):
    """What a training says of its model."""

    steps: int
    kept: int | None = None
    """The step whose weights these are, where it was chosen by the validation rows; else the last one."""
    planned: int | None = None
    """Steps that there were to be, where the time limit cut the training."""
    epochs: float
    """How often it went through the mix; a training that was cut, how far it came."""
    examples: int
    """What it read a row as, of all epochs together where each drew its own."""
    tokens: int
    truncated: int
    """Examples that were cut."""
    parameters: int
    learning: int | None = None
    """How many of them learned, or of their updates, where not all did."""
    max_tokens: int
    architecture: str
    accumulate: int
    """Micro-batches per optimiser step."""
    start: tuple[str, ...]
    """Files of the model that it started from; empty where it was built."""
    drawn: dict[str, int] = Field(default_factory=dict)
    """Source -> how many different rows it saw, where each epoch drew its own."""
    online: OnlineFacts | None = None

    @property
    def cut(self) -> str:
        """Say that the time limit cut the training, as a sentence goes on; nothing where it did not."""
        return f"cut by its time limit at step {self.steps:,} of {self.planned:,}" if self.planned else ""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return said(dump(self))
