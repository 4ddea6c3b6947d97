"""How good a model is at what it writes, and at finding likely what was to be written: against copying what it was
asked, and against a unigram model of what was to be written.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.objectives.overlap import COLUMNS, counted_by_source, measures, signature, tokenize_for
from tasks.objectives.unigrams import Unigrams
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats


class Written(NamedTuple):
    """What a model wrote for each row, and how likely it finds what it was to write.

    Attributes:
        asked, right, written: what it was given, which copying gives again; what it was to write; what it wrote.
        group: rows that share it are redrawn together.
        loss, tokens: −log p of what it was to write, in nats, and the tokens that this is over.
        wanted: those tokens.
    """

    asked: Sequence[str]
    right: Sequence[str]
    written: Sequence[str]
    group: Sequence[str]
    loss: Floats
    tokens: Floats
    wanted: Sequence[Sequence[int]]


def judged(
    rows: pl.DataFrame, made: Written, unigrams: Unigrams, perplexity: str, look: Look, settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Judge what was written by BLEU, chrF, exact match, and the perplexity of what was to be written.

    Args:
        rows: `row_id` and `source` of each.
        unigrams: of what is to be written in the mix.
        perplexity: its name among the measures.

    Returns:
        A line a row (row_id, source, loss, tokens, written), and the metrics.
    """
    sources = rows["source"].to_list()
    held = pl.DataFrame({"source": sources, "right": made.right})
    words = {str(name): tokenize_for(part["right"].to_list()) for (name,), part in held.group_by("source")}
    written, copied = (counted_by_source(texts, made.right, sources, words) for texts in (made.written, made.asked))
    model, mixed, of_source = (
        _figures(overlap, losses, made.tokens, perplexity)
        for overlap, losses in zip(
            (written, copied, copied), (made.loss, *unigrams.losses(made.wanted, sources)), strict=True
        )
    )
    groups = np.unique(list(made.group), return_inverse=True)[1]
    compared = Judged(model, mixed, of_source, frozenset(unigrams.by_source))
    found = evaluated(compared, sources, groups, look, settings, np.random.default_rng(seed))
    table = rows.select(
        "row_id",
        "source",
        loss=pl.Series(made.loss),
        tokens=pl.Series(made.tokens, dtype=pl.Int64),
        written=pl.Series(made.written, dtype=pl.String),
    )
    return table, found.model_copy(update={"signature": "; ".join(map(signature, sorted({*words.values()})))})


def _figures(overlap: Floats, losses: Floats, tokens: Floats, perplexity: str) -> Figures:
    """Measure what was written by the sums of the rows' counts."""

    def of(*sums: Floats) -> dict[str, Floats]:
        found, (loss, count, rows) = measures(np.stack(sums[:COLUMNS])), sums[COLUMNS:]
        return found | {"exact_match": found["exact_match"] / rows, perplexity: np.exp(loss / count)}

    return sums_of([*overlap.T, losses, tokens, np.ones(len(losses))], of)
