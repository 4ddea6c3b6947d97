"""Find a published model by whatever a person has at hand, and read what its folder says of it."""

import contextlib
import difflib
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ConfigDict, Field, ValidationError

from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.core.records import Section
from tasks.manifests.seen import Fingerprint, SeenFile
from tasks.models.pretrained import CONFIGURATION
from tasks.objectives.parts import DEFAULT, TaskName, Trained, columns_of
from tasks.personal.settings import PersonalSettings, SourceProtection
from tasks.store.found import meant
from tasks.store.published import FORMAT
from tasks.store.runs import find_run
from tasks.store.storage import Store, open_store

MODELS = "models"
"""Folder of a store that published models lie in, as `NAME/ID`."""


TOKENIZER, UNSAID = "tokenizer_config.json", 10_000_000
"""File that says how long an input may be, and what is no such length."""


class Lines(Section):
    """Whether texts kept their lines, those of all sources and of some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    keep_lines: bool | None = None
    sources: dict[str, "Lines"] = Field(default_factory=dict)


class Meant(Section):
    """What the recipe of a model says of its use; the rest of it does not matter here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    task: TaskName = DEFAULT
    labels: tuple[str, ...] = ()
    train: dict[str, Any] | list[dict[str, Any]] = Field(default_factory=dict)
    clean: Lines = Lines()
    personal: PersonalSettings | None = None
    evaluate: dict[str, Any] = Field(default_factory=dict)
    trials: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0


class Place(NamedTuple):
    """Where a published model lies: a store, and a folder in it; empty where the folder is taken for the store."""

    store: Store
    folder: str

    @property
    def where(self) -> str:
        """Say it in one."""
        return self.store.where(self.folder).rstrip("/")

    def inside(self, name: str) -> str:
        """Give the path of one of its files."""
        return f"{self.folder}/{name}".lstrip("/")


class Published(NamedTuple):
    """A published model, at hand.

    Attributes:
        place: where it was found.
        recipe: what it learned.
        trained: its files on this machine, and what they were trained with.
        mix: id of the mix that it learned from.
        earlier: ids of those that the stages of its training before the last one learned from.
    """

    place: Place
    recipe: Meant
    trained: Trained
    mix: str
    earlier: tuple[str, ...] = ()

    @property
    def keeps_lines(self) -> bool:
        """Say whether texts keep their lines: those of a source did, and where they do not, it has no effect."""
        clean = self.recipe.clean
        return bool(clean.keep_lines) or any(one.keep_lines for one in clean.sources.values())

    @property
    def protection(self) -> SourceProtection | None:
        """Say how personal data is replaced in texts, as in the recipe's evaluation sets; None where it is not."""
        if self.recipe.personal is None:
            return None
        found = self.recipe.personal.of_benchmark(columns_of(self.recipe.task).layout(self.trained.labels))
        return found if found.action == "redact" else None


def find_model(uri: str, wanted: str, base: str = ".") -> Place:
    """Find a model by its folder, here or as a URI, or in a store by the name of its recipe (the one published last),
    `NAME/ID`, the id or the start of it, or a run that made it; `latest` is that of the newest run.

    Args:
        base: folder that a relative one starts at.

    Raises:
        RecipeError: nothing or several answer to it; the text says what is there.
    """
    if Path(base, wanted, CONFIGURATION).is_file():
        return _in_a_store(str(Path(base, wanted).absolute()))
    if "://" in wanted:
        return _in_a_store(wanted.rstrip("/"))
    store = open_store(uri)
    there = sorted({"/".join(path.split("/")[:2]) for path in store.list(MODELS) if path.endswith(f"/{CONFIGURATION}")})
    if not there:
        raise RecipeError(
            f"no model {wanted!r}: none is published in {store.uri}, and it is no folder with a {CONFIGURATION}; "
            "`cuvee run RECIPE` with a `train` section publishes one"
        )
    name, _, start = wanted.strip("/").removeprefix(f"{MODELS}/").partition("/")
    names = {path.partition("/")[0] for path in there}
    if name in names and not start:
        return Place(store, str(store.read_json(f"{MODELS}/{name}/latest.json")["path"]))
    ids = {path.partition("/")[2]: path for path in there if not start or path.startswith(f"{name}/")}
    found = meant(start or name, ids)
    if len(found) == 1:
        return Place(store, f"{MODELS}/{ids[found[0]]}")
    if found:
        raise RecipeError(f"{len(found)} models begin with {wanted!r}: {', '.join(found[:5])}; write more of the id")
    return _of_run(store, wanted, there)


