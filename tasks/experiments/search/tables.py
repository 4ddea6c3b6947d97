"""Tables of runs made elsewhere: one of mixes, one of scores, as CSV or CSV.gz. Nothing is dropped or guessed in
silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import RecipeError
from tasks.experiments.search.long_tables import long_mixtures, long_scores
from tasks.experiments.search.surrogate import Matrix, Vector

KEYS = {"", "index", "id", "run", "run_id", "name", "trial", "mix", "mixture", "unnamed: 0"}
FAR = 0.01
"""How far from 1 a row of shares may sum."""
SHOWN = 5


@dataclass(frozen=True)
class Table:
    """Numbers with the names of their rows and columns.

    Attributes:
        keyed: whether the file itself names its rows; else they are numbered from 1.
        among: names of all columns of the file, where these are some of them.
        notes: what was done to the numbers, in words.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Matrix
    keyed: bool
    notes: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


def read_mixtures(path: Path, sources: Sequence[str] | None = None) -> Table:
    """Read mixes: a column of shares per source, a row per run; shares of a row are divided by their sum.

    Args:
        sources: the sources that must be there, in the order wanted.

    Raises:
        RecipeError: no such file, a share that is no number ≥ 0, a row that is far from summing to 1, other sources
            than wanted.
    """
    frame = read_table(path)
    frame, notes = long_mixtures(frame, path.name)
    table = numbers_of(frame, path.name, notes)
    if sources is not None:
        table = _in_order(table, sources, path.name)
    _refuse_odd(
        table, path.name, (~np.isfinite(table.values)) | (table.values < 0), "a share must be a number of at least 0"
    )
    sums = table.values.sum(1)
    worst = int(np.abs(sums - 1).argmax())
    if abs(sums[worst] - 1) > FAR + 1e-9:
        far = int((np.abs(sums - 1) > FAR + 1e-9).sum())
        others = f", and those of {far - 1} other{'s' if far > 2 else ''} do not either" if far > 1 else ""
        percent = " The shares seem to be in percent: divide them by 100." if np.allclose(sums, 100, rtol=0.05) else ""
        raise RecipeError(
            f"{path.name}: the shares of run {table.rows[worst]} sum to {sums[worst]:.4g}, not to 1 within {FAR:g}"
            f"{others}; every column must be the share of a source ({_some(table.columns)}), but for a first one "
            f"called `index` that names the run.{percent}"
        )
    if np.abs(sums - 1).max() > 1e-9:
        note = (
            f"{path.name}: rows summed to {sums.min():.3f} … {sums.max():.3f} (run {table.rows[worst]} is furthest "
            "from 1); each was divided by its sum"
        )
        return replace(table, values=table.values / sums[:, None], notes=(*table.notes, note))
    return table


def read_scores(path: Path, target: str) -> tuple[Table, Vector]:
    """Read the scores of runs in the columns that `target` names.

    Args:
        target: a column; several, with commas between, for their mean; or `mean` for the mean of all.

    Returns:
        The scores of those columns, and what each counts for.

    Raises:
        RecipeError: no such file or column, or a score that is missing or not finite.
    """
    frame, notes = long_scores(read_table(path), path.name)
    table = numbers_of(frame, path.name, notes)
    return chosen_columns(table, target, path.name)


def chosen_columns(table: Table, target: str, name: str) -> tuple[Table, Vector]:
    """Keep the columns that `target` names, as in `read_scores`.

    Raises:
        RecipeError: no such column, or a score that is missing or not finite.
    """
    wanted = _columns(table.columns, target, name)
    places = [table.columns.index(column) for column in wanted]
    kept = replace(table, columns=wanted, values=table.values[:, places], among=table.columns)
    _refuse_odd(
        kept,
        name,
        ~np.isfinite(kept.values),
        "a run without a score teaches nothing: take its row out of both tables, or run it again",
    )
    return kept, np.full(len(wanted), 1 / len(wanted))


