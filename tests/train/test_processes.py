"""Several processes train what one would: the same batches, the same mean over their targets, and an end in order."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch

from tasks.core.errors import TrainingFailed
from tasks.core.records import Objective
from tasks.models.targets import asked
from tasks.objectives.parts import losses_of
from tasks.train import launch
from tasks.train.job import Message
from tasks.train.settings import BuiltModel
from tests.train.conftest import CONFIG, LABELS, TinyMix

SIZES = {"a": 120, "b": 72}
BERT = BuiltModel(vocabulary=300, config=CONFIG | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
GPT = BuiltModel(
    architecture="gpt2",
    vocabulary=300,
    config={"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32}
    | dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0),
)


@pytest.mark.parametrize(
    ("task", "batch", "shapes"),
    [
        ("text-classification", {"labels": torch.tensor([0, 1])}, {"logits": (2, 3)}),
        ("multi-label-classification", {"labels": torch.ones(2, 3)}, {"logits": (2, 3)}),
        ("regression", {"labels": torch.ones(2)}, {"logits": (2, 1)}),
        ("token-classification", {"labels": torch.tensor([[0, 1, -100], [2, -100, -100]])}, {"logits": (2, 3, 3)}),
        ("language-modelling", {"labels": torch.tensor([[-100, 1, 2], [-100, 2, -100]])}, {"logits": (2, 3, 3)}),
        ("masked-language-modelling", {"labels": torch.tensor([[0, 1, -100], [2, -100, 1]])}, {"logits": (2, 3, 3)}),
        (
            "question-answering",
            {end: torch.tensor([0, 1]) for end in ("start_positions", "end_positions")}
            | {"attention_mask": torch.ones(2, 3)},
            {"start_logits": (2, 3), "end_logits": (2, 3)},
        ),
    ],
)
def test_targets_are_counted_beforehand_as_the_losses_count_them(
    task: str, batch: dict[str, torch.Tensor], shapes: dict[str, tuple[int, ...]]
) -> None:
    outputs = SimpleNamespace(**{name: torch.zeros(shape) for name, shape in shapes.items()})
    assert losses_of(task).losses(outputs, batch)[1].tolist() == asked(batch).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "objective"),
    [
        (BERT, Objective(task="text-classification", labels=LABELS)),
        (GPT, Objective(task="language-modelling")),
    ],
)
def test_two_processes_train_the_model_of_one(
    tiny_mix: Callable[..., TinyMix], model: BuiltModel, objective: Objective
) -> None:
    """Batches of unlike lengths, so that parts of one have unlike numbers of targets, and an epoch whose last batch is
    too small for both.
    """
    mix = tiny_mix(SIZES)
    told = {"model": model, "objective": objective, "batch_size": 42, "batches": "exact", "max_tokens": 10}
    curves = [mix.trained(**told, processes=count).curve for count in (1, 2)]
    for one, other in zip(*curves, strict=True):
        assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.slow
def test_two_processes_save_a_checkpoint_on_sigterm_and_are_gone(
    tiny_mix: Callable[..., TinyMix], monkeypatch: pytest.MonkeyPatch
) -> None:
    mix, read, workers, told = tiny_mix(SIZES), launch.message_in, set[int](), list[float]()

    def ask_at_half(line: str) -> Message | None:
        message = read(line)
        if not told and message and message.step >= 20:
            workers.update(one.pid for pid in launch.children for one in psutil.Process(pid).children(recursive=True))
            workers.update(launch.children)
            told.append(time.monotonic())
            launch.stop_all()
        return message

    monkeypatch.setattr(launch, "message_in", ask_at_half)
    with pytest.raises(TrainingFailed, match=r"saved step \d+ of \d+; the same command goes on from there") as ended:
        mix.trained(epochs=40, processes=2)
    assert time.monotonic() - told[0] < 60
    assert len(workers) >= 3
    saved = str(ended.value).split("saved step ")[1].split()[0]
    assert len([*mix.store.glob(f"scratch/train-*/checkpoints/checkpoint-{saved}")]) == 1
    assert not any(map(alive, workers))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
