"""What one step of a flow is: a typed function with a name. Who carries it out, and how, is the flow's business."""

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, ParamSpec, Self, TypeVar

from tasks.core import ui

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
RETRIES = 3
"""How often what may be mended by another try is tried again."""


@dataclass(frozen=True)
class Task(Generic[P, R_co]):
    """One step of a flow, declared beside the work that it does.

    Attributes:
        name: for people and records.
        function: what does the work.
        retries: how often it is tried again after a failure that another try may mend.
        subject: what this call of it is about: a source's name, `pool`, `mix`, `model`.
    """

    name: str
    function: Callable[..., Any]
    retries: int = RETRIES
    subject: str = ""

    def of(self, subject: str) -> Self:
        """Give the task as it is called about `subject`."""
        return replace(self, subject=subject)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str, str]]:
        """Pickle it by the name that it has in its module, not with its function and all that this one names."""
        return _declared, (self.function.__module__, self.function.__qualname__, self.subject)

    @property
    def title(self) -> str:
        """What people know one run of it by, on a terminal and in the UI."""
        return f"{self.name} {self.subject}".rstrip()

    @property
    def signature(self) -> inspect.Signature:
        """Its parameters and what it gives, annotations resolved."""
        return signature_of(self.function)

    def bind(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """Give every parameter's value by name, defaults filled in."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def run(self, _store: str, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do the work here and now; tasks that keep what they make keep it in the store."""
        with ui.working(self.title):
            return self.function(*args, **kwargs)


def _declared(module: str, name: str, subject: str) -> "Task[..., Any]":
    declared: Task[..., Any] = getattr(importlib.import_module(module), name)
    return declared.of(subject)


@functools.cache
def signature_of(function: Callable[..., object]) -> inspect.Signature:
    """Give a function's signature; annotations are resolved once."""
    return inspect.signature(function, eval_str=True)


def task() -> Callable[[Callable[P, R_co]], Task[P, R_co]]:
    """Make a task of a function that is never cached: it looks at the world, or changes it."""

    def decorate(function: Callable[P, R_co]) -> Task[P, R_co]:
        return Task(function.__name__.replace("_", "-"), function)

    return decorate
