"""What commands cost that have little to do: look-ups of the demo and its cached run, beside `import prefect` and an
empty flow.

    python tests/benchmarks/start_up.py [--rounds 3] [--work DIR]

Whole processes, in turn; medians of wall and CPU seconds, those of child processes included, and how many times those
of `import prefect` (look-ups) or of an empty flow (runs) that is. The demo is run once before, in a store and a home of
Prefect of the benchmark's own; nothing is counted of that run. `first line` is when a command first says something.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "deployments" / "recipes" / "demo.yaml"
EMPTY = "from prefect import flow\n\n@flow\ndef empty(): pass\n\nempty()"
IMPORT, FLOW = "import prefect", "an empty flow"
STORE = ("--store", "store")
SHORT = (str(DEMO), *STORE, "--set", "train.epochs=1")
CUVEE: dict[str, tuple[str, ...]] = {
    "--version": ("--version",),
    "--help": ("--help",),
    "runs": ("runs", *STORE),
    "show": ("show", "latest", *STORE),
    "diff": ("diff", "latest", "latest", *STORE),
    "trace": ("trace", "latest", "3", *STORE),
    "ledger": ("ledger", "demo", *STORE),
    "impact": ("impact", "news", *STORE),
    "validate": ("validate", str(DEMO)),
    "plan": ("plan", *SHORT),
    "explain": ("explain", *SHORT),
    "run, all cached": ("run", *SHORT),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    IMPORT: ("-c", "import prefect"),
    FLOW: ("-c", EMPTY),
    **{name: ("-m", "flows.cli.main", *words) for name, words in CUVEE.items()},
}
SETTINGS = {"PYTHONPATH": str(ROOT), "PREFECT_SERVER_API_PORT": "1"}  # no server that happens to run here is used


class Took(NamedTuple):
    wall: float
    cpu: float
    first_line: float


def took(words: tuple[str, ...], folder: Path) -> Took:
    """Run Python in a folder; its errors go through."""
    env = os.environ | SETTINGS | {"PREFECT_HOME": str(folder / "prefect")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, *words]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said = process.stdout.readline() if process.stdout else b""
        first = time.monotonic() - began
        said += process.stdout.read() if process.stdout else b""
    if process.returncode:
        raise SystemExit(said.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, field) - getattr(before, field) for field in ("ru_utime", "ru_stime"))
    return Took(time.monotonic() - began, cpu, first)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    subprocess.run([sys.executable, str(DEMO.with_suffix("") / "make_sources.py")], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.work or Path(scratch)
        took(COMMANDS["run, all cached"], folder)
        rounds = [{name: took(words, folder) for name, words in COMMANDS.items()} for _ in range(options.rounds)]
    medians = {
        name: Took(*(statistics.median(one) for one in zip(*(r[name] for r in rounds), strict=True)))
        for name in COMMANDS
    }
    print("| command | wall s | CPU s | times | of | first line s |\n| --- | ---: | ---: | ---: | --- | ---: |")
    for name, one in medians.items():
        base = FLOW if name.startswith("run,") else IMPORT
        times = one.wall / medians[base].wall
        print(f"| {name} | {one.wall:.2f} | {one.cpu:.2f} | {times:.2f} | {base} | {one.first_line:.2f} |")


if __name__ == "__main__":
    main()
