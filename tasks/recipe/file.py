"""The recipe's file: YAML read strictly, with the line of every value; values said with the command in its place, and
`${NAME}` from the environment.
"""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.core.suggest import Problem
from tasks.recipe.reading import Mistake, parsed

MOST_CHARS, MOST_MISTAKES = 2_000_000, 50
"""Of a file that may be a recipe, and those that are told."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read(file: str) -> tuple[dict[str, JsonValue], dict[str, int]]:
    """Read a recipe's file as a mapping, and the line of every dotted path in it.

    Raises:
        RecipeError: no such file, no YAML, or no mapping.
    """
    try:
        with Path(file).open(encoding="utf-8-sig") as text:
            written = parsed(text.read(MOST_CHARS))
            if text.read(1):
                raise RecipeError(f"{file}: more than {MOST_CHARS:,} characters are no recipe; is this the file meant?")
    except FileNotFoundError:
        raise RecipeError(f"{file}: there is no such recipe") from None
    except IsADirectoryError:
        raise RecipeError(f"{file}: it is a folder; name the recipe's file in it") from None
    except (OSError, ValueError) as error:
        raise RecipeError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    except Mistake as mistake:
        place = f":{mistake.line}" if mistake.line else ""
        raise RecipeError(f"{file}{place}: not valid YAML: {mistake}") from None
    if written is None or not isinstance(written.value, dict):
        raise RecipeError(
            f"{file}: a recipe is a mapping that starts with `name:`; this file is "
            f"{'empty' if written is None or written.value is None else 'not one'}"
        )
    return written.value, dict(written.lines())


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
        below = [] if path in self.lines else sorted(one for one in self.overridden if one.startswith(f"{path}."))
        if overridden := next((place for place in [*above, *below] if place in self.overridden), None):
            return sys.maxsize, f"--set {overridden}"
        line = next((self.lines[place] for place in above if place in self.lines), 1)
        return line, f"{self.file}:{line}"

    def listing(self, problems: Iterable[Problem], untold: int = 0) -> str:
        """Write mistakes, one a line: in the file's order, then those of the command.

        Args:
            untold: mistakes beside these.
        """
        rows = sorted({(*self.of(path), path, text) for path, text in problems})
        untold += len(rows[MOST_MISTAKES:])
        told = min(len(rows), MOST_MISTAKES)
        count = "1 mistake" if told + untold == 1 else f"{told + untold:,} mistakes"
        mistakes = (
            f"  {place}: {text}" if place.endswith(f" {path}") or place == path else f"  {place}: {path}: {text}"
            for _, place, path, text in (
                (number, place, path or "recipe", text) for number, place, path, text in rows[:MOST_MISTAKES]
            )
        )
        more = [f"  … and {untold:,} more"] if untold else []
        return "\n".join([f"{self.file}: {count}", *mistakes, *more])


def expand(value: JsonValue, path: str, expanded: dict[str, list[str]], problems: list[Problem]) -> JsonValue:
    """Put the environment's values in for `${NAME}`, as the texts that they are.

    Args:
        expanded: is told which variables stand at which dotted path.
        problems: is told of those that are not set, and of texts that no file can hold.
    """
    if isinstance(value, dict):
        return {
            key: expand(inner, f"{path}.{key}" if path else key, expanded, problems) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [expand(inner, f"{path}.{number}", expanded, problems) for number, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    text, names = value, VARIABLE.findall(value)
    if names:
        expanded[path] = names
        text = VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), value)
        unset = [name for name in names if name not in os.environ]
        problems += [
            (path, f"the environment variable {name} is not set; set it, or write the value here") for name in unset
        ]
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        problems.append((path, "this is no text: it holds half a sign (a surrogate)"))
    return text if names else value


def unexpand(resolved: JsonValue, raw: object) -> JsonValue:
    """Put `${NAME}` back where a value came from the environment."""
    if isinstance(resolved, dict) and isinstance(raw, dict):
        if "kind" in resolved and not raw.keys() & resolved.keys():  # the whole section is the value of one field
            return {key: value if key == "kind" else unexpand(value, raw) for key, value in resolved.items()}
        return {key: unexpand(value, raw.get(key)) for key, value in resolved.items()}
    if isinstance(resolved, list) and isinstance(raw, list) and len(resolved) == len(raw):
        return [unexpand(value, before) for value, before in zip(resolved, raw, strict=True)]
    return raw if isinstance(raw, str) and VARIABLE.search(raw) else resolved
