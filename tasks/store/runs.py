"""What is known of a run: the record that every run leaves in the store, and how to find one again.

Ids begin with the UTC time of the start, so the newest run is the last name of a listing.
"""

import difflib
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
    model_validator,
)

from tasks.core.errors import RecipeError
from tasks.core.records import Section, digest
from tasks.manifests.augmented import Augmented
from tasks.manifests.check import CheckResult, Verdict
from tasks.manifests.dropped import Dropped
from tasks.manifests.labelled import Labelled
from tasks.manifests.manifest import Account, Facts, Manifest
from tasks.manifests.model import ModelFacts, Usage
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.profile import Drift, ProfileFacts
from tasks.manifests.scores import Metrics
from tasks.manifests.seen import Unreached
from tasks.manifests.weights import WeightsFacts
from tasks.store.found import id_in, meant, read_record, record_paths
from tasks.store.old_records import STEPS, dropped_of
from tasks.store.put_out import PublishedMix, PublishedModel, StageRecord
from tasks.store.storage import Store

RUN = "runs/run.json"
"""Folder and name of the records of runs; see `record_paths`."""
TRAININGS = ("train-model", "train-stage")
"""Tasks that train."""
MAY_BE_EMPTY = ("profile", "training", "weights")
"""Fields of a record that are written as an empty mapping where there is nothing to say."""


class RunStart(Section):
    """What is known of a run when it begins."""

    run: str
    """Its id; see `run_id`."""
    name: str
    """The recipe's name."""
    started: str
    """ISO 8601 with its offset from UTC."""
    recipe: dict[str, Any]
    """The whole recipe with defaults, as it may be published: `${NAME}` where a value came from the environment."""
    unreached: tuple[Unreached, ...] = ()
    """Sources that could not be reached, and what was done without them."""


class TaskNote(Section):
    """What became of one task of a run."""

    name: str
    subject: str
    state: str
    """`run`, `cached`, `unreached` (the run went on without it), or what stopped it (`failed`, `interrupted`,
    `notready`, …)."""
    stage: str = ""
    key: str = ""
    seconds: float = 0.0
    rows: int = 0
    parts: dict[str, str] = Field(default_factory=dict)
    """Name of every input of the key -> short digest of its value."""
    fingerprint: str = ""
    """Of the product; empty for a task that makes none."""
    parents: tuple[str, ...] = ()
    """Fingerprints of the products it was made from."""
    how: str = ""
    """How the product was made, in words, such as which files were read."""

    @classmethod
    def of(cls, name: str, subject: str, state: str, made: Manifest | None) -> Self:
        """Note a task and the product it gave, if it gives one."""
        if made is None:
            return cls(name=name, subject=subject, state=state)
        said = {
            field: getattr(made, field)
            for field in ("stage", "key", "seconds", "rows", "parts", "fingerprint", "parents", "how")
        }
        return cls(name=name, subject=subject, state=state, **said)


