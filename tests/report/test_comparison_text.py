"""Numbers beside a chart have no room for their unit; elsewhere they have it."""

import math

import pytest

from tasks.experiments.comparison import AtHome, Comparison, HomeWord
from tasks.experiments.valuation import ShapleyNote
from tasks.report.comparison_tables import what_little_is
from tasks.report.comparison_text import ComparisonText


@pytest.mark.parametrize(
    ("metric", "gain", "tick", "short", "full"),
    [
        ("perplexity", math.log(2), "−50 %", "−50.0 %", "−50.0 % perplexity"),
        ("accuracy", 0.05, "+5", "+5.0 points", "+5.0 points"),
    ],
)
def test_a_difference_at_an_axis_beside_a_chart_and_in_a_table(
    metric: str, gain: float, tick: str, short: str, full: str
) -> None:
    wording = ComparisonText(Comparison.model_construct(metric=metric, shapley=ShapleyNote()))
    assert (wording.gain_tick(gain), wording.short(wording.gain(gain)), wording.gain(gain)) == (tick, short, full)
    assert wording.gain_tick(0.0) == "0"


@pytest.mark.parametrize(
    ("word", "told"),
    [("gains little", ["At home, “little” is less than compare.margin, 1.0 points."]), ("loses", []), ("gains", [])],
)
def test_little_is_told_how_little_it_is_where_it_is_said(word: HomeWord, told: list[str]) -> None:
    home = AtHome.model_construct(word=word)
    comparison = Comparison.model_construct(metric="accuracy", shapley=ShapleyNote(), at_home=(home,), margin=0.01)
    assert what_little_is(comparison) == told
