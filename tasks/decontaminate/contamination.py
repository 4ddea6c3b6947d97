"""Training rows that repeat what a model is measured on: the run's own hold-out, and benchmarks that the recipe
names.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.errors import QualityGate
from tasks.decontaminate.overlap import find_overlaps
from tasks.decontaminate.settings import OverlapSettings
from tasks.manifests.dropped import DroppedRow, Figure
from tasks.manifests.manifest import Account
from tasks.rows.dropping import SHOWN, Removal, cut, example, spread, with_texts
from tasks.rows.emptied import why_empty
from tasks.rows.files import HOLDOUT, TRAIN, VALIDATION
from tasks.rows.layout import RowFile
from tasks.rows.reading import Sides, kept_aside, rows_of, texts_alone
from tasks.similarity.engine import find_near_duplicates
from tasks.text.words import split_words

BEFORE = 60
"""Letters shown before the run of words that two texts share."""


def find_contamination(
    sides: Sides, benchmarks: Mapping[str, RowFile], settings: OverlapSettings, scratch: Path, seed: int
) -> Removal:
    """Find the training rows that repeat a row kept aside or a benchmark.

    Args:
        benchmarks: name -> file.
        scratch: a folder for intermediate files.
    """
    train, aside = sides[TRAIN], kept_aside(sides)
    against = {**benchmarks, **aside}
    hits = [
        find_overlaps(train, against, settings.words, settings.share).with_columns(
            near=pl.lit(value=False), score=pl.lit(None, pl.Float64)
        )
    ]
    if settings.near is not None:
        near = find_near_duplicates(
            {**against, **train}, settings.near, scratch, seed=seed, protected=list(against), only_protected=True
        ).dropped
        renamed = near.rename({"survivor_source": "other", "survivor_row": "other_row", "jaccard": "score"})
        hits.append(renamed.with_columns(near=pl.lit(value=True)).select(hits[0].columns))
    # An image or a recording is kept from both sides by itself; a caption like one that is kept aside says nothing.
    ours = pl.col("source").is_in(texts_alone(train).keys()) | ~pl.col("other").is_in(aside.keys())
    matches = _with_reasons(pl.concat(hits).filter(ours), list(train), list(against))
    rows = matches.unique(["source", "row"], keep="first", maintain_order=True)
    return Removal.of(
        "contamination",
        rows,
        figures=_figures(against, settings),
        by_source=_matched(matches),
        score="Jaccard",
        examples=_examples(rows, {**against, **train}, settings.words),
    )


def refuse_empty(named: Sequence[Account], section: str) -> None:
    """Stop where a benchmark or an evaluation set has no row: nothing would be compared with it, and the mix be called
    clean of it.

    Args:
        section: of the recipe that names them.

    Raises:
        QualityGate: with what became of its rows.
    """
    if told := [f"{section}.{one.source}: {why_empty(one)}" for one in named if not one.rows]:
        raise QualityGate("no row is left to compare with of " + "\n  ".join(told))


def _benchmark(file: str) -> str:
    return file.partition("/")[0]


def _figures(against: Mapping[str, RowFile], settings: OverlapSettings) -> dict[str, Figure]:
    rows: Counter[str] = Counter()
    for file, count in zip(against, rows_of(against).tolist(), strict=True):
        rows[f"rows of {named(_benchmark(file))}"] += count
    figures: dict[str, Figure] = {"words in a run": settings.words, "share of runs": settings.share}
    return figures | ({"Jaccard at least": settings.near.threshold} if settings.near else {}) | dict(rows)


def named(benchmark: str) -> str:
    """Name what rows are compared with, for people."""
    return {HOLDOUT: "the hold-out", VALIDATION: "the validation rows"}.get(benchmark, benchmark)


def _with_reasons(hits: pl.DataFrame, sources: list[str], files: list[str]) -> pl.DataFrame:
    """Say of every hit why it counts; hits of one row stand together, the reason that counts first."""
    side = pl.col("other").str.extract(r"^(.+)/")
    own = side.is_not_null()
    shared = pl.when(own).then(pl.format("in_{}_ngram", side)).otherwise(pl.lit("in_benchmark"))
    near = pl.format("near_{}", side.fill_null("benchmark"))
    matches = hits.with_columns(
        reason=pl.when("near").then(near).otherwise(shared), benchmark=side.fill_null(pl.col("other"))
    )
    places = [
        pl.col("source").cast(pl.Enum(sources)),
        pl.col("row"),
        own,
        pl.col("near"),
        pl.col("other").cast(pl.Enum(files)),
    ]
    return matches.sort(*places)


def _matched(matches: pl.DataFrame) -> dict[str, dict[str, Figure]]:
    """Count by source the rows that match each benchmark; one row may match several."""
    counted = matches.group_by("source", "benchmark", maintain_order=True).agg(pl.col("row").n_unique())
    matched: dict[str, dict[str, Figure]] = {}
    for source, benchmark, rows in counted.iter_rows():
        matched.setdefault(source, {})[f"match {named(benchmark)}"] = rows
    return matched


def _examples(rows: pl.DataFrame, files: Mapping[str, RowFile], words: int) -> list[DroppedRow]:
    """Choose rows evenly through reasons and benchmarks, and show of their texts what is shared."""
    chosen = spread(rows.sort(pl.col("other").str.contains("/"), "near", maintain_order=True))
    return [_around_shared(row, words) for row in with_texts(chosen, files).to_dicts()]


def _around_shared(row: Mapping[str, Any], words: int) -> DroppedRow:
    shared = shared_words(row["text"], row["other_text"], words)
    why = f"both say: {cut(' '.join(shared))}" if shared else ""
    return example({**row, "why": why}, lambda text: _around(text, shared))


def shared_words(text: str, other: str, words: int) -> list[str]:
    """Give the longest of the runs of `words` words or more that two texts share; a whole text when it is shorter; else
    nothing.
    """
    first, second = split_words(pl.Series([text, other])).to_list()
    if first == second:
        return first
    known = {tuple(second[start : start + words]) for start in range(len(second) - words + 1)}
    best, run = list[str](), list[str]()
    for start in range(len(first) - words + 1):
        there = tuple(first[start : start + words]) in known
        run = ([*run, first[start + words - 1]] if run else first[start : start + words]) if there else []
        best = max(best, run, key=len)
    return best


def _around(text: str, shared: list[str]) -> str:
    """Cut a long text to what surrounds the words that count."""
    match = re.search(r"[\W_]*".join(map(re.escape, shared[:8])), text, re.IGNORECASE) if shared else None
    start = max(0, match.start() - BEFORE) if match and len(text) > SHOWN else 0
    return ("… " if start else "") + text[start : start + SHOWN] + (" …" if len(text) > start + SHOWN else "")