def align(mixtures: Table, scores: Table, names: tuple[str, str]) -> Table:
    """Bring the scores into the order of the mixes: by the rows' names where both files have them, else by place.

    Args:
        names: of the two files, for messages.

    Raises:
        RecipeError: rows of one that the other lacks, or rows of the same name.
    """
    if not (mixtures.keyed and scores.keyed):
        if len(mixtures.rows) != len(scores.rows):
            raise RecipeError(
                f"{names[0]} holds {len(mixtures.rows)} runs, {names[1]} {len(scores.rows)}; give both a first "
                "column that names the run"
            )
        return scores
    for table, name in zip((mixtures, scores), names, strict=True):
        twice = (
            sorted({row for row in table.rows if table.rows.count(row) > 1})
            if len(set(table.rows)) < len(table.rows)
            else []
        )
        if twice:
            raise RecipeError(f"{name}: {len(twice)} runs stand there more than once: {_some(twice)}")
    lacking = (
        [row for row in mixtures.rows if row not in set(scores.rows)],
        [row for row in scores.rows if row not in set(mixtures.rows)],
    )
    if any(lacking):
        unlike = [
            f"{len(rows)} not in {name} ({_some(rows)})"
            for rows, name in zip(lacking, names[::-1], strict=True)
            if rows
        ]
        raise RecipeError(
            f"{names[0]} holds {len(mixtures.rows)} runs, {names[1]} {len(scores.rows)}: {'; '.join(unlike)}. Both "
            "must hold the same runs"
        )
    place = {row: number for number, row in enumerate(scores.rows)}
    order = [place[row] for row in mixtures.rows]
    return replace(scores, rows=mixtures.rows, values=scores.values[order])


def nearest_column(name: str, columns: Sequence[str]) -> str:
    """Name the column that was probably meant: one that holds the name, else the most alike; empty when none is."""
    import difflib

    plain = {column: "".join(sign for sign in column.lower() if sign.isalnum()) for column in columns}
    asked = "".join(sign for sign in name.lower() if sign.isalnum())
    holding = [column for column, text in plain.items() if asked and asked in text]
    alike = difflib.get_close_matches(asked, plain.values(), n=1, cutoff=0.3)
    return min(holding, key=len) if holding else next((column for column, text in plain.items() if text in alike), "")


def read_table(path: Path) -> pl.DataFrame:
    """Read a table as texts.

    Raises:
        RecipeError: no such file, no table, or no rows.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=False)
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such file") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RecipeError(
            f"{path.name} does not read as a table with commas and a header: {str(error).splitlines()[0]}"
        ) from error
    if frame.height == 0:
        raise RecipeError(f"{path.name} holds a header and no runs")
    return frame


def numbers_of(frame: pl.DataFrame, name: str, notes: tuple[str, ...]) -> Table:
    """Read the numbers of a table; a first column may name its rows. What is no number is NaN.

    Raises:
        RecipeError: no column of numbers.
    """
    first = frame.columns[0]
    values = frame.select(pl.all().str.strip_chars().cast(pl.Float64, strict=False))
    keyed = first.strip().lower() in KEYS or values[first].null_count() > frame.height / 2
    kept = values.drop(first) if keyed else values
    if kept.width == 0:
        raise RecipeError(
            f"{name} holds no numbers but in {first!r}, if there; want a column of numbers per source, or per score"
        )
    rows = frame[first].fill_null("").to_list() if keyed else [str(number) for number in range(1, frame.height + 1)]
    return Table(tuple(rows), tuple(kept.columns), kept.fill_null(float("nan")).to_numpy().astype(float), keyed, notes)


def _refuse_odd(table: Table, name: str, odd: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], remedy: str) -> None:
    if not odd.any():
        return
    places = [
        f"run {table.rows[row]}, {table.columns[column]!r}: {table.values[row, column]:g}"
        for row, column in np.argwhere(odd)[:SHOWN]
    ]
    more = f", and {int(odd.sum()) - len(places)} more" if odd.sum() > len(places) else ""
    raise RecipeError(f"{name}: {'; '.join(places)}{more}; {remedy}".replace(": nan", ": missing or no number"))


def _columns(known: tuple[str, ...], target: str, name: str) -> tuple[str, ...]:
    if target in known:
        return (target,)
    if target == "mean":
        return known
    wanted = tuple(part.strip() for part in target.split(","))
    for part in wanted:
        if part not in known:
            near = nearest_column(part, known)
            hint = f" Did you mean {near!r}?" if near else ""
            raise RecipeError(
                f"{name} has no column {part!r}.{hint} It has: {', '.join(known)}; `mean` stands for the mean of all."
            )
    return wanted


def _in_order(table: Table, sources: Sequence[str], name: str) -> Table:
    lacking = [source for source in sources if source not in table.columns]
    strange = [column for column in table.columns if column not in sources]
    if lacking or strange:
        differences = [f"{word} {_some(names)}" for word, names in (("lacks", lacking), ("also has", strange)) if names]
        raise RecipeError(
            f"{name} must have a column for each of the sources that were learned from; it {' and '.join(differences)}"
        )
    places = [table.columns.index(source) for source in sources]
    return replace(table, columns=tuple(sources), values=table.values[:, places])


def _some(rows: Sequence[str]) -> str:
    return ", ".join(rows[:SHOWN]) + (", …" if len(rows) > SHOWN else "")
