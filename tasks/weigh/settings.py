"""The `mix.weights` field of a recipe."""

from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from tasks import kinds
from tasks.records import Section
from tasks.weigh import methods


def _parse(weights: Any) -> Any:
    if isinstance(weights, str):
        weights = {"kind": weights}
    elif isinstance(weights, dict) and "kind" not in weights:
        weights = {"kind": "given", "shares": weights}
    if isinstance(weights, dict):
        return kinds.load(methods, weights["kind"]).Params.model_validate(weights)
    return weights


Weights = Annotated[SerializeAsAny[Section], BeforeValidator(_parse)]
"""`{news: 0.4, social: 0.6}`, the name of a method, or `{kind: METHOD, …}`."""
