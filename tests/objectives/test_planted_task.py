"""Adding a task is adding a folder: one that lies outside the tree goes through every stage, and no file but those of
the tasks' folders names a task."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.objectives.parts import task_names

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PLANTED = Path(__file__).parent / "planted"
REGISTER = "import tasks.objectives\n\ntasks.objectives.__path__.append({folder!r})\n"
"""A `sitecustomize.py`: every process that starts with its folder on the path knows the planted task."""
RECIPE = """\
name: pairs
task: reply-classification
labels: [differs, same]
sources:
  forum: {path: forum.jsonl, columns: {text: question, reply: other, label: verdict}, max_bad: 0.1}
  notes: {path: notes.csv, labels: {"0": differs, "1": same}}
holdout: {share: 0.25}
decontaminate: {against: {quiz: {path: quiz.jsonl}}, words: 9}
near_duplicates: {threshold: 0.7}
mix: {weights: {forum: 0.5, notes: 0.5}, size: 160, max_epochs: 8}
train:
  model: {architecture: bert, vocabulary: 300, config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2,
    intermediate_size: 64}}
  epochs: 2
  learning_rate: 5.0e-3
  max_tokens: 32
trials: {size: 120}
compare: {seeds: 3, values: []}
"""
BEGINNINGS, ENDINGS = ("ka", "lo", "mi", "ru", "te"), ("ba", "den", "fir", "gol", "sun")
WORDS = [f"{beginning}{ending}" for beginning in BEGINNINGS for ending in ENDINGS]


def pairs(rng: np.random.Generator, count: int) -> list[tuple[str, str, int]]:
    """Two texts, and whether the second begins as the first does."""
    found: list[tuple[str, str, int]] = []
    for _ in range(count):
        first, second, same = rng.choice(WORDS, 7), rng.choice(WORDS, 7), int(rng.integers(2))
        second[:4] = first[:4] if same else second[:4]
        found.append((" ".join(first), " ".join(second), same))
    return found


def write_sources(folder: Path) -> None:
    rng, names = np.random.default_rng(0), ("differs", "same")
    forum, notes = pairs(rng, 220), pairs(rng, 220)
    forum[1] = forum[0]  # a repetition inside a source
    notes[0] = forum[5]  # and one of an earlier source
    for at in range(20, 60, 2):  # a text that stands first in one pair and second in another, of another source
        notes[at] = (notes[at][0], forum[at][0], notes[at][2])
        notes[at + 1] = (notes[at][0], *notes[at + 1][1:])
    nearly = (forum[7][0], f"{forum[7][1]} zum", forum[7][2])
    quiz = (forum[9][0], forum[9][1], 0)
    lines = [{"question": a, "other": b, "verdict": names[same]} for a, b, same in [*forum, nearly]]
    lines += [{"question": "no second text", "verdict": "same"}, {"question": "a", "other": "b", "verdict": "perhaps"}]
    (folder / "forum.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pl.DataFrame(notes, schema=["text", "reply", "label"], orient="row").write_csv(folder / "notes.csv")
    (folder / "quiz.jsonl").write_text(json.dumps({"text": quiz[0], "reply": quiz[1]}) + "\n")


Say = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Iterator[tuple[Path, Say]]:
    """A folder with the recipe, and `cuvee WORDS … --json` in a process that knows the planted task."""
    folder, home = tmp_path_factory.mktemp("pairs"), tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(PLANTED, home / "more")
    (home / "sitecustomize.py").write_text(REGISTER.format(folder=str(home / "more")))
    write_sources(folder)
    (folder / "recipe.yaml").write_text(RECIPE)
    places = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(home)]), "PREFECT_API_URL": prefect_server}

    def say(*words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "flows.cli.main", *words, "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=folder, env=dict(os.environ) | places, check=False
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        return json.loads(done.stdout)

    yield folder, say


@pytest.fixture(scope="module")
def run(said: tuple[Path, Say]) -> dict[str, Any]:
    return said[1]("run", "recipe.yaml", "--store", "store")


def test_a_planted_task_goes_from_sources_to_a_published_model(said: tuple[Path, Say], run: dict[str, Any]) -> None:
    folder, say = said
    mix, model = Path(run["mix"]["uri"]), Path(run["model"]["uri"])
    train, aside = (pl.read_parquet(sorted(mix.glob(f"data/{side}-*.parquet"))) for side in ("train", "holdout"))
    assert train.columns == ["row_id", "source", "text", "reply", "label", "tokens"]
    texts, kept_aside = ({*side["text"], *side["reply"]} for side in (train, aside))
    assert not texts & kept_aside, "pairs that share a text, wherever it stands, fall on one side"
    assert set(train["label"]) == {"differs", "same"}
    first = train.row(0, named=True)
    assert first["tokens"] == len(f"{first['text']} {first['reply']}".split())
    record = say("show", run["run"], "--store", "store")
    forum, notes = record["accounts"]
    assert forum["quarantined"] == 2, "a pair without its second text, and one with a strange label"
    assert forum["dropped"]["exact_duplicate"] == 1
    gone = {**forum["dropped"], **notes["dropped"]}
    assert gone.get("near_duplicate", 0) + gone.get("near_holdout", 0) + gone.get("in_holdout", 0) >= 1
    assert gone["in_benchmark"] == 1
    assert gone.get("cross_source_duplicate", 0) + gone.get("holdout_duplicate", 0) + gone.get("in_holdout", 0) >= 1
    assert run["metrics"]["rows"] == aside.height
    assert 0 < run["metrics"]["accuracy"] <= 1
    card = (mix / "README.md").read_text()
    assert "| `reply` | the answer to it |" in card
    assert "Labels: differs, same." in card
    (fields, _) = (one["field"] for one in json.loads((mix / "croissant.json").read_text())["recordSet"])
    assert [field["name"] for field in fields] == train.columns
    assert "the pairs kept aside" in Path(run["report"]).read_text()
    assert "accuracy" in (model / "README.md").read_text()
    assert (folder / "store").is_dir()


def test_a_planted_task_is_compared_by_its_own_trials(said: tuple[Path, Say], run: dict[str, Any]) -> None:
    assert run["status"] == "completed"
    found = said[1]("compare", "recipe.yaml", "--store", "store")
    assert {arm["name"] for arm in found["arms"]} >= {"recipe", "only-forum", "only-notes"}
    assert all(0 < arm["score"] <= 1 for arm in found["arms"])
    assert found["metric"] == "accuracy"


def test_no_file_outside_the_tasks_folders_names_a_task() -> None:
    # A name of one word is a word of the language, too; where a task is spoken of it is the task's.
    named = "|".join(
        name.replace("-", "[-_]") if "-" in name else f"task\\W.*[\"'`]{name}[\"'`]" for name in task_names()
    )
    files = [path for room in ("tasks", "flows") for path in (ROOT / room).rglob("*") if path.is_file()]
    texts = {path: path.read_text("utf-8") for path in files if path.suffix in {".py", ".j2", ".css"}}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in texts.items()
        if ROOT / "tasks" / "objectives" not in path.parents
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(named, line)
    ]
    assert not found
