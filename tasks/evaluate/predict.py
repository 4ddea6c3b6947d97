"""Run a trained classifier over texts, in batches of like length."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH_ROWS = 64


def probabilities(model_folder: Path, texts: Sequence[str], max_tokens: int) -> NDArray[np.float64]:
    """Give the probability of every label for every text, shape (texts, labels).

    Args:
        model_folder: what training wrote: safetensors weights, configuration, tokenizer.
        max_tokens: longest input; longer texts are cut as in training.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model: Any = AutoModelForSequenceClassification.from_pretrained(model_folder, use_safetensors=True).to(device).eval()
    encoded = tokenizer(list(texts), truncation=True, max_length=max_tokens)["input_ids"]
    order = np.argsort([len(ids) for ids in encoded], kind="stable")
    found = np.zeros((len(texts), model.config.num_labels))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH_ROWS):
            rows = order[start : start + BATCH_ROWS]
            batch = tokenizer.pad({"input_ids": [encoded[row] for row in rows]}, return_tensors="pt").to(device)
            found[rows] = model(**batch).logits.double().softmax(-1).cpu().numpy()
    return found
