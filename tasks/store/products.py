"""One content key per product: the name of its folder in the store and of its Prefect result, so each finds the other.

A task made by `stage_task` computes its key from its subject, its arguments, the code of its stage and the versions
that matter; it gives back the manifest that the store holds under that key, or does the work and writes it.
"""

import contextlib
import inspect
import shutil
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, cast

from typing_extensions import TypeVar

from tasks.core import ui
from tasks.core.errors import QualityGate
from tasks.core.parallel import threads
from tasks.core.records import digest, flatten
from tasks.core.space import having_space
from tasks.core.tasks import Task, signature_of
from tasks.manifests.manifest import Facts, FileFact, Manifest, Product
from tasks.store.code import code_of, code_parts, is_code
from tasks.store.storage import Store, as_fact, open_store, sha256_of

P = ParamSpec("P")
F = TypeVar("F", bound=Facts)
F_co = TypeVar("F_co", bound=Facts, covariant=True)
PLACES = {"base", "section", "tracked"}
"""Arguments that say where things are (`section`: where a recipe names a source), or what they are called elsewhere,
not what they are; they are no part of a key."""
WAITING = ("ingest",)
"""Stages that wait for others' servers more than they compute."""
_cores = threading.BoundedSemaphore(threads())
"""Work that computes has a core to itself: with more of it at once everything takes longer, and all of it takes
memory."""


class Workbench:
    """Where a stage's work is put together: files go to the store one by one, as each is finished.

    Attributes:
        store: the store, to open the files of other products.
        stage: the folder below `snapshots/` that the product goes to.
        subject: what the product is about.
        key: the content key of the product in hand.
    """

    def __init__(self, store: Store, stage: str, subject: str, key: str, parts: dict[str, str]) -> None:
        self.store, self.stage, self.subject, self.key, self.parts = store, stage, subject, key, parts
        self.pointer = ""
        self.note: dict[str, Any] | None = None
        self.path = f"snapshots/{stage}/{key}"
        self.scratch = store.scratch(f"{stage}-{key}")
        self.files: list[FileFact] = []

    @contextlib.contextmanager
    def writing(self, name: str) -> Generator[Path]:
        """Give a local path to write the file `name` to; it is in the product once the block ends well."""
        local = self.scratch / f"{name.replace('/', '__')}.{time.time_ns()}"
        try:
            yield local
            self.take(local, name)
        finally:
            local.unlink(missing_ok=True)

    def take(self, local: Path, name: str) -> None:
        """Move a finished local file into the product."""
        self.files.append(as_fact(self.store, self.path, name, local))

    def has(self, name: str) -> bool:
        """Say whether an earlier, interrupted attempt finished this file; if so it joins the product as it is."""
        if not self.store.exists(f"{self.path}/{name}"):
            return False
        there = self.store.local_copy(f"{self.path}/{name}")
        self.files.append(FileFact(name=name, bytes=there.stat().st_size, sha256=sha256_of(there)))
        return True

    def open(self, manifest: Manifest, name: str) -> Path:
        """Give a local path to a file of another product."""
        return self.store.open(manifest, name)

    def earlier(self, changing: str, facts: type[F]) -> tuple[Manifest[F], Any] | None:
        """Find the product made last whose inputs differ from this one's in nothing but the argument `changing`, and
        what it left.

        Only a product whose work called `leave` is found.
        """
        self.pointer = pointer_to_newest(self.stage, self.parts, changing)
        found = newest(self.store, self.stage, self.parts, changing, facts)
        return (found.made, found.note) if found and code_of(found.made.parts) == code_of(self.parts) else None

    def leave(self, note: Any) -> None:
        """Leave a note (JSON) for the next product of the same inputs; it is no part of this one. `earlier` comes
        first.
        """
        self.note = {"key": self.key, "when": datetime.now(UTC).isoformat(timespec="seconds"), "note": note}


@dataclass(frozen=True)
class Newest(Generic[F]):
    """The product made last of some inputs, what it left, and when (ISO 8601, UTC)."""

    made: Manifest[F]
    note: Any
    when: str


def newest(store: Store, stage: str, parts: dict[str, str], changing: str, facts: type[F]) -> Newest[F] | None:
    """Find the product made last from these inputs but for `changing`, by whatever version of the code; only one whose
    work called `leave`.
    """
    pointer = pointer_to_newest(stage, parts, changing)
    if not store.exists(pointer):
        return None
    try:
        left = store.read_json(pointer)
        key, note, when = left["key"], left["note"], left["when"]
    except (QualityGate, KeyError, TypeError):  # a damaged one tells of nothing, and is written anew
        return None
    found = store.lookup(stage, key, facts)
    return Newest(found, note, when) if found else None


