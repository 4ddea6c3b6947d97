"""The folder listing is the registry: a kind is a file, its name is what the recipe says."""

import difflib
import importlib
import pkgutil
from types import ModuleType
from typing import Any

from pydantic import BaseModel, BeforeValidator

from tasks.core.errors import UnknownKind


def names(package: ModuleType) -> tuple[str, ...]:
    """Give the kinds of `package`, sorted, as they are written in a recipe (dashes for underscores)."""
    found = (m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return tuple(sorted(name.replace("_", "-") for name in found))


def load(package: ModuleType, kind: object) -> ModuleType:
    """Import the file of `package` that defines `kind`.

    Raises:
        UnknownKind: no such file; the text lists those there are and the nearest.
    """
    known = names(package)
    if kind not in known:
        near = difflib.get_close_matches(str(kind), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownKind(f"unknown kind {kind!r}; known: {', '.join(known)}.{hint}")
    return importlib.import_module(f"{package.__name__}.{str(kind).replace('-', '_')}")


def one_of(package: ModuleType) -> BeforeValidator:
    """Let `kind:` name a file of `package`, whose `Params` validates the section.

    The field must be annotated `SerializeAsAny`, or the section dumps as its base class.
    """

    def parse(section: Any) -> Any:
        if isinstance(section, BaseModel):
            return section
        if not isinstance(section, dict):
            raise ValueError(f"want a mapping with `kind:`, one of {', '.join(names(package))}")
        return load(package, section.get("kind")).Params.model_validate(section)

    return BeforeValidator(parse)
