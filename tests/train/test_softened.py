"""Smoothed labels and mixed examples: the losses that their formulas give, and the plain one where nothing is mixed."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from transformers import AutoConfig, AutoModelForSequenceClassification, set_seed

from tasks.core.errors import RecipeError
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.softened import Softened, mixed_inputs

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
SIZES: dict[str, dict[str, Any]] = {
    "bert": SMALL,
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
    "xlnet": {"d_model": 16, "n_layer": 1, "n_head": 2, "d_inner": 32},
}
BATCH = {
    "input_ids": torch.tensor([[5, 6, 7, 8], [9, 4, 0, 0], [3, 3, 2, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]]),
    "labels": torch.tensor([0, 2, 1]),
}


def model(architecture: str = "bert") -> Any:
    set_seed(0)
    config = AutoConfig.for_model(architecture, vocab_size=40, pad_token_id=0, num_labels=3, **SIZES[architecture])
    return AutoModelForSequenceClassification.from_config(config).eval()


def softened(**settings: Any) -> Softened:
    made = Softened.wanted(TrainSettings(model=BuiltModel(), **settings), 3)
    assert made
    return made


def test_smoothing_is_what_torch_says() -> None:
    each, outputs = softened(label_smoothing=0.2).losses(model(), BATCH, (0, 0))
    wanted = torch.nn.functional.cross_entropy(outputs.logits, BATCH["labels"], label_smoothing=0.2, reduction="none")
    torch.testing.assert_close(each, wanted)


@pytest.mark.parametrize("architecture", SIZES)
def test_a_batch_mixed_with_itself_is_the_batch(architecture: str) -> None:
    learner, given = model(architecture), {name: BATCH[name] for name in ("input_ids", "attention_mask")}
    mixed = mixed_inputs(learner, given, 0.3, torch.arange(3))
    with torch.no_grad():
        torch.testing.assert_close(learner(**mixed).logits, learner(**given).logits)


def test_mixed_labels_are_priced_by_their_shares_and_hang_on_seed_and_step() -> None:
    learner, mixing = model(), softened(mixup=0.4)
    each, outputs = mixing.losses(learner, BATCH, (7, 0))
    again, _ = mixing.losses(learner, BATCH, (7, 0))
    other, _ = mixing.losses(learner, BATCH, (8, 0))
    torch.testing.assert_close(each, again, rtol=0, atol=0)
    assert not torch.equal(each, other)
    logs = -outputs.logits.log_softmax(-1)
    assert ((each >= logs.min(1).values - 1e-5) & (each <= logs.max(1).values + 1e-5)).all()
    each.sum().backward()
    assert learner.get_input_embeddings().weight.grad.abs().sum() > 0


def test_nothing_is_softened_unasked_and_what_cannot_be_mixed_is_refused() -> None:
    assert Softened.wanted(TrainSettings(model=BuiltModel()), 0) is None
    assert "mixup" not in TrainSettings(model=BuiltModel()).model_dump()
    reader = AutoModelForSequenceClassification.from_config(
        AutoConfig.for_model("bart", vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1)
    )
    with pytest.raises(RecipeError, match=r"train\.mixup mixes what a model reads, and bart also writes"):
        softened(mixup=0.2).refuse(reader)
    with pytest.raises(ValidationError, match="a mixed example is of two sources"):
        TrainSettings.model_validate({"model": "start", "mixup": 0.2, "online": "odm"})
    with pytest.raises(ValidationError, match="label_smoothing"):
        TrainSettings.model_validate({"model": "start", "label_smoothing": 1.0})
