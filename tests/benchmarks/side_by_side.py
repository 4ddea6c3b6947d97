"""Runs engines in turn, each in a process of its own, and prints one line for each: medians and ratios."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

Figures = dict[str, float]


def measure(command: Sequence[str]) -> Figures:
    """Run a command: wall and CPU seconds of the whole process tree, its peak memory and that of its largest process,
    sampled 20 times a second.

    Memory is the proportional share (PSS), in MB. The command's working folder is an empty one that is deleted
    afterwards; what it prints is shown only when it fails.
    """
    started, peak, largest, cpu = time.monotonic(), 0.0, 0.0, dict[int, float]()
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "HF_HUB_OFFLINE": "1", "LOGURU_LEVEL": "ERROR"}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder) as process:
            while process.poll() is None:
                held = look(process.pid, cpu)
                peak, largest = max(peak, sum(held)), max(largest, *held, 0.0)
                time.sleep(0.05)
        wall = time.monotonic() - started
        if process.returncode:
            log.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{log.read().decode(errors='replace')[-3000:]}")
    return {"wall": wall, "cpu": sum(cpu.values()), "peak": peak, "largest": largest}


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _tree(int(child))


def look(pid: int, cpu: dict[int, float]) -> list[float]:
    """Give the memory (PSS) of a process and of each of its children, in MB, and note each one's CPU seconds; what has
    just ended is left out."""
    held: list[float] = []
    try:
        for one in _tree(pid):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            held.append(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024)
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            cpu[one] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, StopIteration):
        return held
    return held


def compare(engines: Sequence[str], rounds: int, run: Callable[[str], Figures], base: str) -> None:
    """Run all engines in turn (A B C A B C ...) and print what came of it; x = the base's figure / this one's, median
    of rounds."""
    runs: dict[str, list[Figures]] = {engine: [] for engine in engines}
    for turn in range(rounds):
        for engine, results in runs.items():
            results.append(run(engine))
            shown = {name: round(value, 4) for name, value in results[-1].items()}
            print(
                f"round {turn + 1} {engine}: {json.dumps(shown)}, load {os.getloadavg()[0]:.1f}",
                file=sys.stderr,
                flush=True,
            )
    against = runs.get(base, next(iter(runs.values())))
    for engine, results in runs.items():
        middle = {name: statistics.median(result[name] for result in results) for name in results[0]}
        times = {
            f"x_{name}": statistics.median(b[name] / r[name] for r, b in zip(results, against, strict=True))
            for name in ("wall", "cpu", "peak")
        }
        print(
            f"{engine:9s}",
            "  ".join(
                f"{name} {value:,.0f}" if value >= 1000 else f"{name} {value:.4g}"
                for name, value in (middle | times).items()
            ),
            flush=True,
        )
