"""The face of `cuvee predict` and `cuvee eval`. No tasks, since nothing is made that a run could use."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from pydantic import JsonValue

from tasks.core import ui
from tasks.predict.find import at_hand, find_model
from tasks.predict.predict import Said, predictions, read_by
from tasks.predict.rows import rows_of
from tasks.predict.scoring import Evaluation, evaluation


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


def score_files(
    store: str, model: str, files: Sequence[str], said: Mapping[str, JsonValue], *, run_code: bool = False
) -> Evaluation:
    """Score a published model on labelled files, each by itself. All of them are read before the first is scored.

    Args:
        model: see `find_model`.
        said: what a source of a recipe would say of each file: dotted path -> value.
        run_code: whether programs that the model writes are run.
    """
    with (
        at_hand(find_model(store, model)) as found,
        tempfile.TemporaryDirectory(prefix="cuvee-") as scratch,
        ui.Progress("eval", "Scoring") as progress,
    ):
        return evaluation(found, files, said, Path(scratch), progress, run_code=run_code)
