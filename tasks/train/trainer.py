"""The Trainer of transformers with our order of the rows, and what it tells on stdout."""

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import Trainer, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint

from tasks.models.examples import Examples
from tasks.models.targets import SEGMENT, asked
from tasks.train.job import DIVERGED, Message
from tasks.train.order import WindowedLengths
from tasks.train.softened import Softened
from tasks.train.steered import Steered
from tasks.train.steering import Steering
from tasks.train.tracking import BySource

UNREAD = ("source", "teacher", "weight", SEGMENT)
"""What a batch holds that no model takes."""


MOST_NAMED = 64


class Ordered(Trainer):
    """The Trainer, with our order of the rows; it tells the losses of the rows by source to whom it may concern.

    The loss on rows kept aside is the mean over all that is predicted, however long the rows are that a batch holds.
    """

    loss_is_scaled_for_ga = True
    """A part's loss is that part of the batch's: it is not divided once more by the number of parts."""
    losses: Callable[[Any, Any], tuple[Any, Any]]
    aside: NDArray[np.int64]
    """Number of the source of every example that is kept aside."""
    aside_names: Sequence[str]
    by_means: bool = False
    """Whether the mean of these sources' means counts, or that of all examples."""
    by_source: BySource | None = None
    """What is told of every source by itself."""
    order: WindowedLengths | Steered
    steering: Steering | None = None
    softened: Softened | None = None
    """The loss of training in place of the plain one."""
    names: Sequence[str] = ()
    """Of the mix's rows."""
    first_bad: Any = torch.tensor(math.inf)
    """The first step whose loss was no number, as far as this process saw; asked for when a loss is told, so that no
    step waits for it."""

    def watch(self, sources: pl.Series, rows: NDArray[np.int64], *, by_means: bool) -> None:
        """Tell apart whose examples are kept aside.

        Args:
            sources: of the rows kept aside.
            rows: number of the row of each example.
            by_means: whether the mean of the sources' means counts, or that of all examples.
        """
        names, numbers = np.unique(sources.to_numpy(), return_inverse=True)
        self.aside, self.aside_names, self.by_means = numbers[rows], names.tolist(), by_means

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.order

    @property
    def parts(self) -> int:
        """Into how many parts a batch is divided: among processes, and again by what their memory takes."""
        return self.args.world_size * self.args.gradient_accumulation_steps

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """Give this process's parts of a batch, and how many targets all parts of all processes have.

        Where an epoch's last rows do not give every process as many, accelerate repeats some of its first: these count
        nothing, so that a batch is the same whoever takes part.
        """
        batches, targets = super().get_batch_samples(epoch_iterator, num_batches, device)
        if self.parts == 1 or not batches:
            return batches, targets
        rows, whole = self.args.train_batch_size, self.args.train_batch_size * self.parts
        left = len(self.order) - whole * (self.state.global_step % math.ceil(len(self.order) / whole))
        found = torch.zeros((), dtype=torch.float64)
        for number, batch in enumerate(batches):
            counts = asked(batch)
            first = rows * (number * self.args.world_size + self.args.process_index)
            new = first + torch.arange(len(counts), device=counts.device) < left
            if not new.all():
                batch["weight"] = batch.get("weight", 1.0) * new
            found += (counts * new).sum().cpu()
        return batches, self.accelerator.reduce(found.to(device), "sum")

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Give what this part of a batch adds to the mean loss: Σ w ℓ over its examples, by the number of the whole
        batch's targets; the gradients of the processes are averaged, so that it counts as often as there are processes.
        """
        sources, weights = inputs.pop("source", None), inputs.pop("weight", None)
        if self.softened is not None:
            place = self.state.global_step, self.args.process_index
            each, outputs = self.softened.losses(model, inputs, place)
            counts = torch.ones_like(each)
        elif self._plain(inputs, weights):
            loss, outputs = super().compute_loss(
                model, inputs, return_outputs=True, num_items_in_batch=num_items_in_batch
            )
            if self.by_source is not None and sources is not None:
                with torch.no_grad():
                    self.by_source.saw(sources, *self.losses(outputs, inputs))
            return (loss, outputs) if return_outputs else loss
        else:
            outputs = model(**read_of(inputs))
            each, counts = self.losses(outputs, inputs)
        for watching in (self.steering, self.by_source):
            if watching is not None and sources is not None:
                watching.saw(sources, each.detach(), counts)
        over = counts.sum() if self.parts == 1 else num_items_in_batch / self.args.world_size
        loss = (each if weights is None else each * weights.to(each)).sum() / over
        return (loss, outputs) if return_outputs else loss

    def _plain(self, inputs: Mapping[str, Any], weights: Any) -> bool:
        """Say whether the model's own mean loss is that of the batch."""
        whole = self.parts == 1 and self.steering is None and weights is None
        return whole and SEGMENT not in inputs and "labels" in inputs

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Any:
        """Learn from a part of a batch, and keep in mind whether its loss is a number."""
        loss = super().training_step(model, inputs, num_items_in_batch)
        here = torch.where(loss.isfinite(), math.inf, float(self.state.global_step + 1))
        self.first_bad = torch.minimum(self.first_bad.to(here), here)
        return loss

    def log(self, logs: dict[str, float], *args: Any, **named: Any) -> None:
        """Tell losses; beside that of training those of the sources, and the share of each, since the last time. What
        is no number ends the process, before a checkpoint is made of it.
        """
        super().log(logs | (self.by_source.told() if self.by_source and "loss" in logs else {}), *args, **named)
        if all(math.isfinite(logs.get(name, 0.0)) for name in ("loss", "eval_loss", "grad_norm")):
            return
        step, steps = self.state.global_step, self.state.max_steps
        bad: Any = self.accelerator.gather(self.first_bad.reshape(1))
        first = int(min(float(bad.min()), step))
        kept = get_last_checkpoint(str(self.args.output_dir))
        rows = listed(self.rows_of(first))
        good = f"the last good checkpoint is {kept}" if kept else "no checkpoint had been saved"
        leave(DIVERGED, f"the loss is no longer a number at step {first} of {steps}, whose batch holds {rows}; {good}")

    def rows_of(self, step: int) -> list[str]:
        """Name the rows that a step learns from."""
        batch = self.args.train_batch_size * self.parts
        epoch, number = divmod(step - 1, math.ceil(len(self.order) / batch))
        self.order.set_epoch(epoch)
        examples: Any = self.train_dataset
        return [self.names[int(examples.row[at])] for at in islice(self.order, number * batch, (number + 1) * batch)]

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Measure the loss on what is kept aside."""
        losses, counts = self.measured(self.eval_dataset)
        own = np.bincount(self.aside, losses) / np.bincount(self.aside, counts)
        measured = {f"{metric_key_prefix}_loss": float(own.mean() if self.by_means else losses.sum() / counts.sum())}
        each = zip(self.aside_names, own.tolist(), strict=True) if self.by_source else ()
        self.log(measured | {f"{metric_key_prefix}_loss/{name}": loss for name, loss in each})
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, measured)
        return measured

    def mean_loss(self, examples: Any) -> float:
        """Measure the mean loss on examples, without learning from them."""
        losses, counts = self.measured(examples)
        return float(losses.sum() / counts.sum())

    def measured(self, examples: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measure the loss of every example, and over how many targets it is, without learning from them."""
        model: Any = self.model
        model.eval()
        found, size = list[tuple[Any, Any]](), self.args.per_device_eval_batch_size
        with torch.no_grad():
            for start in range(0, len(examples), size):
                batch: Any = self.data_collator([examples[at] for at in range(start, min(start + size, len(examples)))])
                held = {name: value.to(self.args.device) for name, value in batch.items()}
                with self.accelerator.autocast():
                    outputs = model(**read_of(held))
                found.append(tuple(part.double().cpu() for part in self.losses(outputs, held)))
        model.train()
        losses, counts = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
        return losses, counts


