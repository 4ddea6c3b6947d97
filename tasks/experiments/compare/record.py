"""Put the record of a comparison together, with the verdict, what was left out, and what has to be known to read it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.records import Section
from tasks.experiments.compare.arms import ONLY, PROPORTIONAL, RECIPE
from tasks.experiments.compare.inputs import Game, added_to, left_one_out
from tasks.experiments.compare.valuation_trials import coalitions_tried
from tasks.experiments.compare.verdict import verdict
from tasks.experiments.comparison import Arm, Comparison, Contrast, Worth
from tasks.experiments.mixes import Mix
from tasks.manifests.manifest import Account
from tasks.store.runs import RunStart

MANY = 10
"""An arm that repeats a source's rows more often than this is worth a note."""


class Asked(Section):
    """What a comparison was asked for and what became of it, as far as the flow knows."""

    mixes: dict[str, Mix]
    """Arm -> its mix, arms of equal mixes once."""
    also: dict[str, tuple[str, ...]]
    failed: dict[str, str]
    """Arm -> what stopped it."""
    trials: dict[str, Any]
    """`run`, `cached`, `failed`, `seconds`."""
    cost: tuple[tuple[Mix, int, float], ...]
    """Mix, its trials and their seconds."""
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    budget: dict[str, Any]
    game: Game | None
    target: str | None
    confidence: float
    finished: str = ""
    seconds: float = 0.0


def assemble(start: RunStart, asked: Asked, facts: Mapping[str, Any], accounts: Sequence[Account]) -> Comparison:
    """Put the record together.

    Args:
        facts: what `judge` gave; empty when no trial came to an end.
        accounts: of the pool that trials draw from.
    """
    arms = tuple(_arm(name, mix, asked, facts.get("arms", {}), accounts) for name, mix in asked.mixes.items()) + tuple(
        Arm(name=name, kind="source" if name.startswith(ONLY) else "mix", error=why)
        for name, why in asked.failed.items()
        if name not in asked.mixes
    )
    found = tuple(Contrast.model_validate(one) for one in facts.get("contrasts", ()))
    metric, judged = facts.get("metric", "accuracy"), facts.get("judged", {})
    outcome, sentence = verdict(arms, found, metric, asked.confidence, judged)
    return Comparison(
        **dict(start),
        finished=asked.finished,
        seconds=asked.seconds,
        metric=metric,
        target=asked.target,
        judged=judged,
        budget=asked.budget,
        confidence=asked.confidence,
        arms=arms,
        contrasts=found,
        worth=_worth(asked, facts),
        shapley=facts.get("shapley", {}),
        outcome=outcome,
        sentence=sentence,
        notes=(*asked.notes, *_notes(arms, asked, facts)),
        left_out=asked.left_out,
        trials=asked.trials,
    )


def _arm(name: str, mix: Mix, asked: Asked, scores: Mapping[str, Any], accounts: Sequence[Account]) -> Arm:
    shares = dict(mix)
    held = {account.source: account.rows if asked.budget["unit"] == "rows" else account.tokens for account in accounts}
    epochs = {source: share * asked.budget["size"] / held[source] for source, share in shares.items() if held[source]}
    told = dict(scores.get(name, {}))
    if name in asked.failed:
        told["error"] = asked.failed[name]
    every = {account.source: shares.get(account.source, 0.0) for account in accounts}
    return Arm(
        name=name,
        kind="source" if len(mix) == 1 else "mix",
        also=asked.also.get(name, ()),
        shares=every,
        epochs=epochs,
        **told,
    )


def _worth(asked: Asked, facts: Mapping[str, Any]) -> tuple[Worth, ...]:
    found = [Worth.model_validate(one) for one in facts.get("worth", ())]
    if not found:
        return ()
    cost = {mix: (trials, seconds) for mix, trials, seconds in asked.cost}
    mix = asked.mixes[RECIPE]
    left = {name: {mix, without} for name, without in left_one_out(mix).items()}
    added = {name: {one for pair in pairs for one in pair} for name, pairs in added_to(mix, asked.target).items()}
    game = dict.fromkeys([one.source for one in found], set(coalitions_tried(mix, asked.game)) if asked.game else set())
    return tuple(_priced(one, {"leave_one_out": left, "add_one": added, "shapley": game}, cost) for one in found)


def _priced(worth: Worth, mixes: Mapping[str, Mapping[str, set[Mix]]], cost: Mapping[Mix, tuple[int, float]]) -> Worth:
    """Say what the trials behind each value took; those of a mix count for every value that needs them."""
    used = {
        value: [cost[mix] for mix in of[worth.source] if mix in cost]
        for value, of in mixes.items()
        if getattr(worth, value) is not None
    }
    trials = {value: sum(count for count, _ in some) for value, some in used.items()}
    return worth.model_copy(
        update={
            "trials": trials,
            "seconds": {value: round(sum(took for _, took in some), 2) for value, some in used.items()},
        }
    )


def _notes(arms: Sequence[Arm], asked: Asked, facts: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    names = {arm.name for arm in arms} | {name for arm in arms for name in arm.also}
    if PROPORTIONAL in names:
        found.append("Concatenating the sources, every row once, is the proportional mix; it is not run twice.")
    found += [f"{arm.name} and {', '.join(arm.also)} are the same mix; it was tried once." for arm in arms if arm.also]
    found += [
        f"{source} has no row labelled {', '.join(labels)}: alone it cannot teach that."
        for source, labels in facts.get("lacking", {}).items()
    ]
    judged, sources = facts.get("judged", {}), [name for name in (arms[0].by_source if arms else {}) if name != "all"]
    if judged and not asked.target and (few := [name for name in sources if name not in judged]):
        found.append(f"Too few hold-out rows to count in the mean over the sources: {', '.join(few)}.")
    empty = [account for account in asked.budget.get("empty_holdout", ()) if account not in sources]
    if empty:
        found.append(f"No hold-out rows, so not measured: {', '.join(empty)}.")
    often = [
        f"{arm.name} ({max(arm.epochs.values()):.0f} times)"
        for arm in arms
        if arm.epochs and max(arm.epochs.values()) > MANY
    ]
    if often:
        found.append(f"At equal budget these arms repeat the rows of a small source often: {', '.join(often)}.")
    ours = next(arm for arm in arms if arm.name == RECIPE)
    if out := [name for name, share in ours.shares.items() if not share]:
        found.append(f"Without a share in the recipe's mix, so without a value: {', '.join(out)}.")
    return found
