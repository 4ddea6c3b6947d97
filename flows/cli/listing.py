"""What a store holds of earlier commands: runs, comparisons, searches and models; and one of them, looked up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self, TypedDict

from pydantic import ConfigDict, JsonValue

from flows.engine.killed import unfinished
from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.experiments.comparison import COMPARISONS, Comparison
from tasks.experiments.search_record import SearchRecord
from tasks.manifests.scores import Metrics
from tasks.objectives.parts import all_measures
from tasks.store.found import id_in, meant, read_record, record_paths
from tasks.store.runs import RUN, RunRecord, find_run, list_records
from tasks.store.storage import Store, open_store
from tasks.store.unfinished import Kind, Unfinished

SEARCH = "searches/search.json"
"""Folder and name of the records of searches."""
Row = dict[str, str | float | bool | None]


class Verdict(Section):
    """What comparisons and searches say in short."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    started: str
    outcome: str
    sentence: str
    seconds: float | None

    @classmethod
    def of_unfinished(cls, note: Unfinished) -> Self:
        """Say what became of one that has found nothing."""
        return cls(**note.model_dump(include={"name", "started", "seconds"}), outcome=note.status, sentence=note.error)


class Listed(TypedDict):
    """A few facts of each run, comparison, search and model in a store, newest first."""

    runs: list[Row]
    comparisons: list[Row]
    searches: list[Row]
    models: list[Row]


class RowsOfFile(TypedDict):
    """The first rows of a Parquet file."""

    file: str
    rows: list[dict[str, JsonValue]]


def list_store(store: str, name: str | None) -> Listed:
    """Say what a store holds, of all recipes or of one."""
    home = open_store(store)
    records, notes = list_records(home, name), unfinished(home, name)
    runs = [*records, *(note for note in notes if note.kind == "run")]
    return {
        "runs": [_of_run(record) for record in sorted(runs, key=lambda record: record.run, reverse=True)],
        "comparisons": _verdicts(home, COMPARISONS, "comparison", name, notes),
        "searches": _verdicts(home, SEARCH, "search", name, notes),
        "models": _models(home, records),
    }


def _of_run(record: RunRecord | Unfinished) -> Row:
    mix, metrics = (record.mix, record.metrics) if isinstance(record, RunRecord) else (None, None)
    return {
        "run": record.run,
        "name": record.name,
        "status": record.status,
        "started": record.started,
        "rows": mix.rows if mix else None,
        **_scores(metrics),
        "seconds": record.seconds,
    }


def _scores(metrics: Metrics | None) -> Row:
    return {key: metrics.value(key) if metrics else None for key in all_measures()}


def _verdicts(home: Store, file: str, called: Kind, name: str | None, notes: Sequence[Unfinished]) -> list[Row]:
    """Give what those with a record found, and what became of those without."""
    found = {id_in(path): read_record(home, path, Verdict) for path in record_paths(home, file, name)}
    found |= {note.run: Verdict.of_unfinished(note) for note in notes if note.kind == called}
    return [{called: one, **found[one].model_dump()} for one in sorted(found, reverse=True)]


def _models(home: Store, records: list[RunRecord]) -> list[Row]:
    """Give every model with the newest run that published it."""
    published = {record.model.id: record for record in reversed(records) if record.model}
    there = {tuple(path.split("/")[:2]) for path in home.list("models")}
    return [
        {
            "model": model,
            "name": record.name,
            "run": record.run,
            **_scores(record.metrics),
            "in_store": (record.name, model) in there,
        }
        for model, record in reversed(published.items())
    ]


def show_record(store: str, wanted: str) -> RunRecord | Comparison | SearchRecord | Unfinished | RowsOfFile:
    """Give the record of a run, a comparison or a search, of the run that published a mix or a model, or the rows of a
    Parquet file.
    """
    if wanted.endswith(".parquet"):
        return {"file": wanted, "rows": _rows_of(store, wanted)}
    home = open_store(store)
    kinds = {RUN: RunRecord, COMPARISONS: Comparison, SEARCH: SearchRecord}
    paths = {id_in(path): (path, kind) for file, kind in kinds.items() for path in record_paths(home, file)}
    notes = {note.run: note for note in unfinished(home)}
    if wanted == "latest":
        runs = [one for one, (_, kind) in paths.items() if kind is RunRecord]
        wanted = max([*runs, *(one for one, note in notes.items() if note.kind == "run")], default=wanted)
    found = meant(wanted, [*paths, *notes])
    if not found and (made := _made(home, wanted)):
        return made
    if len(found) != 1:
        return find_run(home, wanted)
    return notes[found[0]] if found[0] in notes else read_record(home, *paths[found[0]])


def _made(home: Store, wanted: str) -> RunRecord | None:
    """Find the newest run that published the mix or the model of an id, or of the start of it."""
    records = [(record, made.id) for record in list_records(home) for made in (record.mix, record.model) if made]
    ids = set(meant(wanted, (one for _, one in records)))
    return next(record for record, one in records if one in ids) if len(ids) == 1 else None


def _rows_of(store: str, file: str) -> list[dict[str, JsonValue]]:
    import polars

    from tasks.rows.media import without_media_bytes

    home = open_store(store)
    path = file.removeprefix(f"{home.uri}/")
    local = Path(path) if Path(path).is_file() else home.local_copy(path)
    try:
        rows = polars.read_parquet(local, n_rows=200, glob=False)
        return [without_media_bytes(row) for row in rows.iter_rows(named=True)]
    except (OSError, polars.exceptions.PolarsError) as error:
        raise RecipeError(f"{file}: cannot be read as Parquet: {error}") from None