class RunRecord(RunStart):
    """Everything that one run says of itself; `runs/<name>/<run>/run.json`.

    Fields that this version does not know are ignored, so that the records of later versions can be read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(default=2, le=2)
    """How records are written; those without one are of earlier versions."""
    task: str = ""
    labels: tuple[str, ...] = ()
    status: Literal["completed", "failed", "interrupted"]
    finished: str
    seconds: float
    receipt: tuple[ReceiptRow, ...] = ()
    accounts: tuple[Account, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    """What each step dropped, in their order."""
    labelled: Labelled | None = None
    """What the run labelled itself, of sources without labels."""
    augmented: tuple[Augmented, ...] = ()
    """Rows that each way of augmentation has made of the mix's own."""
    drift: dict[str, Drift | None] = Field(default_factory=dict)
    """Source -> how far it has moved from its snapshot before; null where there is none."""
    profile: ProfileFacts | None = None
    """Quality and diversity of the sources and the mix."""
    weights: WeightsFacts | None = None
    """Share of each source, and why."""
    mix: PublishedMix | None = None
    model: PublishedModel | None = None
    metrics: Metrics | None = None
    curve: tuple[dict[str, float], ...] = ()
    """Points of the learning curve: `step`, `epoch`, and `loss`, `validation_loss` or `holdout_loss`,
    `learning_rate`, and `kept` where the published weights are from."""
    training: ModelFacts | None = None
    """Facts of the training; in JSON an empty object where there was none."""
    usage: Usage | None = None
    """What the training took when the model was made, whichever run that was."""
    stages: tuple[StageRecord, ...] = ()
    """The stages of the training where there were several, in their order; `receipt`, `mix`, `curve` and `training` are
    those of the last one."""
    tasks: tuple[TaskNote, ...] = ()
    error: str | None = None
    """What stopped the run: the whole text, with the remedy."""
    flow_run_id: str | None = None
    report: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read_earlier(cls, record: Any) -> Any:
        """Read the records of earlier versions."""
        if not isinstance(record, dict):
            return record
        task = record.get("task") or record.get("recipe", {}).get("task", "")
        dropped = {} if STEPS.keys().isdisjoint(record) else {"dropped": tuple(dropped_of(record))}
        nothing = {field: None for field in MAY_BE_EMPTY if not record.get(field)}
        return {**record, "task": task, **dropped, **nothing}

    @model_serializer(mode="wrap")
    def _without_stages(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Most runs have one, of which the record itself tells.
        return {name: value for name, value in dump(self).items() if value or name != "stages"}

    @field_serializer(*MAY_BE_EMPTY, mode="wrap")
    def _empty_for_nothing(self, facts: Facts | None, write: SerializerFunctionWrapHandler) -> Any:
        return write(facts) if facts else {}

    @property
    def mixes(self) -> tuple[tuple[PublishedMix, tuple[ReceiptRow, ...]], ...]:
        """The mixes that the run published, each once and with its receipt, that of the last stage first."""
        made = [(self.mix, self.receipt), *((stage.mix, stage.receipt) for stage in reversed(self.stages))]
        return tuple({mix.id: (mix, receipt) for mix, receipt in reversed(made) if mix}.values())[::-1]

    @property
    def quarantine(self) -> dict[str, str]:
        """Source with bad rows -> the file of the store that they are in, each with its place and what is wrong."""
        bad = {account.source for account in self.accounts if account.quarantined}
        read = [note for note in self.tasks if note.name == "ingest-source" and note.key and note.subject in bad]
        return {note.subject: f"snapshots/{note.stage}/{note.key}/quarantine.parquet" for note in read}

    def summary(self) -> dict[str, Any]:
        """Give what `cuvee run --json` prints."""
        counts = Counter(note.state for note in self.tasks)
        found: dict[str, Any] = {
            "run": self.run,
            "status": self.status,
            "task": self.task,
            "mix": self.mix.model_dump() if self.mix else None,
            "receipt": [row.model_dump() for row in self.receipt],
            **({"stages": [stage.summary() for stage in self.stages]} if self.stages else {}),
            "quarantine": self.quarantine,
            "unreached": [one.told() for one in self.unreached],
            "checks": [_brief(check) for check in self.checks],
            "drift": {source: moved and moved.model_dump() for source, moved in self.drift.items()},
            "model": self.model.model_dump() if self.model else None,
            "metrics": self.metrics.model_dump(mode="json") if self.metrics else None,
            "report": self.report,
            "tasks": {"run": counts["run"], "cached": counts["cached"]},
            "seconds": self.seconds,
            "flow_run_id": self.flow_run_id,
        }
        if self.training and self.training.cut:
            found["cut"] = f"The training was {self.training.cut}."
        if self.usage:
            found["usage"] = self.usage.told()
        return found | ({"error": self.error} if self.error else {})


def _brief(check: CheckResult) -> dict[str, Any]:
    failed = [
        f"{failure.expectation}({failure.column})" if failure.column else failure.expectation
        for failure in check.failed
    ]
    return {"subject": check.subject, "passed": check.passed, "failed": failed}


def run_id(started: str, salt: str) -> str:
    """Name a run: UTC time of its start to the second, and six digits that tell runs of one second apart."""
    moment = datetime.fromisoformat(started).astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{digest([started, salt])[:6]}"


def run_folder(start: RunStart) -> str:
    """Give the folder of a run, relative to the store."""
    return f"runs/{start.name}/{start.run}"


def write_record(store: Store, record: RunRecord) -> str:
    """Write a run's record; gives its URI."""
    path = f"{run_folder(record)}/run.json"
    store.write_json(path, record.model_dump(mode="json"))
    return store.where(path)


def list_records(store: Store, name: str | None = None, most: int | None = None) -> list[RunRecord]:
    """Read the records of all runs, or of one recipe's, newest first; at most `most`."""
    return [read_record(store, path, RunRecord) for path in record_paths(store, RUN, name)[:most]]


def last_run(store: Store, name: str, status: str | None = None) -> RunRecord | None:
    """Find the newest run of a recipe, or the newest that ended with `status`; None when there is none."""
    records = (read_record(store, path, RunRecord) for path in record_paths(store, RUN, name))
    return next((record for record in records if status in (None, record.status)), None)


def find_run(store: Store, wanted: str) -> RunRecord:
    """Find a run by its id, the start of its id, the start of its last six digits, or `latest`.

    Raises:
        RecipeError: no run or several runs answer to it; the text lists the nearest.
    """
    ids = {id_in(path): path for path in record_paths(store, RUN)}
    if not ids:
        raise RecipeError(f"no run {wanted!r}: there are no runs in {store.uri}; `cuvee run RECIPE` makes the first")
    if wanted == "latest":
        return read_record(store, ids[next(iter(ids))], RunRecord)
    found = meant(wanted, ids)
    if len(found) == 1:
        return read_record(store, ids[found[0]], RunRecord)
    if found:
        raise RecipeError(f"{len(found)} runs begin with {wanted!r}: {_some(found)}; write more of the id", runs=found)
    near = difflib.get_close_matches(wanted, ids, n=3, cutoff=0.3) or list(ids)[:3]
    raise RecipeError(
        f"no run {wanted!r} in {store.uri}; nearest: {', '.join(near)}; `cuvee runs` lists all", nearest=near
    )


def _some(runs: list[str]) -> str:
    more = f" and {len(runs) - 5} more" if len(runs) > 5 else ""
    return ", ".join(runs[:5]) + more
