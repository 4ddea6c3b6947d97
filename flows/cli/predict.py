"""Write what a model says of rows, to standard output or to a file."""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.cli.app import set_values
from flows.cli.terminal import written
from tasks.core.access import reaching, usual_mode
from tasks.core.errors import RecipeError
from tasks.predict.task import Said, predict_rows

EXAMPLE = "columns.text=review"


def predict_file(store: str, model: str, file: str, said: Sequence[str], out: str | None) -> None:
    """Write a line of JSON for every record of a file, to a file as a whole or not at all.

    Raises:
        RecipeError: the command says what cannot be.
        QualityGate: records cannot be read; all the others are answered by then.
        Unreachable: the file cannot be written.
    """
    values, stdin = set_values(said, EXAMPLE), sys.stdin.buffer
    if out is None:
        predict_rows(store, model, file, values, stdin, _printed).refuse()
        return
    target = Path(out)
    if target.is_dir() or not target.parent.is_dir():
        raise RecipeError(f"--out {out}: {'it is a folder' if target.is_dir() else f'there is no {target.parent}'}")
    with reaching(out):
        handle, draft = tempfile.mkstemp(prefix=".cuvee-predict-", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as lines:
            tally = predict_rows(store, model, file, values, stdin, _into(lines.write, out))
        with reaching(out):
            Path(draft).chmod(usual_mode())
            Path(draft).replace(target)
        tally.refuse()
    finally:
        Path(draft).unlink(missing_ok=True)


def _printed(answers: list[Said]) -> None:
    sys.stdout.write(_lines(answers))
    sys.stdout.flush()


def _into(write: Callable[[str], object], out: str) -> Callable[[list[Said]], None]:
    def give(answers: list[Said]) -> None:
        with reaching(out):
            write(_lines(answers))

    return give


def _lines(answers: list[Said]) -> str:
    return "".join(f"{written(answer)}\n" for answer in answers)
