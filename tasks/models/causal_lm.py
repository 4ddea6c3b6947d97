"""How a language model reads a text: between two end tokens, in pieces as long as it takes, so that every token is
predicted once; and how well a trained one predicts them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models import targets
from tasks.models.targets import NOT_PREDICTED
from tasks.models.trained import Ready, load_trained

BATCH_TOKENS = 4_096
"""Of a batch: its answer holds a number for each of them and each token of the vocabulary."""


class Pieces(NamedTuple):
    """Texts cut into what a model takes at a time.

    Attributes:
        ids: tokens of each piece, at most as many as asked for.
        targets: the same, the first one not predicted: it begins the text, or ended the piece before.
        row: number of the text that each piece is of, shape (pieces,); never falling.
    """

    ids: list[list[int]]
    targets: list[list[int]]
    row: NDArray[np.int64]


def cut(tokenizer: Any, texts: Sequence[str], longest: int) -> Pieces:
    """Encode texts and cut them; a text of n tokens has n + 1 that are predicted, its end included.

    What looks like a special token inside a text is text.

    Args:
        longest: tokens of a piece, >= 2.

    Raises:
        RecipeError: the tokenizer has no token to end a text with.
    """
    start, end = ends(tokenizer)
    encoded = (
        tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]
        if texts
        else []
    )
    inputs, rows = list[list[int]](), list[int]()
    for row, ids in enumerate(encoded):
        whole = [start, *ids, end]
        pieces = [whole[at : at + longest] for at in range(0, len(whole) - 1, longest - 1)]
        inputs += pieces
        rows += [row] * len(pieces)
    return Pieces(inputs, [[NOT_PREDICTED, *piece[1:]] for piece in inputs], np.array(rows, np.int64))


def ends(tokenizer: Any) -> tuple[int, int]:
    """Give the tokens that begin and end a text; a tokenizer without the first uses the second for both."""
    end = tokenizer.eos_token_id
    if end is None:
        raise RecipeError(
            "train.model: its tokenizer has no end-of-text token (eos_token); take the tokenizer of a language model"
        )
    return (end if tokenizer.bos_token_id is None else tokenizer.bos_token_id), end


def losses(logits: Any, wanted: Any) -> tuple[Any, Any]:
    """Give the loss of every piece, −Σ log p(token | those before it) in nats, and how many tokens it is over; see
    `targets.losses`: here the n-th logits are for the target after the n-th.
    """
    return targets.losses(logits[:, :-1], wanted[:, 1:])


def load(folder: Path) -> Ready:
    """Load a trained language model."""
    return load_trained(folder, "AutoModelForCausalLM")


def token_losses(ready: Ready, pieces: Pieces) -> NDArray[np.float64]:
    """Give the loss of every piece in nats, summed over its predicted tokens, shape (pieces,)."""
    with importing:
        import torch

    model, device = ready.model, ready.device
    lengths = np.array([len(ids) for ids in pieces.ids])
    summed = np.zeros(len(lengths))
    with torch.inference_mode():
        for rows in batches(lengths):
            ids, wanted, seen = padded(pieces, rows, device)
            logits = model(input_ids=ids, attention_mask=seen.long()).logits
            summed[rows] = losses(logits, wanted)[0].double().cpu().numpy()
    return summed


def padded(pieces: Pieces, rows: NDArray[np.int64], device: str) -> tuple[Any, Any, Any]:
    """Put pieces into one batch: their tokens, their targets and which places they fill, shape (rows, longest) each."""
    with importing:
        import torch

    lengths = torch.tensor([len(pieces.ids[row]) for row in rows], device=device)
    width = int(lengths.max())
    ids, wanted = (torch.full((len(rows), width), filling, device=device) for filling in (0, NOT_PREDICTED))
    for at, row in enumerate(rows):
        ids[at, : lengths[at]] = torch.tensor(pieces.ids[row], device=device)
        wanted[at, : lengths[at]] = torch.tensor(pieces.targets[row], device=device)
    return ids, wanted, torch.arange(width, device=device) < lengths[:, None]


def batches(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Put pieces of like length together, the shortest first, so many that a batch has at most `BATCH_TOKENS` tokens,
    or one piece.
    """
    order, batches, start = np.argsort(lengths, kind="stable"), list[NDArray[np.int64]](), 0
    while start < len(order):
        near = lengths[order[start : start + BATCH_TOKENS]]
        count = max(1, int(np.searchsorted(np.arange(1, len(near) + 1) * near, BATCH_TOKENS, side="right")))
        batches.append(order[start : start + count])
        start += count
    return batches
