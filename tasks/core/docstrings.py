"""The docstrings below the attributes of classes, read out of the source."""

import ast
import functools
import inspect
import itertools
import sys
from collections.abc import Iterator

from tasks.core.syntax import parse


@functools.cache
def of_attributes(module: str) -> dict[str, dict[str, str]]:
    """Give the docstrings below the attributes of a module's classes: class -> attribute -> text."""
    tree = parse(inspect.getsource(sys.modules[module]))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {found.name: dict(_described(found)) for found in classes}


def _described(found: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in itertools.pairwise(found.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass
