"""The stage of a training that learns from a mix, as far as the mix's card tells of it."""

from typing import Any, NamedTuple

from tasks.core.records import Section
from tasks.store.runs import PublishedMix, RunStart


class MixStage(Section):
    """What learns from a mix."""

    number: int = 1
    of: int = 1
    task: str
    epochs: float
    unit: str
    loss_weights: dict[str, float] | None = None

    @property
    def told(self) -> str:
        """Say which stage it is, where there are several."""
        return f"It is what stage {self.number} of {self.of} of a training learned from." if self.of > 1 else ""


class TrainedStage(NamedTuple):
    """An earlier stage of a model's training, for its card."""

    task: str
    mix: PublishedMix
    receipt: list[dict[str, Any]]


def only_stage(start: RunStart) -> MixStage:
    """Give the one stage of a recipe whose training has no more."""
    mix, train = start.recipe["mix"], start.recipe.get("train") or {}
    return MixStage(
        task=start.recipe["task"],
        epochs=train.get("epochs", 1.0),
        unit=mix.get("unit", "rows"),
        loss_weights=mix.get("loss_weights"),
    )
