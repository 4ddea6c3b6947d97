"""Laws of the charts' geometry, of the DAG, of the tables for the UI and of the rows that are shown."""

import itertools
import math
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.manifests.manifest import Account
from tasks.manifests.model import OnlineFacts, WeightsAt
from tasks.objectives.text_classification.measures import MEASURED
from tasks.report.artifacts import checks_table, dag_text, receipt_table, scores_table
from tasks.report.dag import edges, mermaid
from tasks.report.page import build_page
from tasks.report.plots import axis, curve_png, curves, reliability, row_parts, score_axis, weights_path, widest_share
from tasks.report.samples import LONGEST, label_counts, sample_rows
from tasks.rows.layout import FIRST, RowFile
from tasks.store.runs import RunRecord, TaskNote

numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))


@given(st.lists(numbers, min_size=1, max_size=20))
def test_an_axis_holds_its_values_between_round_ticks(values: list[float]) -> None:
    found = axis(values)
    slack = 1e-6 + 1e-8 * (max(values) - min(values))  # ticks are rounded to a part in 10^9 of a step
    assert found.low <= min(values) + slack
    assert max(values) <= found.high + slack
    assert 2 <= len(found.ticks) <= 8
    assert list(found.ticks) == sorted(set(found.ticks))
    assert all(0 <= found.place(value) <= 100 for value in values)
    assert found.place(found.low) == 0
    assert found.place(found.high) == 100


@given(st.lists(st.floats(0, 1), min_size=1))
def test_an_axis_of_shares_stays_between_0_and_1(values: list[float]) -> None:
    found = axis(values, floor=0, ceiling=1)
    assert found.low >= 0
    assert found.high <= 1
    assert all(0 <= tick <= 1 for tick in found.ticks)


def test_the_score_axis_holds_every_interval_and_the_baseline(record: RunRecord) -> None:
    assert record.metrics is not None
    found = score_axis(record.metrics, MEASURED.main)
    assert found.low <= record.metrics.baseline.measures["accuracy"].value
    intervals = [score.measures["accuracy"].interval for score in record.metrics.by_source.values()]
    assert found.high >= max(high for _, high in filter(None, intervals))


def test_a_model_that_boasts_is_drawn_below_the_diagonal(record: RunRecord) -> None:
    assert record.metrics
    found = reliability(record.metrics.calibration)
    assert found
    diagonal, model = found.lines
    assert diagonal.points == ((0, 100), (100, 0))
    assert model.points[0] == (60, 38)
    assert all(100 - y < x for x, y in model.points[1:]), "y is counted from the top"


def test_learning_curves_fall_on_the_page_as_the_losses_fall(record: RunRecord) -> None:
    found = curves(record.curve)
    assert found is not None
    assert [line.name for line in found.lines] == ["loss", "holdout_loss"]
    training = found.lines[0]
    assert training.points[0][1] < training.points[-1][1]
    assert training.last == [point["loss"] for point in record.curve if "loss" in point][-1]
    assert [x for x, _ in training.points] == sorted(x for x, _ in training.points)


def test_the_curve_marks_the_step_whose_weights_are_published(record: RunRecord) -> None:
    losses = {10.0: 0.6, 20.0: 0.4, 30.0: 0.5}
    points = [{"step": step, "validation_loss": loss} for step, loss in losses.items()]
    points[1]["kept"] = 1.0
    drawn, last = curves(points), curves(record.curve)
    assert drawn is not None
    assert last is not None
    assert drawn.kept == drawn.x.place(20) == pytest.approx(200 / 3, abs=0.01)
    assert last.kept is None
    marked, plain = (
        build_page(record.model_copy(update={"curve": tuple(curve)}), [], {}) for curve in (points, record.curve)
    )
    assert "the step whose weights are published" in marked
    assert "the step whose weights are published" not in plain
    assert curve_png(points) != curve_png([{name: point[name] for name in point if name != "kept"} for point in points])


