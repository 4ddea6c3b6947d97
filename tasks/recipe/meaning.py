"""What the plain scalars of a recipe mean, by the fields that they stand for: a name or a label is the text as it is
written, a number or a truth value only what a field wants as one.
"""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel, JsonValue

from tasks.core.references import Reference
from tasks.core.suggest import Problem
from tasks.core.unseen import keep_unseen
from tasks.recipe.file import expand
from tasks.recipe.nodes import Node, Path, dotted, node_of
from tasks.recipe.reading import NUMBER, TRUTH, Plain


def meant(recipe: type[BaseModel], tree: dict[str, JsonValue], problems: list[Problem]) -> dict[str, JsonValue]:
    """Put in what the environment holds, which stays unseen, and give every scalar as its field means it."""
    variables, meaning = dict[str, list[str]](), _Meaning()
    expanded = expand(tree, "", variables, problems)
    whole = cast("dict[str, JsonValue]", meaning.of(expanded, node_of(recipe, expanded)))
    numbers, names = set(map(dotted, meaning.numbers)), {"name", *map(dotted, meaning.names)}
    for path, found in variables.items():
        if path in names or path.startswith("labels."):
            problems.append((path, "names and labels stand in all that a run makes; write this one out, without ${…}"))
        if path not in numbers:
            keep_unseen(*found)
    return whole


@dataclass
class _Meaning:
    """One walk over a recipe.

    Attributes:
        numbers: places of texts that are numbers or truth values to their fields.
        names: places where a source, a label or their like is named.
    """

    numbers: set[Path] = field(default_factory=set)
    names: set[Path] = field(default_factory=set)

    def of(self, value: JsonValue, node: Node | None) -> JsonValue:
        """Give a value as its field means it.

        Args:
            node: where it stands; None where the recipe knows no such place.
        """
        if node and node.inline and isinstance(value, dict):
            fields = dict(node.children())
            inner = {key: each for key, each in value.items() if key != "kind"}
            kind = {"kind": self.of(value["kind"], fields["kind"])} if "kind" in value else {}
            return kind | cast("dict[str, JsonValue]", self.of(inner, fields[node.inline]))
        inside = dict(node.children()) if node and isinstance(value, dict | list) else {}
        if isinstance(value, dict):
            return {key: self.of(inner, inside.get(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner, inside.get(number)) for number, inner in enumerate(value)]
        return self._scalar(value, node) if node else _of_its_own(value)

    def _scalar(self, value: JsonValue, node: Node) -> JsonValue:
        kinds = node.kinds
        if node.mark(Reference):
            self.names.add(node.path)
        if Any in kinds:
            return _of_its_own(value)
        if not kinds & {str, int, float, bool}:
            return str(value) if isinstance(value, str) else value
        if isinstance(value, Plain) and str in kinds:
            return str(value)
        value = _of_its_own(value)
        if isinstance(value, bool) and bool not in kinds:
            return json.dumps(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and not kinds & {int, float}:
            return json.dumps(value) if str in kinds else value
        if isinstance(value, str) and str not in kinds and (NUMBER.fullmatch(value) or TRUTH.fullmatch(value)):
            self.numbers.add(node.path)
        return value


def _of_its_own(value: JsonValue) -> JsonValue:
    return value.value if isinstance(value, Plain) else value
