"""Handing a task the product of another stage than it works on is an error before anything runs."""

import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from flows.engine.calls import Promise
from tasks.core.tasks import Task
from tasks.manifests.manifest import Facts, Manifest


def refuse_wrong(task: Task[..., Any], arguments: Mapping[str, Any]) -> None:
    """Hold arguments against what the task says it takes.

    Raises:
        TypeError: one holds the product of another stage, or a product is handed where none is wanted, or none where
            one is.
    """
    for name, value in arguments.items():
        annotation = task.signature.parameters[name].annotation
        wanted, given = tuple(facts_named(annotation)), list(facts_held(value))
        wrong = [facts for facts in given if not issubclass(facts, wanted)]
        if wrong or (not given and _is_manifest(annotation)):
            raise TypeError(
                f"{task.name}: `{name}` takes {_names(wanted) or 'no product'}, not {_names(wrong) or repr(value)}"
            )


def facts_named(annotation: Any) -> Iterator[type]:
    """Give the facts of the products that an annotation names."""
    if _is_manifest(annotation):
        yield from annotation.__pydantic_generic_metadata__["args"] or (Facts,)
    for inner in typing.get_args(annotation):
        yield from facts_named(inner)


def facts_held(value: Any) -> Iterator[type]:
    """Give the facts of the products that a value holds, or promises."""
    if isinstance(value, Manifest):
        yield type(value.facts)
    elif isinstance(value, Promise):
        yield from facts_named(value.task.signature.return_annotation)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from facts_held(item)
    elif isinstance(value, Mapping):
        yield from facts_held(list(value.values()))


def _is_manifest(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, Manifest)


def _names(facts: tuple[type, ...] | list[type]) -> str:
    return ", ".join(one.__name__ if one is not Facts else "any product" for one in facts)
