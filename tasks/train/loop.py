"""The training process: `python -m tasks.train.loop JOB.json`. Tells its progress on stdout, one JSON object a line.

The loop is the Trainer of transformers; only the order of the rows is ours. Every random number hangs on the job's
seed, the number of threads is set, and a resumed training ends with the same weights as one that was never stopped (one
process, CPU).
"""

import json
import math
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from tasks.core.errors import CuveeError, NoSpace
from tasks.core.space import having_space
from tasks.manifests.model import USAGE, ModelFacts
from tasks.models.examples import Examples
from tasks.objectives.parts import columns_of, examples_of, losses_of
from tasks.rows.layout import MADE, ROW_ID, SOURCE
from tasks.train.best import Best, validation_rows
from tasks.train.early_end import EarlyEnd
from tasks.train.job import NO_SPACE, OUT_OF_MEMORY, STOPPED, UNUSABLE, Job
from tasks.train.model import load
from tasks.train.order import planned_order
from tasks.train.packing import Packing
from tasks.train.reading import filled, read_rows, texts_of
from tasks.train.softened import Softened
from tasks.train.steering import Steering
from tasks.train.teacher import TARGET, teacher_logits, with_targets_written
from tasks.train.tracking import RecipeTold, settle_trackers, tracked_by_source
from tasks.train.trainer import Ordered, Telling, leave
from tasks.train.tuning import learning, merged, tune
from tasks.train.usage import Measuring

POINTS = 20
"""Points of the learning curve; a checkpoint is saved at every second one, so that no mean loss spans an
interruption."""
CURVE_ROWS = 200, 2_000
"""Fewest and most hold-out rows that a point of the learning curve looks at; between, a tenth of the rows that are
trained on."""
EVALUATION_BATCH = 64
"""Most rows at a time where nothing is learned; no more than a training batch, which is known to fit."""


def watch_parent(parent: int) -> None:
    """End this process when the one that waits for it is gone, or that started it, as torchrun does; nobody would take
    the model.
    """
    starter = os.getppid()

    def watch() -> None:
        while os.getppid() == starter and (Path(f"/proc/{parent}").exists() or not Path("/proc").exists()):
            time.sleep(0.5)
        os._exit(1)

    if parent:
        threading.Thread(target=watch, daemon=True).start()


def arguments(job: Job, rows: int) -> TrainingArguments:
    """Translate our settings into the Trainer's."""
    settings, processes = job.settings, int(os.environ.get("WORLD_SIZE", "1"))
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
        average_tokens_across_devices=False,  # the Trainer counts labels, not targets; `Ordered` counts these
        report_to=[*settings.report_to] or "none",
        run_name=job.tracked.name if job.tracked else None,
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
    epochs = [read_rows(files, filled(layout), job.seed) for files in (job.mix, *job.later)]
    mix, drawn = pl.concat(epochs), epochs[0].height
    distil, writes = job.settings.distil, TARGET in layout.names
    if distil and writes:
        mix = with_targets_written(distil, job.base, job.objective, mix, longest)
    texts = texts_of(layout, mix[:drawn], job.vocabulary)
    model, tokenizer = load(job.settings, job.base, job.objective, texts, goes_on=job.goes_on)
    collator, losses = batching(job, model, tokenizer)
    tuner = tune(model, job.settings, task)
    rows = objective.examples(mix, tokenizer, longest, labels)
    if distil and not writes:
        rows.teacher = teacher_logits(distil, job.base, job.objective, mix, longest)[rows.row]
    if job.loss_weights:
        rows.weights = mix[SOURCE].replace_strict(job.loss_weights, return_dtype=pl.Float64).to_numpy()[rows.row]
    steering = steered(job, mix, rows)
    by_source = tracked_by_source(job, mix, rows)
    seen, validates = kept_aside(job, mix, drawn, filled(layout))
    best = Best(job.checkpoints, job.settings.patience) if validates and job.settings.keep == "best" else None
    end = EarlyEnd(job.settings.max_minutes)
    parts = np.split(np.arange(len(rows)), np.searchsorted(rows.row, np.cumsum([part.height for part in epochs])[:-1]))
    planned = planned_order(job.settings, rows.lengths, mix[SOURCE][rows.row], job.seed, parts)
    order = steering.sampler if steering else planned
    held = objective.examples(seen, tokenizer, longest, labels)
    usage, told = Measuring(), job.tracked and RecipeTold(job.tracked)
    settle_trackers(job)
    trainer = Ordered(
        model=model,
        args=arguments(job, len(planned)),
        train_dataset=rows,
        eval_dataset=held,
        processing_class=tokenizer,
        data_collator=collator,
        callbacks=[each for each in (Telling(order, rows), steering, best, end, told) if each],
    )
    trainer.losses, trainer.order, trainer.steering, trainer.by_source = losses, order, steering, by_source
    trainer.names = mix[ROW_ID].to_list()
    if not writes and (softened := Softened.wanted(job.settings, job.seed)):
        softened.refuse(model)
        trainer.softened = softened
    trainer.watch(seen[SOURCE], held.row, by_means=validates)
    if steering and len(steering.probe):
        probe = torch.utils.data.Subset(rows, steering.probe.tolist())
        steering.measure = lambda: trainer.mean_loss(probe)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(job.checkpoints)))
    if trainer.is_world_process_zero() and not end.stopped:
        save(job, trainer, mix, rows, best, tuner, cut=end.cut)
        (job.out / USAGE).write_text(usage.so_far().model_dump_json(), "utf-8")
    # a process that leaves first takes the others' connections with it, and they abort
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()
    if end.stopped:
        state = trainer.state
        leave(STOPPED, f"the training was asked to end, and saved step {state.global_step} of {state.max_steps}")


