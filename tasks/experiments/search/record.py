"""All that a search found, put together: what the command line prints, the report draws, and the store keeps."""

from collections.abc import Mapping, Sequence

import numpy as np

from tasks.experiments.search.confirm import ConfirmingRuns
from tasks.experiments.search.fit import LearnedMix, Runs
from tasks.experiments.search.fit_record import chosen_surrogate, notes_beyond, notes_on_trivial, recommendation
from tasks.experiments.search.history import SearchHistory
from tasks.experiments.search.outcome import LEARNED, noise
from tasks.experiments.search.space import SearchSpace
from tasks.experiments.search.verdict import RECOMMENDED, Lessons, Verdict, judge
from tasks.experiments.search_record import (
    Confirmation,
    ConfirmedGain,
    ConfirmedMix,
    PredictedCost,
    SearchCounts,
    SearchFindings,
    TrialRow,
)


def search_findings(
    space: SearchSpace, history: SearchHistory, lessons: Lessons, arms: Mapping[str, ConfirmingRuns]
) -> SearchFindings:
    """Put together what was found."""
    runs, learned = lessons.runs, lessons.learned
    verdict, recommended = judge(space, lessons, arms), recommendation(runs, learned)
    confirmed = confirmation(space, arms, verdict)
    has_learned = learned.outcome == LEARNED
    seconds = [trial.seconds for trial in history.own]
    return SearchFindings(
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        weights=dict(verdict.mix),
        weights_are=verdict.arm,
        indistinguishable_from=verdict.like,
        target=space.columns,
        recommended=recommended if has_learned else None,
        predicted=PredictedCost(
            predicted=recommended.predicted,
            predicted_low=recommended.predicted_low,
            predicted_high=recommended.predicted_high,
            measured=next((arm.cost for arm in confirmed.arms if arm.name == RECOMMENDED), None),
        ),
        confirmed=confirmed,
        surrogate=chosen_surrogate(learned),
        noise=noise(runs.evidence),
        why=learned.why,
        limits={
            name: (float(low), float(high))
            for name, low, high in zip(space.sources, space.limits.low, space.limits.high, strict=True)
        },
        trials=_trials(history, runs, learned),
        counts=SearchCounts(
            own=len(history.own),
            earlier=len(history.known) - len(history.own),
            left_out=len(history.left_out),
            confirming=confirmed.seeds * sum(len(arm.by_fold) for arm in lessons.arms.values()),
        ),
        seconds_a_trial=round(sum(seconds) / len(seconds), 3) if seconds else None,
        notes=(
            *space.notes,
            *_notes(history),
            *space.all_note(verdict.mix),
            *notes_on_trivial(learned),
            *(notes_beyond(runs, learned.mix) if has_learned else ()),
        ),
    )


def confirmation(space: SearchSpace, arms: Mapping[str, ConfirmingRuns], verdict: Verdict) -> Confirmation:
    """Tell of the confirming runs."""
    confirmed: list[ConfirmedMix] = []
    for name, runs in arms.items():
        costs = runs.costs(space.columns)
        confirmed.append(
            ConfirmedMix(
                name=name,
                weights=dict(runs.mix),
                cost=float(costs.mean()),
                costs=tuple(costs.tolist()),
                accuracy=runs.share_right(space.columns),
            )
        )
    against = tuple(
        ConfirmedGain(
            baseline=name,
            gain=gain.mean,
            expected=verdict.expected[name],
            interval=(gain.low, gain.high),
            p=gain.p,
            by_seed=tuple(gain.by_seed.tolist()),
            detectable=gain.detectable,
        )
        for name, gain in verdict.gains.items()
    )
    return Confirmation(seeds=len(confirmed[0].costs), arms=tuple(confirmed), against=against)


def _trials(history: SearchHistory, runs: Runs, learned: LearnedMix) -> tuple[TrialRow, ...]:
    number = {trial.id: at for at, trials in enumerate(history.rounds, 1) for trial in trials}
    rows = zip(history.known, runs.evidence.totals, learned.nested.surrogate.guessed, strict=True)
    return tuple(
        TrialRow(
            name=trial.name,
            round=number.get(trial.id, 0),
            weights=trial.mix,
            cost=float(cost),
            guess=float(guess) if np.isfinite(guess) else None,
            id=trial.id,
        )
        for trial, cost, guess in rows
    )


def _notes(history: SearchHistory) -> Sequence[str]:
    notes: list[str] = []
    if kept := len(history.known) - len(history.own):
        notes.append(f"{kept} trials of earlier searches still hold and were learned from, too")
    notes += [f"{count} trials of earlier searches were not used: {why}" for why, count in history.past.refused.items()]
    if history.left_out:
        name, why = next(iter(history.left_out.items()))
        notes.append(f"{len(history.left_out)} trials gave nothing to learn from and were left out; {name}: {why}")
    return notes + ([history.stopped] if history.stopped else [])
