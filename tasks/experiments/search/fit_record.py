"""What was learned from runs: the evidence, the surrogates, the recommended mix, and one sentence."""

import numpy as np

from tasks.experiments.search.fit import LearnedMix, Runs
from tasks.experiments.search.nested import Guesses
from tasks.experiments.search.outcome import LEARNED, NO_EFFECT, noise
from tasks.experiments.search.surrogate import Vector
from tasks.experiments.search_record import (
    BestRun,
    ChosenSurrogate,
    FitRecord,
    FitTarget,
    Recommendation,
    SurrogateScore,
)

FAR = 0.05
"""How far above the most that was tried a share is told of."""


def fit_record(runs: Runs, learned: LearnedMix, notes: tuple[str, ...] = ()) -> FitRecord:
    """Tell what runs made elsewhere teach.

    Args:
        notes: what was done to the tables.
    """
    totals = runs.scores @ runs.parts
    top = int((runs.sign * totals).argmin())
    surrogate = chosen_surrogate(learned)
    return FitRecord(
        outcome=learned.outcome,
        sentence=_sentence(runs, learned),
        target=FitTarget(
            columns=runs.columns,
            better="higher" if runs.higher_is_better else "lower",
            low=float(totals.min()),
            high=float(totals.max()),
        ),
        runs=len(totals),
        sources=runs.sources,
        surrogate=surrogate,
        tried=surrogate.tried,
        noise=noise(runs.evidence),
        best_run=BestRun(run=runs.names[top], score=float(totals[top]), weights=_named(runs.sources, runs.mixes[top])),
        recommended=recommendation(runs, learned),
        notes=(*notes, *notes_on_trivial(learned), *notes_beyond(runs, learned.mix)),
    )


def recommendation(runs: Runs, learned: LearnedMix) -> Recommendation:
    """Give the mix to use, and the score guessed for it."""
    score, low, high = _guess(runs, learned)
    return Recommendation(
        weights=_named(runs.sources, learned.mix),
        low=_named(runs.sources, learned.low),
        high=_named(runs.sources, learned.high),
        predicted=_finite(score),
        predicted_low=_finite(low),
        predicted_high=_finite(high),
    )


def chosen_surrogate(learned: LearnedMix) -> ChosenSurrogate:
    """Tell how far off the surrogate's guesses for runs left out are, beside those that cost nothing."""
    nested = learned.nested
    return ChosenSurrogate(
        **dict(_score(learned.surrogate.name, nested.surrogate)),
        error_of_the_mean=nested.mean.error,
        own_share=_score("own share", nested.own_share) if nested.own_share else None,
        how=nested.how,
        p=learned.test.p if learned.test else None,
        orders=learned.test.orders if learned.test else 0,
        tried=tuple(_score(kind, guesses) for kind, guesses in nested.kinds.items()),
    )


def _score(kind: str, guesses: Guesses) -> SurrogateScore:
    return SurrogateScore(kind=kind, left_out_error=_finite(guesses.error), left_out_rank_correlation=guesses.rank)


def _guess(runs: Runs, learned: LearnedMix) -> tuple[float, float, float]:
    if learned.guessed is None:
        return float("nan"), float("nan"), float("nan")
    cost, *ends = learned.guessed
    low, high = sorted(runs.sign * end for end in ends)
    return runs.sign * cost, low, high


def _sentence(runs: Runs, learned: LearnedMix) -> str:
    if learned.outcome == LEARNED:
        score, low, high = _guess(runs, learned)
        return (
            f"Learned: {learned.why}; the recommended mix should score {score:.4g} ({low:.4g} … {high:.4g}). "
            "Confirm it with runs of its own: it was chosen on these scores."
        )
    kept = (
        "the prior"
        if runs.prior is not None
        else "equal shares"
        if learned.outcome == NO_EFFECT
        else "the best run's mix"
    )
    meaning = (
        "No effect of the mix can be seen"
        if learned.outcome == NO_EFFECT
        else "The runs do not suffice to choose a mix by"
    )
    return f"{meaning}: {learned.why}. Kept: {kept}."


def notes_on_trivial(learned: LearnedMix) -> list[str]:
    """Tell where the target's own share guesses as well as the surrogate."""
    own, error = learned.nested.own_share, learned.nested.surrogate.error
    if learned.outcome != LEARNED or own is None or own.error > error:
        return []
    return [
        f"the target's own share alone guesses runs left out as well (off by {own.error:.4g}, the surrogate by "
        f"{error:.4g}): the other sources' shares add nothing that can be seen"
    ]


def notes_beyond(runs: Runs, mix: Vector) -> list[str]:
    """Tell of shares far above what any run had."""
    most = runs.mixes.max(0)
    return [
        (
            f"{name}: {share:.3f} recommended, {tried:.3f} is the most that any run had; the surrogate guesses there "
            "without evidence"
        )
        for name, share, tried in zip(runs.sources, mix, most, strict=True)
        if share > tried + FAR
    ]


def _named(sources: tuple[str, ...], shares: Vector) -> dict[str, float]:
    return {name: round(float(share), 6) for name, share in zip(sources, shares, strict=True)}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
