"""What searches leave in the store: a note of every trial, a record and a report of each search, and a pointer that is
written last.

Below `searches/<name>/`: `trials/<id>.json`, `<search>/search.json`, `<search>/report.html`, `latest.json`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.experiments.search.trials import Trial
from tasks.manifests.manifest import Manifest
from tasks.store.storage import Store


class Kept(Section):
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


def folder(name: str) -> str:
    """Give the folder of a recipe's searches, relative to the store."""
    return f"searches/{name}"


def read_trials(store: Store, name: str) -> list[Trial]:
    """Read the notes of all trials; one that this version cannot read counts as none."""
    found: list[Trial] = []
    for path in sorted(store.list(f"{folder(name)}/trials")):
        try:
            found.append(Trial.model_validate(store.read_json(f"{folder(name)}/trials/{path}")))
        except (ValidationError, ValueError):
            continue
    return found


def write_trial(store: Store, name: str, trial: Trial) -> None:
    """Note a trial; the first note of it stays."""
    path = f"{folder(name)}/trials/{trial.id}.json"
    if not store.exists(path):
        store.write_json(path, trial.model_dump(mode="json"))


def read_latest(store: Store, name: str) -> Kept | None:
    """Read what the last search of a recipe found; None when there was none."""
    path = f"{folder(name)}/latest.json"
    return Kept.model_validate(store.read_json(path)) if store.exists(path) else None


def write_found(store: Store, name: str, found: Mapping[str, Any], kept: Kept) -> None:
    """Write a search's record, then the pointer."""
    store.write_json(f"{folder(name)}/{kept.search}/search.json", found)
    store.move_pointer(f"{folder(name)}/latest.json", lambda _: kept.model_dump(mode="json"))


def recall(store: Store, name: str, cleaned: Sequence[Manifest], asked: Section, unit: str) -> Manifest:
    """Give the weights that the last search found, as the evidence that weighing takes.

    Raises:
        RecipeError: there was no search, or the data have changed since; the text says which source, and both remedies.
    """
    kept = read_latest(store, name)
    if kept is None:
        raise RecipeError(
            f"mix.weights: learned, but no search of {name!r} is in {store.uri}; `cuvee search RECIPE` makes one"
        )
    now = {one.subject: one.fingerprint for one in cleaned}
    why = [f"{source} is new" for source in now if source not in kept.fingerprints]
    why += [f"{source} is no source any more" for source in kept.fingerprints if source not in now]
    why += [
        f"{source} has changed" for source, print_ in now.items() if kept.fingerprints.get(source, print_) != print_
    ]
    why += [f"weights are now shares of {unit}, not of {kept.unit}"] if unit != kept.unit else []
    if why:
        shares = ", ".join(f"{source}: {share:g}" for source, share in kept.weights.items())
        raise RecipeError(
            f"mix.weights: learned, but since search {kept.search} {'; '.join(why)}. `cuvee search RECIPE` learns "
            "anew, from the trials that still "
            f"hold, too; or write the weights down as they are: {{{shares}}}"
        )
    facts = {
        "asked": asked.model_dump(mode="json"),
        "terms": {"learned": kept.weights},
        "notes": [kept.sentence],
        "search": kept.search,
    }
    return Manifest(
        stage="search", subject="mix", key=kept.search, path=f"{folder(name)}/{kept.search}", files=(), facts=facts
    )
