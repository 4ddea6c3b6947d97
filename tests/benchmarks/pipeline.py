"""What the demo costs: the first time, again, after one character changed; and what Prefect adds to the same work as
plain calls.

    python tests/benchmarks/pipeline.py [--times 3]

Whole processes, each with a new store; wall seconds, CPU seconds and peak memory of the largest process, medians.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = """
import sys
from itertools import chain
from flows.steps.blend import blend
from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.train import train
from tasks.recipe.model import load_recipe
loaded, made = load_recipe(sys.argv[1]), RunProducts()
call = Plain(sys.argv[2])
carry_out(chain(blend(loaded, call, made), train(loaded, call, made)))
print(made.scores.facts.metrics.value("accuracy"))
"""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    megabytes: float


def cost_of(command: list[str], home: Path) -> Cost:
    """Run a command to its end; CPU and memory are those of it and of the children it waited for."""
    environment = os.environ | {"PREFECT_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    started, before = time.monotonic(), os.times()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        peak, output = [0], []
        reader = threading.Thread(target=lambda: output.append(child.stdout.read() if child.stdout else b""))
        reader.start()
        while child.poll() is None:
            peak[0] = max(peak[0], *_family(child.pid))
            time.sleep(0.05)
        reader.join()
    after = os.times()
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{output[0].decode()[-2000:]}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.monotonic() - started, spent, peak[0] / 1024)


def _family(pid: int) -> list[int]:
    """Give the resident kilobytes of a process and of all below it."""
    found = [0]
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        found.append(next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0))
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return found
    return found + [size for child in children for size in _family(int(child))]


def demo_runs(folder: Path, home: Path) -> dict[str, Cost]:
    """Run the demo three times in one store: new, again, after one character of one source changed."""
    recipes = folder / "recipes"
    shutil.copytree(ROOT / "deployments/recipes", recipes)
    recipe, store = str(recipes / "demo.yaml"), str(folder / "store")
    command = [sys.executable, "-m", "flows.cli.main", "run", recipe, "--store", store, "--json"]
    costs = {"first": cost_of(command, home), "again, nothing changed": cost_of(command, home)}
    news = recipes / "demo/data/news.csv"
    text = news.read_text("utf-8")
    news.write_text(text[: len(text) // 2].replace("the", "thy", 1) + text[len(text) // 2 :], "utf-8")
    return costs | {"one character of one source changed": cost_of(command, home)}


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    subprocess.run([sys.executable, str(ROOT / "deployments/recipes/demo/make_sources.py")], check=True)
    found: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch, "prefect")
        cost_of(
            [sys.executable, "-c", "from prefect import flow; flow(lambda: 1, name='warm')()"], home
        )  # creates Prefect's database
        for number in range(times):
            folder = Path(scratch, str(number))
            for name, cost in demo_runs(folder, home).items():
                found.setdefault(name, []).append(cost)
            recipe = str(ROOT / "deployments/recipes/demo.yaml")
            plain = cost_of([sys.executable, "-c", PLAIN, recipe, str(folder / "plain")], home)
            found.setdefault("the same work as plain calls, without publish and report", []).append(plain)
            print(f"{number + 1} of {times}", file=sys.stderr)
    print("| run | wall s | CPU s | peak MB of one process |\n| --- | --- | --- | --- |")
    for name, costs in found.items():
        middle = [statistics.median(getattr(cost, field) for cost in costs) for field in ("wall", "cpu", "megabytes")]
        print(f"| {name} | {middle[0]:.1f} | {middle[1]:.1f} | {middle[2]:.0f} |")
    first, plain = (statistics.median(cost.wall for cost in found[name]) for name in ("first", list(found)[-1]))
    print(f"\nPrefect / plain, wall: {first / plain:.2f} x ({first - plain:+.1f} s)")


if __name__ == "__main__":
    main()
