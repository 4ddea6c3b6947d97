"""The training process: `python -m tasks.train.loop JOB.json`. Tells its progress on stdout, one JSON object a line.

The loop is the Trainer of transformers; only the order of the rows is ours. Every random number hangs on the job's
seed, and a resumed training ends with the same weights as one that was never stopped (one process, CPU).
"""

import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from tasks.core.errors import CuveeError
from tasks.manifests.model import ModelFacts
from tasks.models.examples import Examples
from tasks.objectives.parts import columns_of, examples_of, losses_of
from tasks.rows.layout import ROW_ID, SOURCE, one_text
from tasks.train.job import DIVERGED, OUT_OF_MEMORY, UNUSABLE, Job, Message
from tasks.train.model import load
from tasks.train.order import WindowedLengths
from tasks.train.steered import Steered
from tasks.train.steering import Steering

POINTS = 20
"""Points of the learning curve; a checkpoint is saved at every second one, so that no mean loss spans an
interruption."""
CURVE_ROWS = 200, 2_000
"""Fewest and most hold-out rows that a point of the learning curve looks at; between, a tenth of the rows that are
trained on."""
EVALUATION_BATCH = 64
"""Most rows at a time where nothing is learned; no more than a training batch, which is known to fit."""


class Ordered(Trainer):
    """The Trainer, with our order of the rows; it tells the losses of the rows by source to whom it may concern.

    The hold-out loss is the mean over all that is predicted, however long the rows are that a batch holds.
    """

    losses: Callable[[Any, Any], tuple[Any, Any]]
    order: WindowedLengths | Steered
    steering: Steering | None = None

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self.order

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Give the mean loss of a batch."""
        sources = inputs.pop("source", None)
        unsteered = self.steering is None or sources is None
        if unsteered and "labels" in inputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        outputs = model(**inputs)
        each, counts = self.losses(outputs, inputs)
        if self.steering is not None and sources is not None:
            self.steering.saw(sources, each.detach(), counts)
        loss = each.sum() / (counts.sum() if num_items_in_batch is None else num_items_in_batch)
        return (loss, outputs) if return_outputs else loss

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Measure the hold-out loss."""
        measured = {f"{metric_key_prefix}_loss": self.mean_loss(self.eval_dataset)}
        self.log(measured)
        return measured

    def mean_loss(self, examples: Any) -> float:
        """Measure the mean loss on examples, without learning from them."""
        model: Any = self.model
        model.eval()
        total, count, size = 0.0, 0, self.args.per_device_eval_batch_size
        with torch.no_grad():
            for start in range(0, len(examples), size):
                batch: Any = self.data_collator([examples[at] for at in range(start, min(start + size, len(examples)))])
                held = {name: value.to(self.args.device) for name, value in batch.items() if name != "source"}
                with self.accelerator.autocast():
                    outputs = model(**held)
                each, counts = self.losses(outputs, held)
                total, count = total + float(each.double().sum()), count + int(counts.sum())
        model.train()
        return total / count


