"""What is wrong with a recipe beside its references, with its place and the nearest right thing."""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from tasks.core.naming import is_name
from tasks.core.suggest import Problem, nearest
from tasks.core.unseen import unseen
from tasks.experiments.compare.settings import ARMS, ONLY
from tasks.recipe.file import MOST_MISTAKES
from tasks.recipe.nodes import Node, dotted
from tasks.recipe.references import References, is_branch
from tasks.rows.files import SIDES

PASSWORD = re.compile(
    r"^[^/]*://[^/@:]*:(?!\$\{\w+\}@)[^@]*@|[?&](?:\w*passw\w*|\w*pwd|\w*secret|\w*token)=(?!\$\{)", re.IGNORECASE
)
"""A URL with a password that is not left to the environment."""
ASKED = re.compile(
    r"([?&](?:[\w-]*(?:passw\w*|pwd|secret|token|signature|api-?key)|sig)=)(?!\$\{)[^&\s'\"]+", re.IGNORECASE
)
"""A secret in the query of a URL."""
SHOWN_CHARS = 60
TAKEN = {"mix": "checks and policies call the whole mix", "all": "tables call all sources together"}
"""Names that no source can have, and who has them."""
HERE = " is wanted here"
WANTED = {
    "tuple_type": "a list is wanted here, such as [a, b]",
    "list_type": "a list is wanted here, such as [a, b]",
    "dict_type": "a mapping is wanted here, such as {key: value}",
    "model_type": "a mapping is wanted here, such as {key: value}",
    "int_type": "a whole number is wanted here",
    "int_parsing": "a whole number is wanted here",
    "int_from_float": "a whole number is wanted here",
    "int_parsing_size": "a whole number of fewer digits is wanted here",
    "float_type": "a number is wanted here",
    "float_parsing": "a number is wanted here",
    "bool_type": "true or false is wanted here",
    "bool_parsing": "true or false is wanted here",
    "string_type": "a text is wanted here",
}
"""What pydantic's errors mean to one who does not know Python."""


def unfit_names(tree: Mapping[str, object]) -> Iterator[Problem]:
    """Find names of sources, benchmarks, evaluation sets and arms that cannot be taken, labels that are none, and what
    of what is measured on may not be said.
    """
    yield from _unfit_labels(tree)
    sources = _mapping(tree, "sources")
    for name in sources:
        if not fits(name):
            yield f"sources.{name}", "a source's name is lower-case letters, digits, - and _"
        if name in TAKEN:
            yield f"sources.{name}", f"{TAKEN[name]} by this name; take another"
    for name in _mapping(tree, "compare", "arms"):
        if name in ARMS or str(name).startswith(ONLY):
            yield f"compare.arms.{name}", "an arm has this name already; take another"
    against, sets = _mapping(tree, "decontaminate", "against"), _mapping(tree, "evaluate", "sets")
    for name, benchmark in against.items():
        yield from _unfit_measured(f"decontaminate.against.{name}", "a benchmark", name, benchmark, sources)
    for name, one in sets.items():
        place = f"evaluate.sets.{name}"
        yield from _unfit_measured(place, "an evaluation set", name, one, sources)
        made = [field for field in ("label_rules", "label_by") if isinstance(one, Mapping) and field in one]
        yield from ((f"{place}.{field}", "made labels are never measured on; take it out") for field in made)
        if isinstance(one, Mapping) and one.get("unlabelled"):
            yield f"{place}.unlabelled", "nothing can be measured without labels; take it out"
        if name in against:
            yield f"decontaminate.against.{name}", "an evaluation set has this name, and is compared with; take it out"


def _unfit_measured(place: str, what: str, name: str, said: object, sources: Mapping[str, object]) -> Iterator[Problem]:
    """Find what cannot be said of rows that are measured on."""
    if isinstance(said, Mapping) and "on_failure" in said:
        why = f"{what} that cannot be reached stops the run: else the mix could hold its rows"
        yield f"{place}.on_failure", why
    if name in sources:
        yield place, "a source has this name; what is mixed and what is measured on are told apart by it"
    elif name in {*SIDES, *TAKEN} or not fits(name):
        yield place, f"{what} is named by lower-case letters, digits, - and _, and by none of {', '.join(SIDES)}"


