"""How the command line shows how good a model is."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from flows.cli.tables import console, table
from tasks.core.suggest import counted
from tasks.manifests.scores import Metrics, Programs, Score
from tasks.objectives.measuring import Measure, Measured
from tasks.objectives.parts import measures_of
from tasks.programs import words

if TYPE_CHECKING:
    from tasks.predict.task import Evaluation


def scores(metrics: Metrics, task: str) -> None:
    """Print the scores in total, per source and for the baseline, then those on evaluation sets."""
    measured = measures_of(task)
    _table("Scores on the hold-out", "source", [*metrics.by_source.items(), ("all", metrics)], measured, metrics)
    if told := measured.beside_linear(metrics):
        console.print(Text(told))
    if told := measured.beside_start(metrics):
        console.print(Text(told))
    if metrics.calibration:
        console.print(Text(metrics.calibration.told()))
    if metrics.sets:
        console.print()
        _table("Scores on evaluation sets", "set", metrics.sets.items(), measured, metrics)
        _beside_others(metrics.sets.items(), measured)
    for name, programs in metrics.programmed:
        _programs(name, programs)


def evaluated(found: "Evaluation") -> None:
    """Print the scores of a model on files."""
    measured = measures_of(found.task)
    named = [*zip(told_apart([one.file for one in found.files]), found.files, strict=True)]
    scored = [(name, one.metrics) for name, one in named]
    _table("Scores", "file", scored, measured, found.files[0].metrics)
    _beside_others(scored, measured)
    for name, one in named:
        if one.metrics.programs:
            _programs(name, one.metrics.programs)
        if gone := one.left_out | ({"bad": one.bad} if one.bad else {}):
            console.print(
                Text(f"{name}: {one.metrics.rows:,} of {one.read:,} records are scored; left out: {counted(gone)}")
            )
    console.print(Text(f"Model    {found.model}"))
    unknown = "not in that store: what is to be beaten, and whether the model has seen these rows, is not known"
    console.print(Text(f"Mix      {found.mix or unknown}"))


def told_apart(paths: Sequence[str]) -> list[str]:
    """Shorten paths to what is different: the folders that all of them begin with are left out."""
    parts = [path.split("/") for path in paths]
    shared = 0
    while all(len(part) > shared + 1 for part in parts) and len({part[shared] for part in parts}) == 1:
        shared += 1
    return ["/".join(part[shared:]) for part in parts]


def _beside_others(named: Iterable[tuple[str, Metrics]], measured: Measured) -> None:
    for name, metrics in named:
        for told in filter(None, (measured.beside_linear(metrics), measured.beside_start(metrics))):
            console.print(Text(f"For {name}, {told[0].lower()}{told[1:]}"))


def _programs(of: str, programs: Programs) -> None:
    """Print what became of the programs that the model wrote for some rows."""
    console.print(Text(f"For {of} {words.sentence(programs)}"))
    if programs.rows:
        console.print(Text(words.SANDBOX))
        console.print()
        titles = ["source", *(f"{name}>" for name in words.columns(programs))]
        table("", titles, ([name, *cells] for name, cells in words.lines(programs)))


def _table(title: str, first: str, named: Iterable[tuple[str, Score]], measured: Measured, metrics: Metrics) -> None:
    """Print scores, a line each.

    Args:
        metrics: those that say how sure the intervals are, and whether there is a linear model beside.
    """
    main, others = measured.main, measured.measures[1:]
    rows = (
        [
            name,
            main.cell(score.measures[main.key].value),
            " to ".join(map(main.cell, score.measures[main.key].interval or ())),
            *(_other(measure, score) for measure in others),
            main.to_beat_cell(score),
            *([main.linear_cell(score)] if metrics.linear else []),
            score.rows,
        ]
        for name, score in named
    )
    within = f"{100 * metrics.confidence:g} % interval>" if metrics.confidence else ">"
    columns = [f"{main.name}>", within, *(f"{measure.name}>" for measure in others), f"{measured.baseline}>"]
    table(title, [first, *columns, *(["linear model>"] if metrics.linear else []), "rows>"], rows)


def _other(measure: Measure, score: Score) -> str:
    return "" if measure.is_of_another(score) else measure.cell(score.measures[measure.key].value)
