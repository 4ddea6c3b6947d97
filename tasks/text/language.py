"""How a language model reads a text: between two end tokens, in pieces as long as it takes, so that every token is
predicted once.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing

NOT_PREDICTED = -100
"""Target of a position that only is context; losses pass over it."""


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
    found, rows = list[list[int]](), list[int]()
    for row, ids in enumerate(encoded):
        whole = [start, *ids, end]
        pieces = [whole[at : at + longest] for at in range(0, len(whole) - 1, longest - 1)]
        found += pieces
        rows += [row] * len(pieces)
    return Pieces(found, [[NOT_PREDICTED, *piece[1:]] for piece in found], np.array(rows, np.int64))


def ends(tokenizer: Any) -> tuple[int, int]:
    """Give the tokens that begin and end a text; a tokenizer without the first uses the second for both."""
    end = tokenizer.eos_token_id
    if end is None:
        raise RecipeError(
            "train.model: its tokenizer has no end-of-text token (eos_token); take the tokenizer of a language model"
        )
    return (end if tokenizer.bos_token_id is None else tokenizer.bos_token_id), end


def losses(logits: Any, targets: Any) -> tuple[Any, Any]:
    """Give the loss of every piece, −Σ log p(token | those before it) in nats, and how many tokens it is over.

    Args:
        logits: shape (pieces, length, vocabulary).
        targets: shape (pieces, length), `NOT_PREDICTED` where nothing is asked.

    Returns:
        Two tensors of shape (pieces,).
    """
    with importing:
        from torch.nn.functional import cross_entropy

    wanted = targets[:, 1:]
    each = cross_entropy(logits[:, :-1].float().transpose(1, 2), wanted, reduction="none", ignore_index=NOT_PREDICTED)
    return each.sum(1), (wanted != NOT_PREDICTED).sum(1)
