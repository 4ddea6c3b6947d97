"""A source put into a recipe that is there: as text, so that comments and layout stay as they are."""

from collections.abc import Sequence

import yaml

from tasks.core.errors import RecipeError


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
    end = last.end_mark.index
    if isinstance(last, yaml.ScalarNode) and last.style in ("|", ">"):  # ends where the next thing begins
        end = len(text[:end].rstrip())
    line = text.find("\n", end)
    head, tail = (text, "") if line < 0 else (text[:line], text[line:])
    added = "".join(f"\n{' ' * (column + 2)}{line}" for line in lines)
    return f"{head}\n{' ' * column}{name}:{added}{tail}"


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
