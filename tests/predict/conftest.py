"""Published models of every task: built small, their weights from chance, and laid out as publishing does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers import set_seed

from tasks.core.records import Objective
from tasks.objectives.parts import columns_of, guess_of
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
