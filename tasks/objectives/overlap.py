"""BLEU (Papineni et al. 2002), chrF (Popović 2015) and exact match by what sacrebleu counts of every row: a measure is
a function of the counts' sums, on all rows or on redrawn ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.text.hashing import Floats

WORDS, LETTERS, BETA = 4, 6, 2
"""Longest runs of words that BLEU counts, and of letters that chrF does; how much more recall weighs there."""
BLEU_COLUMNS = 2 + 2 * WORDS
COLUMNS = BLEU_COLUMNS + 3 * LETTERS + 1
HAN, KANA, UNSPACED = r"\p{Han}", r"[\p{Hiragana}\p{Katakana}]", r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"


def tokenize_for(targets: Sequence[str]) -> str:
    """Say how sacrebleu is to find words in texts: by signs and spaces, in Chinese each character, and in other
    writing without spaces by characters alone.
    """
    texts = pl.Series(list(targets), dtype=pl.String)
    letters, han, others = (
        int(texts.str.count_matches(script).sum() or 0) for script in (r"\p{L}", HAN, f"{KANA}|{UNSPACED}")
    )
    if han + others <= letters / 2:
        return "13a"
    return "zh" if others < han / 10 else "char"


def counted(written: Sequence[str], targets: Sequence[str], tokenize: str) -> Floats:
    """Count of every row: words written and wanted, matching and all runs of 1 to 4 of them; runs of 1 to 6 letters
    written, wanted and matching; whether both are the same. Shape (rows, COLUMNS).
    """
    bleu, chrf = _scorers(tokenize)
    # What sacrebleu sums to a corpus's score is not public; tests hold it against the scores that are.
    parts = [scorer._extract_corpus_statistics(list(written), [list(targets)]) for scorer in (bleu, chrf)]
    same = [[text.strip() == target.strip()] for text, target in zip(written, targets, strict=True)]
    return np.hstack([np.array(part, np.float64) for part in (*parts, same)])


def counted_by_source(
    written: Sequence[str], targets: Sequence[str], sources: Sequence[str], words: Mapping[str, str]
) -> Floats:
    """Count the same, each row in the words of its source's writing.

    Args:
        words: source -> how sacrebleu is to find words.
    """
    rows, counts = (
        pl.DataFrame({"source": sources, "made": written, "target": targets}),
        np.zeros((len(sources), COLUMNS)),
    )
    for (name,), part in rows.with_row_index("at").group_by("source"):
        own = counted(part["made"].to_list(), part["target"].to_list(), words[str(name)])
        counts[part["at"].to_numpy()] = own
    return counts


def signature(tokenize: str) -> str:
    """Give what sacrebleu says of how it counts, for others to do the same."""
    # How many references there are belongs to it; a scorer knows after its first score.
    named = {scorer.corpus_score(["a"], [["a"]]).name: scorer for scorer in _scorers(tokenize)}
    return ", ".join(f"{name} {scorer.get_signature().format()}" for name, scorer in named.items())


def _scorers(tokenize: str) -> tuple[Any, Any]:
    with importing:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF

    return BLEU(tokenize=tokenize, force=True), CHRF(char_order=LETTERS, beta=BETA)


def measures(sums: Floats) -> dict[str, Floats]:
    """Give BLEU and chrF, 0..100, and the number of rows that match, of sums of counts of shape (COLUMNS, ...)."""
    return {
        "bleu": bleu_of(sums[:BLEU_COLUMNS]),
        "chrf": chrf_of(sums[BLEU_COLUMNS : COLUMNS - 1]),
        "exact_match": sums[COLUMNS - 1],
    }


def bleu_of(sums: Floats) -> Floats:
    """Give BLEU of sums: words written, words wanted, matching runs by length, all runs by length.

    Where no run of a length matches, half a match is assumed, then a quarter, and so on (`exp` of sacrebleu); where
    nothing matches, or nothing is so long, it is 0.
    """
    written, wanted, matching, runs = sums[0], sums[1], sums[2 : 2 + WORDS], sums[2 + WORDS :]
    halvings = np.cumsum(matching == 0, axis=0)
    smoothed = np.where(matching > 0, matching, 0.5**halvings)
    precision = np.exp(np.log(smoothed / np.maximum(runs, 1)).mean(0))
    brevity = np.exp(np.minimum(0, 1 - wanted / np.maximum(written, 1)))
    return np.where((matching.sum(0) > 0) & (runs > 0).all(0), 100 * precision * brevity, 0.0)


def chrf_of(sums: Floats) -> Floats:
    """Give chrF of sums: for each length of run those written, wanted and matching. F2 of the mean precision and the
    mean recall over the lengths of which there are any on both sides.
    """
    written, wanted, matching = sums[0::3], sums[1::3], sums[2::3]
    counts = (written > 0) & (wanted > 0)
    lengths = np.maximum(counts.sum(0), 1)
    precision, recall = (
        np.where(counts, matching / np.maximum(all_runs, 1), 0).sum(0) / lengths for all_runs in (written, wanted)
    )
    bottom = BETA**2 * precision + recall
    return 100 * (1 + BETA**2) * precision * recall / np.where(bottom > 0, bottom, 1)
