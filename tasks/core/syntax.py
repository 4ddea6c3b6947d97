"""Python's own syntax trees, made by one thread at a time.

Tasks are threads, and two that parse at once may end in `SystemError: AST constructor recursion depth mismatch`: Python
3.11 counts the depth of all trees that are being made in one place. Libraries parse while they are imported (torch, for
functions that it compiles), so the lock is that of imports.
"""

import ast

from tasks.core.imports import importing


def parse(text: str | bytes) -> ast.Module:
    """Parse Python; it is not run."""
    with importing:
        return ast.parse(text)
