"""How good a published model is on labelled files: read, cleaned and scored as the evaluation sets of a recipe are."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import polars as pl
from pydantic import Field, JsonValue

from tasks.clean.filter import clean_file
from tasks.clean.settings import CleanSettings
from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.core.layout import Layout
from tasks.core.records import Objective, Section
from tasks.evaluate.scores import scored
from tasks.evaluate.settings import EvaluateSettings
from tasks.experiments.trial.settings import LinearSettings
from tasks.ingest.read import read_source, refuse
from tasks.ingest.settings import SourceSettings
from tasks.manifests.manifest import Account
from tasks.manifests.scores import BaselineScore, Metrics
from tasks.objectives.parts import columns_of, generates
from tasks.personal.redact import protect_file
from tasks.predict.find import Published
from tasks.predict.predict import loaded
from tasks.predict.rows import STDIN, piped_source, source_of
from tasks.programs.sandbox import why_not
from tasks.rows.emptied import why_empty
from tasks.rows.files import TRAIN, of_side
from tasks.rows.groups import groups_of
from tasks.rows.keys import as_number, each_match, row_keys

FILE = "file"
"""The name that a file has as a source; none is asked for."""
LEARNED_FROM = "in_training"
"""Why a row is not asked about: the mix that the model learned from has it."""


class FileScores(Section):
    """How good a model is on one file."""

    file: str
    read: int
    """Records of the file."""
    bad: int = 0
    """Records that could not be used."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """Reason code -> records that were not asked about."""
    metrics: Metrics


class Evaluation(Section):
    """What `cuvee eval` says."""

    model: str
    """Where it lies."""
    name: str
    task: str
    mix: str | None
    """Id of the mix that it learned from, where that is at hand: baselines and the linear model learn from it, and its
    rows are left out of the files."""
    files: tuple[FileScores, ...]


class Labelled(NamedTuple):
    """A labelled file, read and cleaned.

    Attributes:
        rows, keys: files of the rows that are asked about, and of what they are compared by.
        account: where its records went.
    """

    rows: Path
    keys: Path
    account: Account


def evaluation(
    model: Published,
    files: Sequence[str],
    said: Mapping[str, JsonValue],
    stdin: BinaryIO,
    scratch: Path,
    progress: Callable[[float, str], None],
    *,
    run_code: bool = False,
) -> Evaluation:
    """Score a model on labelled files, each by itself. All of them are read before the first is scored.

    Args:
        files: `-` is `stdin`.
        said: what the command says of each file; see `source_of`.
        scratch: a folder for intermediate files.
        progress: is told which share is done, and what that is.
        run_code: whether programs that the model writes are run.

    Raises:
        RecipeError: no program can be run here, or none is written; or standard input is to be read twice.
    """
    if list(files).count(STDIN) > 1:
        raise RecipeError(f"{STDIN}: standard input can be read once; name it once")
    settings = settings_of(model, run_code=run_code)
    train = mix_of(model, model.mix)
    learned = [*(path for mix in model.earlier for path in mix_of(model, mix)), *train]
    read = [
        without_learned(file, read_labelled(file, said, stdin, model, settings, scratch / str(number)), learned, model)
        for number, file in enumerate(files)
    ]
    loaded(model)  # what is wrong with its files is said of them
    scores: list[FileScores] = []
    for file, given in zip(files, read, strict=True):
        progress(len(scores) / len(files), f"{len(scores):,} of {len(files):,} files")
        scores.append(score_labelled(file, given, train, model, settings))
    recipe, mix = model.recipe, model.mix if train else None
    return Evaluation(model=model.place.where, name=recipe.name, task=recipe.task, mix=mix, files=tuple(scores))


def settings_of(model: Published, *, run_code: bool) -> EvaluateSettings:
    """Give how a model is scored: as its recipe says, but for the programs that it writes, which run only where the
    command says so.
    """
    recipe = model.recipe
    said = {name: value for name, value in recipe.evaluate.items() if name != "run_code"}
    if run_code:
        if not generates(recipe.task):
            raise RecipeError(f"--run-code: models of task: {recipe.task} write no programs; take it out")
        if why := why_not():
            raise RecipeError(why)
        said["run_code"] = recipe.evaluate.get("run_code") or {}
    return EvaluateSettings.model_validate(_fields(EvaluateSettings, said))


def layout_for(model: Published, settings: EvaluateSettings) -> Layout:
    """Give the layout of rows that a model is scored on."""
    layout = columns_of(model.recipe.task).layout(model.trained.labels)
    return layout.with_tests if settings.run_code else layout


def read_labelled(
    path: str,
    said: Mapping[str, JsonValue],
    stdin: BinaryIO,
    model: Published,
    asked: EvaluateSettings,
    folder: Path,
) -> Labelled:
    """Read a labelled file as a source of a recipe is read.

    Args:
        said: what the command says of it: dotted path -> value.
        asked: how the model is scored.
        folder: a new one, for what is read of it.

    Raises:
        RecipeError: it lacks a column, or what is said of it is wrong.
        QualityGate: it has too many bad records, such as labels that the model does not know, or none that could be
            asked about.
    """
    folder.mkdir()
    layout = layout_for(model, asked)
    settings = source_of(path, said) if path != STDIN else _kept(stdin, said, folder / "stdin")
    if settings.labelling:
        raise RecipeError(f"{path}: made labels are never measured on; say neither label_rules nor label_by")
    raw, rows, keys = (folder / name for name in ("raw.parquet", "rows.parquet", "keys.parquet"))
    try:
        outcome = read_source(FILE, settings, ".", layout, raw, folder / "bad.parquet")
        refuse(FILE, settings, layout, outcome, None)
    except CuveeError as error:
        raise type(error)(_of_file(path, str(error))) from None
    cleaning = CleanSettings(keep_lines=model.keeps_lines).of_sets
    account = clean_file(outcome.account, (raw, rows, keys), cleaning, layout).account
    if model.protection:
        open_rows, open_keys = rows, keys
        rows, keys = folder / "redacted.parquet", folder / "redacted-keys.parquet"
        account = protect_file(account, (open_rows, open_keys), (rows, keys), model.protection, layout).account
    if not account.rows:
        raise QualityGate(f"{path}: no row to measure on: {why_empty(account)}")
    if asked.run_code and not pl.read_parquet(rows, columns=["tests"])["tests"].list.len().sum():
        raise RecipeError(f"{path}: --run-code, but no row has tests; say in which column: --set columns.tests=…")
    return Labelled(rows, keys, account)


def _kept(stdin: BinaryIO, said: Mapping[str, JsonValue], file: Path) -> SourceSettings:
    """Write what is piped into a file, and give that as a source."""
    with file.open("wb") as kept:
        shutil.copyfileobj(stdin, kept)
    with file.open("rb") as kept:
        settings = piped_source(STDIN, said, kept.readline())
    return settings.model_copy(update={"path": str(file)})


def _of_file(path: str, text: str) -> str:
    """Say of a file what is said of a source."""
    told = text.replace(f"sources.{FILE}.", "--set ").removeprefix(f"source '{FILE}': ")
    where = "  all of them: a run keeps them and says where\n"
    return f"{path}: {told.replace(where, '').replace('add to its `labels` {', 'say --set labels={')}"


def mix_of(model: Published, mix: str) -> list[Path]:
    """Give the files of a mix that a model learned from; none where it is not in the model's store."""
    store, folder = model.place.store, f"mixes/{model.recipe.name}/{mix}"
    return [store.local_copy(f"{folder}/{name}") for name in of_side(store.list(folder), TRAIN)]


