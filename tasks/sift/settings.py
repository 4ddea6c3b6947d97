"""The `sift` section of a recipe."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny

from tasks.core import registry
from tasks.core.records import Section
from tasks.sift import methods


class SiftSettings(Section):
    """What every way to judge says."""

    kind: str
    drop: float = Field(default=0.1, gt=0, lt=1)
    """Largest share of a source's training rows that may go, the worst first."""
    sources: tuple[str, ...] = ()
    """Sources whose rows are judged; empty = all that can be."""


def _parse(one: Any) -> Any:
    if isinstance(one, str):
        one = {"kind": one}
    return registry.load(methods, one.get("kind")).Params.model_validate(one) if isinstance(one, dict) else one


Sifting = Annotated[SerializeAsAny[SiftSettings], BeforeValidator(_parse)]
"""`label-noise`, or `{kind: perplexity, clean: [papers], drop: 0.05}`."""
