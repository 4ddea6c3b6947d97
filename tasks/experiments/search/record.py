"""All that a search says of itself, as one JSON object: what the command line prints, the report draws, and the store
keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.experiments.search.confirm import Arm
from tasks.experiments.search.fit import Learned, Runs
from tasks.experiments.search.fit_record import report
from tasks.experiments.search.outcome import LEARNED, noise
from tasks.experiments.search.space import Ground
from tasks.experiments.search.trials import Past, Trial
from tasks.experiments.search.verdict import RECOMMENDED, confirmed, judge


@dataclass
class Course:
    """What a search has done so far.

    Attributes:
        rounds: trials of each round.
        past: trials of earlier searches.
        left_out: name of a trial that gave nothing to learn from -> why.
        stopped: why fewer trials were made than asked for; empty when all were.
    """

    past: Past
    rounds: list[list[Trial]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    @property
    def own(self) -> list[Trial]:
        """The trials of this search."""
        return [trial for one in self.rounds for trial in one]

    @property
    def known(self) -> list[Trial]:
        """All trials to learn from, each once: this search's, then those of earlier ones."""
        return list({trial.id: trial for trial in [*self.own, *self.past.kept]}.values())


def tell(ground: Ground, course: Course, runs: Runs, learned: Learned, arms: Mapping[str, Arm]) -> dict[str, Any]:
    """Put together what was found."""
    verdict = judge(ground, learned, arms)
    told = report(runs, learned)
    out = confirmed(ground, arms, verdict)
    predicted = told["recommended"]
    measured = next((arm["cost_chosen_by"] for arm in out["arms"] if arm["name"] == RECOMMENDED), None)
    return {
        "outcome": verdict.outcome,
        "sentence": verdict.sentence,
        "weights": dict(verdict.mix),
        "weights_are": verdict.arm,
        "indistinguishable_from": list(verdict.like),
        "target": list(ground.columns),
        "recommended": predicted if learned.outcome == LEARNED else None,
        "predicted": {name: predicted[name] for name in ("predicted", "predicted_low", "predicted_high")}
        | {"measured": measured},
        "confirmed": out,
        "surrogate": told["surrogate"] | {"tried": told["tried"]},
        "noise": noise(runs.evidence),
        "why": learned.why,
        "limits": {
            name: [float(low), float(high)]
            for name, low, high in zip(ground.sources, ground.limits.low, ground.limits.high, strict=True)
        },
        "trials": _trials(course, runs, learned),
        "counts": {
            "own": len(course.own),
            "earlier": len(course.known) - len(course.own),
            "left_out": len(course.left_out),
            "confirming": out["seeds"] * len(out["arms"]),
        },
        "seconds_a_trial": _mean([trial.seconds for trial in course.own]),
        "notes": [
            *_notes(ground, course),
            *ground.all_note(verdict.mix),
            *(told["notes"] if learned.outcome == LEARNED else []),
        ],
    }


def _trials(course: Course, runs: Runs, learned: Learned) -> list[dict[str, Any]]:
    number = {trial.id: at for at, one in enumerate(course.rounds, 1) for trial in one}
    rows = zip(course.known, runs.evidence.totals, learned.tried[0].left_out, strict=True)
    return [
        {
            "name": trial.name,
            "round": number.get(trial.id, 0),
            "weights": trial.mix,
            "cost": float(cost),
            "guess": float(guess),
            "id": trial.id,
        }
        for trial, cost, guess in rows
    ]


def _notes(ground: Ground, course: Course) -> list[str]:
    kept = len(course.known) - len(course.own)
    notes = [*ground.notes]
    if kept:
        notes.append(f"{kept} trials of earlier searches still hold and were learned from, too")
    notes += [f"{count} trials of earlier searches were not used: {why}" for why, count in course.past.refused.items()]
    if course.left_out:
        first = next(iter(course.left_out.items()))
        notes.append(
            f"{len(course.left_out)} trials gave nothing to learn from and were left out; {first[0]}: {first[1]}"
        )
    return notes + ([course.stopped] if course.stopped else [])


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
