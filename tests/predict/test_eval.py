"""A published model is scored on labelled files as on a hold-out of the same rows; what cannot be scored is said."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.manifests.scores import BaselineScore
from tasks.objectives.parts import Trained, columns_of, evaluate_of, measures_of, task_names
from tasks.predict.scoring import Evaluation
from tasks.predict.task import predict_rows, score_files
from tasks.programs.sandbox import why_not

LABELS = ("negative", "positive")
HOUSE = "models/small/1a2b3c4d5e6f"


def scores_of(store: Path, *files: Path, **said: Any) -> Evaluation:
    return score_files(str(store), "small", [str(file) for file in files], said, io.BytesIO())


def with_mix(store: Path, folder: Path, rows: pl.DataFrame) -> Path:
    """A store with the same model, and the mix that it says it learned from."""
    shutil.copytree(store, folder / "store")
    (data := folder / "store/mixes/small/0/data").mkdir(parents=True)
    rows.write_parquet(data / "train-00000.parquet")
    return folder / "store"


@pytest.mark.parametrize("task", task_names())
def test_a_file_is_scored_as_a_hold_out_of_the_same_rows_is(
    task: str, publish: Callable[..., Path], labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    store, layout, rows = publish(task), columns_of(task).layout(LABELS), labelled(task)
    said = [role.name for role in layout.roles if role.holds != "nothing"]
    rows.select(said).write_ndjson(tmp_path / "rows.jsonl")
    rows.write_parquet(tmp_path / "holdout.parquet")
    trained = Trained(store / HOUSE, 16, layout.label_set)
    files = [tmp_path / "holdout.parquet"]
    _, wanted = evaluate_of(task).score(trained, files, files, EvaluateSettings(), 0)
    (found,) = scores_of(store, tmp_path / "rows.jsonl").files
    assert found.metrics.measures == wanted.measures
    assert (found.read, found.bad, found.left_out, found.metrics.rows) == (5, 0, {}, 5)
    assert found.metrics.baseline == BaselineScore(), "the mix is not there, so that nothing is known to be beaten"


def test_the_scores_are_those_of_the_answers(publish: Callable[..., Path], tmp_path: Path) -> None:
    store, answers, file = publish("text-classification"), list[dict[str, Any]](), tmp_path / "rows.csv"
    texts = ["a good day", "a bad day", "good", "bad", "the best week", "the worst week", "so", "it was"]
    file.write_text("text,label\n" + "".join(f"{text},{LABELS[at % 2]}\n" for at, text in enumerate(texts)))
    predict_rows(str(store), "small", str(file), {}, io.BytesIO(), answers.extend)
    right = sum(answer["predicted"] == LABELS[at % 2] for at, answer in enumerate(answers))
    (found,) = scores_of(store, file).files
    assert found.metrics.value("accuracy") == right / 8
    assert found.metrics.confusion
    assert sum(map(sum, found.metrics.confusion.counts)) == 8


def test_rows_that_the_model_has_learned_from_are_left_out_and_the_mix_says_what_is_to_be_beaten(
    publish: Callable[..., Path], labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    learned = labelled("text-classification")  # three are negative, two positive
    store, file, seen = (
        with_mix(publish("text-classification"), tmp_path, learned),
        tmp_path / "a.csv",
        tmp_path / "b.csv",
    )
    file.write_text("text,label\nA good day!,negative\nGOOD,negative\nfine,positive\nnice,positive\nugly,negative\n")
    (found,) = scores_of(store, file).files
    assert (found.read, found.left_out, found.metrics.rows) == (5, {"in_training": 2}, 3)
    assert found.metrics.baseline.label == "negative"
    assert found.metrics.baseline.value("accuracy") == pytest.approx(1 / 3, abs=1e-6)
    assert found.metrics.linear is not None
    assert found.metrics.linear.gain_interval
    seen.write_text("text,label\na good day,negative\ngood,positive\n")
    with pytest.raises(QualityGate, match=r"b\.csv: all 2 rows that could be asked about stand in the mix"):
        scores_of(store, file, seen)


BAD = {
    "empty.csv": ("", 3, r"no row to measure on: 0 read"),
    "head.csv": ("text,label\n", 3, r"no row to measure on: 0 read"),
    "blank.csv": ("text,label\n ,positive\n", 3, r"no row to measure on: 1 read; .*empty_text 1"),
    "unlabelled.csv": ("text,label\na,\nb,\n", 3, r"2 of 2 records are bad .*missing_label 2"),
    "roles.csv": ("text\na\n", 2, r"--set columns\.label: there is no column 'label'; known: text"),
    "gone.csv": (None, 4, r"there is no such file"),
    "labels.csv": (
        "text,label\na,good\nb,positive\nc,good\n",
        3,
        r'2 of 3 records are bad .*unmapped_label 2[\s\S]*--set labels=\{"good": null\} \(one of negative, positive;',
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_scored_is_said_of_its_file(name: str, publish: Callable[..., Path], tmp_path: Path) -> None:
    content, code, told = BAD[name]
    good = tmp_path / "good.csv"
    good.write_text("text,label\na,positive\n")
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(CuveeError, match=told) as refused:
        scores_of(publish("text-classification"), good, tmp_path / name)
    assert str(refused.value).startswith(str(tmp_path / name)) or code == 4
    assert refused.value.exit_code == code
    assert "sources." not in str(refused.value)


def test_the_command_prints_a_line_for_each_file(
    publish: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = publish("text-classification")
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("review,label\na good day,up\na bad day,down\n\n")
    files = ["one.csv", "two.csv"]
    words = ["eval", "small", *files, "--store", str(store), "--set", "columns.text=review"]
    words += ["--set", "labels={up: positive, down: negative}"]
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--json"])
    found = json.loads(done.stdout)
    assert [(one["file"], one["metrics"]["rows"]) for one in found["files"]] == [(file, 2) for file in files]
    assert found["mix"] is None
    assert {*found["files"][0]["metrics"]} >= {"accuracy", "accuracy_interval", "macro_f1", "confusion", "calibration"}
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, words).stdout
    measured = measures_of("text-classification")
    assert measured.baseline in shown
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith(("one", "two"))] == ["2", "2"]
    assert "is not known" in shown


@pytest.mark.sandbox
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_programs_run_where_the_command_says_so_and_nowhere_else(publish: Callable[..., Path], tmp_path: Path) -> None:
    store, file = publish("instruction-tuning"), tmp_path / "rows.jsonl"
    row = {"prompt": "so?", "response": "def f():\n    return 1", "checks": ["assert f() == 1"]}
    file.write_text(json.dumps(row) + "\n")
    said = ["eval", "small", str(file), "--store", str(store), "--set", "columns.tests=checks"]
    plain, ran, told = (
        CliRunner().invoke(app, [*said, *more]) for more in (["--json"], ["--json", "--run-code"], ["--run-code"])
    )
    assert "programs" not in json.loads(plain.stdout)["files"][0]["metrics"]
    found = json.loads(ran.stdout)["files"][0]["metrics"]["programs"]
    assert (found["rows"], found["right"], sum(found["outcomes"].values())) == (1, 1, 10)
    assert "10 programs were drawn, 10 for each of 1 rows with tests" in told.stdout
    assert "Each ran in a sandbox: without network" in " ".join(told.stdout.split())


@pytest.mark.parametrize(
    ("task", "said", "why"),
    [
        ("text-classification", {}, "--run-code: models of task: text-classification write no programs"),
        ("instruction-tuning", {}, "no row has tests; say in which column: --set columns.tests=…"),
    ],
)
def test_programs_that_cannot_be_judged_are_told(
    task: str, said: dict[str, Any], why: str, publish: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "so?", "response": "f = 1"}\n')
    with pytest.raises(RecipeError, match=why):
        score_files(str(publish(task)), "small", [str(tmp_path / "rows.jsonl")], said, io.BytesIO(), run_code=True)


PIPED = {
    "rows.jsonl": ('{"text": "a good day", "label": "positive"}\n{"text": "bad", "label": "negative"}\n', {}),
    "rows.csv": ("text,label\na good day,positive\nbad,negative\n", {"kind": "delimited"}),
    "rows.txt": ("a good day\nbad\n", {"kind": "text", "label": "positive"}),
}


@pytest.mark.parametrize("name", PIPED)
def test_standard_input_is_scored_as_a_file_is(name: str, publish: Callable[..., Path], tmp_path: Path) -> None:
    store, (content, said) = str(publish("text-classification")), PIPED[name]
    (tmp_path / name).write_text(content)
    (file,) = score_files(store, "small", [str(tmp_path / name)], said, io.BytesIO()).files
    (piped,) = score_files(store, "small", ["-"], said, io.BytesIO(content.encode())).files
    assert (piped.file, piped.metrics, piped.read) == ("-", file.metrics, 2)


def test_standard_input_that_cannot_be_scored_is_told(publish: Callable[..., Path]) -> None:
    store = str(publish("text-classification"))
    for files, content, why in (
        (["-", "-"], b"", "^-: standard input can be read once"),
        (["-"], b"a\nb\n", r"^-: --set columns\.label: there is no column 'label'"),
        (["-"], b'{"text": "a", "label": "up"}\n', r"^-: 1 of 1 records are bad[\s\S]*stdin:1: unmapped_label"),
    ):
        with pytest.raises(CuveeError, match=why):
            score_files(store, "small", files, {}, io.BytesIO(content))


def test_files_are_scored_without_the_personal_data_that_the_recipe_replaces(
    publish: Callable[..., Path], tmp_path: Path
) -> None:
    shutil.copytree(publish("text-classification"), store := tmp_path / "store")
    recipe = store / HOUSE / "recipe.yaml"
    recipe.write_text(recipe.read_text() + "personal: {action: redact, kinds: [{kind: email}]}\n")
    for name, who in (("open", "a.b@example.org"), ("tagged", "[EMAIL]")):
        (tmp_path / f"{name}.csv").write_text(f"text,label\ngood day {who},positive\nbad day {who},negative\n")
    there, tagged = scores_of(store, tmp_path / "open.csv", tmp_path / "tagged.csv").files
    assert there.metrics == tagged.metrics
    (tmp_path / "same.csv").write_text("text,label\nto a@b.org,positive\nto c@d.org,positive\n")
    (same,) = scores_of(store, tmp_path / "same.csv").files
    assert (same.metrics.rows, same.left_out) == (1, {"exact_duplicate": 1})
