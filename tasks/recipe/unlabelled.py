"""Labels where the task has none, and none where it needs them: told with their places, before anything is read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tasks.core.suggest import Problem

LABEL_FIELDS = ("label", "labels", "label_from")
LABELLED = {
    "sift": {"label-noise": "looks for wrong labels"},
    "weights": {"mixmin": "predicts the labels of its target", "merge-to-mix": "predicts the labels of its target"},
}
"""Section -> kind -> what it wants labels for."""


def label_problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Find what does not go with the recipe's task.

    Args:
        tree: the recipe as it was written, which may be wrong in other ways too.
    """
    if tree.get("task") == "language-modelling":
        return list(_unwanted(tree))
    labels = tree.get("labels")
    if labels is None:
        return [("labels", "this key is missing; a classifier needs two labels or more")]
    if isinstance(labels, list) and len(labels) < 2:
        return [("labels", f"{len(labels)} given; a classifier needs two labels or more")]
    return []


def _unwanted(tree: Mapping[str, Any]) -> Iterator[Problem]:
    if tree.get("labels"):
        yield "labels", "language modelling has no labels; take the key out, or say task: text-classification"
    for name, source in _mapping(tree.get("sources")).items():
        fields = _mapping(source)
        given = [field for field in LABEL_FIELDS if fields.get(field)] + ["columns.label"] * (
            "label" in _mapping(fields.get("columns"))
        )
        yield from (
            (f"sources.{name}.{field}", "language modelling has no labels; take the key out") for field in given
        )
    for number, judge in enumerate(_listed(tree.get("sift"))):
        yield from _needy("sift", f"sift.{number}", judge)
    yield from _weights(_mapping(tree.get("mix")), "mix")
    if _mapping(tree.get("trials")).get("encoder"):
        yield (
            "trials.encoder",
            "a linear classifier learns from it; trials of a language model train the model that `train` names",
        )


def _weights(section: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Look at the weights of a section and of its phases; groups have none that look at rows."""
    weights = section.get("weights")
    yield from _needy("weights", f"{place}.weights", weights)
    if "accuracy" in _mapping(_mapping(weights).get("terms")):
        yield f"{place}.weights.terms.accuracy", "language modelling has no labels to be right about"
    for number, phase in enumerate(_listed(section.get("phases"))):
        yield from _weights(_mapping(phase), f"{place}.phases.{number}")


def _needy(section: str, place: str, one: Any) -> Iterator[Problem]:
    kind = one if isinstance(one, str) else _mapping(one).get("kind")
    if isinstance(kind, str) and kind in LABELLED[section]:
        yield place, f"{kind} {LABELLED[section][kind]}, and language modelling has none"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else []
