"""What a comparison can see, said before its trials: of each question the smallest difference that these hold-outs and
these seeds would find four times in five, and what would find one point.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.experiments.compare.contrasts import FEWEST_ROWS, FEWEST_SEEDS
from tasks.experiments.compare.predictions import FEWEST
from tasks.experiments.comparison import Comparison, Contrast, Foreseen, Foresight
from tasks.objectives.measuring import Measure
from tasks.objectives.parts import measure_named
from tasks.statistics.intervals import student_interval
from tasks.statistics.power import MOST_ROWS, Spread, of_each, rows_and_seeds_for, smallest_seen

POINT = 0.01
"""One point of accuracy, or 1 % of a perplexity."""
ASSUMED = Spread(rows=0.2, seeds=0.01)
"""What is taken where nothing is known: two models disagree on a fifth of the rows, and their difference moves by a
point from seed to seed."""


class Asked(NamedTuple):
    """What a comparison is to be asked.

    Attributes:
        holdout: source that is judged on -> its hold-out rows.
        sources: how many are tried alone.
        mixes: of several sources, the recipe's included, that are tried.
        confidence: of the intervals of a question together.
        measure: that mixes are compared by.
        target_rows: hold-out rows of the target, where one is named and decides.
    """

    holdout: Mapping[str, int]
    sources: int
    mixes: int
    seeds: int
    confidence: float
    measure: Measure
    target_rows: int | None = None


def foresight(asked: Asked, earlier: Comparison | None) -> Foresight | None:
    """Say what each question can see; None where nothing can be claimed, or nothing is known of the measure's spread.

    A question is corrected as its verdict is: a gain over the best single source for nothing (every source must be
    beaten), a loss for all pairs of a mix and a source, the others for how many differences they look at. The verdict
    reads off its trials how far these hang together (max-T); before them, Bonferroni's correction is taken, which is no
    smaller. Over the best single source that is the power against this source: where others are as good, all of them
    must be beaten, which takes more.

    Args:
        earlier: the newest comparison of the same recipe by the same measure, of which spreads are taken.
    """
    counted = {name: rows for name, rows in asked.holdout.items() if rows >= FEWEST}
    rows = [*counted.values()] if asked.target_rows is None else [asked.target_rows]
    if asked.seeds < FEWEST_SEEDS or sum(rows) < FEWEST_ROWS or asked.sources < 2 or not asked.mixes:
        return None
    known = (_seen_in(earlier, "source"), _seen_in(earlier, "mix")) if earlier else (None, None)
    assumed = ASSUMED if asked.measure.share else None
    single = known[0] or known[1] or assumed
    mixed = known[1] or known[0] or assumed
    if single is None or mixed is None:
        return None
    # A source's own luck with a seed is a part of the mean's: at most √K times as large.
    at_home = Spread(rows=single.rows, seeds=single.seeds * math.sqrt(len(rows)))
    questions = [
        _foreseen("gain over the best source alone", single, rows, asked, 1),
        _foreseen("loss to the best source alone", single, rows, asked, asked.sources * asked.mixes),
    ]
    if asked.mixes > 1:
        questions.append(_foreseen("between mixes", mixed, rows, asked, asked.mixes - 1))
    questions += [
        _foreseen("at home", at_home, [own], asked, len(counted)).model_copy(update={"source": name})
        for name, own in counted.items()
        if own >= FEWEST_ROWS
    ]
    others = [sum(rows) - min(rows)] if len(rows) > 1 else rows
    questions.append(_foreseen("worth of a source", mixed, others, asked, 2 * asked.sources))
    origin = earlier.run if earlier and any(known) else ""
    return Foresight(origin=origin, metric=asked.measure.key, confidence=asked.confidence, questions=tuple(questions))


def _foreseen(question: str, spread: Spread, rows: Sequence[int], asked: Asked, several: int) -> Foreseen:
    sure = of_each(several, asked.confidence)
    more_rows, more_seeds = rows_and_seeds_for(POINT, spread, rows, asked.seeds, sure)
    return Foreseen(
        question=question,
        differences=several,
        rows=sum(rows),
        seeds=asked.seeds,
        row_variance=spread.rows,
        seed_deviation=spread.seeds,
        smallest=smallest_seen(spread, rows, asked.seeds, sure),
        rows_for_a_point=more_rows,
        seeds_for_a_point=more_seeds,
    )


def _seen_in(earlier: Comparison, kind: str) -> Spread | None:
    """Take from an earlier comparison how differences of the recipe's mix to sources alone, or to other mixes, varied:
    the mean of the variances over rows, and over seeds.
    """
    kinds = {arm.name: arm.kind for arm in earlier.arms}
    found = [
        spread
        for contrast in earlier.contrasts
        if kinds.get(contrast.second) == kind and (spread := _spread(contrast, earlier))
    ]
    if not found:
        return None
    rows = math.fsum(spread.rows for spread in found) / len(found)
    seeds = math.fsum(spread.seeds**2 for spread in found) / len(found)
    return Spread(rows=rows, seeds=math.sqrt(seeds))


def _spread(contrast: Contrast, earlier: Comparison) -> Spread | None:
    """Take the variance of a row's difference from the interval over rows alone, whose variance is Σ_k d / (n_k K²)."""
    counts = [rows for rows in earlier.judged.values() if rows]
    if contrast.over_rows is None or contrast.over_seeds is None or not counts:
        return None
    low, high = contrast.over_rows
    width = student_interval(0, 1, 1e9, earlier.confidence)
    error = (high - low) / (width.high - width.low)
    rows = error**2 * len(counts) ** 2 / math.fsum(1 / count for count in counts)
    return Spread(rows=rows, seeds=contrast.over_seeds.sd)


def in_words(found: Foresight) -> list[str]:
    """Say what a comparison can see, a sentence for its questions, and one for what would see a point."""
    measure, first = measure_named(found.metric), found.questions[0]
    named = [one for one in found.questions if not one.source]
    homes = [one for one in found.questions if one.source]
    seen = [f"{one.question} {measure.size_text(one.smallest)}" for one in named]
    if homes:
        least, most = (end(homes, key=lambda one: one.smallest) for end in (min, max))
        ends = "" if least is most else f" ({least.source}) to {measure.size_text(most.smallest)}"
        seen.append(f"at home {measure.size_text(least.smallest)}{ends} ({most.source})")
    wanted = f"more than {MOST_ROWS:,} hold-out rows"
    if first.rows_for_a_point:
        wanted = f"{first.rows_for_a_point:,} hold-out rows at {first.seeds_for_a_point} seeds"
    known = (
        f"as differences varied in {found.origin}"
        if found.origin
        else f"if two models disagree on {100 * first.row_variance:.0f} % of the rows and their difference moves by "
        f"{measure.size_text(first.seed_deviation)} from seed to seed"
    )
    return [
        f"With {first.seeds} seeds and {first.rows:,} hold-out rows, the smallest difference found four times in five, "
        f"{known}: {'; '.join(seen)}.",
        f"To find {measure.size_text(POINT)} of gain over the best source alone takes {wanted}.",
    ]
