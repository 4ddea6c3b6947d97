"""Values that are said with the command, put over the recipe's own."""

import math
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from tasks.core import registry
from tasks.core.errors import RecipeError
from tasks.core.suggest import nearest
from tasks.recipe.file import VARIABLE, with_value
from tasks.recipe.reading import Plain
from tasks.weigh import methods

Tree = dict[str, JsonValue]


def with_overrides(tree: Tree, overrides: Mapping[str, JsonValue]) -> Tree:
    """Give a recipe with other values, dotted path -> value, as if they stood in it.

    Where a method sets the weights, the weight of a source (`mix.weights.SOURCE`) is its share of the mix: floor and
    ceiling in one, so that the others share the rest as the method has it.

    Raises:
        RecipeError: a value cannot stand there; the text begins with the part of the command that says it.
    """
    weights = dict[str, JsonValue]()
    for path, value in overrides.items():
        *above, name = path.split(".")
        try:
            method = _method(tree) if above == ["mix", "weights"] else None
            if method is None:
                tree = _put(tree, [*above, name], value)
            elif name not in _mapping(tree, "sources") or _has_field(method, name):
                tree = _put(tree, above, _with_setting(tree, method, name, value))
            elif method == "given":
                tree = _put(tree, [*above, "shares", name], value)
            elif field := registry.keys_beside(methods, method):
                inside = field in _mapping(_mapping(tree, "mix"), "weights")
                tree = _put(tree, [*above, *[field] * inside, name], value)
            else:
                weights[name] = value
        except RecipeError as error:
            raise RecipeError(f"--set {path}: {error}") from None
    if not weights:
        return tree
    if weights.keys() == _mapping(tree, "sources").keys() and not _mapping(tree, "mix").get("phases"):
        return _put(tree, ["mix", "weights"], weights)
    return _with_shares(tree, weights)


def _put(tree: Tree, path: list[str], value: JsonValue) -> Tree:
    return cast("Tree", with_value(tree, path, value))


def _mapping(tree: Mapping[str, JsonValue], key: str) -> Tree:
    value = tree.get(key)
    return value if isinstance(value, dict) else {}


def _method(tree: Tree) -> str | None:
    """Name the method that sets the weights; None where they are written out, source by source."""
    weights = _mapping(tree, "mix").get("weights")
    named = weights.get("kind") if isinstance(weights, dict) else "proportional" if weights is None else weights
    return str(named) if isinstance(named, str) else None


def _has_field(method: str, name: str) -> bool:
    return method in registry.names(methods) and name in registry.load(methods, method).Params.model_fields


def _with_setting(tree: Tree, method: str, name: str, value: JsonValue) -> Tree:
    """Give the method with one of its settings.

    Raises:
        RecipeError: the name is neither a source's nor a setting's.
    """
    weights = _mapping(tree, "mix").get("weights")
    if not isinstance(weights, dict) and not _has_field(method, name):
        raise RecipeError(f"no source has this name;{nearest(name, _mapping(tree, 'sources'))}")
    return {**(weights if isinstance(weights, dict) else {"kind": method}), name: value}


def _with_shares(tree: Tree, weights: Mapping[str, JsonValue]) -> Tree:
    """Hold sources at their shares of the mix.

    Raises:
        RecipeError: one is no share, or together they are more than the whole.
    """
    method = _method(tree)
    shares = {name: weight.value if isinstance(weight, Plain) else weight for name, weight in weights.items()}
    numbers = [share for share in shares.values() if isinstance(share, int | float)]
    for name, share in shares.items():
        if isinstance(share, str) and VARIABLE.search(share):
            continue
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise RecipeError(
                f"--set mix.weights.{name}: a share of the mix is wanted here, from 0 to 1 (got {share!r}), since "
                f"{method} sets the weights"
            )
    if (total := math.fsum(numbers)) > 1 + 1e-9:
        said = " ".join(f"--set mix.weights.{name}={share}" for name, share in shares.items())
        raise RecipeError(f"{said}: the shares sum to {total:g}, more than the whole mix; lower them by {total - 1:g}")
    for bound in ("floors", "ceilings"):
        for name, share in shares.items():
            tree = _put(tree, ["mix", bound, name], share)
    return tree
