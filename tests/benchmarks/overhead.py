"""What Prefect and Great Expectations cost in a run of many rows, and how its memory grows: the recipe of the benchmark
corpus up to the mix.

    python tests/benchmarks/overhead.py --rows 1000000 [--rounds 3] [--engines plain unchecked threads prefect served]
    [--work DIR]

Four sources in three formats, five filters, exact and near duplicates, checks, weights 0.4/0.3/0.2/0.1, a mix of half
as many rows as are read, profile, published mix and report: the same functions for every engine, each a process of its
own with a new store, imports included, in turn.

plain: one function call after another. unchecked: the same, but the check tasks ask Great Expectations nothing, so that
it is not imported; the difference is what it costs. threads: the same calls, each as soon as its inputs are there, in
threads as Prefect's runner has them. prefect: the flow, with the temporary server that it starts. served: the flow,
with a server that runs already, as for scheduled runs; that process is not counted.

peak: memory (PSS, MB) of all processes; largest: of the largest process. checks: share of the seconds of all tasks that
the Great Expectations tasks take, with the import of libraries that later tasks use too; tasks of threads and prefect
wait for each other, so plain's is the figure. Seconds of every task follow, of the last round.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
RECIPE = """
name: corpus
labels: [negative, positive]
sources: {{{sources}}}
clean:
  filters:
    - {{kind: words, least: 3}}
    - {{kind: characters, least_letters: 0.5, most_digits: 0.3, most_capitals: 0.7, most_signs: 0.3}}
mix: {{weights: {{news: 0.4, social: 0.3, reviews: 0.2, papers: 0.1}}, size: {size}}}
"""
RUNNER_THREADS = 16


class Calls:
    """Carries tasks out without Prefect: the function under each, once its arguments are there.

    Attributes:
        seconds: what each task took.
    """

    def __init__(self, store: str, threads: int) -> None:
        self.store = store
        self.pool = ThreadPoolExecutor(threads)
        self.seconds: dict[str, float] = {}

    def __call__(self, task: Any, *arguments: Any) -> Future[Any]:
        """Submit `task`; those submitted before it begin before it, so one thread carries them out one after
        another."""
        return self.pool.submit(self._carry_out, task, arguments)

    def _carry_out(self, task: Any, arguments: tuple[Any, ...]) -> Any:
        ready = [_result(argument) for argument in arguments]
        started = time.perf_counter()
        made = task.run(self.store, *ready)
        self.seconds[f"{task.name} {task.subject}".strip()] = time.perf_counter() - started
        return made


def _result(value: Any) -> Any:
    if isinstance(value, list):
        return [_result(item) for item in value]
    return value.result() if isinstance(value, Future) else value


# --- engines: each runs RECIPE up to the mix in a new store, and gives the seconds of its tasks


def called(recipe: str, store: str, threads: int, *, checked: bool = True) -> dict[str, float]:
    """The flow's own steps, as function calls."""
    import tasks.check.task as checks
    from flows.engine.calls import RunProducts, carry_out
    from flows.engine.record import gather
    from flows.steps.blend import blend
    from tasks.publish.task import begin_run, publish_mix, record_run
    from tasks.recipe.model import load_recipe
    from tasks.report.task import report_run
    from tasks.store.storage import open_store

    loaded, made, call = load_recipe(recipe), RunProducts(), Calls(store, threads)
    if not checked:
        checks.evaluate = lambda _frame, _suite: ([], {})
    open_store(store).ensure_writable()
    start = begin_run(loaded.published)
    carry_out(blend(loaded, call, made))
    done = RunProducts(**{name: _result(value) for name, value in vars(made).items()})
    published = call(publish_mix, store, start, done.mix, done.plan).result()
    record = gather(start, loaded, store, done, [], mix=published)
    call(report_run, store, record, done.mix).result()
    call(record_run, store, record).result()
    return call.seconds


