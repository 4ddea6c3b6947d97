"""Training rows that repeat what a model is measured on: the run's own hold-out, and benchmarks that the recipe
names.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasks.core.errors import QualityGate
from tasks.decontaminate.overlap import find_overlaps
from tasks.decontaminate.settings import OverlapSettings
from tasks.similarity.engine import find_near_duplicates
from tasks.similarity.examples import texts_at
from tasks.similarity.reading import HOLDOUT, texts_alone
from tasks.similarity.shingles import ALONE, NOT_WORD

EXAMPLES = 3
SHOWN = 300
BEFORE = 60
"""Letters shown before the run of words that two texts share."""
REASONS = ("in_benchmark", "near_benchmark", "in_holdout_ngram", "near_holdout")
"""Why a row goes; of several the first counts."""


class Contaminated(NamedTuple):
    """What may not be trained on.

    Attributes:
        dropped: one line per row: source, row, reason; in the order of sources and rows.
        facts: `rows` of what was looked for, by benchmark (`holdout` is the run's own), `matched`: source -> benchmark
            -> training rows
            that repeat it (one row may repeat several), `dropped`, and `examples` of pairs.
    """

    dropped: pl.DataFrame
    facts: dict[str, Any]


def contaminated(
    train: Mapping[str, Path],
    holdout: Mapping[str, Path],
    benchmarks: Mapping[str, Path],
    settings: OverlapSettings,
    scratch: Path,
    seed: int,
) -> Contaminated:
    """Find the training rows that repeat the hold-out or a benchmark.

    Args:
        train, holdout: source -> Parquet file, in the recipe's order.
        benchmarks: name -> Parquet file.
        scratch: a folder for intermediate files.

    Raises:
        QualityGate: nothing of a source is left.
    """
    against = {**benchmarks, **{HOLDOUT + source: path for source, path in holdout.items()}}
    hits = [
        find_overlaps(train, against, settings.words, settings.share).with_columns(
            near=pl.lit(value=False), jaccard=pl.lit(None, pl.Float64)
        )
    ]
    if settings.near is not None:
        near = find_near_duplicates(
            {**against, **train}, settings.near, scratch, seed=seed, protected=list(against), only_protected=True
        ).dropped
        renamed = near.rename({"survivor_source": "other", "survivor_row": "other_row"})
        hits.append(renamed.with_columns(near=pl.lit(value=True)).select(hits[0].columns))
    # An image or a recording is kept from both sides by itself; a caption like one that is kept aside says nothing.
    ours = pl.col("source").is_in(texts_alone(train).keys()) | ~pl.col("other").str.starts_with(HOLDOUT)
    found = _judged(pl.concat(hits).filter(ours), list(train), list(against))
    dropped = found.select("source", "row", "reason").unique(["source", "row"], keep="first", maintain_order=True)
    _refuse_nothing_left(dropped, found, train)
    sizes = {name: pl.scan_parquet(path).select(pl.len()).collect().item() for name, path in against.items()}
    rows = {
        name: sum(count for file, count in sizes.items() if _benchmark(file) == name)
        for name in dict.fromkeys(map(_benchmark, against))
    }
    facts = {
        "rows": rows,
        "matched": _matched(found),
        "dropped": len(dropped),
        "words": settings.words,
        "share": settings.share,
    }
    return Contaminated(dropped, facts | {"examples": _examples(found, train, against, settings.words)})


def _benchmark(file: str) -> str:
    return "holdout" if file.startswith(HOLDOUT) else file


def _judged(hits: pl.DataFrame, sources: list[str], files: list[str]) -> pl.DataFrame:
    """Say of every hit why it counts; lines of one row together, the reason that counts first."""
    own = pl.col("other").str.starts_with(HOLDOUT)
    reason = (
        pl.when(~own & ~pl.col("near"))
        .then(pl.lit(REASONS[0]))
        .when(~own)
        .then(pl.lit(REASONS[1]))
        .when(~pl.col("near"))
        .then(pl.lit(REASONS[2]))
        .otherwise(pl.lit(REASONS[3]))
    )
    told = hits.with_columns(reason=reason, benchmark=pl.when(own).then(pl.lit("holdout")).otherwise(pl.col("other")))
    places = [
        pl.col("source").cast(pl.Enum(sources)),
        pl.col("row"),
        pl.col("reason").cast(pl.Enum(REASONS)),
        pl.col("other").cast(pl.Enum(files)),
    ]
    return told.sort(*places)


def _refuse_nothing_left(dropped: pl.DataFrame, found: pl.DataFrame, train: Mapping[str, Path]) -> None:
    told: list[str] = []
    for source, path in train.items():
        rows = pl.scan_parquet(path).select(pl.len()).collect().item()
        if rows and rows == dropped.filter(pl.col("source") == source).height:
            benchmarks = sorted(found.filter(pl.col("source") == source)["benchmark"].unique())
            told.append(
                f"source {source!r}: all {rows:,} rows repeat {', '.join(benchmarks)}; nothing is left to train on"
            )
    if told:
        raise QualityGate(
            "\n".join(told) + "\n  remedy: leave the source out, or loosen `decontaminate` (more words, a larger share)"
        )


def _matched(found: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted = found.group_by("source", "benchmark", maintain_order=True).agg(pl.col("row").n_unique())
    matched: dict[str, dict[str, int]] = {}
    for source, benchmark, rows in counted.iter_rows():
        matched.setdefault(source, {})[benchmark] = rows
    return matched


def _examples(
    found: pl.DataFrame, train: Mapping[str, Path], against: Mapping[str, Path], words: int
) -> list[dict[str, Any]]:
    """Choose rows evenly through reasons and benchmarks, and fetch what they share with what."""
    rows = found.unique(["source", "row"], keep="first", maintain_order=True).sort(
        pl.col("reason").cast(pl.Enum(REASONS)), maintain_order=True
    )
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).round().astype(np.int64))]
    texts = texts_at(chosen["source"], chosen["row"], train), texts_at(chosen["other"], chosen["other_row"], against)
    return [_shown(row, text, other, words) for row, text, other in zip(chosen.to_dicts(), *texts, strict=True)]


def _shown(row: dict[str, Any], text: str, other: str, words: int) -> dict[str, Any]:
    shared = shared_words(text, other, words)
    told = {"source": row["source"], "benchmark": row["benchmark"], "reason": row["reason"], "shared": " ".join(shared)}
    if row["jaccard"] is not None:
        told["jaccard"] = round(row["jaccard"], 3)
    return told | {"text": _around(text, shared), "benchmark_text": _around(other, shared)}


def shared_words(text: str, other: str, words: int) -> list[str]:
    """Give the longest of the runs of `words` words or more that two texts share; a whole text when it is shorter; else
    nothing.
    """
    first, second = _words(text), _words(other)
    if first == second:
        return first
    known = {tuple(second[start : start + words]) for start in range(len(second) - words + 1)}
    best, run = list[str](), list[str]()
    for start in range(len(first) - words + 1):
        there = tuple(first[start : start + words]) in known
        run = ([*run, first[start + words - 1]] if run else first[start : start + words]) if there else []
        best = max(best, run, key=len)
    return best


def _words(text: str) -> list[str]:
    """Split a text as the shingles do."""
    spelled = pl.select(
        pl.lit(text).str.to_lowercase().str.replace_all(NOT_WORD, " ").str.replace_all(ALONE, " $1 ")
    ).item()
    return spelled.split()


def _around(text: str, shared: list[str]) -> str:
    """Cut a long text to what surrounds the words that count."""
    found = re.search(r"[\W_]*".join(map(re.escape, shared[:8])), text, re.IGNORECASE) if shared else None
    start = max(0, found.start() - BEFORE) if found and len(text) > SHOWN else 0
    return ("… " if start else "") + text[start : start + SHOWN] + (" …" if len(text) > start + SHOWN else "")