def without_learned(path: str, given: Labelled, train: Sequence[Path], model: Published) -> Labelled:
    """Leave out the rows that must not stand on the other side of the hold-out than rows of the mix do: equal texts,
    but for case and signs.

    Raises:
        QualityGate: none is left.
    """
    layout = columns_of(model.recipe.task).layout(model.trained.labels)
    held = each_match(pl.read_parquet(given.keys)["match"])
    numbers = as_number(held["match"])
    wanted, hits = numbers.unique().implode(), [pl.Series(dtype=pl.UInt128)]
    for rows in (rows for file in train for rows in groups_of(file)):
        learned = as_number(each_match(row_keys(rows, layout)[1])["match"])
        hits.append(learned.filter(learned.is_in(wanted)))
    learned = held["row"].filter(numbers.is_in(pl.concat(hits).unique().implode())).unique()
    if learned.is_empty():
        return given
    left = pl.read_parquet(given.rows).with_row_index("__at").filter(~pl.col("__at").is_in(learned.implode()))
    if left.is_empty():
        raise QualityGate(
            f"{path}: all {given.account.rows:,} rows that could be asked about stand in the mix that the model "
            "learned from: this is a source of it, or a copy of one. Name a file that it has not seen"
        )
    left.drop("__at").write_parquet(given.rows)
    account, gone = given.account, given.account.rows - left.height
    dropped = {**account.dropped, LEARNED_FROM: gone}
    return given._replace(account=account.model_copy(update={"rows": left.height, "dropped": dropped}))


def score_labelled(
    path: str, given: Labelled, train: Sequence[Path], model: Published, settings: EvaluateSettings
) -> FileScores:
    """Score a model on a labelled file; what must be beaten is learned from the mix, and not known without it."""
    recipe = model.recipe
    objective = Objective(task=recipe.task, labels=model.trained.labels)
    linear = LinearSettings.model_validate(_fields(LinearSettings, recipe.trials)) if train else None
    sides = train or [given.rows], [given.rows]
    _, metrics = scored(model.trained, sides, layout_for(model, settings), objective, settings, recipe.seed, linear)
    unbeaten = {} if train else {"baseline": BaselineScore()}
    account = given.account
    return FileScores(
        file=path,
        read=account.read,
        bad=account.quarantined,
        left_out=account.dropped,
        metrics=metrics.model_copy(update={"by_source": {}, **unbeaten}),
    )


def _fields(section: type[Section], said: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in said.items() if name in section.model_fields}
