"""Start the training process and follow it to its end."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil

from tasks.core.imports import importing
from tasks.train.job import OUT_OF_MEMORY, Job, Message
from tasks.train.messages import failure, message_in, progress

PROBE = 1 << 16
"""Bytes that a process which ended without a word may have found no room for."""
Report = Callable[[float, str], None]
"""Called with how much is done (0..1) and a line for people."""


def run(job: Job, folder: Path, report: Report) -> None:
    """Train in a process of its own (one per GPU), again with smaller batches when the memory does not suffice.

    Args:
        folder: where the job's file and log are kept.

    Raises:
        TrainingFailed: what happened, the end of the log, and the remedy.
    """
    job.out.mkdir(exist_ok=True)
    while True:
        code, why = _once(job, folder, report)
        if code == 0:
            return
        if code == OUT_OF_MEMORY and (smaller := more_parts(job)):
            job = job.model_copy(update={"accumulate": smaller})
            report(
                0.0,
                (
                    f"out of memory: batches of {job.settings.batch_size // job.accumulate} rows now, {job.accumulate} "
                    "of them a step"
                ),
            )
            continue
        if not why:
            _probe(folder)
        raise failure(code, why, folder / "train.log", job)


def _probe(folder: Path) -> None:
    """Write as much as a log may take: a process that finds the disk full cannot even say so there.

    Raises:
        OSError: there is no room for it.
    """
    probe = folder / "probe"
    try:
        probe.write_bytes(bytes(PROBE))
    finally:
        probe.unlink(missing_ok=True)


def _once(job: Job, folder: Path, report: Report) -> tuple[int, str]:
    (folder / "job.json").write_text(job.model_copy(update={"parent": os.getpid()}).model_dump_json(), "utf-8")
    why, known = "", Message()
    with (folder / "train.log").open("wb") as log, _started(_command(job, folder), log) as child:
        for line in child.stdout or ():
            message = message_in(line)
            if message is None:
                continue
            why = message.error or why
            known = known.model_copy(update=message.model_dump(exclude_unset=True))  # losses are told now and then
            if message.steps:
                report(known.step / known.steps, progress(known))
    return known.code or child.returncode, why


def _command(job: Job, folder: Path) -> list[str]:
    processes = processes_of(job)
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    return [sys.executable, *start, "-m", "tasks.train.loop", str(folder / "job.json")]


def processes_of(job: Job) -> int:
    """Say how many processes train: each takes an equal part of a batch, so that a batch is the same on any machine."""
    wanted, batch = job.settings.processes, job.settings.batch_size
    if wanted != "auto":
        return wanted
    return 1 if job.settings.online else max(one for one in range(1, min(_devices(), batch) + 1) if batch % one == 0)


def more_parts(job: Job) -> int | None:
    """Give the next number of equal micro-batches, at least twice as many; None when each has one row already."""
    rows = job.settings.batch_size // processes_of(job)
    return next((parts for parts in range(2 * job.accumulate, rows + 1) if rows % parts == 0), None)


def _devices() -> int:
    with importing:
        import torch

    return max(1, torch.cuda.device_count())


@contextlib.contextmanager
def _started(command: list[str], log: Any) -> Generator[subprocess.Popen[str]]:
    quiet = {
        "TRANSFORMERS_VERBOSITY": "warning",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "PYTHONUNBUFFERED": "1",
    }
    patient = {
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive")
    }  # threads that spin starve each other on a busy machine
    home = {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    }
    with subprocess.Popen(  # noqa: S603 (our own interpreter and module)
        command,
        stdout=subprocess.PIPE,
        stderr=log,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=os.environ | quiet | patient | home,
        start_new_session=True,
    ) as child:
        children.add(child.pid)
        try:
            yield child
        finally:
            _send(child.pid, signal.SIGKILL)
            children.discard(child.pid)


children: set[int] = set()
"""Training processes under way; each leads a group of its own."""


def any_at_work() -> bool:
    """Say whether a training process is alive: who waits for it may be held up by something else."""
    for pid in tuple(children):
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def stop_all() -> None:
    """Ask every training process of this one to save a checkpoint after its step, and to end."""
    for pid in tuple(children):
        _send(pid, signal.SIGTERM)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
