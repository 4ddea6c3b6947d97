"""The JSON Schema of a recipe, with the fields of every kind; editors check and complete a recipe with it."""

from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from tasks.clean import filters
from tasks.clean.presets import PRESETS
from tasks.core import registry
from tasks.ingest import kinds as source_kinds
from tasks.personal import detectors
from tasks.recipe.model import Recipe
from tasks.sift import methods as sift_methods
from tasks.train import online
from tasks.weigh import methods


def recipe_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a recipe."""
    packages = (source_kinds, methods, online, filters, sift_methods, detectors)
    sources, weights, steered, sifted, judges, sought = (_settings(package) for package in packages)
    models: list[tuple[Any, JsonSchemaMode]] = [
        (model, "validation") for model in [*sources, *weights, *steered, *sifted, *judges, *sought, Recipe]
    ]
    places, parts = models_json_schema(models, ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = parts["$defs"]
    recipe = definitions.pop(places[Recipe, "validation"]["$ref"].rpartition("/")[2])
    source = {"anyOf": [places[model, "validation"] for model in sources]}
    recipe["properties"]["sources"]["additionalProperties"] = source
    definitions["DecontaminateSettings"]["properties"]["against"]["additionalProperties"] = source
    shares = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
    chosen = {"anyOf": [{"enum": list(registry.names(filters))}, *(places[model, "validation"] for model in sifted)]}
    for section in ("CleanSettings", "Exceptions"):
        fields = definitions[section]["properties"]
        fields["filters"] = _one_of(fields["filters"], [{"enum": list(PRESETS)}, {"type": "array", "items": chosen}])
    bare = [
        model.model_fields["kind"].default
        for model in weights
        if not any(field.is_required() for field in model.model_fields.values())
    ]
    weighed = [shares, {"enum": bare}, *(places[model, "validation"] for model in weights)]
    for name in (
        "MixSettings",
        "Phase",
        "Group",
        places[_params(methods, "groups"), "validation"]["$ref"].rpartition("/")[2],
    ):
        definitions[name]["properties"]["weights"] = _one_of(definitions[name]["properties"]["weights"], weighed)
    found = {"anyOf": [{"enum": list(registry.names(detectors))}, *(places[model, "validation"] for model in sought)]}
    personal = definitions["PersonalSettings"]["properties"]
    personal["kinds"] = _one_of(personal["kinds"], [{"type": "array", "items": found}])
    train = definitions["TrainSettings"]["properties"]
    train["online"] = _one_of(
        train["online"], [{"enum": list(registry.names(online))}, *(places[model, "validation"] for model in steered)]
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cuvée recipe",
        **recipe,
        "$defs": definitions,
    }


def _settings(package: ModuleType) -> list[type[BaseModel]]:
    return [_params(package, kind) for kind in registry.names(package)]


def _params(package: ModuleType, kind: str) -> type[BaseModel]:
    return registry.load(package, kind).Params


def _one_of(field: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"description": field.get("description", ""), "anyOf": choices}
