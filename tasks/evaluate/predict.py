"""Run a trained model over texts, in batches of like length."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.text.language import NOT_PREDICTED, Pieces, losses

BATCH_ROWS = 64
BATCH_TOKENS = 4_096
"""Of a language model's batch: its answer holds a number for each of them and each token of the vocabulary."""


def probabilities(model_folder: Path, texts: Sequence[str], max_tokens: int) -> NDArray[np.float64]:
    """Give the probability of every label for every text, shape (texts, labels).

    Args:
        model_folder: what training wrote: safetensors weights, configuration, tokenizer.
        max_tokens: longest input; longer texts are cut as in training.
    """
    with importing:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

    logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model: Any = (
        AutoModelForSequenceClassification.from_pretrained(model_folder, use_safetensors=True).to(device).eval()
    )
    encoded = tokenizer(list(texts), truncation=True, max_length=max_tokens)["input_ids"]
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    found = np.zeros((len(texts), model.config.num_labels))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_ROWS):
            rows = order[start : start + BATCH_ROWS]
            batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(device)
            found[rows] = model(**batch).logits.double().softmax(-1).cpu().numpy()
    return found


def token_losses(model_folder: Path, pieces: Pieces) -> NDArray[np.float64]:
    """Give the loss of every piece in nats, summed over its predicted tokens, shape (pieces,)."""
    with importing:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

    logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    loaded: Any = AutoModelForCausalLM.from_pretrained(model_folder, use_safetensors=True)
    model = loaded.to(device).eval()
    lengths = np.array([len(ids) for ids in pieces.ids])
    found = np.zeros(len(lengths))
    with torch.inference_mode():
        for rows in _batches(lengths):
            width = int(lengths[rows].max())
            ids, targets = (torch.full((len(rows), width), filling, device=device) for filling in (0, NOT_PREDICTED))
            for at, row in enumerate(rows):
                ids[at, : lengths[row]] = torch.tensor(pieces.ids[row], device=device)
                targets[at, : lengths[row]] = torch.tensor(pieces.targets[row], device=device)
            seen = torch.arange(width, device=device) < torch.tensor(lengths[rows], device=device)[:, None]
            found[rows] = (
                losses(model(input_ids=ids, attention_mask=seen.long()).logits, targets)[0].double().cpu().numpy()
            )
    return found


def _batches(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Put pieces of like length together, the shortest first, so many that a batch has at most `BATCH_TOKENS` tokens,
    or one piece.
    """
    order, found, start = np.argsort(lengths, kind="stable"), list[NDArray[np.int64]](), 0
    while start < len(order):
        near = lengths[order[start : start + BATCH_TOKENS]]
        count = max(1, int(np.searchsorted(np.arange(1, len(near) + 1) * near, BATCH_TOKENS, side="right")))
        found.append(order[start : start + count])
        start += count
    return found
