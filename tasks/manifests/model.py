"""What a training says of its model."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tasks.core.records import Section, said
from tasks.manifests.manifest import Facts

TRACKERS, USAGE = "trackers", "usage.json"
"""What lies beside a trained model in the store and is no part of it: the folder of what trackers wrote, and the file
of what the training took."""


class Usage(Section):
    """What a training took; where it was interrupted, its last part."""

    seconds: float
    memory: int
    """Most bytes that its first process held."""
    gpus: int = 0
    gpu_memory: int | None = None
    """Most bytes that a GPU held for it; null without one."""
    joules: float | None = None
    """What the GPUs took, as their driver says; null where it does not."""
    price_per_hour: float | None = None
    """As the recipe says it."""

    @property
    def cost(self) -> float | None:
        """What it cost, where the recipe says what an hour does."""
        return None if self.price_per_hour is None else self.seconds / 3_600 * self.price_per_hour

    def told(self) -> list[str]:
        """Say it in words."""
        return [
            text
            for text in (
                f"{self.seconds:,.1f} s of training",
                f"at most {self.memory / 1e9:.2f} GB of memory",
                f"{self.gpu_memory / 1e9:.2f} GB of that of a GPU" if self.gpu_memory is not None else "",
                f"{self.joules / 3_600:.3g} Wh by the GPUs" if self.joules is not None else "",
                f"{self.cost:.4g} at {self.price_per_hour:g} an hour" if self.cost is not None else "",
            )
            if text
        ]


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
