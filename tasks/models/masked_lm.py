"""How a masked language model reads a text: in pieces as long as it takes, with some of their tokens covered; and how
well a trained one finds those.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.models.causal_lm import Pieces, batches, padded
from tasks.models.targets import NOT_PREDICTED, losses
from tasks.models.trained import Ready, load_trained

SHARE = 0.15
"""Of the tokens of a piece, those that are to be found; of them 80 % are covered, 10 % are another token, 10 % stay:
Devlin et al. 2019, section 3.1."""
COVERED, ANOTHER = 0.8, 0.9


class Found(NamedTuple):
    """What a model found of every piece, shape (pieces,) each.

    Attributes:
        loss: −Σ log p(token) over the tokens asked for, in nats.
        right: how many of them are the likeliest to the model.
    """

    loss: NDArray[np.float64]
    right: NDArray[np.float64]


class Uncovered(NamedTuple):
    """Texts cut into pieces, none of whose tokens is covered yet.

    Attributes:
        ids: tokens of each piece, special ones included.
        places: where in it those tokens stand that may be covered.
        row: number of the text that each piece is of, shape (pieces,); never falling.
    """

    ids: list[NDArray[np.int64]]
    places: list[NDArray[np.int64]]
    row: NDArray[np.int64]


def uncovered(tokenizer: Any, texts: Sequence[str], longest: int) -> Uncovered:
    """Encode texts, and cut them.

    Args:
        longest: tokens of a piece, special ones included.
    """
    if not texts:
        return Uncovered([], [], np.zeros(0, np.int64))
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=longest,
        return_overflowing_tokens=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    ids = [np.array(piece, np.int64) for piece in encoded["input_ids"]]
    places = [np.flatnonzero(np.array(special) == 0) for special in encoded["special_tokens_mask"]]
    return Uncovered(ids, places, np.array(encoded["overflow_to_sample_mapping"], np.int64))


def covered(tokenizer: Any, whole: Uncovered, draws: Iterable[np.random.Generator]) -> Pieces:
    """Cover tokens of pieces, one at least of each that has any.

    Args:
        draws: by which each piece's are drawn.
    """
    plain = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    ids, targets = list[list[int]](), list[list[int]]()
    for piece, places, rng in zip(whole.ids, whole.places, draws, strict=False):
        asked, tokens = _asked(places, rng), piece.copy()
        wanted = np.full(len(tokens), NOT_PREDICTED)
        wanted[asked] = tokens[asked]
        how = rng.random(len(asked))
        tokens[asked[how < COVERED]] = tokenizer.mask_token_id
        others = asked[(how >= COVERED) & (how < ANOTHER)]
        tokens[others] = rng.choice(plain, len(others))
        ids.append(tokens.tolist())
        targets.append(wanted.tolist())
    return Pieces(ids, targets, whole.row)


def masked(tokenizer: Any, texts: Sequence[str], longest: int) -> Pieces:
    """Encode texts, cut them, and cover tokens. Which ones hangs on the tokens of the piece and on how often they came
    before alone, so that every call gives the same, and every model is asked the same.

    Args:
        longest: tokens of a piece, special ones included.
    """
    whole = uncovered(tokenizer, texts, longest)
    return covered(tokenizer, whole, _of_tokens(whole))


def _of_tokens(whole: Uncovered) -> Iterator[np.random.Generator]:
    before = Counter[bytes]()
    for piece in whole.ids:
        key = piece.astype(np.uint32).tobytes()
        yield np.random.default_rng([zlib.crc32(key), before[key]])
        before[key] += 1


def _asked(places: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    chosen = places[rng.random(len(places)) < SHARE]
    return chosen if len(chosen) or not len(places) else rng.choice(places, 1)


def load(folder: Path) -> Ready:
    """Load a trained masked language model."""
    return load_trained(folder, "AutoModelForMaskedLM")


def found(ready: Ready, pieces: Pieces) -> Found:
    """Ask a trained model for the tokens of every piece that were covered."""
    with importing:
        import torch

    model, device = ready.model, ready.device
    lengths = np.array([len(ids) for ids in pieces.ids])
    summed, right = np.zeros(len(lengths)), np.zeros(len(lengths))
    with torch.inference_mode():
        for rows in batches(lengths):
            ids, targets, seen = padded(pieces, rows, device)
            logits = model(input_ids=ids, attention_mask=seen.long()).logits
            summed[rows] = losses(logits, targets)[0].double().cpu().numpy()
            right[rows] = (logits.argmax(-1) == targets).sum(1).cpu().numpy()
    return Found(summed, right)
