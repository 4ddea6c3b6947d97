"""What the names in a recipe refer to. One walk follows the types of its models over the tree as it was written, so
that it works in a recipe that is wrong in other ways, too: it finds names that nothing answers to, and all that goes
when a source is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import get_args

from pydantic import BaseModel

from tasks.core.references import About, Among, InMix, NamesAll, NotAll, Reference, To, Unchecked
from tasks.core.suggest import Problem, nearest
from tasks.recipe.file import MOST_MISTAKES
from tasks.recipe.nodes import Node, Path, dotted, is_model, node_of


@dataclass(frozen=True)
class Names:
    """What a name of one kind can mean in some place of the recipe.

    Attributes:
        noun: what such a name is.
        known: those that there are; None where that cannot be told.
        left_out: those that there were.
        unlabelled: of those that there are, the sources without labels, which a mix of labelled rows cannot have.
    """

    noun: str
    known: tuple[str, ...] | None
    left_out: frozenset[str] = frozenset()
    unlabelled: frozenset[str] = frozenset()

    @property
    def in_mix(self) -> "Names":
        """The same without the sources that stay without labels."""
        return replace(self, known=self.known and tuple(name for name in self.known if name not in self.unlabelled))


Scope = Mapping[To, Names]


@dataclass
class References:
    """What was found along the references of a recipe.

    Attributes:
        problems: names that nothing answers to.
        gone: paths of what goes with the sources that are left out.
    """

    root: Node
    problems: list[Problem] = field(default_factory=list)
    gone: set[Path] = field(default_factory=set)

    def stays(self, path: str) -> bool:
        """Say whether what a dotted path leads to is not left out."""
        return not any(f"{path}.".startswith(f"{dotted(gone)}.") for gone in self.gone)

    def place(self, location: Iterable[str | int]) -> tuple[str, Node]:
        """Find the place that pydantic means in what is left of the tree.

        Returns:
            Its dotted path in the whole tree, and the innermost node there that is known.
        """
        node, path = self.root, Path()
        for part in location:
            if isinstance(node.value, list | tuple) and isinstance(part, int):  # pydantic counts those that are left
                staying = (child for _, child in node.children() if child.path not in self.gone)
                child = next(islice(staying, part, None), None)
            else:
                child = node.child(part)
            if child and child.path not in self.gone:
                node, path = child, child.path
            elif not is_branch(part):
                path = (*path, part)
        return dotted(path), node


def is_branch(part: object) -> bool:
    """Say whether pydantic names a branch of a union here, not a key of the recipe."""
    return isinstance(part, str) and (
        part in {"str", "int", "float", "bool", "[key]"}
        or part[:1].isupper()
        or part.startswith(("literal[", "constrained-", "function-", "dict[", "tuple[", "list["))
    )


def without(value: object, gone: set[Path], path: Path = ()) -> object:
    """Give a tree without what is gone; the tree itself stays as it is."""
    if isinstance(value, Mapping):
        return {key: without(inner, gone, (*path, key)) for key, inner in value.items() if (*path, key) not in gone}
    if isinstance(value, list | tuple):
        parts = enumerate(value)
        return [without(inner, gone, (*path, number)) for number, inner in parts if (*path, number) not in gone]
    return value


def follow(recipe: type[BaseModel], tree: Mapping[str, object], left_out: Sequence[str] = ()) -> References:
    """Follow the references of a recipe.

    Args:
        recipe: the model of the whole.
        tree: as it was written, which may be wrong in any way.
        left_out: sources that are taken as not named.
    """
    references = References(node_of(recipe, tree))
    sources, labels = tree.get("sources"), tree.get("labels")
    known = None
    if isinstance(sources, Mapping):
        references.gone.update(("sources", name) for name in left_out if name in sources)
        known = tuple(str(name) for name in sources if name not in left_out) or None
        references.problems += [
            (f"--without {name}", f"no source has this name;{nearest(name, sources)}")
            for name in left_out
            if name not in sources
        ]
    source = Names("source", known, frozenset(left_out), _unlabelled(sources))
    scope: dict[To, Names] = {
        "source": source,
        "member": source.in_mix,
        "judge": replace(
            source, noun="source or evaluation set", known=None if known is None else (*known, *_sets_of(tree))
        ),
        "subject": replace(source, known=None if known is None else (*known, "mix")),
        "label": Names("label", tuple(map(str, labels)) if isinstance(labels, list) and labels else None),
    }
    _Walk(references).goes(references.root, scope)
    return references


def _unlabelled(sources: object) -> frozenset[str]:
    named = sources.items() if isinstance(sources, Mapping) else ()
    return frozenset(str(name) for name, said in named if isinstance(said, Mapping) and said.get("unlabelled") is True)


def _sets_of(tree: Mapping[str, object]) -> list[str]:
    evaluate = tree.get("evaluate")
    sets = evaluate.get("sets") if isinstance(evaluate, Mapping) else None
    return [str(name) for name in sets] if isinstance(sets, Mapping) else []


class _Walk:
    """One walk along the references; notes problems and what goes.

    Attributes:
        named: the names met so far, each with what it refers to.
    """

    def __init__(self, references: References) -> None:
        self.found = references
        self.named: list[tuple[To, str]] = []

    def goes(self, node: Node, scope: Scope) -> bool:
        """Say whether a value goes with what is left out."""
        if node.path in self.found.gone:
            return True
        before = len(self.named)
        if is_model(node.annotation):
            goes = self._section_goes(node, scope)
        elif isinstance(node.value, Mapping):
            goes = self._entries_go(node, scope)
        elif isinstance(node.value, list | tuple):
            goes = self._items_go(node, scope)
        else:
            reference = node.mark(Reference)
            goes = bool(reference) and isinstance(node.value, str) and self._name_goes(reference, node, scope)
        if not goes:
            self._check_all(node, scope, self.named[before:])
        return goes

    def _section_goes(self, section: Node, scope: Scope) -> bool:
        """Follow the fields of a section, last those whose names are among what another field has left."""
        for _, child in sorted(section.children(), key=lambda pair: pair[1].mark(Among) is not None):
            if self.goes(child, self._inside(child, section, scope)):
                if child.mark(About):
                    return True
                self.found.gone -= {inner.path for inner in child.all()}
                named = child.value if isinstance(child.value, list) else [child.value]
                self._problem(
                    child.path,
                    f"no source has this name ({', '.join(map(repr, named))}): it is left out; name another source "
                    "here, or do not leave it out",
                )
        return False

    def _inside(self, child: Node, section: Node, scope: Scope) -> Scope:
        """Give the names that can be meant inside a field."""
        if free := child.mark(Unchecked):
            return {**scope, free.to: replace(scope[free.to], known=None)}
        if child.mark(InMix):
            return {**scope, **{to: scope[to].in_mix for to in ("source", "judge")}}
        among = child.mark(Among)
        field = dict(section.children()).get(among.field) if among else None
        if among is None or field is None or not field.value or scope[among.to].known is None:
            return scope
        by_key = isinstance(field.value, Mapping)
        names = {inner.path: str(key if by_key else inner.value) for key, inner in field.children()}
        known = tuple(name for path, name in names.items() if path not in self.found.gone)
        left_out = frozenset(name for path, name in names.items() if path in self.found.gone)
        return {**scope, among.to: Names(among.noun, known or None, left_out)}

    def _entries_go(self, mapping: Node, scope: Scope) -> bool:
        arguments = get_args(mapping.annotation)
        for key, child in mapping.children():
            named = replace(node_of(arguments[0], key, child.path), path=child.path)
            reference = named.mark(Reference)
            if (reference and self._name_goes(reference, named, scope, is_key=True)) or self.goes(child, scope):
                self.found.gone.add(child.path)
        return False

    def _items_go(self, items: Node, scope: Scope) -> bool:
        """Follow a list; one of names goes when none of them is left."""
        children = [child for _, child in items.children()]
        going = [child for child in children if self.goes(child, scope)]
        self.found.gone.update(child.path for child in going)
        return len(going) == len(children) and any(child.mark(Reference) for child in going)

    def _name_goes(self, reference: Reference, node: Node, scope: Scope, *, is_key: bool = False) -> bool:
        name, names = str(node.value), scope[reference.to]
        if name in names.left_out:
            return True
        self.named.append((reference.to, name))
        if names.known is not None and name not in names.known:
            what = f"no {names.noun} has this name" + ("" if is_key else f" ({name!r})")
            if name in names.unlabelled:
                what = f"the source {name!r} is unlabelled, and only stages of `train` may name it"
            elif names.noun == "label":
                what = f"{name!r} is not one of the recipe's labels"
            hint = f";{nearest(name, names.known)}" if len(self.found.problems) < MOST_MISTAKES else ""
            self._problem(node.path, f"{what}{hint}")
        return False

    def _check_all(self, node: Node, scope: Scope, named: Sequence[tuple[To, str]]) -> None:
        """See that all names stand somewhere in a value, or not all, where it is marked so."""
        for mark in node.marks:
            if isinstance(mark, NamesAll | NotAll):
                inside, names = {name for to, name in named if to == mark.to}, scope[mark.to]
                missing = [name for name in names.known or () if name not in inside]
                if inside and isinstance(mark, NamesAll):
                    for name in missing:
                        self._problem(node.path, mark.otherwise.format(noun=names.noun, name=name))
                elif inside and names.known and not missing:
                    self._problem(node.path, mark.otherwise)

    def _problem(self, path: Path, text: str) -> None:
        self.found.problems.append((dotted(path), text))
