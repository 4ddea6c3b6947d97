"""What is wrong with a recipe, told with its place and the nearest right thing. Knows the shape of a recipe, not its
file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from tasks.core import registry
from tasks.core.suggest import NAME, Problem, nearest
from tasks.experiments.compare.settings import ARMS, ONLY
from tasks.ingest import kinds as source_kinds
from tasks.ingest.settings import SourceSettings

PASSWORD = re.compile(
    r"^[^/]*://[^/@:]*:(?!\$\{\w+\}@)[^@]*@|[?&](?:\w*passw\w*|\w*pwd|\w*secret|\w*token)=(?!\$\{)", re.IGNORECASE
)
"""A URL with a password that is not left to the environment."""


def strangers(tree: Mapping[str, Any]) -> list[Problem]:
    """Find names that nothing in the recipe answers to: sources in weights, policies and cleaning, labels in label
    maps.
    """
    sources = _mapping(tree.get("sources"))
    labels = tree.get("labels")
    known_labels = [str(label) for label in labels] if isinstance(labels, list) else []
    found = [
        *_mix_problems(sources, _mapping(tree.get("mix"))),
        *_compare_problems(sources, _mapping(tree.get("compare"))),
    ]
    found += [
        (f"checks.policies.{name}", f"no source has this name;{nearest(name, [*sources, 'mix'])}")
        for name in _mapping(_mapping(tree.get("checks")).get("policies"))
        if name not in sources and name != "mix"
    ]
    found += [
        (f"{section}.{field}.{name}", f"no source has this name;{nearest(name, sources)}")
        for section, field in (("clean", "sources"), ("personal", "policies"), ("holdout", "shares"))
        for name in _mapping(_mapping(tree.get(section)).get(field))
        if name not in sources
    ]
    found += _target_problems(sources, "search", _mapping(tree.get("search")).get("target"))
    found += _subject_problems(sources, _mapping(tree.get("checks")).get("expectations"))
    for name, source in sources.items():
        if not re.match(NAME, str(name)):
            found.append((f"sources.{name}", "a source's name is lower-case letters, digits, - and _"))
        if name == "mix":
            found.append((f"sources.{name}", "checks and policies call the whole mix by this name; take another"))
        found += _label_problems(f"sources.{name}", _mapping(source), known_labels)
    return [*found, *_benchmark_problems(sources, _mapping(_mapping(tree.get("decontaminate")).get("against")))]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mix_problems(sources: Mapping[str, Any], mix: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _weights_problems(sources, "mix.weights", mix.get("weights"))
    yield from _target_problems(sources, "mix.select", _mapping(mix.get("select")).get("target"))
    phases = mix.get("phases")
    for number, phase in enumerate(phases if isinstance(phases, list) else []):
        yield from _weights_problems(sources, f"mix.phases.{number}.weights", _mapping(phase).get("weights"))
    for place in ("floors", "ceilings"):
        yield from _unknown(sources, f"mix.{place}", _mapping(mix.get(place)))


def _compare_problems(sources: Mapping[str, Any], compare: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _target_problems(sources, "compare", compare.get("target"))
    for name, weights in _mapping(compare.get("arms")).items():
        if name in ARMS or str(name).startswith(ONLY):
            yield f"compare.arms.{name}", "an arm has this name already; take another"
        yield from _weights_problems(sources, f"compare.arms.{name}", weights)


def _weights_problems(sources: Mapping[str, Any], place: str, weights: Any) -> Iterator[Problem]:
    shares = _mapping(weights)
    if "kind" in shares:
        yield from _target_problems(sources, place, shares.get("target"))
        named = [
            (str(group), name)
            for group, inner in _mapping(shares.get("groups")).items()
            for name in _names(_mapping(inner).get("sources"))
        ]
        for group, name in named:
            yield from _unknown(sources, f"{place}.groups.{group}.sources", [name])
        if named and (missing := [name for name in sources if name not in {inner for _, inner in named}]):
            yield f"{place}.groups", f"{', '.join(missing)} stands in no group"
        shares, place = _mapping(shares.get("shares")), f"{place}.shares"
    if not shares:
        return
    yield from _unknown(sources, place, shares)
    for name in sources:
        if name not in shares:
            yield place.removesuffix(".shares"), f"source {name!r} has no weight; write 0 to leave it out"


def _target_problems(sources: Mapping[str, Any], place: str, target: Any) -> Iterator[Problem]:
    if not isinstance(target, str):
        return
    if target not in sources:
        yield f"{place}.target", f"no source has this name ({target!r});{nearest(target, sources)}"
    elif len(sources) == 1:
        yield f"{place}.target", "the target is the only source: there is nothing to compare with it"


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _unknown(sources: Mapping[str, Any], place: str, names: Iterable[Any]) -> Iterator[Problem]:
    for name in names:
        if name not in sources:
            yield f"{place}.{name}", f"no source has this name;{nearest(name, sources)}"


def _subject_problems(sources: Mapping[str, Any], expectations: Any) -> Iterator[Problem]:
    for number, expectation in enumerate(expectations if isinstance(expectations, list) else []):
        subjects = _mapping(expectation).get("subjects")
        for name in subjects if isinstance(subjects, list) else []:
            if name not in [*map(str, sources), "mix"]:
                yield (
                    f"checks.expectations.{number}.subjects",
                    f"no source is called {name!r};{nearest(name, [*sources, 'mix'])}",
                )


def _benchmark_problems(sources: Mapping[str, Any], benchmarks: Mapping[str, Any]) -> Iterator[Problem]:
    for name, benchmark in benchmarks.items():
        if "on_failure" in _mapping(benchmark):
            yield (
                f"decontaminate.against.{name}.on_failure",
                "a benchmark that cannot be reached stops the run: else the mix could hold its rows",
            )
        if name in sources:
            yield (
                f"decontaminate.against.{name}",
                "a source has this name; what is mixed and what is measured on are told apart by it",
            )
        elif name == "holdout" or not re.match(NAME, str(name)):
            yield (
                f"decontaminate.against.{name}",
                "a benchmark's name is lower-case letters, digits, - and _, and not `holdout`",
            )


def open_secrets(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Find passwords that stand in a recipe as they are.

    Args:
        tree: the recipe as it was written, before `${NAME}` is replaced.
    """
    for place, sources in (
        ("sources", tree.get("sources")),
        ("decontaminate.against", _mapping(tree.get("decontaminate")).get("against")),
    ):
        for name, source in _mapping(sources).items():
            if PASSWORD.search(str(_mapping(source).get("sql", ""))):
                yield (
                    f"{place}.{name}.sql",
                    "a recipe holds no password; write ${NAME} in its place, and set NAME in the environment",
                )


