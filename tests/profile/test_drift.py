"""How far a source has moved: laws of the measures, and oracles."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.manifests.profile import Drift
from tasks.profile.drift import drift, share_of_new
from tasks.rows.layout import FIRST, RowFile

MEASURES = ("rows", "labels", "lengths", "words", "new")
NOTHING = dict.fromkeys(MEASURES)
Texts = st.lists(st.text("ab é", max_size=3), min_size=1, max_size=12)


def written(path: Path, texts: list[str], labels: list[str] | None = None) -> Path:
    pl.DataFrame(
        {"text": texts, "label": labels or ["y"] * len(texts)}, schema={"text": pl.String, "label": pl.String}
    ).write_parquet(path)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=Texts, others=Texts)
def test_new_rows_are_those_whose_text_was_not_there(tmp_path: Path, texts: list[str], others: list[str]) -> None:
    now, before = written(tmp_path / "now", texts), written(tmp_path / "before", others)
    assert share_of_new(RowFile(now, FIRST), RowFile(before, FIRST)) == pytest.approx(
        sum(text not in others for text in texts) / len(texts)
    )


def test_nothing_changed_is_0_whatever_the_order_of_rows(tmp_path: Path) -> None:
    texts = [f"row {number} of {number % 7}" for number in range(300)]
    labels = ["yn"[number % 2] for number in range(300)]
    now, before = written(tmp_path / "now", texts, labels), written(tmp_path / "before", texts[::-1], labels[::-1])
    told = drift(now, before, 0, FIRST)
    assert [getattr(told, name) for name in MEASURES] == [0] * 5


def test_nothing_in_common_is_1(tmp_path: Path) -> None:
    now, before = written(tmp_path / "now", ["ab"] * 40, ["n"] * 40), written(tmp_path / "before", ["cd " * 9] * 20)
    assert drift(now, before, 0, FIRST) == Drift(**dict.fromkeys(MEASURES, 1.0), rows_now=40, rows_before=20)


def test_known_distances(tmp_path: Path) -> None:
    now = written(tmp_path / "now", ["a", "a", "b", "b"], ["x", "x", "y", "y"])
    before = written(tmp_path / "before", ["a", "b", "c", "c"], ["x", "y", "z", "z"])
    told = drift(now, before, 0, FIRST)
    assert (told.labels, told.words) == (0.5, 0.3113), "p = (.5, .5, 0), q = (.25, .25, .5): TV .5, JS .3112781 bits"


def test_what_cannot_be_measured_is_null(tmp_path: Path) -> None:
    some, none = written(tmp_path / "some", ["a"]), written(tmp_path / "none", [])
    assert drift(some, none, 0, FIRST) == Drift(**NOTHING | {"new": 1.0}, rows_now=1, rows_before=0)
    assert drift(none, some, 0, FIRST) == Drift(**NOTHING | {"rows": 1.0}, rows_now=0, rows_before=1)


def test_two_samples_of_the_same_texts_are_near(tmp_path: Path) -> None:
    halves = [
        [f"word{(7919 * number * part) % 997} and word{number % 13}" for number in range(4000)] for part in (1, 3)
    ]
    assert drift(written(tmp_path / "now", halves[0]), written(tmp_path / "before", halves[1]), 0, FIRST).words < 0.05
