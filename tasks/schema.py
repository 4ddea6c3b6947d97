"""The JSON Schema of a recipe, with the fields of every kind; editors check and complete a recipe with it."""

from typing import Any

from pydantic.json_schema import models_json_schema

from tasks import kinds
from tasks.ingest import kinds as source_kinds
from tasks.recipe import Recipe
from tasks.weigh import methods


def recipe_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a recipe."""
    sources = [kinds.load(source_kinds, kind).Params for kind in kinds.names(source_kinds)]
    weights = [kinds.load(methods, kind).Params for kind in kinds.names(methods)]
    places, parts = models_json_schema([(model, "validation") for model in [*sources, *weights, Recipe]], ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = parts["$defs"]
    recipe = definitions.pop(places[Recipe, "validation"]["$ref"].rpartition("/")[2])
    source = {"anyOf": [places[model, "validation"] for model in sources]}
    shares = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
    names = {"enum": [name for name in kinds.names(methods) if name != "given"]}
    recipe["properties"]["sources"]["additionalProperties"] = source
    mix = definitions["MixSettings"]["properties"]
    mix["weights"] = {
        "description": mix["weights"]["description"],
        "anyOf": [shares, names, *(places[model, "validation"] for model in weights)],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Cuvée recipe", **recipe, "$defs": definitions}
