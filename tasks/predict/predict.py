"""What a published model says of rows: the same as when it was measured."""

from collections.abc import Iterable, Iterator

import polars as pl
from pydantic import JsonValue

from tasks.clean.roles import normal
from tasks.core.layout import Layout
from tasks.models.pretrained import loading, refuse_unsafe
from tasks.models.trained import Ready
from tasks.objectives.parts import columns_of, predict_of
from tasks.predict.find import Published
from tasks.predict.rows import inputs

Said = dict[str, JsonValue]
"""What stands in a row, and what the model says of it."""


def read_by(model: Published) -> Layout:
    """Give the layout of what the model is given."""
    columns = columns_of(model.recipe.task)
    return inputs(columns.layout(model.trained.labels), predict_of(model.recipe.task).READS)


def predictions(model: Published, blocks: Iterable[pl.DataFrame]) -> Iterator[list[Said]]:
    """Give what the model says of every row, in order, a list for each block; texts are brought to one form first, as
    those were that it learned from.
    """
    layout, part = read_by(model), predict_of(model.recipe.task)
    ready: Ready | None = None
    for rows in blocks:
        ready = ready or loaded(model)
        given = normal(rows, layout, keep_lines=model.keeps_lines).rows
        yield pl.concat([rows, part.predict(ready, given, model.trained)], how="horizontal").to_dicts()


def loaded(model: Published) -> Ready:
    """Load the model.

    Raises:
        RecipeError: its files are not what they should be.
    """
    with loading(f"the model {model.place.where}"):
        refuse_unsafe(f"the model {model.place.where}", model.trained.folder)
        return predict_of(model.recipe.task).load(model.trained.folder)
