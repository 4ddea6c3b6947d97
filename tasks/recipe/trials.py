"""The sections `trials` and `compare` of a recipe, which say things of several stages."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from tasks.core.suggest import NAME
from tasks.embed.settings import EncoderSettings
from tasks.experiments.compare.settings import CompareSettings
from tasks.experiments.trial.settings import LinearSettings
from tasks.weigh.settings import Weights


class TrialSettings(LinearSettings):
    """How mixes are tried out by `cuvee compare` and `cuvee search`."""

    size: int | None = Field(default=None, ge=1, le=10**12)
    """Budget of every trial, in `mix.unit`; by default the mix's own, at most 5,000 rows. Under a smaller budget than
    the mix's each source keeps as small a part of its rows, so that they repeat as often as in the mix."""
    encoder: EncoderSettings | None = None
    """Frozen encoder whose vectors a linear classifier learns from; without one it learns from hashed words and pairs
    of words."""
    full: bool = False
    """Train the recipe's own model in every trial, as `train` says, rather than a linear classifier; tasks that
    no linear classifier learns always do."""

    @model_validator(mode="after")
    def _one_learner(self) -> Self:
        if self.full and self.encoder:
            raise ValueError("encoder and full: say one of them; full trains the model that `train` names")
        return self

    @property
    def linear(self) -> LinearSettings:
        """How the linear classifier is trained."""
        return LinearSettings(**{name: getattr(self, name) for name in LinearSettings.model_fields})


class ComparedSettings(CompareSettings):
    """How mixes are compared by `cuvee compare`, and which besides its own."""

    arms: dict[Annotated[str, Field(pattern=NAME)], Weights] = Field(default_factory=dict)
    """More mixes to compare, each a name and what `mix.weights` could say: `{mine: {a: 0.5, b: 0.5}, alike: {kind:
    dsir, target: x}}`. Each source alone, `uniform`, `proportional`, `recipe`, `learned` (by `cuvee search`) and
    `all-rows` are there without being said."""

    @property
    def settings(self) -> CompareSettings:
        """The section without its arms."""
        return CompareSettings(**{name: getattr(self, name) for name in CompareSettings.model_fields})
