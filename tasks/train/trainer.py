"""The Trainer of transformers with our order of the rows, and what it tells on stdout."""

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import Trainer, TrainerCallback

from tasks.models.examples import Examples
from tasks.models.targets import NOT_PREDICTED
from tasks.train.job import DIVERGED, Message
from tasks.train.order import WindowedLengths
from tasks.train.packing import SEGMENT
from tasks.train.softened import Softened
from tasks.train.steered import Steered
from tasks.train.steering import Steering
from tasks.train.tracking import BySource

UNREAD = ("source", "teacher", "weight", SEGMENT)
"""What a batch holds that no model takes."""


class Ordered(Trainer):
    """The Trainer, with our order of the rows; it tells the losses of the rows by source to whom it may concern.

    The loss on rows kept aside is the mean over all that is predicted, however long the rows are that a batch holds.
    """

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

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Give the mean loss of a batch: Σ w ℓ over its examples, by the number of their targets."""
        sources, weights = inputs.pop("source", None), inputs.pop("weight", None)
        if self.softened is not None:
            place = self.state.global_step, self.args.process_index
            each, outputs = self.softened.losses(model, inputs, place)
            counts = torch.ones_like(each)
        elif self.steering is None and weights is None and SEGMENT not in inputs and "labels" in inputs:
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
        over = counts.sum()
        if num_items_in_batch is not None:  # of all micro-batches; the Trainer counts numbers of labels, not targets
            over = num_items_in_batch * (over / (inputs["labels"] != NOT_PREDICTED).sum())
        loss = (each if weights is None else each * weights.to(each)).sum() / over
        return (loss, outputs) if return_outputs else loss

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

    def log(self, logs: dict[str, float], *args: Any, **named: Any) -> None:
        """Tell losses; beside that of training those of the sources, and the share of each, since the last time."""
        super().log(logs | (self.by_source.told() if self.by_source and "loss" in logs else {}), *args, **named)

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
    """Tells every step, begins the epochs of order and examples, and stops a training that diverges."""

    def __init__(self, order: WindowedLengths | Steered, rows: Examples) -> None:
        self.order, self.rows = order, rows

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Choose the order of the epoch that begins, and draw what is drawn for it."""
        epoch = int(state.epoch or 0)
        self.order.set_epoch(epoch)
        self.rows.begin(epoch, args.seed)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell how far it is."""
        tell(Message(step=state.global_step, steps=state.max_steps))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Tell losses; a loss that is no number ends the process."""
        measured = {name: float(logs[name]) for name in ("loss", "eval_loss", "learning_rate") if name in logs}
        step = {"step": state.global_step, "steps": state.max_steps}
        tell(Message.model_validate(step | measured))
        if any(not math.isfinite(measured.get(name, 0.0)) for name in ("loss", "eval_loss")):
            leave(DIVERGED, f"the loss is no longer a number at step {state.global_step} of {state.max_steps}")


def tell(message: Message) -> None:
    """Write one line for the waiting process."""
    if int(os.environ.get("RANK", "0")) == 0:
        # The way to the waiting process is stdout.
        print(message.model_dump_json(exclude_defaults=True), flush=True)  # noqa: T201


def leave(code: int, why: str) -> None:
    """End the process with a reason."""
    tell(Message(error=why))
    sys.stdout.flush()
    os._exit(code)