def prefect(recipe: str, store: str) -> dict[str, float]:
    """The flow."""
    from flows.pipeline import pipeline

    pipeline(recipe=recipe, store=store, until="mix")
    record = json.loads(next(Path(store, "runs").rglob("run.json")).read_text("utf-8"))
    return {f"{note['name']} {note['subject']}": note["seconds"] for note in record["tasks"]}


ENGINES: dict[str, Callable[[str, str], dict[str, float]]] = {
    "plain": lambda recipe, store: called(recipe, store, 1),
    "unchecked": lambda recipe, store: called(recipe, store, 1, checked=False),
    "threads": lambda recipe, store: called(recipe, store, RUNNER_THREADS),
    "prefect": prefect,
    "served": prefect,
}


# --- measuring


def make_input(rows: int, folder: Path) -> None:
    """Write the corpus and its recipe."""
    import corpus

    part = folder.with_suffix(".part")
    corpus.write(corpus.documents(rows, corpus.shared_data()), part)
    sources = ", ".join(f"{source}: {{path: {name}}}" for source, name in corpus.FILES.items())
    (part / "recipe.yaml").write_text(RECIPE.format(sources=sources, size=rows // 2), "utf-8")
    part.rename(folder)


@contextlib.contextmanager
def served() -> Iterator[None]:
    """Have a Prefect server on loopback, and name it to the processes started meanwhile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}/api"
            for _ in range(600):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{url}/health")
                    break
                time.sleep(0.1)
            os.environ["PREFECT_API_URL"] = url
            yield
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            server.terminate()


def measured(engine: str, folder: Path, seconds: dict[str, dict[str, float]]) -> dict[str, float]:
    """Run one engine; keep what its tasks took."""
    from side_by_side import measure

    with (
        tempfile.TemporaryDirectory(dir=folder.parent) as out,
        served() if engine == "served" else contextlib.nullcontext(),
    ):
        me = str(Path(__file__).absolute())
        figures = measure(
            [sys.executable, me, "--engine", engine, "--input", str(folder / "recipe.yaml"), "--work", out]
        )
        seconds[engine] = json.loads(Path(out, "seconds.json").read_text("utf-8"))
    checks = sum(value for name, value in seconds[engine].items() if name.startswith("check-"))
    return figures | {"checks": checks / sum(seconds[engine].values())}


def compare_all(asked: argparse.Namespace, work: Path) -> None:
    """Make the input where it is not there yet; run all engines in turn; print the tasks' seconds."""
    from side_by_side import compare

    folder = work / f"overhead-{asked.rows}"
    if not folder.exists():
        make_input(asked.rows, folder)
    with tempfile.TemporaryDirectory(dir=work) as home:
        os.environ["PREFECT_HOME"] = home
        # Creates Prefect's database, which happens once on a machine.
        subprocess.run(
            [sys.executable, "-c", "from prefect import flow; flow(lambda: 1, name='warm')()"],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        seconds: dict[str, dict[str, float]] = {}
        print(f"{asked.rows:,} rows, {asked.rounds} rounds, medians", flush=True)
        compare(asked.engines, asked.rounds, lambda engine: measured(engine, folder, seconds), "plain")
    print("| task | " + " | ".join(seconds) + " |\n| --- |" + " ---: |" * len(seconds))
    for name in dict.fromkeys(name for one in seconds.values() for name in one):
        print(f"| {name} | " + " | ".join(f"{one[name]:.2f}" if name in one else "" for one in seconds.values()) + " |")


def main() -> None:
    """Read the arguments; run one engine, or compare them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--work", type=Path, help="folder for the input, kept between calls (default: a temporary one)")
    parser.add_argument("--engine", choices=list(ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        (asked.work / "seconds.json").write_text(
            json.dumps(ENGINES[asked.engine](str(asked.input), str(asked.work / "store"))), "utf-8"
        )
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = (asked.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        compare_all(asked, work)


if __name__ == "__main__":
    main()
