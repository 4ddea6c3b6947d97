"""What an encoder-decoder must beat: what copying the input scores, and a loss that is reached by knowing how frequent
each token is among the targets of the mix, or of the row's own source.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.models.encoder_decoder import encode_targets
from tasks.objectives.language_modelling.baseline import unigram
from tasks.text.hashing import Floats


def unigrams(train: Sequence[Path], tokenizer: Any, longest: int) -> tuple[Floats, dict[str, Floats]]:
    """Give −log p of every token among the targets of the mix, shape (vocabulary,), and among those of each source."""
    counts: dict[str, NDArray[np.int64]] = {}
    for file in train:
        for (source,), rows in pl.read_parquet(file, columns=["source", "target"]).group_by("source"):
            tokens = np.concatenate(encode_targets(tokenizer, rows["target"].to_list(), longest).ids)
            counts[str(source)] = counts.get(str(source), 0) + np.bincount(tokens, minlength=len(tokenizer))
    return unigram(np.sum(list(counts.values()), axis=0)), {name: unigram(count) for name, count in counts.items()}
