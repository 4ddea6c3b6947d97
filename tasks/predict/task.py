"""The face of `cuvee predict`. No tasks, since nothing is made that a run could use."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from pydantic import JsonValue

from tasks.core import ui
from tasks.predict.find import at_hand, find_model
from tasks.predict.predict import Said, predictions, read_by
from tasks.predict.rows import rows_of


def predict_rows(
    store: str,
    model: str,
    file: str,
    said: Mapping[str, JsonValue],
    stdin: BinaryIO,
    give: Callable[[list[Said]], None],
) -> None:
    """Hand on what a published model says of every row of a file, in order, a block after the other.

    Args:
        model: see `find_model`.
        file: a file, or `-` for standard input.
        said: what a source of a recipe would say of the file: dotted path -> value.
    """
    with at_hand(find_model(store, model)) as found, ui.Progress("predict", "Predicting") as progress:
        done = 0
        for answers in predictions(found, rows_of(file, said, stdin, read_by(found))):
            give(answers)
            done += len(answers)
            progress(0.0, f"{done:,} rows")
