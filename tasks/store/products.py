"""One content key per product: the name of its folder in the store and of its Prefect result, so each finds the other.

A task made by `stage_task` computes its key from its arguments, the code of its stage and the versions that matter; it
gives back the manifest that the store holds under that key, or does the work and writes it.
"""

import contextlib
import functools
import inspect
import shutil
import threading
import time
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import prefect
from prefect.context import TaskRunContext
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from tasks.core.errors import Unreachable
from tasks.core.parallel import threads
from tasks.core.records import digest, flatten
from tasks.manifests.manifest import FileFact, Manifest, Product
from tasks.store.code import code_of, code_parts, is_code
from tasks.store.storage import Store, as_fact, open_store, sha256_of

PLACES = {"store", "base"}
"""Arguments that say where things are, not what they are; they are no part of a key."""
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
        key: the content key of the product in hand.
    """

    def __init__(self, store: Store, stage: str, key: str, parts: dict[str, str]) -> None:
        self.store, self.stage, self.key, self.parts = store, stage, key, parts
        self.pointer = ""
        self.note: dict[str, Any] | None = None
        self.path = f"snapshots/{stage}/{key}"
        self.scratch = store.scratch(f"{stage}-{key}")
        self.files: list[FileFact] = []

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[Path]:
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

    def earlier(self, changing: str) -> tuple[Manifest, Any] | None:
        """Find the product made last whose inputs differ from this one's in nothing but the argument `changing`, and
        what it left.

        Only a product whose work called `leave` is found.
        """
        self.pointer = pointer_to_newest(self.stage, self.parts, changing)
        found = newest(self.store, self.stage, self.parts, changing)
        return (found.made, found.note) if found and code_of(found.made.parts) == code_of(self.parts) else None

    def leave(self, note: Any) -> None:
        """Leave a note (JSON) for the next product of the same inputs; it is no part of this one. `earlier` comes
        first.
        """
        self.note = {"key": self.key, "when": datetime.now(UTC).isoformat(timespec="seconds"), "note": note}


@dataclass(frozen=True)
class Newest:
    """The product made last of some inputs, what it left, and when (ISO 8601, UTC)."""

    made: Manifest
    note: Any
    when: str


def newest(store: Store, stage: str, parts: dict[str, str], changing: str) -> Newest | None:
    """Find the product made last from these inputs but for `changing`, by whatever version of the code; only one whose
    work called `leave`.
    """
    pointer = pointer_to_newest(stage, parts, changing)
    if not store.exists(pointer):
        return None
    left = store.read_json(pointer)
    found = store.lookup(stage, left["key"])
    return Newest(found, left["note"], left["when"]) if found else None


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


@typing.runtime_checkable
class StageFunction(typing.Protocol):
    """The function under a task that `stage_task` made, with what it adds."""

    stage: str
    parts: Callable[..., dict[str, str]]
    """Arguments of the task -> the parts of its content key."""


def stage_task(stage: str, **options: Any) -> Callable[[Callable[..., Product]], prefect.Task[..., Manifest]]:
    """Make a Prefect task of a function that writes one product.

    The function's first parameter is its `Workbench`; the task takes the store's URI in its place. The second is the
    `subject`. All others are small frozen values, and all but `base` are part of the content key.

    Args:
        stage: the folder below `snapshots/` that the products go to.
        options: more settings of the Prefect task.
    """

    def decorate(work: Callable[..., Product]) -> prefect.Task[..., Manifest]:
        signature = inspect.signature(work, eval_str=True)
        first = next(iter(signature.parameters))
        store = inspect.Parameter("store", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)
        rest = [p for name, p in signature.parameters.items() if name != first]

        def parts(*args: Any, **kwargs: Any) -> dict[str, str]:
            bound = run_signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return key_parts(work, bound.arguments)

        def key(_context: Any, arguments: dict[str, Any]) -> str:
            found = key_of(stage, parts(**arguments))
            _forget_without_product(open_store(arguments["store"]), stage, found)
            return found

        @functools.wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            arguments = run_signature.bind(*args, **kwargs).arguments
            made_of = parts(**arguments)
            if found := open_store(arguments["store"]).lookup(stage, key_of(stage, made_of)):
                in_run = TaskRunContext.get() is not None
                return Completed(name="Cached", message="found in the store", data=found) if in_run else found
            return produce(stage, made_of, work, arguments)

        run_signature = inspect.Signature([store, *rest], return_annotation=Manifest)
        run.__signature__ = run_signature  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (store, *rest)} | {"return": Manifest}
        run.stage, run.parts = stage, parts  # type: ignore[attr-defined]
        name = work.__name__.replace("_", "-")
        run_name = options.pop("task_run_name", f"{name.partition('-')[0]}-{{subject}}")
        return prefect.task(
            name=name,
            task_run_name=run_name,
            cache_key_fn=key,
            persist_result=True,
            result_serializer="json",
            **(RETRIES | options),
        )(run)

    return decorate


def produce(stage: str, parts: dict[str, str], work: Callable[..., Product], arguments: dict[str, Any]) -> Manifest:
    """Make the product with this key; others of this machine that want the same one wait for it."""
    home, key = open_store(arguments["store"]), key_of(stage, parts)
    with home.holding(f"{stage}-{key}"):
        if found := home.lookup(stage, key):
            return found
        with contextlib.nullcontext() if stage in WAITING else _cores:
            return _make(Workbench(home, stage, key, parts), work, arguments)


def _make(bench: Workbench, work: Callable[..., Product], arguments: dict[str, Any]) -> Manifest:
    """Do the work; data first, manifest last."""
    started = time.monotonic()
    product = work(bench, **{name: value for name, value in arguments.items() if name != "store"})
    seconds = round(time.monotonic() - started, 3)
    inputs = [item for value in arguments.values() for item in (value if isinstance(value, (list, tuple)) else [value])]
    manifest = Manifest(
        stage=bench.stage,
        subject=arguments["subject"],
        key=bench.key,
        path=bench.path,
        parts=bench.parts,
        seconds=seconds,
        files=tuple(sorted(bench.files, key=lambda file: file.name)),
        parents=tuple(item.fingerprint for item in inputs if isinstance(item, Manifest)),
        **{name: getattr(product, name) for name in Product.model_fields},
    )
    bench.store.write_json(f"{bench.path}/manifest.json", manifest.model_dump(mode="json"))
    if bench.note:
        bench.store.write_json(bench.pointer, bench.note)
    shutil.rmtree(bench.scratch, ignore_errors=True)
    return manifest


def _forget_without_product(home: Store, stage: str, key: str) -> None:
    """Drop Prefect's result when the product behind it is gone: then it is a miss, not a crash."""
    if home.exists(f"results/{key}") and home.lookup(stage, key) is None:
        home.remove(f"results/{key}")


def may_go_through_later(_task: Any, _run: Any, state: Any) -> bool:
    """Retry only what a second try can mend."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, Unreachable) and error.transient


RETRIES: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=1),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": may_go_through_later,
}
