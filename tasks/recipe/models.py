"""What can be told of the models that a recipe names before anything is made: whether they are there, and how long
their texts may be.
"""

import ast
import contextlib
import difflib
import functools
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tasks.core.suggest import Problem, nearest
from tasks.core.syntax import parse
from tasks.models.folders import unfit_folder
from tasks.models.positions import PADDING, positions_in
from tasks.models.sizes import uneven
from tasks.train.settings import BuiltModel, TrainSettings

LIKE = 0.8
"""Likeness, 0..1, from which a name is taken for another one misspelt."""
FOLDER = re.compile(r"[./~\\]|.*/.*/|[A-Za-z]:\\")
"""What a name of the Hub does not look like."""


def model_problems(trained: Mapping[str, TrainSettings], named: Mapping[str, str], base: str) -> Iterator[Problem]:
    """Find folders that are not there, architectures that nobody knows, sizes that do not go together, and texts longer
    than a model has positions.

    Args:
        trained: how the model is trained, by the place that says so; the first place names it.
        named: models that are only read, by the place that names each.
        base: folder that relative paths start at.
    """
    for place, name in named.items():
        yield from _unknown(place, name, base)
    for place, train in [*trained.items()][:1]:
        yield from _unknown(f"{place}.model", train.model, base)
        if isinstance(train.model, BuiltModel):
            yield from _misspelt(f"{place}.model", train.model)
            if why := uneven(train.model.architecture, train.model.config):
                yield f"{place}.model.config", why
    for place, train in trained.items():
        yield from _too_long(place, train, base)


def _unknown(place: str, name: str | BuiltModel, base: str) -> Iterator[Problem]:
    if isinstance(name, BuiltModel):
        known = architectures()
        if known and name.architecture not in known:
            near = nearest(name.architecture, known).partition(" known:")[0]
            yield f"{place}.architecture", f"transformers has no architecture {name.architecture!r};{near}".rstrip(";")
    elif (folder := Path(base) / name).is_dir():
        if why := unfit_folder(repr(name), folder, architectures()):
            yield place, why
    elif FOLDER.match(name):
        yield place, f"there is no folder {name!r}; name one with a model, or a model of the Hub as OWNER/NAME"


def _misspelt(place: str, model: BuiltModel) -> Iterator[Problem]:
    """Find settings that are almost those of the architecture: transformers takes any name, and passes it over."""
    known = _settings_of(model.architecture)
    for name in model.config:
        near = difflib.get_close_matches(name, known, n=1, cutoff=LIKE) if known and name not in known else []
        if near:
            yield f"{place}.config.{name}", f"{model.architecture!r} has no such setting; did you mean {near[0]!r}?"


@functools.cache
def _settings_of(architecture: str) -> frozenset[str]:
    """Name what an architecture's configuration takes, read from the source of its class; empty where it hangs on
    another architecture's.
    """
    found = importlib.util.find_spec("transformers")
    if not found or not found.origin:
        return frozenset()
    folder, names = Path(found.origin).parent, set[str]()
    own = sorted((folder / "models" / architecture.replace("-", "_")).glob("configuration_*.py"))
    for file in [*own, folder / "configuration_utils.py"]:
        for part in ast.walk(parse(file.read_text("utf-8"))):
            if isinstance(part, ast.ClassDef):
                names |= {
                    one.target.id
                    for one in part.body
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                }
            elif isinstance(part, ast.arg):
                names.add(part.arg)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
                names.add(part.value)  # other names of settings stand in tables
    return frozenset(names if own else ())


def _too_long(place: str, settings: TrainSettings, base: str) -> Iterator[Problem]:
    positions, wanted = _positions(settings.model, base), settings.max_tokens
    if positions is not None and wanted > positions:
        remedy = f"set {place}.max_tokens <= {positions}"
        yield f"{place}.max_tokens", f"it is {wanted}, but the model takes at most {positions}; {remedy}"


def _positions(model: str | BuiltModel, base: str) -> int | None:
    """Count the positions that texts may take; None where that cannot be told yet."""
    if isinstance(model, BuiltModel):
        return positions_in({"model_type": model.architecture, **model.config, "pad_token_id": PADDING})
    with contextlib.suppress(OSError, ValueError):
        read = json.loads((Path(base) / model / "config.json").read_text("utf-8"))
        return positions_in(read) if isinstance(read, dict) else None
    return None


def architectures() -> list[str]:
    """Name the architectures of the transformers that is installed, read from its list: importing it takes seconds."""
    found = importlib.util.find_spec("transformers")
    folder = Path(found.origin).parent / "models" / "auto" if found and found.origin else Path()
    names = set[str]()
    for file in ("auto_mappings.py", "configuration_auto.py"):
        with contextlib.suppress(OSError):
            text = (folder / file).read_text("utf-8")
            names |= set(re.findall(r"\(?\{?\"([\w.-]+)\"[,:]\s*\"\w+Config\"", text))
    return sorted(names)