def pointer_to_newest(stage: str, parts: dict[str, str], changing: str) -> str:
    """Give the path of the file that names that product."""
    same = {name: part for name, part in parts.items() if name.partition(".")[0] != changing and not is_code(name)}
    return f"snapshots/{stage}/newest/{key_of(stage, same)}.json"


def key_parts(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, str]:
    """Name everything a product depends on: dotted name -> short digest of the value.

    Digests, not values: a setting may have come from the environment and must not be stored.
    """
    inputs = {name: value for name, value in arguments.items() if name not in PLACES}
    parts = {name: digest(value)[:16] for name, value in flatten(inputs).items()}
    return parts | code_parts(function, inputs.values())


def key_of(stage: str, parts: dict[str, str]) -> str:
    """Give the content key, 32 hexadecimal digits."""
    return digest({"stage": stage, "parts": parts})[:32]


@dataclass(frozen=True)
class StageTask(Task[P, Manifest[F_co]], Generic[P, F_co]):
    """A task whose function writes one product of a stage; the product is made once and found ever after.

    The function's first parameter is its `Workbench`. All others are small frozen values, and all but those of `PLACES`
    are part of the content key, together with the subject.

    Attributes:
        stage: the folder below `snapshots/` that the products go to.
    """

    stage: str = ""

    @property
    def signature(self) -> inspect.Signature:
        """Its parameters without the workbench, and the manifest that it gives."""
        given = signature_of(self.function)
        return inspect.Signature([*given.parameters.values()][1:], return_annotation=Manifest[self.facts])

    @property
    def facts(self) -> type[F_co]:
        """The class of what the stage says of its products."""
        product = signature_of(self.function).return_annotation
        return cast("type[F_co]", (product.__pydantic_generic_metadata__["args"] or (Facts,))[0])

    def parts(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, str]:
        """Name everything that the product depends on; see `key_parts`."""
        return key_parts(self.function, {"subject": self.subject} | self.bind(*args, **kwargs))

    def lookup(self, store: str, /, *args: P.args, **kwargs: P.kwargs) -> Manifest[F_co] | None:
        """Find the finished product."""
        return open_store(store).lookup(self.stage, key_of(self.stage, self.parts(*args, **kwargs)), self.facts)

    def run(self, store: str, /, *args: P.args, **kwargs: P.kwargs) -> Manifest[F_co]:
        """Find the finished product, or make it; others of this machine that want the same one wait for it."""
        home, parts = open_store(store), self.parts(*args, **kwargs)
        key = key_of(self.stage, parts)
        if found := home.lookup(self.stage, key, self.facts):
            return found
        with having_space(home.where(f"snapshots/{self.stage}/{key}")), home.holding(f"{self.stage}-{key}"):
            if found := home.lookup(self.stage, key, self.facts):
                return found
            with contextlib.nullcontext() if self.stage in WAITING else _cores:
                return self._make(Workbench(home, self.stage, self.subject, key, parts), self.bind(*args, **kwargs))

    def _make(self, bench: Workbench, arguments: dict[str, Any]) -> Manifest[F_co]:
        """Do the work; data first, manifest last."""
        started = time.monotonic()
        with ui.working(self.title):
            product: Product[F_co] = self.function(bench, **arguments)
        seconds = round(time.monotonic() - started, 3)
        inputs = [
            one for value in arguments.values() for one in (value if isinstance(value, list | tuple) else [value])
        ]
        manifest = Manifest[self.facts](
            stage=bench.stage,
            subject=bench.subject,
            key=bench.key,
            path=bench.path,
            parts=bench.parts,
            seconds=seconds,
            files=tuple(sorted(bench.files, key=lambda file: file.name)),
            parents=tuple(one.fingerprint for one in inputs if isinstance(one, Manifest)),
            **{name: getattr(product, name) for name in Product.model_fields},
        )
        bench.store.write_json(f"{bench.path}/manifest.json", manifest.model_dump(mode="json"))
        if bench.note:
            bench.store.write_json(bench.pointer, bench.note)
        shutil.rmtree(bench.scratch, ignore_errors=True)
        return manifest


def stage_task(
    stage: str,
) -> Callable[[Callable[Concatenate[Workbench, P], Product[F_co]]], StageTask[P, F_co]]:
    """Make a task of a function that writes one product; see `StageTask`.

    Args:
        stage: the folder below `snapshots/` that the products go to.
    """

    def decorate(work: Callable[Concatenate[Workbench, P], Product[F_co]]) -> StageTask[P, F_co]:
        return StageTask(work.__name__.replace("_", "-"), work, stage=stage)

    return decorate
