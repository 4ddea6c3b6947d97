"""What a recipe says of labels, held against its task: mistakes with their places, before anything is read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tasks.core.suggest import Problem

LABEL_FIELDS = ("label", "labels", "label_from", "label_rules", "label_by")
LABELLED = {
    "sift": {"label-noise": "looks for wrong labels"},
    "weights": {"mixmin": "predicts the labels of its target", "merge-to-mix": "predicts the labels of its target"},
}
"""Section -> kind -> what it wants labels for."""


def missing(tree: Mapping[str, Any], learner: str) -> list[Problem]:
    """Find what a task with labels lacks.

    Args:
        tree: the recipe as it was written, which may be wrong in other ways too.
        learner: what needs labels, in words.
    """
    labels = tree.get("labels")
    if labels is None:
        return [("labels", f"this key is missing; {learner} needs two labels or more")]
    if isinstance(labels, list) and len(labels) < 2:
        return [("labels", f"{len(labels)} given; {learner} needs two labels or more")]
    return []


def unwanted(tree: Mapping[str, Any], role: str, task: str, other: str) -> Iterator[Problem]:
    """Find what a task without labels has no use for.

    Args:
        tree: the recipe as it was written.
        role: the column that labels would stand in.
        task: in words.
        other: a task with labels, as a recipe writes it.
    """
    if tree.get("labels"):
        yield "labels", f"{task} has no labels; take the key out, or say task: {other}"
    sets = _mapping(_mapping(tree.get("evaluate")).get("sets"))
    read = {f"sources.{name}": source for name, source in _mapping(tree.get("sources")).items()}
    read |= {f"evaluate.sets.{name}": source for name, source in sets.items()}
    for place, source in read.items():
        fields = _mapping(source)
        given = [field for field in LABEL_FIELDS if fields.get(field)]
        given += [f"columns.{role}"] * (role in _mapping(fields.get("columns")))
        yield from ((f"{place}.{field}", f"{task} has no labels; take the key out") for field in given)
    yield from needing(tree, Lack(f"{task} has none", f"{task} has no labels to be right about"))


class Lack(NamedTuple):
    """Why rows do not bear one label each.

    Attributes:
        told: as the end of a sentence.
        accuracy: why no linear probe can be right about them.
    """

    told: str
    accuracy: str


def needing(tree: Mapping[str, Any], lack: Lack) -> Iterator[Problem]:
    """Find what needs rows that bear one label each."""
    for number, judge in enumerate(_listed(tree.get("sift"))):
        yield from _needy("sift", f"sift.{number}", judge, lack)
    yield from _weights(_mapping(tree.get("mix")), "mix", lack)


def without_trial(tree: Mapping[str, Any], model: str) -> list[Problem]:
    """Find what a task has no use for that has no learner beside its own model.

    Args:
        model: what is trained, in words.
    """
    what = f"a linear classifier learns from it; trials of {model} train the model that `train` names"
    return [("trials.encoder", what)] if _mapping(tree.get("trials")).get("encoder") else []


def redacting(tree: Mapping[str, Any], what: str) -> Iterator[Problem]:
    """Find where personal data would be replaced in texts by whose places something else is known.

    Args:
        what: would be moved or changed, in words.
    """
    personal, why = tree.get("personal"), f"redact changes {what}; say drop or keep"
    if isinstance(personal, Mapping):
        if personal.get("action", "redact") == "redact":
            yield "personal.action", why
        actions = _mapping(personal.get("policies")).items()
        yield from ((f"personal.policies.{source}", why) for source, action in actions if action == "redact")


def _weights(section: Mapping[str, Any], place: str, lack: Lack) -> Iterator[Problem]:
    """Look at the weights of a section and of its phases; groups have none that look at rows."""
    weights = section.get("weights")
    yield from _needy("weights", f"{place}.weights", weights, lack)
    if "accuracy" in _mapping(_mapping(weights).get("terms")):
        yield f"{place}.weights.terms.accuracy", lack.accuracy
    for number, phase in enumerate(_listed(section.get("phases"))):
        yield from _weights(_mapping(phase), f"{place}.phases.{number}", lack)


def _needy(section: str, place: str, chosen: Any, lack: Lack) -> Iterator[Problem]:
    kind = chosen if isinstance(chosen, str) else _mapping(chosen).get("kind")
    if isinstance(kind, str) and kind in LABELLED[section]:
        yield place, f"{kind} {LABELLED[section][kind]}, and {lack.told}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else []
