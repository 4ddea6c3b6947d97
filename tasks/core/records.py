"""Frozen records, their digests, and what they hold under dotted names."""

import hashlib
import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from tasks.core.docstrings import of_attributes

T = TypeVar("T")


class Section(BaseModel):
    """A part of the recipe or a record: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the fields by the docstrings below them.

        Pydantic's `use_attribute_docstrings` would read them out of the source as each class is made: half of the time
        that a command takes to start, for what only a schema shows.
        """
        made = handler(schema)
        fields = handler.resolve_ref_schema(made).get("properties", {})
        for model in (model for model in cls.__mro__ if issubclass(model, Section)):
            for name, text in of_attributes(model.__module__).get(model.__qualname__, {}).items():
                if name in fields:
                    fields[name].setdefault("description", text)
        return made


def written(value: object, dumped: JsonValue) -> JsonValue:
    """Take out of a dumped record the fields that hold null because nobody set them; a null in place of another
    default says something.
    """
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        fields = type(value).model_fields
        return {
            name: written(getattr(value, name), inner)
            for name, inner in dumped.items()
            if name not in fields
            or inner is not None
            or fields[name].get_default(call_default_factory=True) is not None
        }
    if isinstance(value, Mapping) and isinstance(dumped, dict):
        return {name: written(inner, dumped[str(name)]) for name, inner in value.items()}
    if isinstance(value, list | tuple) and isinstance(dumped, list):
        return [written(inner, each) for inner, each in zip(value, dumped, strict=True)]
    return dumped


class Fingerprinted(Section):
    """A record that stands in content keys by one digest of what it says."""

    fingerprint: str = ""


def digest(value: object) -> str:
    """Hash anything JSON can hold: sha256 (hex) of its canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Fingerprinted):
        return value.fingerprint
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be part of a content key")


def said(fields: Mapping[str, T]) -> dict[str, T]:
    """Leave out the fields of a record that say nothing."""
    return {name: value for name, value in fields.items() if value not in (None, "", {})}


class Objective(Section):
    """What the model is to learn."""

    task: str
    labels: tuple[str, ...] = ()
    """The label set; empty where the texts themselves are what is learned."""


def flatten(value: object, prefix: str = "") -> dict[str, object]:
    """Give the leaves of nested mappings and records under dotted names."""
    if isinstance(value, Fingerprinted):
        return {prefix: value.fingerprint}
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping) and value:
        return {
            name: leaf
            for key, inner in value.items()
            for name, leaf in flatten(inner, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, (BaseModel, Mapping)) for item in value):
        names = [_name(item, number) for number, item in enumerate(value)]
        unique = names if len(set(names)) == len(names) else range(len(names))
        return flatten(dict(zip(unique, value, strict=True)), prefix)
    return {prefix: value}


def _name(item: BaseModel | Mapping[str, object], number: int) -> str:
    fields = item if isinstance(item, Mapping) else dict(item)
    return str(fields.get("subject") or fields.get("source") or fields.get("name") or number)
