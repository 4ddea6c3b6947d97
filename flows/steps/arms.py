"""The mixes that a comparison compares: their shares settled, equal ones merged, those that cannot be told why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.engine.submitted import Submitted
from flows.steps.blend import weigh
from flows.steps.trial_setup import TrialSetup
from tasks.core.errors import CuveeError
from tasks.experiments.compare.settings import ALL_ROWS, LEARNED, ONLY, RECIPE, UNAUGMENTED, WITHOUT
from tasks.experiments.compare.task import merge_arms
from tasks.experiments.mixes import Mix, as_mix, restricted, sized, unaugmented
from tasks.experiments.search.task import last_learned
from tasks.manifests.manifest import Manifest
from tasks.manifests.weights import WeightsFacts

WORTHWHILE = 1.25, 4.0
"""How many times the budget of a trial all rows are, at least and at most, for an arm of them that nobody asked for."""


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


def settle_arms(setup: TrialSetup, calls: Submitted, names: Sequence[str], *, asked: bool) -> Arms:
    """Settle the shares of every arm; one whose shares cannot be settled fails, the others stand.

    Args:
        asked: somebody named the arms, whatever their trials take.
    """
    arms = Arms()
    wanted, mixes = _reached(setup, names, arms), dict[str, Mix]()
    for name in wanted:
        if name.startswith(ONLY):
            mixes[name] = ((name.removeprefix(ONLY), 1.0),)
            continue
        if name in WITHOUT:
            mixes |= {name: mix} if (mix := _without(name, setup, mixes[RECIPE])) else {}
            continue
        if name == ALL_ROWS:
            mixes |= {name: mix} if (mix := _every_row(setup, arms, asked=asked)) else {}
            continue
        start = len(calls.runs)
        promise = _promise(setup, name, arms)
        settled = calls.completed(promise)
        if settled is not None:
            mixes[name] = as_mix(settled.facts.weights)
        elif error := calls.stopped(start):
            if name == RECIPE or not isinstance(error, CuveeError):
                raise error
            arms.failed[name] = str(error)
    arms.also = merge_arms(mixes)
    arms.mixes = {name: mixes[name] for name in names if name in arms.also}
    return arms


def _every_row(setup: TrialSetup, arms: Arms, *, asked: bool) -> Mix:
    """Give the mix of every row once; empty where the budget of the others is as large, or where nobody asked for it
    and it is hardly larger, or its trials would take much longer.
    """
    size, unit = int(sum(setup.held.values())), setup.loaded.recipe.mix.unit
    if size <= setup.size:
        if asked:
            arms.notes.append(
                f"all-rows is no arm: there are {size:,} {unit} in all, and every mix has {setup.size:,}."
            )
        return ()
    fewest, most = (times * setup.size for times in WORTHWHILE)
    worthwhile = fewest <= size <= most and not setup.loaded.recipe.trains_in_trials
    return sized(as_mix(setup.held), size) if asked or worthwhile else ()


def _without(name: str, setup: TrialSetup, ours: Mix) -> Mix:
    """Give the recipe's mix without the rows that augmentation makes, or without the sources that the run labels; empty
    where nothing is left.
    """
    if name == UNAUGMENTED:
        return unaugmented(ours)
    return restricted(ours, {*setup.loaded.recipe.mixed} - {*setup.loaded.recipe.labelling})


def _reached(setup: TrialSetup, names: Sequence[str], arms: Arms) -> list[str]:
    """Leave out sources that are there no more, or have nothing to learn from; a note says so."""
    empty = {source for source, factor in setup.factors.items() if factor == 0}
    empty |= {account.source for account in setup.pool.accounts if not account.rows}
    if setup.loaded.recipe.augment and not setup.loaded.recipe.trains_in_trials:
        arms.notes.append(
            "These trials train linear classifiers, which do not see the rows that `augment` makes; trials.full: true "
            "compares the recipe's mix with and without them."
        )
    alone = {name: name.removeprefix(ONLY) for name in names if name.startswith(ONLY)}
    gone = {name: source for name, source in alone.items() if source not in setup.loaded.recipe.mixed}
    arms.notes += [f"{source} could not be reached; it is in no mix." for source in gone.values()]
    idle = {name: source for name, source in alone.items() if source in empty and name not in gone}
    arms.notes += [
        f"{source} has no rows to learn from, or the checks left it out; it is no arm." for source in idle.values()
    ]
    return [name for name in names if name not in gone and name not in idle]


def _promise(setup: TrialSetup, name: str, arms: Arms) -> Manifest[WeightsFacts] | None:
    recipe = setup.loaded.recipe
    if name == RECIPE:
        return weigh(recipe, recipe.mix.weighing, setup.whole, setup.call, setup.made)
    if name == LEARNED:
        learned = _learned(setup, arms)
        return setup.settle(learned) if learned else None
    return setup.settle(recipe.compare.arms.get(name, name))


def _learned(setup: TrialSetup, arms: Arms) -> Mapping[str, float] | None:
    """Find the weights that `cuvee search` left, if they were learned on the data as it is."""
    learned = last_learned(setup.call.store, setup.loaded.recipe.name)
    if learned is None:
        return None
    now, then = {rows.subject: rows.fingerprint for rows in setup.made.cleaned}, learned.fingerprints
    if changed := [source for source in {*now, *then} if now.get(source) != then.get(source)]:
        arms.notes.append(
            f"The weights that `cuvee search` learned are not compared: {', '.join(sorted(changed))} changed "
            "since. Search again for new ones."
        )
        return None
    if learned.unit != (unit := setup.loaded.recipe.mix.unit):
        arms.notes.append(
            f"The weights that `cuvee search` learned are shares of {learned.unit}, not of {unit}; they are not "
            "compared."
        )
        return None
    return learned.weights
