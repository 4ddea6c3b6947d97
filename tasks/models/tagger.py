"""How a tagger reads words: each tag stands at the first piece of its word; rows that are too long are read in parts,
so that every word is read once; and how likely a trained one finds each tag of each word.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models.trained import Ready, load_trained
from tasks.text.hashing import Floats

NO_WORD = -100
"""Target of a piece that begins no word; losses pass over it."""
BATCH_ROWS = 64


class Part(NamedTuple):
    """A part of a row's words as a model takes it.

    Attributes:
        row: number of the row.
        word: number in the row of the word that each piece begins; `NO_WORD` where it begins none.
    """

    row: int
    word: list[int]

    def targets(self, numbers: Sequence[int]) -> list[int]:
        """Give the target of each piece, given a number for each word of the row."""
        return [NO_WORD if word == NO_WORD else numbers[word] for word in self.word]


class Parts(NamedTuple):
    """Rows of words as a model takes them.

    Attributes:
        ids: tokens of each part, at most as many as asked for.
        rows: number of the row of each part, shape (parts,); never falling.
    """

    ids: list[list[int]]
    parts: list[Part]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Give the number of the row of each part."""
        return np.array([part.row for part in self.parts], np.int64)


def refuse(tokenizer: Any) -> None:
    """Refuse a tokenizer that does not say which word a piece is of.

    Raises:
        RecipeError: it does not.
    """
    try:
        tokenizer([["a", "word"]], is_split_into_words=True).word_ids(0)
    except (ValueError, AssertionError, AttributeError, KeyError) as error:
        raise RecipeError(
            f"train.model: its tokenizer does not say which word a piece is of ({str(error).splitlines()[0]}); take "
            "an encoder such as bert, distilbert or deberta-v2"
        ) from None


def cut(tokenizer: Any, rows: Sequence[Sequence[str]], longest: int) -> Parts:
    """Encode rows of words; a part of which the tokenizer leaves nothing is left out."""
    pieces = _pieces(tokenizer, rows)
    special = tokenizer.num_special_tokens_to_add(pair=False)
    spans = [
        (row, start, stop)
        for row, counts in enumerate(pieces)
        for start, stop in _spans(counts, max(1, longest - special))
    ]
    texts = [list(rows[row][start:stop]) for row, start, stop in spans]
    encoded = _encoded(tokenizer, texts, truncation=True, max_length=longest) if texts else None
    found = Parts([], [])
    for at, (row, start, _) in enumerate(spans):
        words = encoded.word_ids(at) if encoded else []
        before = [None, *words[:-1]]
        begins = [
            NO_WORD if word is None or word == last else start + word for word, last in zip(words, before, strict=True)
        ]
        if encoded and any(word != NO_WORD for word in begins):
            found.ids.append(encoded["input_ids"][at])
            found.parts.append(Part(row, begins))
    return found


def _encoded(tokenizer: Any, texts: Sequence[Sequence[str]], **more: Any) -> Any:
    return tokenizer(list(map(list, texts)), is_split_into_words=True, padding=False, verbose=False, **more)


def _pieces(tokenizer: Any, rows: Sequence[Sequence[str]]) -> list[NDArray[np.int64]]:
    """Count the pieces of every word."""
    if not rows:
        return []
    encoded = _encoded(tokenizer, rows, add_special_tokens=False)
    return [
        np.bincount([word for word in encoded.word_ids(row) if word is not None], minlength=len(words))
        for row, words in enumerate(rows)
    ]


def _spans(counts: NDArray[np.int64], longest: int) -> list[tuple[int, int]]:
    """Cut words where the next one does not fit any more; one that is too long by itself stands alone."""
    spans, start, held = list[tuple[int, int]](), 0, 0
    for at, count in enumerate(counts.tolist()):
        if at > start and held + count > longest:
            spans.append((start, at))
            start, held = at, 0
        held += count
    return [*spans, (start, len(counts))]


def load(folder: Path) -> Ready:
    """Load a trained tagger."""
    return load_trained(folder, "AutoModelForTokenClassification")


def tag_chances(ready: Ready, rows: Sequence[Sequence[str]], longest: int, nothing: int) -> list[Floats]:
    """Give the probability of every tag for every word of every row, shape (words, tags) each.

    Args:
        nothing: number of the tag that a word bears of which the tokenizer leaves nothing; it has half of the
            probability, the others share the rest.
    """
    with importing:
        import torch

    model, tokenizer, device = ready
    tags = model.config.num_labels
    unread = np.full(tags, 0.5 / max(1, tags - 1))
    unread[nothing] = 0.5
    chances = [np.tile(unread, (len(words), 1)) for words in rows]
    read = cut(tokenizer, rows, longest)
    order = np.argsort([len(ids) for ids in read.ids], kind="stable")
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_ROWS):
            some = order[start : start + BATCH_ROWS].tolist()
            batch = tokenizer.pad({"input_ids": [read.ids[at] for at in some]}, return_tensors="pt").to(device)
            given = model(**batch).logits.double().softmax(-1).cpu().numpy()
            left = tokenizer.padding_side == "left"
            for at, pieces in zip(some, given, strict=True):
                own = pieces[-len(read.ids[at]) :] if left else pieces[: len(read.ids[at])]
                begins = np.array(read.parts[at].word)
                chances[read.parts[at].row][begins[begins != NO_WORD]] = own[begins != NO_WORD]
    return chances