@pytest.mark.parametrize("points", [[], [{"step": 1.0, "learning_rate": 0.1}], [{"step": 1.0, "loss": math.nan}]])
def test_no_loss_no_curve(points: list[dict[str, float]]) -> None:
    assert curves(points) is None
    assert curve_png(points) is None


@pytest.mark.parametrize(
    "points", [[{"step": 5.0, "loss": 0.5}], [{"step": 1.0, "loss": 0.0}, {"step": 2.0, "loss": 0.0}]]
)
def test_short_and_flat_curves_are_drawn(points: list[dict[str, float]]) -> None:
    found = curves(points)
    assert found is not None
    assert all(math.isfinite(value) for line in found.lines for point in line.points for value in point)


def test_the_path_of_weights_is_a_line_for_each_source_between_0_and_1() -> None:
    path = tuple(WeightsAt(step=step, weights={"a": 0.5 + step / 40, "b": 0.5 - step / 40}) for step in range(0, 20, 5))
    found = weights_path(OnlineFacts(kind="bandit", path=path, shares={}, epochs={}, probe_rows=0))
    assert found is not None
    assert [line.text for line in found.lines] == ["a", "b"]
    assert [line.last for line in found.lines] == [0.875, 0.125]
    assert found.lines[0].points[-1][1] < found.lines[1].points[-1][1], "the larger weight is higher on the page"
    assert weights_path(None) is None


def test_the_picture_is_small_and_always_the_same(record: RunRecord) -> None:
    first = curve_png(record.curve)
    assert first is not None
    assert first.startswith(b"\x89PNG")
    assert len(first) < 20_000
    assert first == curve_png(record.curve)


@given(*(st.integers(0, 10**6) for _ in range(5)))
def test_the_parts_of_a_source_fill_its_bar(bad: int, dropped: int, rows: int, holdout: int, validation: int) -> None:
    account = Account(
        source="s",
        read=bad + dropped + rows + holdout + validation,
        quarantined=bad,
        dropped={"where": dropped},
        rows=rows,
        holdout=holdout,
        validation=validation,
    )
    parts = row_parts(account)
    assert [name for name, _, _ in parts] == ["train", "holdout", "validation", "dropped", "bad"]
    assert sum(width for _, _, width in parts) == pytest.approx(100 if account.read else 0, abs=0.01)
    assert all(
        start + width == pytest.approx(after, abs=0.01)
        for (_, start, width), (_, after, _) in itertools.pairwise(parts)
    )


def test_the_longest_bar_is_the_largest_share(record: RunRecord) -> None:
    assert widest_share(record.receipt) == max(
        max(row.requested, row.share_rows, row.share_tokens) for row in record.receipt
    )
    assert widest_share(()) == 1


def test_the_dag_has_every_task_and_the_edges_along_which_products_went(record: RunRecord) -> None:
    names = [(note.name, note.subject) for note in record.tasks]
    found = {(names[first], names[second]) for first, second in edges(record.tasks)}
    for source in ("films", "airline-tweets"):
        assert (("probe-source", source), ("ingest-source", source)) in found
        assert (("ingest-source", source), ("clean-source", source)) in found
        assert (("clean-source", source), ("deduplicate-sources", "pool")) in found
        assert (("check-source", source), ("gate-checks", "sources")) in found
    assert (("gate-checks", "sources"), ("weigh-sources", "mix")) in found
    assert (("write-mix", "mix"), ("train-model", "model")) in found
    assert (("ingest-source", "films"), ("clean-source", "books")) not in found
    assert all(first < second for first, second in edges(record.tasks))


def test_a_probe_leads_to_what_was_probed() -> None:
    names = (
        ("probe-model", "model"),
        ("train-model", "model"),
        ("probe-source", "a"),
        ("ingest-source", "a"),
        ("ingest-source", "b"),
    )
    assert edges([TaskNote(name=name, subject=subject, state="run") for name, subject in names]) == [(0, 1), (2, 3)]


