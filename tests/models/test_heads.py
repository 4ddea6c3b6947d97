"""A pretrained classifier says of each label what it said, in whichever order a recipe has them; of others, nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import AutoConfig, PreTrainedTokenizerFast, set_seed

from tasks.objectives.parts import examples_of
from tasks.objectives.starting import open_start

OWN, WANTED = ("a", "b", "c"), ("c", "a", "b")
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": SMALL,
    "roberta": SMALL,
    "electra": SMALL,
    "modernbert": SMALL | {"global_attn_every_n_layers": 1},
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
    "deberta-v2": SMALL,
    "xlnet": {"d_model": 16, "n_layer": 1, "n_head": 2, "d_inner": 32},
    "gpt2": {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32},
    "llama": SMALL | {"num_key_value_heads": 2},
    "bart": {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1} | {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32},
    "square": SMALL | {"hidden_size": 3, "num_attention_heads": 1},
}
"""`square` is a bert whose body gives as many values as there are labels."""
TASKS = ["text-classification", "multi-label-classification", "token-classification"]


def pretrained(folder: Path, task: str, name: str) -> Any:
    """Put a model with labels of its own into a folder."""
    set_seed(0)
    kind = examples_of(task)
    special = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "vocab_size": 8}
    told = ARCHITECTURES[name] | special | kind.settings(OWN)
    model = kind.Model.from_config(AutoConfig.for_model("bert" if name == "square" else name, **told)).eval()
    model.save_pretrained(folder)
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(["?", "<", ">", *"abcde"])}, unk_token="?"))
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?", pad_token="?", eos_token=">").save_pretrained(folder)
    return model


def said(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        return model.eval()(input_ids=torch.tensor([[3, 4, 5, 2]]), attention_mask=torch.ones(1, 4).long()).logits


@pytest.mark.parametrize(
    ("task", "name"), [(TASKS[0], name) for name in ARCHITECTURES] + [(task, "bert") for task in TASKS[1:]]
)
def test_labels_in_another_order_keep_their_meaning(task: str, name: str, tmp_path: Path) -> None:
    before = said(pretrained(tmp_path, task, name))
    start = open_start(str(tmp_path), None, ".", task, WANTED)
    assert start.new == ()
    assert start.model.config.id2label == dict(enumerate(WANTED))
    order = [OWN.index(label) for label in WANTED]
    assert torch.allclose(said(start.model), before[..., order], atol=1e-6)
    assert not torch.allclose(before[..., order], before, atol=1e-6), "no order is like another"
    assert torch.allclose(said(open_start(str(tmp_path), None, ".", task, OWN).model), before, atol=1e-6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_head_for_other_labels_begins_anew_and_the_body_does_not(name: str, tmp_path: Path) -> None:
    pretrained(tmp_path, TASKS[0], name)
    kept = open_start(str(tmp_path), None, ".", TASKS[0], OWN).model.state_dict()
    start = open_start(str(tmp_path), None, ".", TASKS[0], ("a", "b", "none"))
    changed = {key for key, weights in start.model.state_dict().items() if not torch.equal(weights, kept[key])}
    assert changed <= {*start.new}
    assert {key for key in start.new if key.endswith("weight")} == {key for key in changed if key.endswith("weight")}
    assert len(changed) >= 1
    assert all(len(kept[key]) == len(OWN) for key in start.new)
