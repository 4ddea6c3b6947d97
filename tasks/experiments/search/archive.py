"""What searches leave in the store: a note of every trial, a record and a report of each search, and a pointer that is
written last.

Below `searches/<name>/`: `trials/<id>.json`, `<search>/search.json`, `<search>/report.html`, `latest.json`.
"""

from collections.abc import Sequence

from pydantic import ValidationError

from tasks.core.errors import QualityGate, RecipeError
from tasks.core.records import Section
from tasks.experiments.search.trials import Trial
from tasks.experiments.search_record import SearchRecord, search_folder
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.weights import EvidenceFacts
from tasks.store.storage import Store


class LearnedWeights(Section):
    """The pointer: what the last search of a recipe found, and on what data."""

    search: str
    """Its id."""
    identity: str
    """What was searched, and how; the same search again has the same."""
    outcome: str
    sentence: str
    unit: str
    weights: dict[str, float]
    interval: dict[str, tuple[float, float]]
    """Baseline -> interval of the gain over it."""
    fingerprints: dict[str, str]
    """Source -> fingerprint of its cleaned rows."""


def read_trials(store: Store, name: str) -> list[Trial]:
    """Read the notes of all trials; one that this version cannot read counts as none."""
    folder = f"{search_folder(name)}/trials"
    read = (_read_trial(store, f"{folder}/{path}") for path in sorted(store.list(folder)))
    return [trial for trial in read if trial]


def _read_trial(store: Store, path: str) -> Trial | None:
    try:
        return Trial.model_validate(store.read_json(path))
    except (QualityGate, ValidationError):
        return None


def write_trial(store: Store, name: str, trial: Trial) -> None:
    """Note a trial; the first note of it that this version can read stays."""
    path = f"{search_folder(name)}/trials/{trial.id}.json"
    if not store.exists(path) or _read_trial(store, path) is None:
        store.write_json(path, trial.model_dump(mode="json"))


def read_latest(store: Store, name: str) -> LearnedWeights | None:
    """Read what the last search of a recipe found; None when there was none."""
    path = f"{search_folder(name)}/latest.json"
    if not store.exists(path):
        return None
    try:
        return LearnedWeights.model_validate(store.read_json(path))
    except ValidationError as error:
        raise QualityGate(
            f"{store.where(path)}: no weights of a search ({str(error).splitlines()[0]}); remove it, and search again"
        ) from None


def write_record(store: Store, record: SearchRecord, learned: LearnedWeights) -> None:
    """Write a search's record, then the pointer."""
    folder = search_folder(record.name)
    store.write_json(f"{folder}/{record.search}/search.json", record.model_dump(mode="json"))
    store.move_pointer(f"{folder}/latest.json", lambda _: learned.model_dump(mode="json"))


def recall(
    store: Store, name: str, cleaned: Sequence[Manifest[CleanedFacts]], asked: Section, unit: str
) -> Manifest[EvidenceFacts]:
    """Give the weights that the last search found, as the evidence that weighing takes.

    Raises:
        RecipeError: there was no search, or the data have changed since; the text says which source, and both remedies.
    """
    last = read_latest(store, name)
    if last is None:
        raise RecipeError(
            f"mix.weights: learned, but no search of {name!r} is in {store.uri}; `cuvee search RECIPE` makes one"
        )
    now = {rows.subject: rows.fingerprint for rows in cleaned}
    why = [f"{source} is new" for source in now if source not in last.fingerprints]
    why += [f"{source} is no source any more" for source in last.fingerprints if source not in now]
    why += [
        f"{source} has changed" for source, print_ in now.items() if last.fingerprints.get(source, print_) != print_
    ]
    why += [f"weights are now shares of {unit}, not of {last.unit}"] if unit != last.unit else []
    if why:
        shares = ", ".join(f"{source}: {share:g}" for source, share in last.weights.items())
        raise RecipeError(
            f"mix.weights: learned, but since search {last.search} {'; '.join(why)}. `cuvee search RECIPE` learns "
            "anew, from the trials that still "
            f"hold, too; or write the weights down as they are: {{{shares}}}"
        )
    return Manifest[EvidenceFacts](
        stage="search",
        subject="mix",
        key=last.search,
        path=f"{search_folder(name)}/{last.search}",
        files=(),
        facts=EvidenceFacts(section=asked.model_dump(mode="json"), terms={"learned": last.weights}),
    )
