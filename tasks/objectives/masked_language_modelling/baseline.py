"""What a masked language model must beat: knowing how frequent each token of the mix is, and nothing else; on the texts
of a source, how frequent it is in the source's own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.objectives.language_modelling.baseline import unigram
from tasks.text.hashing import Floats


def unigrams(train: Sequence[Path], tokenizer: Any) -> tuple[Floats, dict[str, Floats]]:
    """Give −log p of every token in the rows of the mix, shape (vocabulary,), and in those of each source."""
    counts: dict[str, NDArray[np.int64]] = {}
    for file in train:
        for (source,), rows in pl.read_parquet(file, columns=["source", "text"]).group_by("source"):
            encoded = tokenizer(rows["text"].to_list(), add_special_tokens=False, verbose=False)["input_ids"]
            found = np.bincount(np.concatenate([np.array(ids, np.int64) for ids in encoded]), minlength=len(tokenizer))
            counts[str(source)] = counts.get(str(source), 0) + found
    return unigram(np.sum(list(counts.values()), axis=0)), {name: unigram(count) for name, count in counts.items()}
