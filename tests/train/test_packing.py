"""Packed texts are read as each alone: same logits, same losses, same training; what would mix them is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    DataCollatorForTokenClassification,
    set_seed,
)

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.models.building import building
from tasks.models.causal_lm import cut
from tasks.models.masked_lm import masked
from tasks.models.vocabularies import byte_pairs, word_pieces
from tasks.objectives.parts import losses_of
from tasks.recipe.model import load_recipe
from tasks.train.packing import SEGMENT, Packing, in_rows
from tasks.train.settings import BuiltModel
from tasks.train.trainer import read_of

SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
GPT: dict[str, Any] = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64}
FORWARD = {"gpt2": GPT, "llama": SMALL, "qwen2": SMALL | {"num_key_value_heads": 2}, "opt": SMALL | {"ffn_dim": 32}}
BOTH_WAYS = {"bert": SMALL, "roberta": SMALL, "electra": SMALL | {"embedding_size": 16}}
TEXTS = ["a fine film", "dull", "it was long, and at the end of it nobody was left to see the rest", "so so", "good!"]
LONGEST = 48


def packing_of(architecture: str, sizes: dict[str, Any], *, forward: bool, **more: Any) -> tuple[Any, Packing, Any]:
    """Build a model, its packing and a batch of examples."""
    tokenizer = (byte_pairs if forward else word_pieces)(300, TEXTS * 20)
    kind: Any = AutoModelForCausalLM if forward else AutoModelForMaskedLM
    known = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    known = {name: number for name, number in known.items() if number is not None}
    config = AutoConfig.for_model(architecture, vocab_size=len(tokenizer), **(sizes | known))
    set_seed(0)
    with building:
        model = kind.from_config(config, **more).eval()
    pieces = (cut if forward else masked)(tokenizer, TEXTS, LONGEST)
    examples = [
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": targets}
        for ids, targets in zip(pieces.ids, pieces.targets, strict=True)
    ]
    return model, Packing(model, tokenizer, forward=forward), examples


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("architecture", [*FORWARD, *BOTH_WAYS])
def test_logits_and_losses_of_packed_texts_are_those_of_each_alone(architecture: str, attention: str) -> None:
    forward = architecture in FORWARD
    sizes = (FORWARD | BOTH_WAYS)[architecture]
    model, packing, examples = packing_of(architecture, sizes, forward=forward, attn_implementation=attention)
    packing.refuse(model, LONGEST)
    assert model.training
    model.eval()
    batch = packing(examples)
    assert batch["input_ids"].shape[0] < len(examples)
    told = losses_of("language-modelling" if forward else "masked-language-modelling").losses
    with torch.no_grad():
        packed = model(**read_of(batch))
        losses, counts = packing.losses(packed, batch)
        for number, example in enumerate(examples):
            one = DataCollatorForTokenClassification(packing.tokenizer)([example])
            alone = model(**one)
            assert packed.logits[batch[SEGMENT] == number].numpy() == pytest.approx(alone.logits[0].numpy(), abs=1e-5)
            wanted, count = told(alone, one)
            assert float(losses[number]) == pytest.approx(float(wanted), rel=1e-5)
            assert int(counts[number]) == int(count)


@pytest.mark.parametrize(
    ("architecture", "sizes"),
    [
        ("bloom", {"hidden_size": 16, "n_layer": 2, "n_head": 2}),
        ("mistral", SMALL | {"num_key_value_heads": 2, "sliding_window": 8}),
        ("mamba", {"hidden_size": 16, "num_hidden_layers": 2, "state_size": 4}),
    ],
)
def test_models_that_mix_packed_texts_are_refused(architecture: str, sizes: dict[str, Any]) -> None:
    model, packing, _ = packing_of(architecture, sizes, forward=True)
    with pytest.raises(RecipeError, match=rf"train\.packing: '{architecture}' does not keep texts apart"):
        packing.refuse(model, LONGEST)


@given(lengths=st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_every_example_stands_in_one_row_that_has_room(lengths: list[int]) -> None:
    rows = in_rows(lengths, 20)
    assert sorted(number for row in rows for number in row) == list(range(len(lengths)))
    used = [sum(lengths[number] for number in row) for row in rows]
    assert max(used) <= 20
    assert sum(room <= 10 for room in used) <= 1, "two rows that fit into one are one"


def test_weights_and_sources_keep_the_order_of_the_examples() -> None:
    _, packing, examples = packing_of("gpt2", GPT, forward=True)
    said = [example | {"source": at, "weight": at / 2} for at, example in enumerate(examples)]
    batch = packing(said)
    assert batch["source"].tolist() == list(range(len(examples)))
    assert batch["weight"].tolist() == [at / 2 for at in range(len(examples))]


def test_a_task_of_one_answer_a_row_is_not_packed(tmp_path: Path) -> None:
    recipe = {"name": "r", "labels": ["x", "y"], "sources": {"a": {"path": "a.csv"}}}
    recipe |= {"train": {"model": {"architecture": "bert"}, "packing": True}}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    with pytest.raises(RecipeError, match=r"train\.packing: a classifier says one thing of what it reads"):
        load_recipe(str(tmp_path / "r.yaml"))


@pytest.mark.slow
def test_training_is_the_same_packed(tiny_mix: Callable[..., Any]) -> None:
    still = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    model = BuiltModel(architecture="gpt2", vocabulary=300, config=GPT | still)
    mix = tiny_mix({"a": 60, "b": 60})
    told: dict[str, Any] = {"model": model, "epochs": 1, "objective": Objective(task="language-modelling")}
    padded, packed = mix.trained({"a": 2}, **told), mix.trained({"a": 2}, **told, packing=True)
    assert len(padded.curve) == len(packed.curve)
    for one, other in zip(padded.curve, packed.curve, strict=True):
        assert one == pytest.approx(other, rel=1e-3)
    assert np.isfinite(packed.curve[-1]["holdout_loss"])
