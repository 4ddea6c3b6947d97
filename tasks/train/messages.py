"""What the training process says, put into words; none of it shapes the model."""

import contextlib
import signal
from pathlib import Path

from pydantic import ValidationError

from tasks.core.errors import NoSpace, RecipeError, TrainingFailed
from tasks.objectives.parts import measures_of
from tasks.train.job import DIVERGED, NO_SPACE, OUT_OF_MEMORY, STOPPED, UNUSABLE, Job, Message


def message_in(line: str) -> Message | None:
    """Read what the training process says in one line; None when a library wrote it."""
    with contextlib.suppress(ValidationError):
        return Message.model_validate_json(line)
    return None


def progress(message: Message) -> str:
    """Say how far the training is."""
    losses = {"loss": message.loss, "loss on rows kept aside": message.eval_loss}
    known = "".join(f", {name} {loss:.4f}" for name, loss in losses.items() if loss is not None)
    return f"step {message.step:,} of {message.steps:,}{known}"


def failure(code: int, why: str, log: Path, job: Job) -> Exception:
    """Say how the training process ended, and the remedy."""
    if code in (UNUSABLE, NO_SPACE):
        return RecipeError(why) if code == UNUSABLE else NoSpace(why)
    if code == STOPPED:
        return TrainingFailed(f"{why}; the same command goes on from there")
    if code == DIVERGED:
        return TrainingFailed(
            f"{why}. Remedy: a smaller train.learning_rate (now {job.settings.learning_rate:g}), or a longer "
            "train.warmup"
        )
    if code == OUT_OF_MEMORY:
        return TrainingFailed(
            f"out of memory even with one row at a time: {why}. Remedy: a smaller model, or a smaller train.max_tokens"
        )
    if code < 0:
        return TrainingFailed(
            f"the training process was ended by {signal.Signals(-code).name}; the same command goes on from the "
            "last checkpoint"
        )
    last = "\n  ".join(log.read_text("utf-8", "replace").splitlines()[-8:])
    return TrainingFailed(f"the training process ended with exit code {code}; the end of {log}:\n  {last}")


def unfit(model: str, task: str) -> str:
    """Say that an architecture cannot learn a task, and which can."""
    measured = measures_of(task)
    return f"train.model: {model!r} is no {measured.model}; take {measured.takes}"


def headless(architecture: str, task: str) -> str:
    """Say that a model has nothing but its body that could learn."""
    return (
        f"train.tune: head, but {architecture!r} has no weights of its own for a {measures_of(task).model} beside its "
        "body's; take lora or full"
    )


def cannot_be_built(architecture: str, task: str, why: str) -> str:
    """Say that an architecture does not take its configuration."""
    return f"train.model: no {architecture!r} {measures_of(task).model} can be built so: {why.splitlines()[0]}"
