"""Choose the rows of the other sources that are like a target's, as DSIR does."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from tasks.core.errors import NotEnoughData
from tasks.core.rng import generator
from tasks.manifests.dropped import Figure
from tasks.models.importance import gumbel_top, log_importance, log_ratio
from tasks.rows.dropping import Removal, examples_of, spread
from tasks.rows.layout import RowFile
from tasks.rows.reading import locate
from tasks.rows.sampling import refuse_tiny
from tasks.sift.settings import SelectionSettings
from tasks.text.hashing import BUCKETS, Floats, grams

BATCH_ROWS = 20_000

REASON = "not_selected"


def select(train: Mapping[str, RowFile], settings: SelectionSettings, seed: int) -> tuple[Removal, list[str]]:
    """Draw `keep` of all rows of the other sources, with chances by their importance; the others are dropped.

    Args:
        train: source -> Parquet file.

    Returns:
        What is dropped, and what the log has to say.

    Raises:
        NotEnoughData: the target has too few rows, or nothing stays.
    """
    target, others = train[settings.target], {name: file for name, file in train.items() if name != settings.target}
    notes = refuse_tiny(settings.target, target.rows)
    ratio = log_ratio(_counts([target]), _counts(list(others.values())))
    scored = [_scored(file, ratio) for file in others.values()]
    sums, lengths = (np.concatenate(parts) for parts in zip(*scored, strict=True))
    keep = round(settings.keep * len(sums))
    if not keep:
        raise NotEnoughData(
            f"mix.select.keep {settings.keep:g} of {len(sums):,} rows is none; keep more", rows=len(sums)
        )
    means = sums / np.maximum(lengths, 1)
    scores = sums if settings.length == "sum" else means * lengths.mean()
    stays = np.zeros(len(sums), np.bool_)
    stays[gumbel_top(scores, keep, generator(seed, "select", settings.target))] = True

    # From places among the rows of all other sources to rows of each.
    source, row = locate(others, np.arange(len(sums)))
    judged = pl.DataFrame({"source": source, "row": row, "reason": REASON, "score": means, "stays": stays})
    rows = judged.filter(~pl.col("stays"))
    removal = Removal.of(
        "selection",
        rows,
        figures={"target": settings.target, "share kept": settings.keep},
        by_source={name: _likeness(judged.filter(source=name)) for name in others},
        score="importance per n-gram",
        examples=examples_of(spread(rows.sort("score", "source", "row")), others),
    )
    return removal, notes


def _counts(files: list[RowFile]) -> Floats:
    counts = np.zeros(BUCKETS)
    for file in files:
        for texts in file.texts(BATCH_ROWS):
            counts += grams(texts).counts()
    return counts


def _scored(file: RowFile, ratio: Floats) -> tuple[Floats, Floats]:
    scored = [(log_importance(block, ratio), block.lengths()) for block in map(grams, file.texts(BATCH_ROWS))]
    sums, lengths = ([np.zeros(0), *(pair[at] for pair in scored)] for at in (0, 1))
    return np.concatenate(sums), np.concatenate(lengths)


def _likeness(judged: pl.DataFrame) -> dict[str, Figure]:
    kept = judged.filter("stays")
    means = judged["score"].mean(), kept["score"].mean()
    before, after = (round(mean, 4) if isinstance(mean, float) else None for mean in means)
    return {
        "rows before": judged.height,
        "rows kept": kept.height,
        "importance per n-gram before": before,
        "importance per n-gram after": after,
    }
