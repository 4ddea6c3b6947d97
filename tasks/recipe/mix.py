"""The section `mix` of a recipe, which says things of several stages, and the mix of one stage of training."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tasks.core.references import SourceName
from tasks.mix.settings import BudgetSettings, PlanSettings
from tasks.sift.settings import SelectionSettings
from tasks.weigh.settings import ShareSettings, WeighSettings, method_of

LossWeights = dict[SourceName, Annotated[float, Field(ge=0, allow_inf_nan=False)]]


class MixSettings(PlanSettings, ShareSettings):
    """How the sources are combined."""

    select: SelectionSettings | None = None
    """Keep, of the rows of the other sources, those that are like a target's; by default all."""
    loss_weights: LossWeights | None = None
    """Source -> how much its rows count in the loss of training, beside how many there are; 1 for sources that are not
    named, and normalised so that the mean over a batch is 1. A source with 0 teaches nothing."""

    @model_validator(mode="after")
    def _one_says_how_large(self) -> Self:
        if self.size != "all" and hasattr(method_of(self.weights), "epochs_of"):
            raise ValueError(
                f"weights and size: epochs say how large the mix is, and so does size ({self.size:,}); leave size out, "
                "or say the weights as shares"
            )
        return self

    @property
    def plan(self) -> PlanSettings:
        """The section without its weights, which are settled by then."""
        return PlanSettings(**{name: getattr(self, name) for name in PlanSettings.model_fields})

    @property
    def weighing(self) -> WeighSettings:
        """What the weights are settled from."""
        return WeighSettings(**{name: getattr(self, name) for name in WeighSettings.model_fields})


class StageMixSettings(BudgetSettings, ShareSettings):
    """How the sources of one stage of training are combined."""

    loss_weights: LossWeights | None = None
    """As `mix.loss_weights`, for this stage."""
