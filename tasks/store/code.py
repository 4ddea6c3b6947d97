"""The code part of a content key: what the work really runs, found by reading the source, never by importing it.

It is the closure of imports of what a task's function calls and of the modules that define the classes of its settings,
so that a chosen kind is found by itself: what is only loaded by name counts through its `Params`.
"""

import contextlib
import dataclasses
import functools
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel

from tasks.core.records import Fingerprinted, Objective
from tasks.manifests.seen import Fingerprint
from tasks.store.source import Source, memory, source_of

ROOT = Path(__file__).parents[2]
LEFT_OUT = {
    "tasks.core.access": "puts into words what a server answered",
    "tasks.core.docstrings": "describes settings to people",
    "tasks.core.errors": "classes of errors; a task that fails leaves no product",
    "tasks.core.imports": "a lock for imports",
    "tasks.core.registry": "finds the file of a kind, and that file counts by itself",
    "tasks.core.space": "says that a disk is full",
    "tasks.core.suggest": "words of messages",
    "tasks.core.ui": "shows things to people",
    "tasks.core.unseen": "hides values from people",
    "tasks.store": "keeps bytes as they are",
    "tasks.train.checkpoints": "copies what an interrupted training has saved",
    "tasks.train.messages": "words about a training",
}
"""Rooms and modules that shape no byte of a product, and why."""
OTHERS = dict.fromkeys(("pydantic", "pydantic_core"), "reads settings, whose values are in the key as they came out")
"""Libraries that shape no byte, and why."""
ROLE = re.compile(r"tasks\.objectives\.parts\.(\w+)_of")
"""A function that finds a part of an objective: its file, named before `_of`."""
FIRST = ("code", "library", "polars")
"""First words of the parts that say what the work was done with; those of old are `code` and `polars` alone."""


def code_parts(function: Callable[..., object], values: Iterable[object]) -> dict[str, str]:
    """Name what `function` runs: `code.` and a module -> digest, `library.` and a name -> version.

    Args:
        values: what the function is given.
    """
    settings = [*_settings(tuple(values))]
    objectives = frozenset(record.task for record in settings if isinstance(record, Objective))
    kinds = frozenset(type(record).__module__ for record in settings)
    return dict(_parts(function.__module__, function.__name__, kinds, objectives))


def is_code(part: str) -> bool:
    """Say whether a part of a key tells what the work was done with, not what was asked."""
    return part.partition(".")[0] in FIRST


def code_of(parts: Mapping[str, str]) -> dict[str, str]:
    """Give the parts of a key that tell what the work was done with."""
    return {name: part for name, part in parts.items() if is_code(name)}


def _settings(value: object) -> Iterator[object]:
    """Give every record among values, however deep; a product, and what a probe saw, stand for themselves."""
    if isinstance(value, Fingerprinted | Fingerprint):
        return
    inner: Iterable[object] = value if isinstance(value, list | tuple) else ()
    if isinstance(value, BaseModel) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        yield value
        inner = vars(value).values()
    elif isinstance(value, Mapping):
        inner = value.values()
    for value_inside in inner:
        yield from _settings(value_inside)


@functools.cache
def _parts(module: str, function: str, kinds: frozenset[str], objectives: frozenset[str]) -> dict[str, str]:
    file = _file(module)
    start = {module: source_of(file, function, tuple(LEFT_OUT))} if file else {}
    sources, libraries = _closure(start, kinds, objectives)
    code = {f"code.{name.removeprefix('tasks.')}": sources[name].digest for name in sorted(sources)}
    parts = code | {f"library.{name}": _release(name) for name in sorted(libraries)}
    memory().keep()
    return parts


def _closure(
    sources: dict[str, Source], kinds: Iterable[str], objectives: Iterable[str]
) -> tuple[dict[str, Source], set[str]]:
    """Follow imports: every module that is reached, and the libraries that these import."""
    names, libraries = [*kinds, *(name for source in sources.values() for name in source.imports)], set[str]()
    while names:
        name = names.pop()
        top = name.partition(".")[0]
        if top != "tasks":
            libraries |= {top} - sys.stdlib_module_names - OTHERS.keys()
            continue
        if role := ROLE.fullmatch(name):
            names += [f"tasks.objectives.{task.replace('-', '_')}.{role[1]}" for task in objectives]
        module = name if _file(name) else name.rpartition(".")[0]
        file = None if module in sources or left_out(module) else _file(module)
        if file:
            sources[module] = source_of(file, silent=tuple(LEFT_OUT))
            names += sources[module].imports
    return sources, libraries


def left_out(module: str) -> bool:
    """Say whether a module, or the room it lies in, shapes no byte."""
    return f"{module}.".startswith(tuple(f"{room}." for room in LEFT_OUT))


@functools.cache
def _file(module: str) -> Path | None:
    """Find the file of a module of ours; a package has none, since its `__init__` says nothing."""
    package, _, name = module.rpartition(".")
    loaded = sys.modules.get(package)
    folders = loaded.__path__ if loaded and hasattr(loaded, "__path__") else [ROOT.joinpath(*package.split("."))]
    return next((path for folder in folders if (path := Path(folder, f"{name}.py")).is_file()), None)


@functools.cache
def _release(name: str) -> str:
    """Give the version of the library that is imported as `name`; a build for another machine is the same release."""
    for distribution in (lambda: name, lambda: memory().distribution(name)):
        with contextlib.suppress(PackageNotFoundError):
            return version(distribution()).partition("+")[0]
        if importlib.util.find_spec(name) is None:
            break
    return "absent"
