"""Every source is probed and read; one that cannot be reached is left out, or its last snapshot stands in, where the
recipe says so.
"""

import textwrap

from flows.engine.calls import Call, RunProducts
from tasks.core import ui
from tasks.core.errors import RecipeError, Unreachable
from tasks.ingest.task import ingest_source, last_snapshot, probe_source
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import SnapshotFacts
from tasks.manifests.seen import Fingerprint, Unreached
from tasks.recipe.model import LoadedRecipe

SHOWN = 200
"""Characters of an error that are told."""


def read_sources(
    loaded: LoadedRecipe, call: Call, made: RunProducts
) -> tuple[LoadedRecipe, dict[str, Manifest[SnapshotFacts]]]:
    """Call the tasks that read the sources; wait for those without which the run may go on.

    Returns:
        The recipe without the sources that are left out, and a snapshot of each that is not.

    Raises:
        Unreachable: no source is left, or the recipe cannot be carried out without those left out, or one has no
            earlier snapshot.
    """
    recipe, folder = loaded.recipe, loaded.folder
    sources = recipe.sources
    seen: dict[str, Fingerprint] = {}
    for name, source in sources.items():
        way = call if source.on_failure == "stop" else call.attempt
        seen[name] = way(probe_source.of(name), name, source.reading, folder)
    raw: dict[str, Manifest[SnapshotFacts]] = {}
    for name, source in sources.items():
        way = call if source.on_failure == "stop" else call.attempt
        raw[name] = way(ingest_source.of(name), seen[name], source.reading, recipe.layout_of(name), folder)
    # All are under way before the first is waited for.
    for name, source in sources.items():
        error = call.unreached(seen[name], raw[name]) if source.on_failure != "stop" else None
        if error and (snapshot := _instead(loaded, call.store, name, error, made)):
            raw[name] = snapshot
    left_out = [one.source for one in made.unreached if not one.snapshot_of]
    made.loaded = _without(loaded, left_out, made.unreached)
    return made.loaded, {name: raw[name] for name in made.loaded.recipe.sources}


def _instead(
    loaded: LoadedRecipe, store: str, name: str, error: Unreachable, made: RunProducts
) -> Manifest[SnapshotFacts] | None:
    """Give the snapshot that stands in for a source, or None; note it and say so."""
    source, why = loaded.recipe.sources[name], textwrap.shorten(str(error), SHOWN, placeholder=" …")
    snapshot, when = None, ""
    if source.on_failure == "last":
        try:
            snapshot, when = last_snapshot(store, name, source.reading, loaded.recipe.layout_of(name), loaded.folder)
        except Unreachable as none:
            raise Unreachable(f"{error}\n  {none}") from error
    found = Unreached(source=name, why=why, snapshot_of=when)
    made.unreached = (*made.unreached, found)
    if ui.in_run():
        ui.log(f"{name}: {found.done}", warn=True)
        ui.tell(f"{name}: {found.done}")
    return snapshot


def _without(loaded: LoadedRecipe, left_out: list[str], unreached: tuple[Unreached, ...]) -> LoadedRecipe:
    told = "".join(f"\n  {one.source}: {one.done}" for one in unreached)
    if len(left_out) == len(loaded.recipe.sources):
        raise Unreachable(f"no source is left to mix:{told}")
    try:
        return loaded.without(left_out) if left_out else loaded
    except RecipeError as error:
        raise Unreachable(f"the recipe cannot be carried out without {', '.join(left_out)}:{told}\n{error}") from error
