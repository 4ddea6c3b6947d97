"""What a card says of the columns is what `datasets` makes of them, for every task."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tasks.core.layout import Role
from tasks.objectives.parts import columns_of, task_names
from tasks.publish.features import features_of
from tasks.rows.layout import cleaned_schema

LABELS = ("good", "bad", "0")
VALUES: dict[str, Any] = {
    "text": "a text",
    "label": "bad",
    "labels": ["good", "0"],
    "value": 0.5,
    "words": ["two", "words"],
    "tags": ["0", "bad"],
    "answers": {"text": ["text"], "answer_start": [2]},
    "messages": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "so"}],
    "nothing": None,
}


def loaded(role: Role) -> object:
    if not role.values:
        return VALUES[role.holds]
    written = VALUES[role.holds]
    return LABELS.index(written) if isinstance(written, str) else [LABELS.index(one) for one in written]


@pytest.mark.parametrize("task", task_names())
def test_labels_are_classes_and_all_else_is_what_it_was(task: str, tmp_path: Path) -> None:
    import datasets

    layout = columns_of(task).layout(LABELS)
    row = (
        {"row_id": "a.csv:1", "source": "a"} | {role.name: VALUES[role.holds] for role in layout.roles} | {"tokens": 2}
    )
    folder = tmp_path / "mix"
    (folder / "data").mkdir(parents=True)
    pl.DataFrame([row], schema=cleaned_schema(layout)).write_parquet(folder / "data" / "train-00000.parquet")
    info = {"config_name": "default", "features": features_of(layout, None)}
    files = [{"split": "train", "path": "data/train-*.parquet"}]
    front = {"configs": [{"config_name": "default", "data_files": files}], "dataset_info": info}
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(front)}---\n")
    (back,) = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert back == row | {role.name: loaded(role) for role in layout.roles}
