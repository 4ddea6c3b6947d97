"""What a pretrained model was before training: scored on the same rows, or said why not."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.start import before, gained, start_of
from tasks.manifests.scores import BaselineScore, Metrics
from tasks.objectives.parts import Trained, columns_of, evaluate_of, measures_of, task_names
from tasks.train.settings import TrainSettings
from tests.predict.conftest import LABELS, LONGEST
from tests.predict.test_eval import HOUSE

SETTINGS = EvaluateSettings(resamples=100)


def asked(folder: Path, task: str, tmp_path: Path, labels: tuple[str, ...] | None = None) -> Trained | str:
    """Ask for the start model that lies in a folder."""
    own = columns_of(task).layout(LABELS).label_set if labels is None else labels
    (out := tmp_path / "start").mkdir()
    return start_of(TrainSettings(model=str(folder), max_tokens=LONGEST), Objective(task=task, labels=own), ".", out)


@pytest.mark.parametrize("task", task_names())
def test_a_model_that_is_not_trained_gains_nothing_over_itself(
    task: str, publish: Callable[..., Path], labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    folder, rows = publish(task) / HOUSE, [tmp_path / "rows.parquet"]
    labelled(task).write_parquet(rows[0])
    trained = Trained(folder, LONGEST, columns_of(task).layout(LABELS).label_set)
    table, metrics = evaluate_of(task).score(trained, rows, rows, SETTINGS, 0)
    found = before(asked(folder, task, tmp_path), table, (rows, rows), task, SETTINGS, 0)
    assert found.measures == metrics.measures
    assert (found.gain, found.gain_interval) == (0, (0, 0))


def test_a_head_for_other_labels_has_no_score(publish: Callable[..., Path], tmp_path: Path) -> None:
    start = asked(publish("text-classification") / HOUSE, "text-classification", tmp_path, ("negative", "none"))
    found = before(start, pl.DataFrame(), ((), ()), "text-classification", SETTINGS, 0)
    assert found == BaselineScore(
        note="it knows nothing of these labels, so that what chooses among them begins by chance"
    )


def test_a_new_head_has_no_score(publish: Callable[..., Path], tmp_path: Path) -> None:
    start = asked(publish("text-classification") / HOUSE, "question-answering", tmp_path)
    assert isinstance(start, str)
    assert start.startswith("what gives its answers begins by chance (qa_outputs.bias")


def test_labels_in_another_order_mean_what_they_did(
    publish: Callable[..., Path], labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    task, rows = "text-classification", [tmp_path / "rows.parquet"]
    labelled(task).write_parquet(rows[0])
    folder = publish(task) / HOUSE
    table, metrics = evaluate_of(task).score(Trained(folder, LONGEST, LABELS), rows, rows, SETTINGS, 0)
    found = before(asked(folder, task, tmp_path, LABELS[::-1]), table, (rows, rows), task, SETTINGS, 0)
    assert found.value("accuracy") == metrics.value("accuracy")
    assert found.gain == 0


def test_what_is_gained_counts_as_the_measure_does() -> None:
    ours = pl.DataFrame({"row_id": ["a", "b"], "source": ["s", "s"], "loss": [1.0, 2.0], "tokens": [1, 3]})
    gains, rows = gained(
        ours, ours.with_columns(loss=pl.Series([3.0, 4.0])).reverse(), measures_of("language-modelling")
    )
    assert float(rows.scores(gains)) == pytest.approx(1.0), "four nats fewer of four tokens"


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((0.01, 0.05), "; gained: +3.0 points, +1.0 to +5.0."),
        ((-0.05, -0.01), "; forgotten: "),
        ((-0.1, 0.1), "; neither "),
    ],
)
def test_a_gain_is_said_with_its_interval(ends: tuple[float, float], told: str) -> None:
    start = BaselineScore.model_validate({"accuracy": 0.5, "gain": 0.03, "gain_interval": ends})
    said = measures_of("text-classification").beside_start(Metrics(before=start))
    assert said.startswith("Before its training it reached 50.0 %")
    assert told in said
    assert json.loads(Metrics(before=start).model_dump_json())["before"]["gain"] == 0.03
