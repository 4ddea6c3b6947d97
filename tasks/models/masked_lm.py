"""How a masked language model reads a text: in pieces as long as it takes, with some of their tokens covered; and how
well a trained one finds those.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
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


def masked(tokenizer: Any, texts: Sequence[str], longest: int) -> Pieces:
    """Encode texts, cut them, and cover tokens. Which ones hangs on the tokens of the piece and on how often they came
    before alone, so that every call gives the same; one at least is covered, where there is one.

    Args:
        longest: tokens of a piece, special ones included.
    """
    if not texts:
        return Pieces([], [], np.zeros(0, np.int64))
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=longest,
        return_overflowing_tokens=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    plain = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    before = Counter[bytes]()
    ids, targets = list[list[int]](), list[list[int]]()
    for piece, special in zip(encoded["input_ids"], encoded["special_tokens_mask"], strict=True):
        tokens, key = np.array(piece, np.int64), np.array(piece, np.uint32).tobytes()
        rng = np.random.default_rng([zlib.crc32(key), before[key]])
        before[key] += 1
        asked = _asked(np.flatnonzero(np.array(special) == 0), rng)
        wanted = np.full(len(tokens), NOT_PREDICTED)
        wanted[asked] = tokens[asked]
        how = rng.random(len(asked))
        tokens[asked[how < COVERED]] = tokenizer.mask_token_id
        others = asked[(how >= COVERED) & (how < ANOTHER)]
        tokens[others] = rng.choice(plain, len(others))
        ids.append(tokens.tolist())
        targets.append(wanted.tolist())
    return Pieces(ids, targets, np.array(encoded["overflow_to_sample_mapping"], np.int64))


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
