"""A source put into a recipe that is there: as text, so that comments and layout stay as they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tasks.core.errors import RecipeError
from tasks.ingest.settings import FileSettings, SourceSettings


def with_source(text: str, name: str, lines: Sequence[str], flow: str) -> str:
    """Write one more source behind the last one of a recipe.

    Args:
        text: the recipe.
        lines: what stands under the name, without indentation; comments among them.
        flow: the same on one line, where the recipe's sources stand in braces.

    Raises:
        RecipeError: the recipe has no section of sources that one can be put behind.
    """
    sources = _sources(text)
    if sources.flow_style:
        at = sources.end_mark.index - 1
        comma = "" if text[:at].rstrip().endswith(",") else ","
        return f"{text[:at].rstrip()}{comma} {name}: {flow}{text[at:]}"
    column = sources.value[0][0].start_mark.column
    last = _last_of(sources)
    block = isinstance(last, yaml.ScalarNode) and last.style in ("|", ">")
    head, tail = _around_block(text, last) if block else _around(text, last.end_mark.index)
    added = "".join(f"\n{' ' * (column + 2)}{line}" for line in lines)
    return f"{head}\n{' ' * column}{name}:{added}{tail}"


def refuse_known(files: Sequence[str], there: Mapping[str, SourceSettings], base: Path) -> None:
    """Refuse files that are sources of the recipe already: their rows would be drawn twice.

    Raises:
        RecipeError: which source has which file.
    """
    of_files = {name: source for name, source in there.items() if isinstance(source, FileSettings)}
    known = {(base / path).resolve(): name for name, source in of_files.items() for path in source.paths}
    if again := [f"{file} is its source {name!r}" for file in files if (name := known.get(Path(file).resolve()))]:
        raise RecipeError(f"nothing is added: {', '.join(again)}")


def _around(text: str, end: int) -> tuple[str, str]:
    """Cut a text behind the line that a place is in."""
    line = text.find("\n", end)
    return (text, "") if line < 0 else (text[:line], text[line:])


def _around_block(text: str, last: yaml.Node) -> tuple[str, str]:
    """Cut a text behind a block of lines, which ends where the next thing begins, so that its value stays."""
    start, end = last.start_mark.index, last.end_mark.index
    header = text[start:].partition("\n")[0].partition("#")[0].strip()
    if "+" in header:  # the blank lines behind it are of it
        return _around(text, max(end - 1, 0))
    head, tail = _around(text, len(text[:end].rstrip()))
    if not tail and "-" not in header:  # no line end is of it, and one will follow it now
        head = f"{text[: start + len(header)]}-{head[start + len(header) :]}"
    return head, tail


def _sources(text: str) -> yaml.MappingNode:
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise RecipeError(f"the recipe is no YAML: {str(error).splitlines()[0]}") from None
    pairs = tree.value if isinstance(tree, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "sources"), None)
    if not isinstance(found, yaml.MappingNode) or not found.value:
        raise RecipeError("the recipe has no `sources` that one could be put behind")
    return found


def _last_of(node: yaml.Node) -> yaml.Node:
    """Give the last value in a section; blank lines and comments behind it are not of it."""
    while isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node
