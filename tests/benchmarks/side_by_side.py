"""Runs engines in turn, each in a process of its own, and prints one line for each: medians and ratios."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

Figures = dict[str, float]


def measure(command: Sequence[str]) -> Figures:
    """Run a command: wall and CPU seconds of the whole process tree, and its peak memory (PSS, MB), sampled 20 times a second."""
    from near_duplicates import look

    started, peak, cpu = time.monotonic(), 0.0, dict[int, float]()
    process = subprocess.Popen(
        command, env=os.environ | {"PYTHONWARNINGS": "ignore", "HF_HUB_OFFLINE": "1", "LOGURU_LEVEL": "ERROR"}, stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        peak = max(peak, look(process.pid, cpu))
        time.sleep(0.05)
    wall = time.monotonic() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return {"wall": wall, "cpu": sum(cpu.values()), "peak": peak}


def compare(engines: Sequence[str], rounds: int, run: Callable[[str], Figures], base: str) -> None:
    """Run all engines in turn (A B C A B C ...) and print what came of it; x = the base's figure / this one's, median of rounds."""
    runs: dict[str, list[Figures]] = {engine: [] for engine in engines}
    for turn in range(rounds):
        for engine, results in runs.items():
            results.append(run(engine))
            shown = {name: round(value, 4) for name, value in results[-1].items()}
            print(f"round {turn + 1} {engine}: {json.dumps(shown)}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    against = runs.get(base, next(iter(runs.values())))
    for engine, results in runs.items():
        middle = {name: statistics.median(result[name] for result in results) for name in results[0]}
        times = {f"x_{name}": statistics.median(b[name] / r[name] for r, b in zip(results, against, strict=True)) for name in ("wall", "cpu", "peak")}
        print(f"{engine:9s}", "  ".join(f"{name} {value:.4g}" for name, value in (middle | times).items()), flush=True)
