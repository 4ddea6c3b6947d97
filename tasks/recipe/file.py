"""The recipe's file: YAML read strictly, with the line of every value; values said with the command in its place, and
`${NAME}` from the environment.
"""

import os
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.core.suggest import Problem

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans (only true and false), and a key written twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Build a mapping whose keys differ."""
        seen = set[Hashable]()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, regex) for tag, regex in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read(file: str) -> tuple[dict[str, JsonValue], dict[str, int]]:
    """Read a recipe's file as a mapping, and the line of every dotted path in it.

    Raises:
        RecipeError: no such file, no YAML, or no mapping.
    """
    try:
        text = Path(file).read_text("utf-8")
        loader = _Loader(text)
        node = loader.get_single_node()
        tree = loader.construct_document(node) if node else None
    except FileNotFoundError:
        raise RecipeError(f"{file}: there is no such recipe") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise RecipeError(f"{file}{place}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(tree, dict):
        raise RecipeError(
            f"{file}: a recipe is a mapping that starts with `name:`; this file is "
            f"{'empty' if tree is None else 'not one'}"
        )
    return tree, _lines(node, "")


def _lines(node: yaml.Node | None, prefix: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{prefix}.{key.value}" if prefix else str(key.value)
            lines |= {path: key.start_mark.line + 1} | _lines(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines |= {f"{prefix}.{number}": value.start_mark.line + 1} | _lines(value, f"{prefix}.{number}")
    return lines


def with_value(tree: JsonValue, path: Sequence[str], value: JsonValue) -> JsonValue:
    """Give a tree with a value at a path; mappings on the way are made where there are none.

    Raises:
        RecipeError: the path leads into a list and does not say to which of its items.
    """
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(tree, list):
        if not key.isdecimal() or int(key) >= len(tree):
            raise RecipeError(f"there is a list of {len(tree)}, and {key!r} is none of its items; they count from 0")
        number = int(key)
        return [*tree[:number], with_value(tree[number], rest, value), *tree[number + 1 :]]
    mapping = tree if isinstance(tree, dict) else {}
    return {**mapping, key: with_value(mapping.get(key), rest, value)}


@dataclass(frozen=True)
class Places:
    """Where each value of a recipe was said.

    Attributes:
        lines: dotted path -> line number of the file.
        overridden: dotted paths whose values were said with the command.
    """

    file: str
    lines: Mapping[str, int]
    overridden: frozenset[str] = frozenset()

    def of(self, path: str) -> tuple[int, str]:
        """Give a number to sort by, and what a message begins with; what is not there is where it should be."""
        if path.startswith("--"):
            return sys.maxsize, path
        parts = path.split(".")
        above = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
        if overridden := next((place for place in above if place in self.overridden), None):
            return sys.maxsize, f"--set {overridden}"
        line = next((self.lines[place] for place in above if place in self.lines), 1)
        return line, f"{self.file}:{line}"

    def listing(self, problems: Iterable[Problem]) -> str:
        """Write all mistakes, one a line: in the file's order, then those of the command."""
        rows = sorted({(*self.of(path), path, text) for path, text in problems})
        count = "1 mistake" if len(rows) == 1 else f"{len(rows)} mistakes"
        mistakes = (
            f"  {place}: {text}" if place.endswith(f" {path}") or place == path else f"  {place}: {path}: {text}"
            for _, place, path, text in ((number, place, path or "recipe", text) for number, place, path, text in rows)
        )
        return "\n".join([f"{self.file}: {count}", *mistakes])


def expand(value: JsonValue, path: str, problems: list[Problem]) -> JsonValue:
    """Put the environment's values in for `${NAME}`; a name that is not set is a problem."""
    if isinstance(value, dict):
        return {key: expand(inner, f"{path}.{key}" if path else str(key), problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, f"{path}.{number}", problems) for number, inner in enumerate(value)]
    if not isinstance(value, str) or not VARIABLE.search(value):
        return value
    unset = [name for name in VARIABLE.findall(value) if name not in os.environ]
    problems += [
        (path, f"the environment variable {name} is not set; set it, or write the value here") for name in unset
    ]
    text = VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), value)
    return _Loader(text).get_single_data() if VARIABLE.fullmatch(value) and not unset else text


def unexpand(resolved: JsonValue, raw: object) -> JsonValue:
    """Put `${NAME}` back where a value came from the environment."""
    if isinstance(resolved, dict) and isinstance(raw, dict):
        return {key: unexpand(value, raw.get(key)) for key, value in resolved.items()}
    if isinstance(resolved, list) and isinstance(raw, list) and len(resolved) == len(raw):
        return [unexpand(value, before) for value, before in zip(resolved, raw, strict=True)]
    return raw if isinstance(raw, str) and VARIABLE.search(raw) else resolved
