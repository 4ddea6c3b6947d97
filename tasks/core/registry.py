"""The folder listing is the registry: a kind is a file, its name is what the recipe says."""

import difflib
import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from tasks.core.errors import UnknownKind
from tasks.core.suggest import LONGEST

KINDS_OF = "x-kinds-of"
"""Keyword by which the JSON Schema of a section that is one of several kinds names their package."""


def names(package: ModuleType) -> tuple[str, ...]:
    """Give the kinds of `package`, sorted, as they are written in a recipe (dashes for underscores)."""
    return _names_in(tuple(package.__path__))


@functools.cache
def _names_in(folders: tuple[str, ...]) -> tuple[str, ...]:
    return _written(module.name for module in pkgutil.iter_modules(folders))


def folders(package: ModuleType) -> tuple[str, ...]:
    """Give the kinds of `package` that are folders, sorted, as they are written in a recipe."""
    return _written(m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg)


def _written(modules: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.replace("_", "-") for name in modules if not name.startswith("_")))


def load(package: ModuleType, kind: object) -> ModuleType:
    """Import the file of `package` that defines `kind`.

    Raises:
        UnknownKind: no such file; the text lists those there are and the nearest.
    """
    return importlib.import_module(_named(package, kind, names(package)))


def part(package: ModuleType, kind: object, name: str) -> ModuleType:
    """Import the file `name` of the folder of `package` that defines `kind`.

    Raises:
        UnknownKind: no such folder; the text lists those there are and the nearest.
    """
    return importlib.import_module(f"{_named(package, kind, folders(package))}.{name}")


def has(package: ModuleType, kind: object, name: str) -> bool:
    """Say whether the folder of `package` that defines `kind` has the file `name`; nothing is imported but the folder.

    Raises:
        UnknownKind: no such folder.
    """
    return importlib.util.find_spec(f"{_named(package, kind, folders(package))}.{name}") is not None


def keys_beside(package: ModuleType, kind: object) -> str | None:
    """Name the field of a kind whose keys stand beside `kind` in a recipe; None for most kinds, and for no kind."""
    return getattr(load(package, kind).Params, "KEYS_BESIDE", None) if kind in names(package) else None


def _named(package: ModuleType, kind: object, known: tuple[str, ...]) -> str:
    if kind not in known:
        near = difflib.get_close_matches(str(kind)[:LONGEST], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownKind(f"unknown kind {str(kind)[:LONGEST]!r}; known: {', '.join(known)}.{hint}")
    return f"{package.__name__}.{str(kind).replace('-', '_')}"


@dataclass(frozen=True)
class OneOf:
    """Annotates a section whose `kind` names a file of `package`; the `Params` of that file validates it, and it dumps
    with all of that kind's fields.

    Attributes:
        by_name: whether the name of a kind alone stands for it.
        inline: kind and field that a mapping without `kind` stands for.
        infer: tells the kind of a mapping without `kind`.
    """

    package: ModuleType
    by_name: bool = True
    inline: tuple[str, str] | None = None
    infer: Callable[[Mapping[str, object]], str] | None = None

    def spelled_out(self, section: object) -> object:
        """Give a section as a mapping with its kind; what is neither a mapping nor a name stays as it is."""
        if self.by_name and isinstance(section, str):
            return {"kind": section}
        if self.is_inline(section) and self.inline:
            return {"kind": self.inline[0], self.inline[1]: section}
        if isinstance(section, dict) and (field := self.keys_beside(section)):
            return {"kind": section["kind"], field: {key: section[key] for key in section if key != "kind"}}
        if self.infer and isinstance(section, dict) and not section.get("kind"):
            return section | {"kind": self.infer(section)}
        return section

    def is_inline(self, section: object) -> bool:
        """Say whether the whole section is the value of one field."""
        return self.inline is not None and isinstance(section, dict) and "kind" not in section

    def keys_beside(self, section: Mapping[str, object]) -> str | None:
        """Name the field whose keys stand beside `kind` in this section (`KEYS_BESIDE` of its kind's `Params`); None
        where all stand in their fields.
        """
        field = keys_beside(self.package, section.get("kind"))
        return field if field not in section else None

    def params(self, section: Mapping[str, object]) -> type[BaseModel]:
        """Give the model of a section that is spelled out.

        Raises:
            UnknownKind: no file has its kind's name.
        """
        return load(self.package, section.get("kind")).Params

    def parse(self, section: object) -> object:
        """Give the settings of a section; what is no section stays as it is."""
        whole = self.spelled_out(section)
        return self.params(whole).model_validate(whole) if isinstance(whole, dict) else whole

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by the kind's own model, and dump by it: by the annotated base class its fields would be lost."""
        as_it_is = core_schema.wrap_serializer_function_ser_schema(_dumped, schema=core_schema.any_schema())
        return core_schema.no_info_before_validator_function(self.parse, handler(source), serialization=as_it_is)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Name the package; whoever wants the schema loads its kinds."""
        return {KINDS_OF: self.package.__name__, "by_name": self.by_name, "inline": self.inline}


def _dumped(value: object, dump: Callable[[object], object]) -> object:
    return dump(value)
