"""Run a trained classifier over texts, in batches of like length."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.models.trained import Ready, load_trained

BATCH_ROWS = 64


def encode(tokenizer: Any, texts: Sequence[Sequence[str]], max_tokens: int) -> dict[str, list[list[int]]]:
    """Give the tokens of every row as a model takes them; of pairs also which of the two texts each token is of.

    Args:
        texts: the texts of all rows, or those and the second ones of pairs; where a row is too long, the longer text
            is cut.
    """
    encoded = tokenizer(*map(list, texts), truncation=True, max_length=max_tokens, padding=False)
    wanted = ["input_ids"] if len(texts) == 1 else ["input_ids", "token_type_ids"]
    return {name: encoded[name] for name in wanted if name in encoded}


def load(folder: Path) -> Ready:
    """Load a trained classifier."""
    return load_trained(folder, "AutoModelForSequenceClassification")


def probabilities(classifier: Ready, texts: Sequence[Sequence[str]], max_tokens: int) -> NDArray[np.float64]:
    """Give the probability of every label for every row, one of which is right; see `outputs`."""
    return outputs(classifier, texts, max_tokens, lambda logits: logits.softmax(-1))


def outputs(
    classifier: Ready,
    texts: Sequence[Sequence[str]],
    max_tokens: int,
    of: Callable[[Any], Any] = lambda logits: logits,
) -> NDArray[np.float64]:
    """Give what the model says of every row, shape (rows, labels).

    Args:
        texts: the texts of all rows, or those and the second ones of pairs.
        max_tokens: longest input; longer texts are cut as in training.
        of: makes of a batch's logits what is wanted.
    """
    with importing:
        import torch

    model, tokenizer, device = classifier
    encoded = encode(tokenizer, texts, max_tokens)
    order = np.argsort([len(ids) for ids in encoded["input_ids"]], kind="stable")
    chances = np.zeros((len(order), model.config.num_labels))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_ROWS):
            rows = order[start : start + BATCH_ROWS]
            chosen = {name: [values[row] for row in rows] for name, values in encoded.items()}
            batch = tokenizer.pad(chosen, return_tensors="pt").to(device)
            chances[rows] = of(model(**batch).logits.double()).cpu().numpy()
    return chances
