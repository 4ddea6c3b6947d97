"""The mixes that a comparison compares: their shares settled, equal ones merged, those that cannot be told why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.engine.calls import Submitted, settled
from flows.steps.blend import weigh
from flows.steps.trial_setup import Bench
from tasks.core.errors import CuveeError
from tasks.experiments.compare.task import merge_arms
from tasks.experiments.mixes import Mix, as_mix
from tasks.store.storage import open_store

LEARNED, RECIPE, ONLY = "learned", "recipe", "only-"


@dataclass
class Arms:
    """The arms of a comparison.

    Attributes:
        mixes: arm -> mix; arms of equal mixes once.
        also: arm -> its other names.
        failed: arm -> what stopped it.
        notes: what has to be said of those that are not there.
    """

    mixes: dict[str, Mix] = field(default_factory=dict)
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def settle_arms(place: Bench, calls: Submitted, names: Sequence[str]) -> Arms:
    """Settle the shares of every arm; one whose shares cannot be settled fails, the others stand."""
    found, asked = Arms(), {name: name.removeprefix(ONLY) for name in names if name.startswith(ONLY)}
    gone = {name: source for name, source in asked.items() if source not in place.loaded.recipe.sources}
    found.notes += [f"{source} could not be reached; it is in no mix." for source in gone.values()]
    names = [name for name in names if name not in gone]
    out = {verdict.subject for verdict in settled(place.made.verdicts) if verdict.factor == 0}
    out |= {account.source for account in place.pool.accounts if not account.rows}
    mixes: dict[str, Mix] = {name: ((name.removeprefix(ONLY), 1.0),) for name in names if name.startswith(ONLY)}
    for name in [name for name in mixes if mixes[name][0][0] in out]:
        found.notes.append(
            f"{mixes.pop(name)[0][0]} has no rows to learn from, or the checks left it out; it is no arm."
        )
    for name in [name for name in names if not name.startswith(ONLY)]:
        start = len(calls.runs)
        promise = _promise(place, name, found)
        made = settled(promise) if promise else None
        if made:
            mixes[name] = as_mix(made.facts["weights"])
        elif error := calls.stopped(start):
            if name == RECIPE or not isinstance(error, CuveeError):
                raise error
            found.failed[name] = str(error)
    found.also = merge_arms(mixes)
    found.mixes = {name: mixes[name] for name in names if name in found.also}
    return found


def _promise(place: Bench, name: str, found: Arms) -> Any:
    recipe = place.loaded.recipe
    if name == RECIPE:
        return weigh(recipe, recipe.mix.weighing, place.store, place.call, place.made)
    if name == LEARNED:
        learned = _learned(place, found)
        return place.weights(learned) if learned else None
    return place.weights(recipe.compare.arms.get(name, name))


def _learned(place: Bench, found: Arms) -> Mapping[str, float] | None:
    """Find the weights that `cuvee search` left, if they were learned on the data as it is."""
    home, name = open_store(place.store), place.loaded.recipe.name
    path = f"searches/{name}/latest.json"
    if not home.exists(path):
        return None
    left = home.read_json(path)
    now = {one.subject: one.fingerprint for one in settled(place.made.cleaned)}
    then = left.get("fingerprints", {})
    if changed := [source for source in {*now, *then} if now.get(source) != then.get(source)]:
        found.notes.append(
            f"The weights that `cuvee search` learned are not compared: {', '.join(sorted(changed))} changed "
            "since. Search again for new ones."
        )
        return None
    if left.get("unit", unit := place.loaded.recipe.mix.unit) != unit:
        found.notes.append(
            f"The weights that `cuvee search` learned are shares of {left['unit']}, not of {unit}; they are not "
            "compared."
        )
        return None
    return left["weights"]
