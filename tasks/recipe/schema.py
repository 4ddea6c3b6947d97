"""The JSON Schema of a recipe, with the fields of every kind; editors check and complete a recipe with it."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from tasks.core import registry
from tasks.recipe.model import Recipe


def recipe_schema() -> dict[str, JsonValue]:
    """Give the JSON Schema (draft 2020-12) of a recipe."""
    kinds = {name: _models(name) for name in {one[registry.KINDS_OF] for one in _choices(Recipe.model_json_schema())}}
    every = [Recipe, *(model for some in kinds.values() for model in some.values())]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in every]
    places, parts = models_json_schema(models, ref_template="#/$defs/{model}")
    for choice in _choices(parts):
        package, by_name, inline = (choice.pop(key) for key in (registry.KINDS_OF, "by_name", "inline"))
        choice["anyOf"] = [places[model, "validation"] for model in kinds[package].values()]
        choice["anyOf"] += _beside(kinds[package])
        if by_name:
            choice["anyOf"].insert(
                0, {"enum": [kind for kind, model in kinds[package].items() if _needs_nothing(model)]}
            )
        if inline:
            kind, field = inline
            choice["anyOf"].insert(0, kinds[package][kind].model_json_schema()["properties"][field])
    definitions: dict[str, Any] = parts["$defs"]
    recipe = definitions.pop(places[Recipe, "validation"]["$ref"].rpartition("/")[2])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cuvée recipe",
        **recipe,
        "$defs": definitions,
    }


def _models(package: str) -> dict[str, type[BaseModel]]:
    folder = importlib.import_module(package)
    return {kind: registry.load(folder, kind).Params for kind in registry.names(folder)}


def _choices(schema: object) -> Iterator[dict[str, Any]]:
    """Find the places of a schema where one of several kinds may stand."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in list(inner):
        yield from _choices(part)
    if isinstance(schema, dict) and registry.KINDS_OF in schema:
        yield schema


def _beside(kinds: Mapping[str, type[BaseModel]]) -> list[dict[str, Any]]:
    """Describe the kinds that have the keys of a field beside `kind`."""
    fields = {kind: getattr(model, "KEYS_BESIDE", None) for kind, model in kinds.items()}
    return [
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": kind}},
            "additionalProperties": kinds[kind].model_json_schema()["properties"][field]["additionalProperties"],
        }
        for kind, field in fields.items()
        if field
    ]


def _needs_nothing(model: type[BaseModel]) -> bool:
    return not any(field.is_required() for field in model.model_fields.values())
