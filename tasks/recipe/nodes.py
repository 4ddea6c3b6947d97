"""The tree of a recipe with the types of its models: what each value is, also where the recipe is wrong."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from tasks.core.registry import OneOf

Path = tuple[str | int, ...]
Mark = TypeVar("Mark")


@dataclass(frozen=True)
class Node:
    """A value of the tree with its type.

    Attributes:
        annotation: the type; of a union the branch that can hold such a value, of a section of several kinds the
            settings of its kind.
        marks: what the type is annotated with.
        inline: the field of which the whole section is the value.
        kinds: all types that may stand in its place.
    """

    annotation: object
    marks: tuple[object, ...]
    value: object
    path: Path
    inline: str | None = None
    kinds: frozenset[object] = frozenset()

    def mark(self, kind: type[Mark]) -> Mark | None:
        """Give the annotation of a kind."""
        return next((mark for mark in self.marks if isinstance(mark, kind)), None)

    def fields(self) -> list[str]:
        """Name the keys that a section may have."""
        return list(self.annotation.model_fields) if is_model(self.annotation) else []

    def child(self, key: str | int) -> "Node | None":
        """Give what stands under a key."""
        return next((child for _, child in self.children(only=key)), None)

    def children(self, only: str | int | None = None) -> Iterator[tuple[str | int, "Node"]]:
        """Give what stands in a section, a mapping or a list, each with its key; not keys that the section does not
        know.

        Args:
            only: the one key that is wanted; by default all.
        """
        if isinstance(self.value, Mapping) and is_model(self.annotation):
            for name, described in self.annotation.model_fields.items():
                if name in self.value and only in (None, name):
                    path = self.path if name == self.inline else (*self.path, name)
                    yield name, node_of(described.annotation, self.value[name], path, tuple(described.metadata))
        elif isinstance(self.value, Mapping) and get_origin(self.annotation) is dict:
            for key in self.value if only is None else {only} & self.value.keys():
                yield key, node_of(get_args(self.annotation)[1], self.value[key], (*self.path, key))
        elif isinstance(self.value, list | tuple) and get_origin(self.annotation) in (list, tuple):
            for number, value in enumerate(self.value):
                if only not in (None, number):
                    continue
                yield number, node_of(get_args(self.annotation)[0], value, (*self.path, number))

    def all(self) -> Iterator["Node"]:
        """Give the node and all that stands in it."""
        yield self
        for _, child in self.children():
            yield from child.all()


def node_of(annotation: object, value: object, path: Path = (), marks: tuple[object, ...] = ()) -> Node:
    """Find the type of a value among those that may stand in its place."""
    if get_origin(annotation) is Annotated:
        kind, *own = get_args(annotation)
        return node_of(kind, value, path, (*marks, *own))
    if get_origin(annotation) in (Union, UnionType):
        branches = get_args(annotation)
        fitting = (branch for branch in branches if _can_hold(branch, value))
        return replace(node_of(next(fitting, NoneType), value, path, marks), kinds=_bases(branches))
    node = Node(annotation, marks, value, path, kinds=_bases([annotation]))
    return _of_its_kind(node, choice) if (choice := node.mark(OneOf)) else node


def _of_its_kind(node: Node, choice: OneOf) -> Node:
    try:
        whole = choice.spelled_out(node.value)
        settings = choice.params(whole) if isinstance(whole, Mapping) else NoneType
    except ValueError:  # there is no such kind, which is said when the section is validated
        return replace(node, annotation=NoneType)
    inline = choice.keys_beside(node.value) if isinstance(node.value, Mapping) else None
    if choice.inline and choice.is_inline(node.value):
        inline = choice.inline[1]
    return replace(node, annotation=settings, value=whole, inline=inline)


def _bases(annotations: Iterable[object]) -> frozenset[object]:
    """Give the types behind annotations; a choice of texts is a text where nothing else may stand."""
    plain = [one for whole in annotations for one in _plain(whole)]
    others = [one for one in plain if one is not Literal]
    return frozenset(others if {int, float, bool} & {*others} else [str if one is Literal else one for one in plain])


def _plain(annotation: object) -> Iterable[object]:
    kind = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(kind) in (Union, UnionType):
        return [one for branch in get_args(kind) for one in _plain(branch)]
    return [str if kind is SecretStr else get_origin(kind) or kind]


def _can_hold(annotation: object, value: object) -> bool:
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        return (isinstance(value, str) and any(isinstance(mark, OneOf) for mark in marks)) or _can_hold(kind, value)
    base = get_origin(annotation) or annotation
    if isinstance(value, Mapping):
        return base is dict or is_model(base)
    if isinstance(value, list | tuple):
        return base in (list, tuple)
    return (base is NoneType) == (value is None) and base not in (dict, list, tuple) and not is_model(base)


def is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    """Say whether a type is a section."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def dotted(path: Path) -> str:
    """Write a path as the recipe's messages do."""
    return ".".join(map(str, path))
