"""Tokens per CPU second of a language model that learns from padded and from packed batches, of real texts' lengths.

    python tests/benchmarks/packing.py [--texts 2000] [--longest 256] [--batch 16]

A GPT-2 of 2 layers of 128, as many threads as torch takes; forward, backward and an optimiser step each batch. The same
texts stand in the same batches; lengths are log-normal as those of news and reviews are. alike: batches of rows of
like length; exact: batches of two sources' exact shares. Only tokens of texts count, not padding.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import AutoConfig, AutoModelForCausalLM, DataCollatorForTokenClassification, set_seed

sys.path.insert(0, str(Path(__file__).parents[2]))
from tasks.models.vocabularies import byte_pairs
from tasks.objectives.parts import losses_of
from tasks.train.order import planned_order
from tasks.train.packing import Packing
from tasks.train.settings import TrainSettings
from tasks.train.trainer import read_of

VOCABULARY = 1_000


def rate(model: Any, batches: list[dict[str, torch.Tensor]], losses: Any, tokens: int) -> float:
    """Train on batches; gives the tokens of texts per second of the processors."""
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    start = time.process_time()
    for batch in batches:
        each, counts = losses(model(**read_of(batch)), batch)
        (each.sum() / counts.sum()).backward()
        optimiser.step()
        optimiser.zero_grad()
    return tokens / (time.process_time() - start)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--longest", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    lengths = rng.lognormal(3.7, 0.8, given.texts).clip(4, given.longest).astype(np.int64)
    tokenizer = byte_pairs(VOCABULARY, ["some words to have a tokenizer of"] * 50)
    ids = [rng.integers(10, 250, length).tolist() for length in lengths]
    rows = [{"input_ids": one, "attention_mask": [1] * len(one), "labels": [-100, *one[1:]]} for one in ids]
    sources = pl.Series(rng.choice(["a", "b"], given.texts, p=[0.7, 0.3]))
    for kind in ("alike", "exact"):
        told = {"model": {}, "batches": kind, "batch_size": given.batch}
        order = list(planned_order(TrainSettings.model_validate(told), lengths, sources, 0))
        chosen = [
            [rows[at] for at in order[start : start + given.batch]] for start in range(0, len(order), given.batch)
        ]
        found: dict[str, float] = {}
        for way in ("padded", "packed"):
            set_seed(0)
            sizes = {"n_embd": 128, "n_layer": 2, "n_head": 2, "n_positions": given.longest}
            model: Any = AutoModelForCausalLM.from_config(
                AutoConfig.for_model("gpt2", vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **sizes)
            )
            packing = Packing(model, tokenizer, forward=True)
            pad: Any = DataCollatorForTokenClassification(tokenizer)
            batches = [packing(batch) if way == "packed" else {**pad(batch)} for batch in chosen]
            losses = packing.losses if way == "packed" else losses_of("language-modelling").losses
            found[way] = rate(model, batches, losses, int(lengths.sum()))
        gain = found["packed"] / found["padded"]
        print(f"{kind}: padded {found['padded']:,.0f} tokens/s, packed {found['packed']:,.0f} ({gain:.2f} x)")


if __name__ == "__main__":
    main()
