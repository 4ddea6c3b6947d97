"""The recipe's file: YAML read strictly, with the line of every value; overrides, sources left out, and `${NAME}` from
the environment.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tasks.core.errors import RecipeError
from tasks.core.suggest import Problem, nearest

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans (only true and false), and a key written twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping whose keys differ."""
        seen: set[Any] = set()
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


def read(file: str) -> tuple[dict[str, Any], dict[str, int]]:
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


def _lines(node: Any, prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{prefix}.{key.value}" if prefix else str(key.value)
            found |= {path: key.start_mark.line + 1} | _lines(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            found |= {f"{prefix}.{number}": value.start_mark.line + 1} | _lines(value, f"{prefix}.{number}")
    return found


def override(tree: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *parents, last = path.split(".")
    for name in parents:
        inner = tree.get(name)
        tree[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        tree = inner
    tree[last] = value


def leave_out(tree: dict[str, Any], name: str, file: str) -> None:
    """Take a source out, with all that the recipe says of it.

    Raises:
        RecipeError: there is no such source.
    """
    sources = tree.get("sources")
    if not isinstance(sources, dict) or name not in sources:
        raise RecipeError(f"{file}: --without {name!r}: no source has this name;{nearest(name, sources or ())}")
    mix = tree.get("mix") or {}
    places = [sources, mix.get("floors"), mix.get("ceilings"), *_by_source(tree), *_named_shares(mix)]
    for mapping in places:
        if isinstance(mapping, dict):
            mapping.pop(name, None)
    checks = tree.get("checks") or {}
    if expectations := checks.get("expectations"):
        checks["expectations"] = [
            one for one in expectations if one.get("subjects") != [name]
        ]  # without subjects it would be about all
        for expectation in checks["expectations"]:
            if name in (expectation.get("subjects") or ()):
                expectation["subjects"].remove(name)


def _by_source(tree: dict[str, Any]) -> Iterator[Any]:
    """Give the mappings that say what is different for some sources."""
    for section, field in (("checks", "policies"), ("clean", "sources"), ("personal", "policies")):
        yield (tree.get(section) or {}).get(field)


def _named_shares(mix: dict[str, Any]) -> Iterator[Any]:
    """Give the mappings of `mix` that have shares by source."""
    phases = mix.get("phases")
    for part in [mix, *(phases if isinstance(phases, list) else [])]:
        weights = part.get("weights") if isinstance(part, dict) else None
        yield weights.get("shares", weights) if isinstance(weights, dict) else None


def expand(value: Any, path: str, problems: list[Problem]) -> Any:
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


def unexpand(resolved: Any, raw: Any) -> Any:
    """Put `${NAME}` back where a value came from the environment."""
    if isinstance(resolved, dict) and isinstance(raw, dict):
        return {key: unexpand(value, raw.get(key)) for key, value in resolved.items()}
    if isinstance(resolved, list) and isinstance(raw, list) and len(resolved) == len(raw):
        return [unexpand(value, before) for value, before in zip(resolved, raw, strict=True)]
    return raw if isinstance(raw, str) and VARIABLE.search(raw) else resolved