def _label_problems(place: str, source: Mapping[str, Any], known: list[str]) -> Iterator[Problem]:
    mapped = _mapping(source.get("labels"))
    for raw, label in mapped.items():
        if known and label is not None and str(label) not in known:
            yield f"{place}.labels.{raw}", f"{label!r} is not one of the recipe's labels;{nearest(label, known)}"
    fixed = source.get("label")
    if known and fixed is not None and not mapped and str(fixed) not in known:
        yield f"{place}.label", f"{fixed!r} is not one of the recipe's labels;{nearest(fixed, known)}"


def explain(item: Any, recipe: type[BaseModel]) -> Problem:
    """Put one of pydantic's errors into words.

    Args:
        item: an entry of `ValidationError.errors()`.
        recipe: the model of the whole recipe, to know what could stand where.
    """
    place = item["loc"]
    path = ".".join(str(part) for part in place if not _is_branch(part))
    if item["type"] == "extra_forbidden":
        return path, f"unknown key;{nearest(place[-1], _siblings(recipe, place))}"
    if item["type"] == "missing":
        return path, "this key is missing"
    text = item["msg"].removeprefix("Value error, ")
    got = item.get("input")
    shown = "" if item["type"] == "value_error" or isinstance(got, (dict, list)) else f" (got {got!r})"
    return path, text[:1].lower() + text[1:] + shown


def _is_branch(part: object) -> bool:
    """Say whether pydantic names a branch of a union here, not a key of the recipe."""
    return isinstance(part, str) and (
        part in {"str", "int", "float", "bool"} or part[:1].isupper() or part.startswith("literal[")
    )


def _siblings(recipe: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """Give the keys that could stand where an unknown one stands."""
    if place[:-2] in {("sources",), ("decontaminate", "against")}:
        every = [registry.load(source_kinds, kind).Params for kind in registry.names(source_kinds)]
        return list(dict.fromkeys(name for model in [SourceSettings, *every] for name in model.model_fields))
    model: type[BaseModel] | None = recipe
    for part in place[:-1]:
        field = model.model_fields.get(str(part)) if model else None
        model = _model_in(field.annotation) if field else model
    return list(model.model_fields) if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)


def listing(file: str, problems: Iterable[Problem], lines: Mapping[str, int]) -> str:
    """Write all mistakes of a file, one a line, in the file's order.

    Args:
        lines: dotted path -> line number of the file.
    """

    def line(path: str) -> int:
        while path and path not in lines:
            path = path.rpartition(".")[0]
        return lines.get(path, 1)

    rows = sorted({(line(path), path, text) for path, text in problems})
    count = "1 mistake" if len(rows) == 1 else f"{len(rows)} mistakes"
    return f"{file}: {count}\n" + "\n".join(
        f"  {file}:{number}: {path or 'recipe'}: {text}" for number, path, text in rows
    )
