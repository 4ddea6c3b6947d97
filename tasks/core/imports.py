"""Libraries that take long to import are imported where they are used, by one thread at a time.

Tasks are threads. Two of them that enter a circle of modules at different places hold what the other waits for, and
Python then fails one import with a deadlock error: Great Expectations and scikit-learn, say, which both lead into
narwhals.
"""

import contextlib
import importlib
import sys
import threading
from collections.abc import Generator
from types import ModuleType

importing = threading.RLock()
"""Held while a library is imported inside a function; imports at the head of a module are done before there are
threads."""


class _Later(ModuleType):
    """Stands for a module until somebody asks for something of it."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # the import system looks
            raise AttributeError(name)
        with importing:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def later(module: str) -> Generator[None]:
    """Have what is imported in the block import a module of a package only once something of it is asked for.

    For a library that imports another one which hardly any of its users needs. The lock is held around the block.
    """
    importlib.import_module(module.rpartition(".")[0])
    stands = sys.modules.setdefault(module, _Later(module))
    try:
        yield
    finally:
        if isinstance(stands, _Later) and sys.modules.get(module) is stands:
            del sys.modules[module]
