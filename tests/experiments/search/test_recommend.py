"""The way that `cuvee plan` names fits what the user has."""

from typing import Any

import pytest

from tasks.experiments.search.recommend import Resources, recommend

PLENTY = Resources(
    sources=4,
    target="t",
    labelled=500,
    judged=400,
    trial_seconds=0.5,
    trials=44,
    minutes=None,
    steps=500,
)


@pytest.mark.parametrize(
    ("given", "wanted", "said"),
    [
        ({}, "search", "about 44 runs, about 1 min (0.5 s each in earlier searches), within the 10 minutes"),
        ({"trial_seconds": None}, "search", "at a second each"),
        ({"target": None}, "search", "for all sources alike"),
        ({"sources": 1}, "none", "nothing to weigh"),
        ({"target": None, "judged": 20}, "unimax", "only 20 rows kept aside"),
        ({"judged": 10, "labelled": 90}, "dsir", "Only 10 labelled rows of t are kept aside"),
        ({"trial_seconds": 300.0}, "mixmin", "more than the 10 minutes; one cheap model per source"),
        ({"trial_seconds": 0.5, "minutes": 0.2}, "mixmin", "more than the 0.2 minutes"),
        ({"trial_seconds": 300.0, "labelled": 50}, "dsir", "50 labelled rows of t are few"),
        ({"trial_seconds": 300.0, "target": None}, "unimax", "no target is named"),
        ({"trial_seconds": 300.0, "generates": True, "steps": 5_000}, "bandit", "5,000 steps"),
        ({"trial_seconds": 300.0, "generates": True}, "mixmin", "one cheap model per source"),
    ],
)
def test_what_is_recommended_fits_what_there_is(given: dict[str, Any], wanted: str, said: str) -> None:
    way, why = recommend(Resources(**vars(PLENTY) | given))
    assert way == wanted
    assert said in why
