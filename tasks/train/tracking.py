"""Trackers: what TensorBoard, W&B and MLflow are told of a training beside what transformers tells them, and where they
write.
"""

import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import TrainerCallback

from tasks.core.imports import importing
from tasks.models.examples import Examples
from tasks.rows.layout import SOURCE
from tasks.train.job import Job, Tracked

TENSORBOARD = "TENSORBOARD_LOGGING_DIR"
"""Variable that says where TensorBoard's files go."""


class BySource:
    """Losses and shares of the sources in what was learned since they were told last.

    Args:
        names: of the sources, by their numbers.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.sums, self.counts, self.rows = (np.zeros(len(names)) for _ in range(3))

    def saw(self, sources: torch.Tensor, losses: torch.Tensor, counts: torch.Tensor) -> None:
        """Note the loss of every row of a batch, and over how many targets each is."""
        numbers = sources.cpu().numpy()
        np.add.at(self.sums, numbers, losses.float().cpu().numpy())
        np.add.at(self.counts, numbers, counts.cpu().numpy())
        np.add.at(self.rows, numbers, 1)

    def told(self) -> dict[str, float]:
        """Give each source's mean loss and its share of the rows, and begin anew; of one without a row only this."""
        losses = {
            f"loss/{name}": float(loss / count)
            for name, loss, count in zip(self.names, self.sums, self.counts, strict=True)
            if count
        }
        total = max(1.0, self.rows.sum())
        shares = {f"share/{name}": float(rows / total) for name, rows in zip(self.names, self.rows, strict=True)}
        self.sums[:], self.counts[:], self.rows[:] = 0, 0, 0
        return losses | shares


def tracked_by_source(job: Job, mix: pl.DataFrame, rows: Examples) -> BySource | None:
    """Give what watches the sources, and number those of the examples, where a tracker is told of them; every piece of
    a row counts as a row.
    """
    if not job.settings.report_to:
        return None
    names = mix[SOURCE].unique(maintain_order=True).to_list()
    if rows.sources is None:
        numbers = mix[SOURCE].replace_strict({name: at for at, name in enumerate(names)}, return_dtype=pl.Int64)
        rows.sources = numbers.to_numpy()[rows.row]
    return BySource(names)


def settle_trackers(job: Job) -> None:
    """Say where trackers write: into the job's folder, where the environment does not say otherwise. W&B stays offline
    unless `WANDB_MODE` says that it may go out, and looks at no code.
    """
    if job.tracked is None:
        return
    name = job.tracked.name
    places = {
        TENSORBOARD: str(job.trackers / "tensorboard"),
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(job.trackers),
        "WANDB_PROJECT": name,
        "WANDB_SILENT": "true",
        "WANDB_DISABLE_GIT": "true",
        "WANDB_DISABLE_CODE": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{job.trackers / 'mlflow.db'}",
        "MLFLOW_EXPERIMENT_NAME": name,
    }
    job.trackers.mkdir(exist_ok=True)
    for variable, value in places.items():
        os.environ.setdefault(variable, value)


class RecipeTold(TrainerCallback):
    """Tells trackers the recipe as it is published, once those of transformers have begun."""

    def __init__(self, tracked: Tracked) -> None:
        self.tracked = tracked

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 (the Trainer's own)
        """Tell it."""
        if state.is_world_process_zero:
            for tracker in args.report_to:
                TELL[tracker](self.tracked)


def _tell_tensorboard(tracked: Tracked) -> None:
    with importing:
        from torch.utils.tensorboard import SummaryWriter

    text = json.dumps(tracked.recipe, indent=2, ensure_ascii=False)
    with SummaryWriter(os.environ[TENSORBOARD]) as writer:
        writer.add_text("recipe", "".join(f"    {line}\n" for line in text.splitlines()))  # Markdown shows it as it is


def _tell_wandb(tracked: Tracked) -> None:
    wandb = importlib.import_module("wandb")
    wandb.config.update({"recipe": tracked.recipe}, allow_val_change=True)


def _tell_mlflow(tracked: Tracked) -> None:
    importlib.import_module("mlflow").set_tag("recipe", json.dumps(tracked.recipe, ensure_ascii=False))


TELL: Mapping[str, Callable[[Tracked], None]] = {
    "tensorboard": _tell_tensorboard,
    "wandb": _tell_wandb,
    "mlflow": _tell_mlflow,
}
"""How each is told a recipe."""
