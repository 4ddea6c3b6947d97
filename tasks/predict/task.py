"""The face of `cuvee predict` and `cuvee eval`, which are no tasks, since they make nothing that a run could use; and
the tasks that let a published model label rows.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl
from pydantic import JsonValue

from tasks.core import ui
from tasks.core.records import Objective
from tasks.core.tasks import task
from tasks.ingest.settings import SourceLabelling, TeacherSettings
from tasks.manifests.labelled import AnswersFacts
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.seen import Fingerprint
from tasks.predict.find import at_hand, find_model, seen_model
from tasks.predict.labeller import answers, refuse_other, teacher_of, unruled
from tasks.predict.predict import Said, Tally, predictions, read_by
from tasks.predict.rows import rows_of
from tasks.predict.scoring import Evaluation, evaluation
from tasks.rows.pool import train_rows
from tasks.store.products import Workbench, stage_task


def predict_rows(
    store: str,
    model: str,
    file: str,
    said: Mapping[str, JsonValue],
    stdin: BinaryIO,
    give: Callable[[list[Said]], None],
) -> Tally:
    """Hand on what a published model says of every record of a file, in order, a block after the other.

    Args:
        model: see `find_model`.
        file: a file, or `-` for standard input.
        said: what a source of a recipe would say of the file: dotted path -> value.

    Returns:
        How many records there were, and of which nothing could be said.
    """
    with at_hand(find_model(store, model)) as found, ui.Progress("predict", "Predicting") as progress:
        tally = Tally()
        for answers in predictions(found, rows_of(file, said, stdin, read_by(found))):
            give(answers)
            tally.add(answers)
            progress(0.0, f"{tally.records:,} records")
    return tally


def score_files(
    store: str,
    model: str,
    files: Sequence[str],
    said: Mapping[str, JsonValue],
    stdin: BinaryIO,
    *,
    run_code: bool = False,
) -> Evaluation:
    """Score a published model on labelled files, each by itself. All of them are read before the first is scored.

    Args:
        model: see `find_model`.
        files: `-` is standard input.
        said: what a source of a recipe would say of each file: dotted path -> value.
        run_code: whether programs that the model writes are run.
    """
    with (
        at_hand(find_model(store, model)) as found,
        tempfile.TemporaryDirectory(prefix="cuvee-") as scratch,
        ui.Progress("eval", "Scoring") as progress,
    ):
        return evaluation(found, files, said, stdin, Path(scratch), progress, run_code=run_code)


@task()
def probe_labeller(store: str, teacher: TeacherSettings, objective: Objective, base: str) -> Fingerprint:
    """See which published model is to label rows, and that it can."""
    place = find_model(store, str(teacher.model), base)
    with at_hand(place) as found:
        refuse_other(found, objective)
    return seen_model(place)


@stage_task("answers")
def ask_labeller(
    work: Workbench,
    seen: Fingerprint,  # noqa: ARG001 (what the model is stands in the content key)
    pool: Manifest[PoolFacts],
    wanted: SourceLabelling,
    unlabelled: list[str],
    base: str,
) -> Product[AnswersFacts]:
    """Ask a published model about the rows of a source that no rule labels, and measure it on rows of those with
    labels.
    """
    teacher, files = wanted.teacher or TeacherSettings(), train_rows(work, pool)
    rows = unruled(files[work.subject].path)
    own = [pl.read_parquet(file.path) for name, file in files.items() if name not in unlabelled]
    with at_hand(find_model(work.store.uri, str(teacher.model), base)) as found:
        said = answers(found, rows)
        measured = teacher_of(found, pl.concat(own, how="diagonal"), str(teacher.model), teacher.confidence)
    with work.writing("answers.parquet") as path:
        said.write_parquet(path)
    return Product(rows=said.height, facts=AnswersFacts(teacher=measured))
