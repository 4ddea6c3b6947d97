"""Laws of every task's folder: its parts, the layout of its rows, and a loss that is worth to be learned from."""

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
import torch
from transformers import set_seed

from tasks.core.layout import Layout, Role
from tasks.core.records import Objective
from tasks.objectives.parts import (
    columns_of,
    evaluate_of,
    examples_of,
    guess_of,
    has_trial,
    losses_of,
    measures_of,
    task_names,
    trial_of,
)
from tasks.rows.layout import read_schema
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

ROOT = Path(__file__).parents[2]
LABELS = ("negative", "positive")
TEXTS = [
    "a good day",
    "a bad day in a long and bad week",
    "good",
    "it was so bad that nobody went",
    "the best week of all",
]
every_task = pytest.mark.parametrize("task", task_names())


def rows_of(layout: Layout) -> pl.DataFrame:
    """Eight rows of a layout: texts of several lengths, labels by turns."""
    columns = {role.name: [held(role, row % 5) for row in range(8)] for role in layout.roles}
    rows = {"row_id": [f"s:{row}" for row in range(8)], "source": ["s"] * 8, **columns}
    return pl.DataFrame(rows, schema=read_schema(layout))


def held(role: Role, number: int) -> object:
    """What a role holds, one of five for each type."""
    words = TEXTS[number].split()
    label = role.values[number % len(role.values)] if role.values else ""
    return {
        "nothing": None,
        "text": TEXTS[number],
        "label": label,
        "labels": [label],
        "value": float(number),
        "words": words,
        "tags": [role.values[(number + at) % len(role.values)] for at in range(len(words))] if role.values else [],
        "answers": {"text": [words[-1]], "answer_start": [TEXTS[number].rindex(words[-1])]},
        "messages": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": TEXTS[number]}],
    }[role.holds]


class Learner(NamedTuple):
    """A model of two layers from random weights, and examples of the task."""

    task: str
    model: Any
    collate: Any
    examples: list[dict[str, Any]]

    def loss(self, examples: list[dict[str, Any]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss of every example and its number of targets."""
        batch = self.collate(examples)
        return losses_of(self.task).losses(self.model(**batch), batch)

    def gradient(self, batches: list[list[dict[str, Any]]]) -> torch.Tensor:
        """Gradient of the summed loss over some batches."""
        self.model.zero_grad()
        for batch in batches:
            self.loss(batch)[0].sum().backward()
        return torch.cat([one.grad.flatten() for one in self.model.parameters() if one.grad is not None])


def learner_of(task: str) -> Learner:
    set_seed(0)
    layout, part = columns_of(task).layout(LABELS), examples_of(task)
    rows = rows_of(layout)
    labels = next((role.values for role in layout.roles if role.values), ())
    built = BuiltModel(vocabulary=400, **guess_of(task).model(32))
    settings = TrainSettings(model=built, max_tokens=32)
    model, tokenizer = load(settings, ".", Objective(task=task, labels=labels), TEXTS)
    model.eval()  # without dropout, so that the same batch has the same loss
    encoded = part.examples(rows, tokenizer, 32, labels)
    return Learner(task, model, part.Collator(tokenizer), [encoded[number] for number in range(len(encoded))])


@every_task
def test_the_layout_names_its_roles_and_goes_through_json(task: str) -> None:
    layout = columns_of(task).layout(LABELS)
    named = set(layout.names)
    assert len(named) == len(layout.roles)
    for some in (layout.texts, layout.compared, layout.key, layout.match):
        assert some
        assert set(some) <= named
    assert Layout.model_validate_json(layout.model_dump_json()) == layout
    assert set(columns_of(task).ABOUT) >= named, "the card says what each column holds"


@every_task
def test_measures_have_names_and_a_place_for_the_score(task: str) -> None:
    measured = measures_of(task)
    keys = [measure.key for measure in measured.measures]
    assert len(set(keys)) == len(keys) > 0
    assert measured.does.count("{}") == 1
    assert measured.baseline
    assert measured.hub


@every_task
def test_a_task_has_a_scorer_and_its_trial_where_it_names_one(task: str) -> None:
    assert callable(evaluate_of(task).score)
    assert not has_trial(task) or (callable(trial_of(task).try_mix) and callable(trial_of(task).learn_mix))


@every_task
def test_what_every_command_looks_at_loads_neither_torch_nor_transformers(task: str) -> None:
    parts = ", ".join(f"tasks.objectives.{task.replace('-', '_')}.{part}" for part in ("columns", "measures", "guess"))
    program = f"import sys, {parts}; print({{'torch', 'transformers'}} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert said.strip() == "set()"


@every_task
def test_the_loss_is_finite_pulls_at_the_weights_and_padding_changes_nothing(task: str) -> None:
    learner = learner_of(task)
    together, targets = learner.loss(learner.examples)
    assert torch.isfinite(together).all()
    assert (together >= 0).all()
    assert (targets > 0).all()
    alone = torch.cat([learner.loss([example])[0] for example in learner.examples])
    assert torch.allclose(together, alone, atol=1e-4)
    assert learner.gradient([learner.examples]).abs().max() > 0


@every_task
def test_one_batch_of_eight_pulls_as_eight_of_one(task: str) -> None:
    learner = learner_of(task)
    whole = learner.gradient([learner.examples])
    single = learner.gradient([[example] for example in learner.examples])
    assert torch.allclose(whole, single, atol=1e-4)


@every_task
def test_the_loss_falls_in_20_steps(task: str) -> None:
    learner = learner_of(task)
    optimiser = torch.optim.AdamW(learner.model.parameters(), lr=5e-3)
    means: list[float] = []
    for _ in range(20):
        optimiser.zero_grad()
        losses, targets = learner.loss(learner.examples)
        mean = losses.sum() / targets.sum()
        mean.backward()
        optimiser.step()
        means.append(mean.item())
    assert means[-1] < 0.8 * means[0]
