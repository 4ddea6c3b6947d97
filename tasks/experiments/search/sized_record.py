"""What runs at several sizes teach for another size, in numbers and in words."""

from collections.abc import Sequence

import numpy as np

from tasks.experiments.search.fit import Runs
from tasks.experiments.search.sized_fit import SizedMix
from tasks.experiments.search_record import AdvantageAt, BeyondTest, FitRecord, Recommendation, SizedFit

FAR = 3.0
"""How many times farther than was tested a guess may lie before it is told to be none."""


def with_sizes(record: FitRecord, runs: Runs, why: str, found: SizedMix, names: Sequence[str]) -> FitRecord:
    """Add what sizes say to the record of the mix that was found for one of them."""
    tests = (
        BeyondTest(
            size=names[test.axis],
            times=test.factor,
            runs=len(test.errors),
            error=float(np.abs(test.errors).mean()),
        )
        for test in found.beyond
    )
    gains = [
        AdvantageAt(at=dict(zip(names, size.tolist(), strict=True)), gain=gain, low=least, high=most)
        for size, (gain, least, most) in zip(found.sizes, found.advantage.tolist(), strict=True)
    ]
    sized = SizedFit(
        at=dict(zip(names, found.sizes[-1].tolist(), strict=True)),
        error=found.error,
        error_of_the_mean=found.error_of_the_mean,
        beyond=tuple(tests),
        stretch=found.stretch if np.isfinite(found.stretch) else None,
        advantage=tuple(gains),
        fades_from=None if found.fades_from is None else gains[found.fades_from],
    )
    baseline = "the prior" if runs.prior is not None else "equal shares"
    sentence = f"Learned: {why}. {_sentence(sized, record.recommended, baseline)}"
    return record.model_copy(update={"sizes": sized, "sentence": sentence})


def _sentence(sized: SizedFit, best: Recommendation, baseline: str) -> str:
    where = _named(sized.at)
    if best.predicted_low is None or best.predicted_high is None:
        sure = f"{best.predicted:.4g}, how sure cannot be said, since guesses beyond take runs of three sizes to test"
    else:
        sure = f"{best.predicted:.4g} ({best.predicted_low:.4g} … {best.predicted_high:.4g})"
    last = sized.advantage[-1]
    gain = f"{last.gain:.4g} ({last.low:.4g} … {last.high:.4g}) better than {baseline}"
    fades = sized.fades_from
    lasts = f" Its advantage shrinks as runs grow: it is {fades.gain:.4g} at {_named(fades.at)}." if fades else ""
    return f"For {where} the recommended mix should score {sure}, {gain}.{lasts}{_beyond(sized)} Confirm it there."


def _beyond(sized: SizedFit) -> str:
    if sized.stretch == 0:
        return ""
    if sized.stretch is None:
        return " The size lies beyond all runs."
    tested = "; ".join(
        f"{test.size} {test.times:.2g} times beyond: off by {test.error:.4g} ({test.runs} runs)"
        for test in sized.beyond
    )
    far = " So far beyond, this is no more than a direction." if sized.stretch > FAR else ""
    return (
        f" The size lies beyond all runs, {sized.stretch:.2g} times as far (in logarithms) as guesses were tested "
        f"({tested}); the interval is that much wider.{far}"
    )


def _named(size: dict[str, float]) -> str:
    return " and ".join(f"{name} {value:,.6g}" for name, value in size.items())