def fits(name: object) -> bool:
    """Say whether something can be called so, in any script."""
    return is_name(str(name))


def _unfit_labels(tree: Mapping[str, object]) -> Iterator[Problem]:
    """Find labels that are none, or that nobody could tell apart."""
    labels = tree.get("labels")
    seen = dict[str, object]()
    for number, label in enumerate(labels if isinstance(labels, list) else []):
        same = unicodedata.normalize("NFC", str(label))
        if not same.strip():
            yield f"labels.{number}", "a label is empty; write a text"
        elif same in seen:
            yield f"labels.{number}", f"the label {label!r} is there twice; each stands once"
        seen[same] = label


def endless(value: object, path: str = "") -> Iterator[Problem]:
    """Find numbers that are infinite or none, or too large to count with."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from endless(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from endless(inner, f"{path}.{number}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"input should be a finite number (got {value})"
    elif isinstance(value, int) and abs(value) >= 2**63:
        yield path, "the number is larger than any that can be counted with, 9,223,372,036,854,775,807"


def _mapping(tree: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """Give a mapping of the tree; an empty one where there is none."""
    inner: object = tree
    for key in keys:
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def open_secrets(recipe: Node) -> Iterator[Problem]:
    """Find passwords that stand in a recipe as they are.

    Args:
        recipe: as it was written, before `${NAME}` is replaced.
    """
    for node in recipe.all():
        is_open = PASSWORD.search if node.annotation is SecretStr else ASKED.search
        if isinstance(node.value, str) and "://" in node.value and is_open(node.value):
            yield (
                dotted(node.path),
                "a recipe holds no password; write ${NAME} in its place, and set NAME in the environment",
            )


def explained(error: ValidationError, references: References) -> Iterator[Problem]:
    """Put pydantic's errors into words, each with its place in the tree as it was written; where several kinds of value
    may stand, what is wrong there is one mistake.
    """
    errors = error.errors()[:MOST_MISTAKES]
    above = {one["loc"][:length] for one in errors for length in range(len(one["loc"]))}
    by_path = dict[str, list[ErrorDetails]]()
    for one in errors:
        if one["type"] == "too_short" and one["loc"] in above:  # it counts only those items that are right
            continue
        if not _is_of_another_kind(one, errors):
            by_path.setdefault(references.place(one["loc"])[0], []).append(one)
    for path, ones in by_path.items():
        yield path, _in_words(ones, references)


def _is_of_another_kind(error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
    """Say whether the value is plainly of another of the kinds that may stand there: what is in it has mistakes."""
    place = error["loc"]
    inside = (one["loc"] for one in errors if len(one["loc"]) > len(place))
    return is_branch(place[-1] if place else None) and any(loc[: len(place) - 1] == place[:-1] for loc in inside)


def _in_words(errors: Sequence[ErrorDetails], references: References) -> str:
    """Say what is wanted in a place, and what stands there."""
    error = errors[0]
    if error["type"] == "extra_forbidden":
        return f"unknown key;{nearest(error['loc'][-1], references.place(error['loc'])[1].fields())}"
    if error["type"] == "missing":
        return "this key is missing"
    first, *others = dict.fromkeys(_wanted(one) for one in errors)
    wanted = ", or ".join([first, *(text.removeprefix("input should be ").replace(HERE, "") for text in others)])
    got = error["input"]
    shown = "" if error["type"] == "value_error" or isinstance(got, dict | list | tuple) else f" (got {_short(got)})"
    return without_passwords(unseen(wanted + shown))


def _wanted(error: ErrorDetails) -> str:
    text = WANTED.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _short(got: object) -> str:
    shown = "nothing" if got is None else repr(got)
    return shown if len(shown) <= SHOWN_CHARS else f"{shown[:SHOWN_CHARS]}… ({len(shown):,} characters)"


def without_passwords(text: str) -> str:
    """Take passwords out of addresses in a text."""
    return re.sub(r"(://[^/@\s:]*:)(?!\$\{)[^@\s]*@", r"\1***@", ASKED.sub(r"\1***", text))
