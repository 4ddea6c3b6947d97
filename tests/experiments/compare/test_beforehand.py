"""What a comparison can see, said beforehand: corrected as its verdict is, and by what an earlier one showed."""

import pytest

from tasks.experiments.compare.beforehand import ASSUMED, Asked, foresight, in_words
from tasks.experiments.comparison import Arm, Comparison, Contrast, Foresight
from tasks.objectives.parts import measure_named
from tasks.statistics.paired_tests import PairedT

ACCURACY = measure_named("accuracy")


def asked(rows: int = 300, **other: object) -> Asked:
    told = {"sources": 3, "mixes": 4, "seeds": 5, "confidence": 0.95, "measure": ACCURACY}
    return Asked(holdout=dict.fromkeys("abc", rows), **(told | other))  # pyright: ignore[reportArgumentType]


def smallest(found: Foresight | None, question: str) -> float:
    assert found is not None
    return next(one.smallest for one in found.questions if one.question == question)


def test_each_question_is_corrected_as_its_verdict_is() -> None:
    found = foresight(asked(), None)
    assert found is not None
    assert {(one.question, one.differences) for one in found.questions} == {
        ("gain over the best source alone", 1),  # every source must be beaten: nothing to correct
        ("loss to the best source alone", 12),
        ("between mixes", 3),
        ("at home", 3),
        ("worth of a source", 6),
    }
    assert smallest(found, "gain over the best source alone") < smallest(found, "loss to the best source alone")
    # At home a third of the rows is judged on, and the sources are looked at together.
    assert smallest(found, "at home") > 1.7 * smallest(found, "gain over the best source alone")
    assert len([one for one in found.questions if one.question == "at home"]) == 3


def test_nothing_is_foreseen_where_nothing_can_be_claimed_or_nothing_is_known() -> None:
    assert foresight(asked(seeds=2), None) is None
    assert foresight(asked(rows=9), None) is None
    assert foresight(asked(sources=1), None) is None
    assert foresight(asked(measure=measure_named("perplexity")), None) is None  # a loss may vary by any amount
    only = foresight(asked(target_rows=90), None)
    assert smallest(only, "gain over the best source alone") == pytest.approx(
        smallest(foresight(Asked({"a": 90}, 3, 4, 5, 0.95, ACCURACY), None), "gain over the best source alone")
    )


def test_an_earlier_comparison_says_how_much_differences_vary() -> None:
    """Its interval over rows alone is ± 1.96 √(Σ d / (n K²)): here of d = 0.06 over two hold-outs of 400 rows."""
    half = 1.96 * (0.06 * 2 / 400 / 4) ** 0.5
    arms = [Arm(name="recipe", kind="mix"), Arm(name="only-a", kind="source")]
    contrast = Contrast.model_construct(
        second="only-a",
        over_rows=(0.02 - half, 0.02 + half),
        over_seeds=PairedT(mean=0.02, sd=0.004, t=1, p=0.5, low=0, high=1),
    )
    earlier = Comparison.model_construct(
        run="before", arms=arms, contrasts=(contrast,), judged={"a": 400, "b": 400}, confidence=0.95
    )
    found = foresight(asked(), earlier)
    assert found is not None
    assert found.origin == "before"
    assert found.questions[0].row_variance == pytest.approx(0.06, rel=0.001)
    assert found.questions[0].seed_deviation == pytest.approx(0.004)
    assert found.questions[0].smallest < smallest(foresight(asked(), None), found.questions[0].question)
    assert "as differences varied in before" in in_words(found)[0]


def test_what_is_assumed_is_said() -> None:
    found = foresight(asked(), None)
    assert found is not None
    seen, point = in_words(found)
    assert f"disagree on {100 * ASSUMED.rows:.0f} % of the rows" in seen
    assert "5 seeds and 900 hold-out rows" in seen
    assert "hold-out rows at" in point
