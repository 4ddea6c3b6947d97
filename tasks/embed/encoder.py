"""A sentence encoder: what identifies it, and the vectors it gives.

The vector of a text is the mean of the last hidden states over its tokens, padding left out, scaled to length 1
(Reimers & Gurevych, "Sentence-BERT", EMNLP 2019, the pooling they found best).
"""

import contextlib
import threading
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.embed.settings import EncoderSettings
from tasks.manifests.seen import Fingerprint
from tasks.models.folders import seen_folder
from tasks.models.positions import longest, positions_of
from tasks.models.pretrained import load_pretrained

BATCH_ROWS = 128
BATCH_TOKENS = 8192
"""Tokens of one batch, padding included."""
Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]


_turn = threading.Lock()


class Encoded(NamedTuple):
    """What an encoder gave for some texts.

    Attributes:
        vectors: length 1 each, shape (texts, dimensions).
        cut: texts of which only the beginning was read.
    """

    vectors: Vectors
    cut: int


def seen_encoder(settings: EncoderSettings, base: str) -> Fingerprint:
    """Identify the encoder: by the content of its folder, or by its revision on the Hub."""
    return seen_folder("encoder", settings.model, settings.revision, base)


class Encoder:
    """An encoder, loaded; on a GPU where there is one.

    Args:
        base: relative model folders start here.

    Raises:
        RecipeError: no such model, no safe weights, or one that takes fewer tokens than asked for.
    """

    def __init__(self, settings: EncoderSettings, base: str) -> None:
        with importing:
            import torch
            from transformers import AutoModel
            from transformers.utils import logging

        logging.disable_progress_bar()
        tokenizer, model = load_pretrained("the encoder", settings.model, settings.revision, base, AutoModel)
        most = longest(tokenizer, positions_of(model), settings.max_tokens)
        if settings.max_tokens > most:
            refused = f"max_tokens is {settings.max_tokens}, but the encoder {settings.model!r} takes at most {most}"
            raise RecipeError(f"{refused}; set max_tokens <= {most}")
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer, self.model, self.max_tokens = tokenizer, model.to(self.device).eval(), settings.max_tokens
        self.dimensions = int(self.model.config.hidden_size)

    def __call__(self, texts: Sequence[str]) -> Encoded:
        """Make the vectors of texts, in batches of like length."""
        with importing:
            import torch

        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens + 1)["input_ids"]
        cut = sum(len(tokens) > self.max_tokens for tokens in ids)
        encoded = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"] if cut else ids
        lengths = np.array([len(tokens) for tokens in encoded], np.int64)
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        with torch.inference_mode():
            for rows in batches_of(lengths):
                batch = self.tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(
                    self.device
                )
                mask = batch["attention_mask"].unsqueeze(-1).float()
                pooled = (self.model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1).clamp(min=1)
                vectors[rows] = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return Encoded(vectors, cut)


@contextlib.contextmanager
def in_turn(settings: EncoderSettings, base: str) -> Generator[Encoder]:
    """Load an encoder when no other one is in use in this process: transformers cannot be loaded twice at once, and one
    uses all cores.
    """
    with _turn:
        yield Encoder(settings, base)


def batches_of(lengths: np.ndarray[Any, np.dtype[np.int64]]) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Put texts of like length together, at most BATCH_ROWS of them and BATCH_TOKENS tokens (or one text)."""
    order = np.argsort(lengths, kind="stable")
    batches, start = [], 0
    for place, row in enumerate(order):
        full = place - start >= BATCH_ROWS or (place - start + 1) * lengths[row] > BATCH_TOKENS
        if full and place > start:
            batches.append(order[start:place])
            start = place
    return [*batches, order[start:]] if len(order) else []
