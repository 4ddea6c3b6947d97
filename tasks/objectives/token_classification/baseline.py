"""What a tagger must beat: giving each word the tag that it has most often in the training mix, and a word that does
not stand there the commonest tag of all; on the words of a source, learned from its own rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.text.hashing import Floats


class Lookup(NamedTuple):
    """What is known of the tags of some rows.

    Attributes:
        tags: word -> its commonest tag; of several the first of the label set.
        other: the commonest tag of all.
        counts: words of each tag, shape (tags,).
    """

    tags: Mapping[str, str]
    other: str
    counts: Floats

    def answer(self, words: Sequence[str]) -> list[str]:
        """Give each word its tag."""
        return [self.tags.get(word, self.other) for word in words]

    @property
    def prices(self) -> Floats:
        """Give −log p of each tag by its frequency, one occurrence added to each (Laplace's rule)."""
        return -np.log((self.counts + 1) / (self.counts.sum() + len(self.counts)))


def lookups(train: Sequence[Path], labels: Sequence[str]) -> tuple[Lookup, dict[str, Lookup]]:
    """Learn from the mix, and from the rows of each source in it."""
    columns = ["source", "words", "tags"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in train]).explode("words", "tags")
    counted = dict[str, list[tuple[str, str, int]]]()
    for source, word, tag, count in rows.group_by("source", "words", "tags").len().sort("source").iter_rows():
        counted.setdefault(source, []).append((word, tag, count))
    by_source = {source: _lookup(own, labels) for source, own in counted.items()}
    return _lookup([each for own in counted.values() for each in own], labels), by_source


def _lookup(counted: Sequence[tuple[str, str, int]], labels: Sequence[str]) -> Lookup:
    order = {label: at for at, label in enumerate(labels)}
    words, total = dict[str, Counter[str]](), Counter[str]()
    for word, tag, count in counted:
        words.setdefault(word, Counter())[tag] += count
        total[tag] += count

    def commonest(tags: Counter[str]) -> str:
        return min(tags, key=lambda tag: (-tags[tag], order[tag]))

    counts = np.array([total[label] for label in labels], float)
    return Lookup({word: commonest(tags) for word, tags in words.items()}, commonest(total), counts)