def read_of(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Give what of a batch the model takes; of a packed one not the labels, whose loss it would reckon once more."""
    unread = {*UNREAD, "labels"} if SEGMENT in batch else UNREAD
    return {name: value for name, value in batch.items() if name not in unread}


class Telling(TrainerCallback):
    """Tells every step, and begins the epochs of order and examples."""

    def __init__(self, order: WindowedLengths | Steered, rows: Examples) -> None:
        self.order, self.rows = order, rows

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Choose the order of the epoch that begins, and draw what is drawn for it."""
        epoch = int(state.epoch or 0)
        self.order.set_epoch(epoch)
        self.rows.begin(epoch, args.seed)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell how far it is."""
        if state.is_world_process_zero:
            tell(Message(step=state.global_step, steps=state.max_steps))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Tell losses."""
        measured = {name: float(logs[name]) for name in ("loss", "eval_loss", "learning_rate") if name in logs}
        step = {"step": state.global_step, "steps": state.max_steps}
        if state.is_world_process_zero:
            tell(Message.model_validate(step | measured))


def listed(rows: Sequence[str]) -> str:
    """Name rows, as many as can be looked at."""
    more = f" and {len(rows) - MOST_NAMED:,} more" if len(rows) > MOST_NAMED else ""
    return ", ".join(rows[:MOST_NAMED]) + more


def tell(message: Message) -> None:
    """Write one line for the waiting process."""
    # The way to the waiting process is stdout.
    print(message.model_dump_json(exclude_defaults=True), flush=True)  # noqa: T201


def leave(code: int, why: str) -> None:
    """End the process with a reason, which torchrun would not pass on."""
    tell(Message(error=why, code=code))
    sys.stdout.flush()
    os._exit(code)
