"""What a Python file says and what it imports, read once and remembered on this machine by size and time."""

import ast
import contextlib
import functools
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from tasks.core.records import digest
from tasks.core.syntax import parse

MODULE = re.compile(r"tasks(\.\w+)+")
"""A text that is nothing but the name of a module of ours: the code runs it in another process."""


@dataclass(frozen=True)
class Source:
    """A file, or one function of it with what it uses of the file.

    Attributes:
        digest: of its code without comments, docstrings, layout and lines that only tell people something.
        imports: dotted names of modules, or of what is defined in them.
    """

    digest: str
    imports: tuple[str, ...]


@dataclass
class Memory:
    """What this machine remembers of source files and libraries, in a small file of the user's cache folder."""

    reader: list[str | int]
    """Python, and the files that read, in the versions that it holds for."""
    sources: dict[str, list[Any]] = field(default_factory=dict)
    """Path, and function -> the file's stamp, digest and imports."""
    distributions: dict[str, str] = field(default_factory=dict)
    """Name that is imported -> the distribution that brings it."""
    changed: bool = False

    def keep(self) -> None:
        """Write it down if there is something new; where that is not allowed, it is found again next time."""
        if not self.changed:
            return
        self.changed = False
        with contextlib.suppress(OSError, RuntimeError):
            place().parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=place().parent, delete=False) as file:
                json.dump({name: value for name, value in vars(self).items() if name != "changed"}, file)
            Path(file.name).replace(place())

    def distribution(self, name: str) -> str:
        """Find the distribution that brings a module of another name than its own."""
        if name not in self.distributions:
            self.distributions |= {module: names[0] for module, names in packages_distributions().items()}
            self.changed = True
        return self.distributions.get(name, name)


def place() -> Path:
    """Give the file of this checkout."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "cuvee" / f"code-{digest(__file__)[:12]}.json"


@functools.cache
def memory() -> Memory:
    """Give what is remembered."""
    reader = [sys.version, *stamp(Path(__file__)), *stamp(Path(__file__).with_name("code.py"))]
    with contextlib.suppress(OSError, RuntimeError, ValueError, TypeError):
        remembered = Memory(**json.loads(place().read_text("utf-8")))
        if remembered.reader == reader:
            return remembered
    return Memory(reader)


def stamp(path: Path) -> list[int]:
    """Say which version of a file this is, without reading it."""
    seen = path.stat()
    return [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


@functools.cache
def source_of(path: Path, function: str = "", silent: tuple[str, ...] = ()) -> Source:
    """Read a file, or a function at its top level with the definitions beside that it uses.

    The answer stays for as long as the process, which runs what it has imported.

    Args:
        silent: modules that shape no byte: a line that does nothing but call one of them does not count.
    """
    name, now = f"{path}:{function}", stamp(path)
    remembered = memory().sources.get(name)
    if remembered and remembered[0] == now:
        return Source(remembered[1], tuple(remembered[2]))
    source = _read(parse(path.read_bytes()), function, silent)
    memory().sources[name] = [now, source.digest, source.imports]
    memory().changed = True
    return source


def _read(tree: ast.Module, function: str, silent: tuple[str, ...]) -> Source:
    bound = {alias.asname or alias.name: name for node in tree.body for alias, name in _imported(node)}
    quiet = {name for name, module in bound.items() if f"{module}.".startswith(tuple(f"{one}." for one in silent))}
    nodes = _used(tree, function)
    inside = [one for node in nodes for one in ast.walk(node)]
    imports = {name for node in inside for _, name in _imported(node)}
    imports |= {bound[node.id] for node in inside if isinstance(node, ast.Name) and node.id in bound}
    texts = [node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    imports |= {text for text in texts if MODULE.fullmatch(text)}
    return Source(digest(_shape(nodes, quiet))[:16], tuple(sorted(imports)))


def _used(tree: ast.Module, function: str) -> list[ast.AST]:
    """Give a function's parts and what it uses of its file; the whole file where it has no such function."""
    defined: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    own = defined.get(function)
    if not isinstance(own, ast.FunctionDef):
        return [tree]
    own.decorator_list = []  # how often a task is retried shapes no byte
    wanted, used = [function], dict[str, ast.AST]()
    while wanted:
        if (name := wanted.pop()) in defined and name not in used:
            used[name] = defined[name]
            wanted += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
    return [used[name] for name in sorted(used)]


def _imported(node: ast.AST) -> Iterator[tuple[ast.alias, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((alias, f"{node.module}.{alias.name}") for alias in node.names)


def _shape(node: object, quiet: Iterable[str]) -> object:
    """Give what a piece of code does as plain lists, the same in every version of Python."""
    if isinstance(node, list):
        return [_shape(item, quiet) for item in node if not _says_only(item, quiet)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, value) for name, value in ast.iter_fields(node) if name not in {"ctx", "kind"}]
    return [type(node).__name__, *([name, _shape(value, quiet)] for name, value in fields if value not in (None, []))]


def _says_only(node: object, quiet: Iterable[str]) -> bool:
    """Say whether a statement is a docstring, or a call of what only tells people something."""
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return True
    root = node.value.func if isinstance(node.value, ast.Call) else node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(node.value, ast.Call) and isinstance(root, ast.Name) and root.id in quiet