def test_the_gate_of_the_mix_judges_the_mix_only() -> None:
    notes = [
        TaskNote(name="check-source", subject="a", state="run"),
        TaskNote(name="check-mix", subject="mix", state="run"),
    ]
    gates = [TaskNote(name="gate-checks", subject=subject, state="run") for subject in ("sources", "mix")]
    assert edges([*notes, *gates]) == [(0, 2), (1, 3)]


@given(st.text(max_size=40))
def test_no_text_breaks_the_diagram(text: str) -> None:
    drawn = mermaid(
        [TaskNote(name=text, subject=text, state=text, rows=3), TaskNote(name="b", subject="b", state="cached")]
    )
    lines = drawn.split("\n")
    assert len(lines) == 1 + 2 + 3
    assert re.fullmatch(r'    t0\["[^"<>`\[\]{}|]*(<br/>[^"<>`\[\]{}|]*){3}"\]:::(run|cached|stopped)', lines[1])


def test_the_diagram_shows_state_and_rows(record: RunRecord) -> None:
    drawn = mermaid(record.tasks)
    assert '["ingest-source<br/>films<br/>6,920 rows<br/>from the store"]:::cached' in drawn
    assert '["write-mix<br/>mix<br/>20,000 rows<br/>1 min 4 s"]:::run' in drawn
    assert dag_text(record).count("```") == 2
    assert dag_text(record).startswith("21 tasks run (dark), 10 from the store (light)")


def test_tables_for_the_ui_are_plain_values_with_the_same_columns(record: RunRecord, unfinished: RunRecord) -> None:
    for table in (receipt_table(record), checks_table(record), scores_table(record)):
        assert table
        assert len({tuple(row) for row in table}) == 1
        assert all(isinstance(value, (str, int, float)) for row in table for value in row.values())
    assert scores_table(unfinished) == []
    assert [row["source"] for row in scores_table(record)][-2:] == ["all", "majority class"]
    linear = record.metrics.model_copy(update={"linear": record.metrics.baseline})
    reached = [row["linear model"] for row in scores_table(record.model_copy(update={"metrics": linear}))]
    assert reached == [""] * (len(reached) - 2) + ["0.539", ""]
    assert [row["then"] for row in checks_table(record) if row["passed"] == "no"] == ["weight × 0.50"]


@pytest.fixture
def shards(tmp_path: Path) -> list[RowFile]:
    rows: list[dict[str, Any]] = [
        {
            "row_id": f"{s}:{n}",
            "source": s,
            "text": f"{s} {n} " + "long " * (200 if n == 0 else 0),
            "label": "ab"[n % 2],
            "tokens": 2,
        }
        for n in range(50)
        for s in ("news", "papers")
        if s == "news" or n < 2
    ]
    halves = [rows[:30], rows[30:]]
    for number, half in enumerate(halves):
        pl.DataFrame(half).write_parquet(tmp_path / f"{number}.parquet")
    return [RowFile(tmp_path / f"{number}.parquet", FIRST) for number in range(len(halves))]


def test_samples_are_spread_over_the_mix_and_no_more_than_there_are(shards: list[RowFile]) -> None:
    found = sample_rows(shards, 3)
    assert [sample.source for sample in found] == ["news"] * 3 + ["papers"] * 2
    assert [sample.row_id for sample in found] == ["news:8", "news:25", "news:41", "papers:0", "papers:1"]
    assert sample_rows(shards, 3) == found
    assert sample_rows([], 3) == []


def test_long_texts_are_cut(shards: list[RowFile]) -> None:
    longest = max(sample_rows(shards, 50), key=lambda sample: len(sample.text))
    assert longest.text.endswith(" …")
    assert len(longest.text) <= LONGEST + 2


def test_labels_are_counted_per_source(shards: list[RowFile]) -> None:
    assert label_counts(shards) == {"news": {"a": 25, "b": 25}, "papers": {"a": 1, "b": 1}}
    assert label_counts([]) == {}
