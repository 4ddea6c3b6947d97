"""Published models of every task: built small, their weights from chance, and laid out as publishing does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from transformers import set_seed

from tasks.core.layout import Role
from tasks.core.records import Objective
from tasks.objectives.parts import columns_of, guess_of
from tasks.rows.layout import cleaned_schema
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

LABELS = ("negative", "positive")
LONGEST = 16
TEXTS = [
    "a good day",
    "a bad day in a long and bad week " * 8,
    "good",
    "it was so bad that nobody went",
    "the best week of all",
]

ASKED = ["a good day", "so " * 40 + "bad", "good", "it was so bad", "the best week of all"]


@pytest.fixture
def labelled() -> Callable[[str], pl.DataFrame]:
    """`labelled(task)` gives five rows that bear what the task learns."""

    def rows_of(task: str) -> pl.DataFrame:
        layout = columns_of(task).layout(LABELS)
        roles = {role.name: [_held(role, row) for row in range(5)] for role in layout.roles}
        table = {"row_id": [f"s:{row}" for row in range(5)], "source": ["s"] * 5, **roles, "tokens": [1] * 5}
        return pl.DataFrame(table, schema=cleaned_schema(layout))

    return rows_of


def _held(role: Role, number: int) -> object:
    words = ASKED[number].split()
    return {
        "nothing": None,
        "text": ASKED[number],
        "label": LABELS[number % 2],
        "labels": [LABELS[number % 2]],
        "value": float(number),
        "words": words,
        "tags": [LABELS[at % 2] for at in range(len(words))],
        "answers": {"text": [words[-1]], "answer_start": [ASKED[number].rindex(words[-1])]},
        "messages": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": ASKED[number]}],
    }[role.holds]


@pytest.fixture(scope="session")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`publish(task)` gives the store of a model of the task; it is called `small/1a2b3c4d5e6f`."""
    made: dict[str, Path] = {}

    def put_out(task: str) -> Path:
        if task not in made:
            made[task] = tmp_path_factory.mktemp("store")
            _lay_out(made[task] / "models" / "small" / "1a2b3c4d5e6f", task)
        return made[task]

    return put_out


def _lay_out(folder: Path, task: str) -> None:
    set_seed(1)
    labels = columns_of(task).layout(LABELS).label_set
    built = BuiltModel(vocabulary=400, **guess_of(task).model(LONGEST))
    model, tokenizer = load(
        TrainSettings(model=built, max_tokens=LONGEST), ".", Objective(task=task, labels=labels), TEXTS
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    files = {path.name: {"bytes": path.stat().st_size} for path in folder.iterdir()}
    recipe: dict[str, Any] = {"name": "small", "task": task, "labels": list(labels), "seed": 0}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    (folder / "lock.json").write_text(json.dumps({"format": 2, "id": "1a2b3c4d5e6f", "mix": "0", "files": files}))
    pointer = {"id": "1a2b3c4d5e6f", "path": "models/small/1a2b3c4d5e6f"}
    (folder.parent / "latest.json").write_text(json.dumps(pointer))
