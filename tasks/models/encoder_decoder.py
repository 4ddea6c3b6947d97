"""How an encoder-decoder reads a text and learns to write another one, how likely it finds that, and what it writes
itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models.targets import NOT_PREDICTED, losses
from tasks.models.trained import AS_SET, Ready, load_trained

BATCH_ROWS, BATCH_TOKENS = 64, 4_096
"""Most texts that are read at a time, and most tokens of them."""


class Encoded(NamedTuple):
    """Texts as tokens.

    Attributes:
        ids: of each text, at most as many as asked for.
        cut: whether it was longer, shape (texts,).
    """

    ids: list[list[int]]
    cut: NDArray[np.bool_]


class Answers(NamedTuple):
    """What a model makes of texts.

    Attributes:
        loss: −log p(target and its end | text) in nats, shape (texts,).
        tokens: how many that is over, shape (texts,).
        written: what it writes itself.
        cut: whether the text or its target was too long, shape (texts,).
    """

    loss: NDArray[np.float64]
    tokens: NDArray[np.float64]
    written: list[str]
    cut: NDArray[np.bool_]


def encode(tokenizer: Any, texts: Sequence[str], longest: int) -> Encoded:
    """Encode what is read, cut as the tokenizer cuts by itself."""
    return _encoded(tokenizer, "text", texts, longest)


def encode_targets(tokenizer: Any, texts: Sequence[str], longest: int) -> Encoded:
    """Encode what is to be written; a tokenizer that ends no text gets the end added."""
    ended = end(tokenizer)
    encoded = _encoded(tokenizer, "text_target", texts, longest)
    ids = [tokens if ended in tokens else [*tokens[: longest - 1], ended] for tokens in encoded.ids]
    return Encoded(ids, encoded.cut)


def end(tokenizer: Any) -> int:
    """Give the token that ends what is written.

    Raises:
        RecipeError: the tokenizer has none.
    """
    if tokenizer.eos_token_id is None:
        raise RecipeError(
            "train.model: its tokenizer has no end-of-text token (eos_token), so that nothing it writes would end; "
            "take the tokenizer of an encoder-decoder such as t5"
        )
    return tokenizer.eos_token_id


def _encoded(tokenizer: Any, kind: str, texts: Sequence[str], longest: int) -> Encoded:
    if not texts:
        return Encoded([], np.zeros(0, np.bool_))
    ids = tokenizer(**{kind: list(texts)}, verbose=False)["input_ids"]
    cut = np.array([len(tokens) > longest for tokens in ids])
    if cut.any():
        rows = np.flatnonzero(cut).tolist()
        shorter = tokenizer(**{kind: [texts[row] for row in rows]}, truncation=True, max_length=longest)["input_ids"]
        for row, tokens in zip(rows, shorter, strict=True):
            ids[row] = tokens
    return Encoded(ids, cut)


def load(folder: Path) -> Ready:
    """Load a trained encoder-decoder."""
    return load_trained(folder, "AutoModelForSeq2SeqLM")


def write(ready: Ready, texts: Sequence[str], longest: int, how: Mapping[str, Any] = AS_SET) -> list[str]:
    """Let a trained model write for every text, as it is set to by its folder.

    Args:
        how: what is otherwise, as `generate` takes it.
    """
    with importing:
        import torch

    read, written = encode(ready.tokenizer, texts, longest).ids, [""] * len(texts)
    with torch.inference_mode():
        for rows in _batches(read):
            for row, text in zip(rows.tolist(), _written(ready, _padded(ready, read, rows), how), strict=True):
                written[row] = text
    return written


def _padded(ready: Ready, ids: Sequence[Sequence[int]], rows: NDArray[np.int64]) -> Any:
    return ready.tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt").to(ready.device)


def _written(ready: Ready, batch: Any, how: Mapping[str, Any] = AS_SET) -> list[str]:
    return ready.tokenizer.batch_decode(ready.model.generate(**batch, **how), skip_special_tokens=True)


def answers(ready: Ready, texts: Sequence[str], targets: Sequence[str], longest: int) -> Answers:
    """Ask a trained model how likely it finds targets, and let it write its own, as it is set to by its folder."""
    with importing:
        import torch

    model, tokenizer, device = ready
    read, wanted = encode(tokenizer, texts, longest), encode_targets(tokenizer, targets, longest)
    loss, tokens, written = np.zeros(len(texts)), np.zeros(len(texts)), [""] * len(texts)
    with torch.inference_mode():
        for rows in _batches(read.ids):
            batch = _padded(ready, read.ids, rows)
            width = max(len(wanted.ids[row]) for row in rows)
            padded = [wanted.ids[row] + [NOT_PREDICTED] * (width - len(wanted.ids[row])) for row in rows]
            labels = torch.tensor(padded, device=device)
            summed, counted = losses(model(**batch, labels=labels).logits, labels)
            loss[rows], tokens[rows] = summed.double().cpu().numpy(), counted.cpu().numpy()
            for row, text in zip(rows.tolist(), _written(ready, batch), strict=True):
                written[row] = text
    return Answers(loss, tokens, written, read.cut | wanted.cut)


def _batches(ids: Sequence[Sequence[int]]) -> Iterator[NDArray[np.int64]]:
    """Put texts of like length together, the shortest first."""
    lengths = np.array([len(tokens) for tokens in ids])
    order, start = np.argsort(lengths, kind="stable"), 0
    while start < len(order):
        near = lengths[order[start : start + BATCH_ROWS]]
        count = max(1, int(np.searchsorted(np.arange(1, len(near) + 1) * near, BATCH_TOKENS, side="right")))
        yield order[start : start + count]
        start += count