def kept_aside(job: Job, mix: pl.DataFrame, drawn: int, columns: Sequence[str]) -> tuple[pl.DataFrame, bool]:
    """Give the rows that are looked at while training, and whether they are validation rows; else of the hold-out.

    Args:
        drawn: rows of an epoch.
    """
    validation = validation_rows(job.validation, mix[SOURCE].unique().to_list(), columns)
    holdout = pl.concat([pl.read_parquet(file, columns=[*columns, SOURCE]) for file in job.holdout])
    aside = holdout if validation is None else validation
    limit = min(max(CURVE_ROWS[0], int(drawn * job.settings.epochs / 10)), CURVE_ROWS[1])
    return aside if aside.height <= limit else aside.sample(limit, seed=job.seed), validation is not None


def batching(job: Job, model: Any, tokenizer: Any) -> tuple[Any, Any]:
    """Give what makes examples a batch, and what gives the losses of one."""
    task, objective = job.objective.task, examples_of(job.objective.task)
    if not job.settings.packing:
        return objective.Collator(tokenizer), losses_of(task).losses
    forward = objective.Model.__name__ == "AutoModelForCausalLM"
    packing = Packing(model, tokenizer, forward=forward)
    packing.refuse(model, job.settings.max_tokens)
    return packing, packing.losses


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


def save(
    job: Job, trainer: Ordered, mix: pl.DataFrame, rows: Examples, best: Best | None, tuner: Any, *, cut: bool
) -> None:
    """Write what training made: the best weights, where they were looked for, else the last ones."""
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    learned = learning(model)
    if best and tuner is None:
        best.copy(job.out)
    else:
        if best:
            best.load(model)
        model = merged(model, tuner)
        model.save_pretrained(job.out)
    tokenizer: Any = trainer.processing_class
    tokenizer.save_pretrained(job.out)
    history = trainer.state.log_history
    kept, aside = best.step if best else None, "validation_loss" if trainer.by_means else "holdout_loss"
    (job.out / "curve.json").write_text(json.dumps(curve(history, aside, kept), indent=1), "utf-8")
    read = mix.filter(~pl.col(ROW_ID).str.contains(MADE)).group_by(SOURCE).agg(pl.col(ROW_ID).n_unique())
    facts = ModelFacts(
        steps=trainer.state.global_step,
        kept=kept,
        planned=trainer.state.max_steps if cut else None,
        epochs=round(trainer.state.epoch or 0.0, 4) if cut else job.settings.epochs,
        examples=len(rows),
        tokens=int(rows.lengths.sum()),
        truncated=rows.truncated,
        parameters=sum(weights.numel() for weights in model.parameters()),
        learning=learned,
        max_tokens=job.settings.max_tokens,
        architecture=model.config.model_type,
        accumulate=job.accumulate,
        start=job.start,
        drawn=dict(sorted(read.iter_rows())) if job.later else {},
        online=trainer.steering.facts(trainer.state.global_step) if trainer.steering else None,
    )
    (job.out / "facts.json").write_text(facts.model_dump_json(), "utf-8")


def curve(history: list[dict[str, Any]], aside: str, kept: int | None) -> list[dict[str, float]]:
    """Bring the Trainer's log to one point a step: step, epoch, loss, learning_rate, the loss on what is kept aside,
    and `kept` at the step whose weights are published.

    Args:
        aside: name of the loss on what is kept aside: `validation_loss` or `holdout_loss`.
    """
    names = {"loss": "loss", "eval_loss": aside, "learning_rate": "learning_rate"}
    points: dict[int, dict[str, float]] = {}
    for entry in history:
        measured = {ours: float(entry[theirs]) for theirs, ours in names.items() if theirs in entry}
        if measured:
            here = {"step": entry["step"], "epoch": round(float(entry["epoch"]), 4)}
            points.setdefault(entry["step"], here).update(measured)
    if kept in points:
        points[kept]["kept"] = 1.0
    return list(points.values())


def main() -> None:
    """Read the job and carry it out; the exit code says what went wrong."""
    job = Job.model_validate_json(Path(sys.argv[1]).read_bytes())
    torch.set_num_threads(job.settings.threads)
    try:
        with having_space(job.folder):
            train(job)
    except NoSpace as error:
        leave(NO_SPACE, str(error))
    except CuveeError as error:
        leave(UNUSABLE, str(error))
    except (torch.OutOfMemoryError, MemoryError) as error:
        leave(OUT_OF_MEMORY, str(error).splitlines()[0])
    except RuntimeError as error:
        if "allocate memory" not in str(error) and "out of memory" not in str(error):
            raise
        leave(OUT_OF_MEMORY, str(error).splitlines()[0])
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not (job.settings.report_to and os.environ["RANK"] == "0"):
        # The interpreter's own end may wait for ever for threads of gloo. What is left to it is to let trackers finish.
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
