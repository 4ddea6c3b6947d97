"""A published model as a teacher: what it says of the rows of a source without labels, and how good it is on some with
labels.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.label.teacher import measured
from tasks.manifests.labelled import Teacher
from tasks.predict.find import Published
from tasks.predict.predict import predictions, read_by
from tasks.predict.rows import BLOCK_ROWS, Block
from tasks.rows.layout import ROW_ID, RULE

MEASURED = 1_000
"""Most rows with labels that a teacher is measured on."""
SAID = {"label": pl.String, "confidence": pl.Float64}


def refuse_other(model: Published, objective: Objective) -> None:
    """Hold a published model against a recipe.

    Raises:
        RecipeError: it does something else, or has other labels.
    """
    task, labels, place = model.recipe.task, model.trained.labels, f"label_by.model: {model.place.where}"
    if task != objective.task:
        raise RecipeError(f"{place} was trained for task: {task}, and the recipe's is {objective.task}; name another")
    if sorted(labels) != sorted(objective.labels):
        raise RecipeError(
            f"{place}: its labels are {', '.join(labels)}, and the recipe's are {', '.join(objective.labels)}; a "
            "teacher has the same labels. Train one on a recipe with these labels"
        )


def unruled(file: Path) -> pl.DataFrame:
    """Read the rows of a pool's file that no rule labels."""
    rows = pl.read_parquet(file)
    return rows.filter(pl.col(RULE).is_null()) if RULE in rows.columns else rows


def answers(model: Published, rows: pl.DataFrame) -> pl.DataFrame:
    """Give the likeliest `label` of every row, and its probability, `confidence`.

    Args:
        rows: of a pool.
    """
    names = read_by(model).names
    blocks = (Block(block.select(names), ()) for block in rows.iter_slices(BLOCK_ROWS))
    said = [_of(answer) for answered in predictions(model, blocks) for answer in answered]
    return pl.DataFrame([rows[ROW_ID], *pl.DataFrame(said, schema=SAID, orient="row")])


def _of(said: Mapping[str, Any]) -> tuple[str, float]:
    return said["predicted"], said["scores"][said["predicted"]]


def teacher_of(model: Published, rows: pl.DataFrame, name: str, confidence: float) -> Teacher:
    """Measure a model on rows with labels.

    Args:
        rows: of a pool; of many some are looked at, from first to last.
        name: of the model, as the recipe says it.
        confidence: least probability of a label that it gives.
    """
    some = rows.gather_every(max(1, -(-rows.height // MEASURED)))
    said = answers(model, some)
    right, sure = said["label"] == some["label"], said["confidence"] >= confidence
    return measured(right.to_numpy(), sure.to_numpy(), confidence, 0, name)
