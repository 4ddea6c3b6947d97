"""Easy data augmentation (Wei & Zou 2019, arXiv 1901.11196): words swapped, deleted, inserted.

Each new text has one of `operations`, at random. With l words and n = max(1, round(changed · l)): `swap` exchanges two
words n times; `delete` takes each word out with probability `changed`, one at least and never all; `insert` puts n
words of the text in other places. The paper inserts and replaces by synonyms of WordNet; no thesaurus is at hand for
most languages, so that words of the text itself are inserted and none is replaced. What a word is,
`tasks/text/words.py` says: in Chinese a character. What stands between words stays where it is.

Recipe:
    kind: eda
    share: 0.3
    changed: 0.1
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import Field

from tasks.augment.settings import AugmentSettings
from tasks.core.rng import generator
from tasks.manifests.seen import Fingerprint
from tasks.text.words import Parted, parted

Operation = Literal["swap", "delete", "insert"]
FEWEST = 2
"""Words of a text that can be changed and stay what it is about."""


class Params(AugmentSettings):
    """Settings of the method."""

    kind: Literal["eda"] = "eda"
    changed: float = Field(default=0.1, gt=0, le=0.5)
    """Share of a text's words that are changed; one at least (α of the paper)."""
    operations: Annotated[tuple[Operation, ...], Field(min_length=1)] = ("swap", "delete", "insert")
    """What may be done to a text; one of them, at random, is."""


Pieces = list[str]
"""A text in pieces: words, and the single characters between them."""


def seen(_params: Params, _base: str) -> Fingerprint:
    """Say what it hangs on beside its settings: nothing."""
    return Fingerprint(source="eda", files=())


def rewritten(texts: Sequence[str], keys: Sequence[str], params: Params, _base: str, seed: int) -> list[str]:
    """Make a new text of each; a text of one word stays as it is.

    Args:
        keys: on which, and on the seed, chance hangs.
    """
    apart = parted(pl.Series(texts, dtype=pl.String))
    each = zip(texts, apart.pieces, keys, strict=True)
    return [_changed(text, pieces, apart, params, generator(seed, "eda", key)) for text, pieces, key in each]


def _changed(text: str, pieces: Pieces, apart: Parted, params: Params, rng: np.random.Generator) -> str:
    words = [number for number, piece in enumerate(pieces) if piece in apart.words]
    if len(words) < FEWEST:
        return text
    operation: Operation = params.operations[rng.integers(len(params.operations))]
    return "".join(_OPERATIONS[operation](pieces, words, params.changed, apart.unspaced, rng)).strip()


def _times(words: Sequence[int], changed: float) -> int:
    return max(1, round(changed * len(words)))


def _swap(
    pieces: Pieces, words: list[int], changed: float, _unspaced: frozenset[str], rng: np.random.Generator
) -> Pieces:
    swapped = [*pieces]
    for _ in range(_times(words, changed)):
        one, other = (words[number] for number in rng.choice(len(words), 2, replace=False))
        swapped[one], swapped[other] = swapped[other], swapped[one]
    return swapped


def _delete(
    pieces: Pieces, words: list[int], changed: float, _unspaced: frozenset[str], rng: np.random.Generator
) -> Pieces:
    drawn = rng.random(len(words))
    gone = {words[number] for number in np.argsort(drawn)[: len(words) - 1] if drawn[number] < changed}
    gone = gone or {words[int(np.argmin(drawn))]}
    # the space before a word goes with it; before the first one there is none
    spaces = {word - 1 for word in gone if word and pieces[word - 1].isspace()}
    return [piece for number, piece in enumerate(pieces) if number not in gone | spaces]


def _insert(
    pieces: Pieces, words: list[int], changed: float, unspaced: frozenset[str], rng: np.random.Generator
) -> Pieces:
    added: dict[int, Pieces] = {}
    for _ in range(_times(words, changed)):
        word, place = pieces[words[rng.integers(len(words))]], words[rng.integers(len(words))]
        between = [] if word in unspaced and pieces[place] in unspaced else [" "]
        added.setdefault(place, []).extend([*between, word])
    return [part for number, piece in enumerate(pieces) for part in (piece, *added.get(number, ()))]


_OPERATIONS: dict[Operation, Callable[[Pieces, list[int], float, frozenset[str], np.random.Generator], Pieces]] = {
    "swap": _swap,
    "delete": _delete,
    "insert": _insert,
}
