"""The face of looking back. No product is made here; the work is in the modules beside."""

from typing import NotRequired, TypedDict, TypeVar, cast

from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.core.suggest import nearest
from tasks.core.tasks import task
from tasks.history import differ
from tasks.history.earlier import LOOK_BACK, earlier_snapshots
from tasks.history.find import FoundMix, find_mix, shards_of
from tasks.history.impact import MixOfSource, known_sources, made_from
from tasks.history.ledger import TimesTrained, ledger, spent
from tasks.history.trace import as_read, labelled_by, origin_of, row_at
from tasks.manifests.manifest import Facts, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import SnapshotFacts
from tasks.rows.files import labels_file
from tasks.store.published import inputs_of
from tasks.store.runs import list_records
from tasks.store.storage import Store, open_store

F = TypeVar("F", bound=Facts)


class NamedMix(TypedDict):
    """A mix and the run that published it."""

    mix: str
    recipe: str
    run: str
    uri: str


class MixDiff(TypedDict):
    """What differs between the mixes A and B."""

    a: NamedMix
    b: NamedMix
    same_bytes: bool
    settings: list[differ.ChangedField]
    sources: list[differ.Row]
    rows: list[differ.Row]
    scores: list[differ.Row]
    same_holdout: dict[str, bool]


class TracedRow(TypedDict):
    """A row of a mix, with a column for each role of its task, and where it comes from.

    Attributes:
        media: name and number of bytes.
        times: how often it stands in the mix.
        places: the first of them.
        as_read: the row before cleaning; null where its snapshot is gone.
        labelled_by: the rule, or `teacher` with its confidence, where the run gave the row its label.
        made_from: the row of the mix that it was made from, where it was; `as_read` and `labelled_by` are that one's.
    """

    mix: str
    recipe: str
    source: str
    row_id: str
    media: NotRequired[dict[str, str | int]]
    places: list[int]
    times: int
    as_read: dict[str, JsonValue] | None
    labelled_by: NotRequired[dict[str, JsonValue]]
    made_from: NotRequired[str]


class Impact(TypedDict):
    """What a source went into."""

    source: str
    mixes: list[MixOfSource]


class Ledger(TypedDict):
    """How often each source's rows have been trained on by the runs of a recipe."""

    recipe: str
    sources: dict[str, TimesTrained]


def folder_of(store: str, mix: str) -> str:
    """Find a published mix; gives its folder, relative to the store."""
    return find_mix(open_store(store), mix).folder


def diff_mixes(store: str, first: str, second: str) -> MixDiff:
    """Say what differs between two mixes."""
    home = open_store(store)
    a, b = find_mix(home, first), find_mix(home, second)
    locked = [inputs_of(home, mix.folder)["sources"] for mix in (a, b)]
    return {
        "a": _named(a),
        "b": _named(b),
        "same_bytes": a.mix.sha256 == b.mix.sha256,
        "settings": differ.settings_between(a.record, b.record),
        "sources": differ.sources_between(a.receipt, b.receipt),
        "rows": differ.rows_between(shards_of(home, a), shards_of(home, b)),
        "scores": differ.scores_between(a.record, b.record),
        "same_holdout": differ.holdouts_between(*locked),
    }


def _named(mix: FoundMix) -> NamedMix:
    return {"mix": mix.mix.id, "recipe": mix.record.name, "run": mix.record.run, "uri": mix.mix.uri}


def trace_row(store: str, mix: str, row: str) -> TracedRow:
    """Say where a row of a mix comes from."""
    home = open_store(store)
    published = find_mix(home, mix)
    traced = row_at(shards_of(home, published), row)
    named = {"mix": published.mix.id, "recipe": published.record.name}
    source, row_id = str(traced["source"]), str(traced["row_id"])
    snapshot = _product(home, published, "ingest-source", source, SnapshotFacts)
    origin = origin_of(row_id)
    read = as_read(home.open(snapshot, "data.parquet"), origin) if snapshot else None
    labelled = _labelled_by(home, published, source, origin)
    more: dict[str, JsonValue] = {"labelled_by": labelled} if labelled else {}
    more |= {"made_from": f"{source}/{origin}"} if origin != row_id else {}
    return cast("TracedRow", named | traced | {"as_read": read} | more)


def _labelled_by(home: Store, published: FoundMix, source: str, row_id: str) -> dict[str, JsonValue] | None:
    pool, name = _product(home, published, "label-rows", "pool", PoolFacts), labels_file(source)
    if pool is None or not any(file.name == name for file in pool.files):
        return None
    return labelled_by(home.open(pool, name), row_id)


def _product(home: Store, published: FoundMix, task: str, subject: str, facts: type[F]) -> Manifest[F] | None:
    """Find what a task of the run that published a mix gave."""
    note = next((note for note in published.record.tasks if (note.name, note.subject) == (task, subject)), None)
    return home.lookup(note.stage, note.key, facts) if note else None


def impact_of(store: str, source: str) -> Impact:
    """List the mixes and models made from a source."""
    home = open_store(store)
    records = list_records(home)
    mixes = made_from(source, records, home)
    if not mixes and source not in (sources := known_sources(records)):
        raise RecipeError(f"no run in {home.uri} knows a source {source!r};{nearest(source, sources)}")
    return {"source": source, "mixes": mixes}


def ledger_of(store: str, name: str) -> Ledger:
    """Say how often each source's rows have been trained on by the runs of a recipe."""
    home = open_store(store)
    records = list_records(home, name)
    if not records:
        raise RecipeError(f"no run of {name!r} in {home.uri}; `cuvee runs` lists all")
    return {"recipe": name, "sources": ledger(records)}


@task()
def count_spent(store: str, recipe: dict[str, JsonValue], pool: Manifest[PoolFacts]) -> dict[str, float]:
    """Say how often the recipe's earlier runs have trained on each source."""
    return spent(list_records(open_store(store), str(recipe["name"])), recipe, pool)


@task()
def find_earlier(store: str, name: str, snapshots: list[Manifest[SnapshotFacts]]) -> dict[str, Manifest[SnapshotFacts]]:
    """Find the snapshot of each source before the present one, where the recipe's last runs mixed another one."""
    home = open_store(store)
    return earlier_snapshots(home, list_records(home, name, LOOK_BACK), snapshots)
