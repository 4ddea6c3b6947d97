"""A published model predicts what it was measured by, of whatever file, row by row, or says what is wrong."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.objectives.parts import Trained, columns_of, evaluate_of, measures_of, predict_of, task_names
from tasks.predict import rows
from tasks.predict.task import predict_rows

ROOT = Path(__file__).parents[2]
LABELS = ("negative", "positive")
TEXTS = ["a good day", "so " * 40 + "bad", "good", "it was so bad", "the best week of all"]
Predicted = list[dict[str, Any]]


def said_of(store: Path, file: str, said: dict[str, Any] | None = None, stdin: bytes = b"") -> Predicted:
    """What the model of a store says of a file."""
    found: Predicted = []
    predict_rows(str(store), "small", file, said or {}, io.BytesIO(stdin), found.extend)
    return found


@pytest.mark.parametrize("task", task_names())
def test_what_is_predicted_is_what_is_measured(
    task: str, publish: Callable[..., Path], labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    store, layout, frame = publish(task), columns_of(task).layout(LABELS), labelled(task)
    frame.write_parquet(tmp_path / "holdout.parquet")
    reads = predict_of(task).READS
    frame.select(reads).write_ndjson(tmp_path / "rows.jsonl")
    found = said_of(store, str(tmp_path / "rows.jsonl"))
    trained = Trained(store / "models/small/1a2b3c4d5e6f", 16, layout.label_set)
    files = [tmp_path / "holdout.parquet"]
    measured, _ = evaluate_of(task).score(trained, files, files, EvaluateSettings(resamples=100), 0)
    assert [{name: row[name] for name in reads} for row in found] == frame.select(reads).to_dicts()
    for name in {"predicted", "written", "loss", "tokens"} & {*measured.columns}:
        own = "predicted" if name == "written" else name
        if own in found[0]:
            assert [row[own] for row in found] == [
                pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
                for value in measured[name].to_list()
            ]
    chances = [name for name in measured.columns if name.startswith("p_")]
    for name in chances:
        assert [row["scores"][name[2:]] for row in found] == pytest.approx(measured[name].to_list(), rel=1e-6)


@pytest.mark.parametrize("task", ["text-classification", "multi-label-classification", "regression"])
def test_the_snippet_of_the_card_says_what_was_measured_of_every_text(
    task: str, publish: Callable[..., Path], tmp_path: Path
) -> None:
    store = publish(task)
    pl.DataFrame({"text": TEXTS}).write_ndjson(tmp_path / "rows.jsonl")
    found = said_of(store, str(tmp_path / "rows.jsonl"))
    there: dict[str, Any] = {}
    exec(measures_of(task).use.replace("path/to/this/folder", str(store / "models/small/1a2b3c4d5e6f")), there)
    ask = there["rate" if task == "regression" else "classify"]
    if task == "regression":
        given = [one["score"] for one in ask(TEXTS)]
        assert given == pytest.approx([row["predicted"] for row in found], rel=1e-4)
        return
    given = [{one["label"]: one["score"] for one in each} for each in ask(TEXTS, top_k=None)]
    assert given == [pytest.approx(row["scores"], rel=1e-4) for row in found]


FILES = {
    "rows.txt": "{}\n{}\n",
    "rows.csv": "id,text\n1,{}\n2,{}\n",
    "rows.tsv": "id\ttext\n1\t{}\n2\t{}\n",
    "rows.jsonl": '{{"text": "{}"}}\n{{"text": "{}"}}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_all_kinds_and_standard_input_say_the_same(
    name: str, publish: Callable[..., Path], tmp_path: Path
) -> None:
    store, file = publish("text-classification"), tmp_path / name
    file.write_text(FILES[name].format(*TEXTS[:2]))
    whole = said_of(store, str(file))
    assert [row["text"] for row in whole] == TEXTS[:2]
    assert [*whole[0]] == ["text", "predicted", "scores"]
    assert sum(whole[0]["scores"].values()) == pytest.approx(1)
    if name in ("rows.txt", "rows.jsonl"):
        piped = said_of(store, "-", stdin=file.read_bytes())
        assert [row["scores"] for row in piped] == [pytest.approx(row["scores"], rel=1e-6) for row in whole]


def test_a_role_that_stands_alone_is_what_lines_of_a_text_hold(publish: Callable[..., Path]) -> None:
    found = said_of(publish("token-classification"), "-", stdin=b"a good day\nbad\n")
    assert [row["words"] for row in found] == [["a", "good", "day"], ["bad"]]
    assert [len(row["predicted"]) for row in found] == [len(row["scores"]) for row in found] == [3, 1]


def test_columns_are_said_as_those_of_a_source(publish: Callable[..., Path], tmp_path: Path) -> None:
    store, file = publish("text-classification"), tmp_path / "rows.csv"
    file.write_text("title;review\nso;a good day\nno;bad\n")
    said = {"columns.text": "{title}: {review}", "delimiter": ";", "where": "review <> 'bad'"}
    assert [row["text"] for row in said_of(store, str(file), said)] == ["so: a good day"]
    with pytest.raises(RecipeError, match=r"^--set columns\.text: there is no column 'text';.* title, review"):
        said_of(store, str(file), {"delimiter": ";"})
    with pytest.raises(RecipeError, match=r"^--set colums: "):
        said_of(store, str(file), {"colums": "review"})


@pytest.mark.parametrize("name", ["rows.txt", "rows.csv", "rows.tsv", "rows.jsonl"])
def test_nothing_is_said_of_nothing(name: str, publish: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / name).write_text("")
    assert said_of(publish("text-classification"), str(tmp_path / name)) == []
    assert said_of(publish("text-classification"), "-") == []


BAD = {
    "rows.jsonl": '{"text": "a"}\n{"text": "b"}\n{"text": }\n{"text": "c"}\n',
    "rows.csv": "text,n\na,1\nb\nc,2\n",
    "null.jsonl": '{"text": null}\n{"text": "a"}\n[]\n',
}
ANSWERED = {
    "rows.jsonl": ["a", "b", "rows.jsonl:3: bad_json", "c"],
    "rows.csv": ["a", "rows.csv:3: bad_fields", "c"],
    "null.jsonl": ["null.jsonl:1: missing_text", "a", "null.jsonl:3: bad_json"],
}


@pytest.mark.parametrize("most", [1, 2, 512])
@pytest.mark.parametrize("name", BAD)
def test_a_record_that_cannot_be_read_is_named_in_its_place_and_the_others_are_answered(
    name: str, most: int, publish: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK_ROWS", most)
    (tmp_path / name).write_text(BAD[name])
    found: Predicted = []
    tally = predict_rows(
        str(publish("text-classification")), "small", str(tmp_path / name), {}, io.BytesIO(), found.extend
    )
    told = [said.get("text") or f"{said['record']}: {said['error'].split(' ')[0].rstrip(':')}" for said in found]
    assert told == ANSWERED[name]
    bad = [answer for answer in ANSWERED[name] if ":" in answer]
    assert (tally.records, tally.unread) == (len(found), len(bad))
    with pytest.raises(QualityGate, match=f"^{len(bad)} of {len(found)} records cannot be read;[\\s\\S]*{bad[0]}"):
        tally.refuse()


def test_personal_data_is_replaced_where_the_recipe_did_and_shown_as_it_stood(
    publish: Callable[..., Path], tmp_path: Path
) -> None:
    shutil.copytree(publish("text-classification"), store := tmp_path / "store")
    texts = b"good day [EMAIL]\ngood day a.b@example.org\n"
    plain = said_of(store, "-", stdin=texts)
    recipe = store / "models/small/1a2b3c4d5e6f/recipe.yaml"
    recipe.write_text(recipe.read_text() + "personal: {action: redact, kinds: [{kind: email}]}\n")
    tagged, own = said_of(store, "-", stdin=texts)
    assert own["text"] == "good day a.b@example.org"
    for said in (tagged, own):
        assert said["scores"] == pytest.approx(plain[0]["scores"], rel=1e-5)
    assert own["scores"] != pytest.approx(plain[1]["scores"], rel=1e-5), "an address is read otherwise than its tag"


def test_rows_are_given_block_by_block(
    publish: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK_ROWS", 2)
    file, given = tmp_path / "rows.txt", list[int]()
    file.write_text("".join(f"{text}\n" for text in TEXTS))
    predict_rows(
        str(publish("text-classification")),
        "small",
        str(file),
        {},
        io.BytesIO(),
        lambda block: given.append(len(block)),
    )
    assert given == [2, 2, 1]


@pytest.mark.parametrize(
    "wanted", ["small", "small/1a2b3c4d5e6f", "small/1a", "1a2b3c4d5e6f", "1a2b", "models/small/1a2b3c4d5e6f", "FOLDER"]
)
def test_a_model_is_found_by_whatever_is_at_hand(
    wanted: str, publish: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = publish("text-classification")
    if wanted == "FOLDER":  # copied out of its store, to where there is none
        wanted = str(tmp_path / "copy")
        shutil.copytree(store / "models/small/1a2b3c4d5e6f", wanted)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").mkdir()  # a folder that is no model hides none
    found: Predicted = []
    predict_rows(str(store), wanted, "-", {}, io.BytesIO(b"a good day\n"), found.extend)
    assert found[0]["text"] == "a good day"


def damage(folder: Path, how: str) -> None:
    lock, config = folder / "lock.json", folder / "config.json"
    if how == "cut":
        (folder / "model.safetensors").write_bytes(b"short")
    elif how == "later":
        lock.write_text(lock.read_text().replace('"format": 2', '"format": 9'))
    elif how == "weights alone":
        lock.unlink()
    elif how == "code":
        config.write_text(config.read_text().replace("{", '{"transformers_weights": "../other.safetensors",', 1))
        told = json.loads(lock.read_text())
        told["files"]["config.json"]["bytes"] = config.stat().st_size
        lock.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("how", "code", "told"),
    [
        ("cut", 3, "model.safetensors is not as it was published"),
        ("later", 3, "format 9 of a later version"),
        ("weights alone", 2, "there is no lock.json"),
        ("code", 2, "weights are loaded from safetensors files of the folder alone"),
    ],
)
def test_a_folder_that_is_not_what_was_published_is_refused(
    how: str, code: int, told: str, publish: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(publish("text-classification") / "models/small/1a2b3c4d5e6f", folder)
    damage(folder, how)
    with pytest.raises(CuveeError, match=told) as refused:
        predict_rows(str(tmp_path), str(folder), "-", {}, io.BytesIO(b"a\n"), print)
    assert refused.value.exit_code == code


def test_names_that_no_model_has_are_answered_with_those_that_there_are(
    publish: Callable[..., Path], tmp_path: Path
) -> None:
    for store, told in ((publish("regression"), "nearest: small/1a2b3c4d5e6f"), (tmp_path, "none is published in")):
        with pytest.raises(RecipeError, match=told):
            predict_rows(str(store), "smal", "-", {}, io.BytesIO(b"a\n"), print)


def command(store: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "flows.cli.main", "predict", "small", *words, "--store", str(store)]


def test_the_command_answers_while_its_input_goes_on_and_ends_with_its_reader(publish: Callable[..., Path]) -> None:
    words = command(publish("text-classification"))
    environment = dict(os.environ) | {"PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdin.write(b"a good day\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["text"] == "a good day", "before there is more"
        running.stdout.close()
        running.stdin.write(b"a bad day\n" * 1000)
        running.stdin.close()
        assert running.wait(120) == 0
        assert running.stderr.read() == b""


def test_a_file_is_written_whole_or_not_at_all(publish: Callable[..., Path], tmp_path: Path) -> None:
    store, file, out = publish("text-classification"), tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    out.write_text("before")
    words = command(store, str(file), "--out", str(out))
    file.write_text("")
    failed = subprocess.run([*words, "--set", "delimiter=;"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert failed.returncode == 2
    assert [out.read_text(), sorted(path.name for path in tmp_path.iterdir())] == [
        "before",
        ["out.jsonl", "rows.jsonl"],
    ]
    file.write_text('{"text": "good"}\n' * 2 + '{\n{"text": "good"}\n')
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("cuvee: 1 of 4 records cannot be read;")
    assert "\n  rows.jsonl:3: bad_json (" in done.stderr
    assert ["error" in json.loads(line) for line in out.read_text().splitlines()] == [False, False, True, False]
