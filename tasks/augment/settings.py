"""The `augment` section of a recipe."""

from typing import Annotated

from pydantic import Field

from tasks.augment import methods
from tasks.core import registry
from tasks.core.records import Section
from tasks.core.references import About, SourceName


class AugmentSettings(Section):
    """What every way to make rows from rows says."""

    kind: str
    share: float = Field(default=0.3, gt=0, le=10)
    """New rows for each row of the mix: 0.3 makes three of ten. Every source gets this share of its own."""
    sources: Annotated[tuple[SourceName, ...], About()] = ()
    """Sources from whose rows new ones are made; empty = all."""


Augmenting = Annotated[AugmentSettings, registry.OneOf(methods)]
"""`eda`, or `{kind: masked-model, model: google-bert/bert-base-uncased, share: 0.2}`."""