def _in_a_store(path: str) -> Place:
    """Tell the store in the path of a published folder; one that lies elsewhere is a store to itself."""
    *_, kind, _, _ = ["", "", "", *path.split("/")]
    if kind != MODELS:
        return Place(open_store(path), "")
    home, folder = path.split("/")[:-3], path.split("/")[-3:]
    return Place(open_store("/".join(home) or "/"), "/".join(folder))


def _of_run(store: Store, wanted: str, there: list[str]) -> Place:
    try:
        record = find_run(store, wanted)
    except CuveeError:
        near = difflib.get_close_matches(wanted, there, n=3, cutoff=0.3) or there[:3]
        raise RecipeError(
            f"no model and no run {wanted!r} in {store.uri}, and no such folder; nearest: {', '.join(near)}; "
            "`cuvee runs` lists all"
        ) from None
    if record.model is None:
        raise RecipeError(f"run {record.run} published no model ({record.status}); `cuvee show {record.run}` says why")
    return Place(store, f"{MODELS}/{record.name}/{record.model.id}")


@contextlib.contextmanager
def at_hand(place: Place) -> Generator[Published]:
    """Bring a model's files here, for as long as they are used.

    Raises:
        RecipeError: the folder is none that was published, or was deleted.
        QualityGate: it is damaged, or published by a later version.
    """
    recipe, lock = _said(place)
    with tempfile.TemporaryDirectory(prefix="cuvee-") as scratch:
        for name in lock["files"]:
            Path(scratch, name).symlink_to(place.store.local_copy(place.inside(name)).absolute())
        trained = Trained(Path(scratch), _longest(place, recipe), recipe.labels)
        yield Published(place, recipe, trained, str(lock.get("mix", "")), tuple(lock.get("earlier_mixes", ())))


def seen_model(place: Place) -> Fingerprint:
    """Identify a published model by the content of its files.

    Raises:
        RecipeError: the folder is none that was published, or was deleted.
        QualityGate: it is damaged, or published by a later version.
    """
    _, lock = _said(place)
    files = sorted(lock["files"].items())
    seen = (SeenFile(name=name, bytes=fact["bytes"], tag=str(fact.get("sha256", ""))) for name, fact in files)
    return Fingerprint(source="model", files=tuple(seen))


def _longest(place: Place, recipe: Meant) -> int:
    """Say how many tokens an input may have; longer ones are cut as when the model was measured.

    Raises:
        QualityGate: neither the tokenizer says it nor, in folders of earlier versions, the recipe.
    """
    told = place.store.read_json(place.inside(TOKENIZER)).get("model_max_length")
    last = recipe.train[-1] if isinstance(recipe.train, list) else recipe.train
    longest = told if isinstance(told, int) and told <= UNSAID else last.get("max_tokens")
    if not isinstance(longest, int):
        raise QualityGate(f"{place.where}: {TOKENIZER} says no model_max_length; run its recipe again")
    return longest


def _said(place: Place) -> tuple[Meant, dict[str, Any]]:
    """Read recipe and lock of a model, and hold its files against the lock."""
    there = place.store.list(place.folder)
    missing = [name for name in (CONFIGURATION, TOKENIZER, "recipe.yaml", "lock.json") if name not in there]
    if missing:
        raise RecipeError(
            f"{place.where}: no model that Cuvée published: there is no {missing[0]}; name a folder with all that was "
            "published, not with the weights alone"
        )
    lock = place.store.read_json(place.inside("lock.json"))
    if not isinstance(lock, dict) or not isinstance(lock.get("files"), dict):
        raise QualityGate(f"{place.where}/lock.json: damaged, no lock of a model; restore it, or run its recipe again")
    if lock.get("format", 1) not in (1, FORMAT):
        raise QualityGate(
            f"{place.where}/lock.json: format {lock['format']} of a later version; this one reads {FORMAT}"
        )
    broken = [name for name, fact in lock["files"].items() if there.get(name) != fact["bytes"]]
    if broken:
        raise QualityGate(
            f"{place.where}: damaged, {broken[0]} is not as it was published; restore it, or run its recipe again"
        )
    try:
        written = yaml.safe_load(place.store.read_bytes(place.inside("recipe.yaml")))
        return Meant.model_validate(written), lock
    except (yaml.YAMLError, ValidationError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise QualityGate(f"{place.where}/recipe.yaml: no recipe of a model that this version can use: {why}") from None