class Telling(TrainerCallback):
    """Tells every step, keeps the sampler's epoch, and stops a training that diverges."""

    def __init__(self, order: WindowedLengths | Steered) -> None:
        self.order = order

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Choose the order of the epoch that begins."""
        self.order.set_epoch(int(state.epoch or 0))

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


def watch_parent(parent: int) -> None:
    """End this process when the one that waits for it is gone; nobody would take the model."""

    def watch() -> None:
        while Path(f"/proc/{parent}").exists() if Path("/proc").exists() else os.getppid() != 1:
            time.sleep(0.5)
        os._exit(1)

    if parent:
        threading.Thread(target=watch, daemon=True).start()


def arguments(job: Job, rows: int, processes: int) -> TrainingArguments:
    """Translate our settings into the Trainer's."""
    settings = job.settings
    per_device = max(1, settings.batch_size // (processes * job.accumulate))
    steps = max(1, math.ceil(math.ceil(rows / settings.batch_size) * settings.epochs))
    point = max(1, steps // POINTS)
    gpu = torch.cuda.is_available()
    bf16 = settings.precision == "bfloat16" or (settings.precision == "auto" and gpu and torch.cuda.is_bf16_supported())
    return TrainingArguments(
        output_dir=str(job.checkpoints),
        num_train_epochs=settings.epochs,
        seed=job.seed,
        data_seed=job.seed,
        per_device_train_batch_size=per_device,
        gradient_accumulation_steps=job.accumulate,
        per_device_eval_batch_size=min(EVALUATION_BATCH, per_device),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=math.ceil(steps * settings.warmup),
        eval_strategy="steps",
        eval_steps=point,
        logging_steps=point,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=2 * point,
        save_total_limit=2,
        bf16=bf16,
        use_cpu=not gpu,
        optim="adamw_torch_fused",
        average_tokens_across_devices=False,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
    )


def train(job: Job) -> None:
    """Carry a job out: model, tokenizer, `curve.json` and `facts.json` are in `job.out` afterwards."""
    watch_parent(job.parent)
    set_seed(job.seed)
    task, labels, longest = job.objective.task, job.objective.labels, job.settings.max_tokens
    layout, objective = columns_of(task).layout(labels), examples_of(task)
    mix = pl.read_parquet(list(job.mix), columns=[*layout.names, SOURCE, ROW_ID])
    texts = pl.concat([mix.select(one_text(layout, [role])).to_series() for role in layout.texts])
    model, tokenizer = load(job.settings, job.base, job.objective, texts)
    rows = objective.examples(mix, tokenizer, longest, labels)
    steering = steered(job, mix, rows)
    aside = pl.concat([pl.read_parquet(file, columns=list(layout.names)) for file in job.holdout])
    limit = min(max(CURVE_ROWS[0], int(len(mix) * job.settings.epochs / 10)), CURVE_ROWS[1])
    seen = aside if aside.height <= limit else aside.sample(limit, seed=job.seed)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    order = steering.sampler if steering else WindowedLengths(rows.lengths, job.settings.batch_size, job.seed)
    trainer = Ordered(
        model=model,
        args=arguments(job, len(rows), processes),
        train_dataset=rows,
        eval_dataset=objective.examples(seen, tokenizer, longest, labels),
        processing_class=tokenizer,
        data_collator=objective.Collator(tokenizer),
        callbacks=[Telling(order), *([steering] if steering else [])],
    )
    trainer.losses, trainer.order, trainer.steering = losses_of(task).losses, order, steering
    if steering and len(steering.probe):
        probe = torch.utils.data.Subset(rows, steering.probe.tolist())
        steering.measure = lambda: trainer.mean_loss(probe)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(job.checkpoints)))
    if trainer.is_world_process_zero():
        save(job, trainer, rows)
    # a process that leaves first takes the others' connections with it, and they abort
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()


def steered(job: Job, mix: pl.DataFrame, rows: Examples) -> Steering | None:
    """Let a method set the weights while training, if the recipe asks for one; every piece of a row counts as a row."""
    if job.settings.online is None:
        return None
    batches = math.ceil(len(rows) / job.settings.batch_size)
    piece = pl.Series(np.arange(len(rows)) - np.searchsorted(rows.row, rows.row)).cast(pl.String)
    of = mix.select(SOURCE, ROW_ID)[rows.row.tolist()].with_columns(pl.col(ROW_ID) + "#" + piece)
    steering = Steering(
        of, job.settings.online, job.settings.batch_size, batches, math.ceil(batches * job.settings.epochs), job.seed
    )
    rows.sources = steering.source
    return steering


def save(job: Job, trainer: Ordered, rows: Examples) -> None:
    """Write what training made."""
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    model.save_pretrained(job.out)
    tokenizer: Any = trainer.processing_class
    tokenizer.save_pretrained(job.out)
    history = trainer.state.log_history
    (job.out / "curve.json").write_text(json.dumps(curve(history), indent=1))
    facts = ModelFacts(
        steps=trainer.state.global_step,
        epochs=job.settings.epochs,
        examples=len(rows),
        tokens=int(rows.lengths.sum()),
        truncated=rows.truncated,
        parameters=sum(weights.numel() for weights in model.parameters()),
        max_tokens=job.settings.max_tokens,
        architecture=model.config.model_type,
        accumulate=job.accumulate,
        start=job.start,
        online=trainer.steering.facts(trainer.state.global_step) if trainer.steering else None,
    )
    (job.out / "facts.json").write_text(facts.model_dump_json())


def curve(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Bring the Trainer's log to one point a step: step, epoch, loss, holdout_loss, learning_rate."""
    names = {"loss": "loss", "eval_loss": "holdout_loss", "learning_rate": "learning_rate"}
    points: dict[int, dict[str, float]] = {}
    for entry in history:
        measured = {ours: float(entry[theirs]) for theirs, ours in names.items() if theirs in entry}
        if measured:
            here = {"step": entry["step"], "epoch": round(float(entry["epoch"]), 4)}
            points.setdefault(entry["step"], here).update(measured)
    return list(points.values())


def main() -> None:
    """Read the job and carry it out; the exit code says what went wrong."""
    job = Job.model_validate_json(Path(sys.argv[1]).read_bytes())
    try:
        train(job)
    except CuveeError as error:
        leave(UNUSABLE, str(error))
    except (torch.OutOfMemoryError, MemoryError) as error:
        leave(OUT_OF_MEMORY, str(error).splitlines()[0])
    except RuntimeError as error:
        if "allocate memory" not in str(error) and "out of memory" not in str(error):
            raise
        leave(OUT_OF_MEMORY, str(error).splitlines()[0])


if __name__ == "__main__":
    main()
