"""Python's own syntax trees, made without a pause.

Tasks are threads, and two that parse at once may end in `SystemError: AST constructor recursion depth mismatch`: Python
3.11 counts the depth of all trees that are being made in one place. Others parse, too: torch as it is imported, NumPy
as it reads a file, the standard library as it writes a traceback. A tree is made in one piece but for the collection of
garbage, which may let another thread run; without it none comes between.
"""

import ast
import gc

from tasks.core.imports import importing


def parse(text: str | bytes) -> ast.Module:
    """Parse Python; it is not run."""
    with importing:
        collects = gc.isenabled()
        gc.disable()
        try:
            return ast.parse(text)
        finally:
            if collects:
                gc.enable()
