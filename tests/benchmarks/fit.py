"""Learning weights from published runs: this project and LightGBM as RegMix uses it, on the same tables.

    python tests/benchmarks/fit.py --data SHARED_DATA [--runs 85] [--rounds 3]

The first runs of RegMix (1M parameters, 17 sources) are learned from; Spearman's rho is between the scores guessed and
those of mixes that no fit has seen: 256 mixes, run with models of the same size (1M) and of a larger one (60M). Every
engine is a process of its own, imports included.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import spearmanr

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
TARGETS = ("metric/the_pile_pile_cc_val_loss", "mean")


def ours(folder: Path, wanted: Path, target: str) -> list[float]:
    from tasks.experiments.search.task import Tables, fit_runs

    found = fit_runs(Tables(str(folder / "mixes.csv"), str(folder / "scores.csv"), target, predict=str(wanted)))
    return [row.predicted for row in found.predictions]


def lightgbm(folder: Path, wanted: Path, target: str) -> list[float]:
    import lightgbm

    mixes, new = (pl.read_csv(path).drop("index").to_numpy() for path in (folder / "mixes.csv", wanted))
    scores = truth(folder / "scores.csv", target)
    settings = {"objective": "regression", "learning_rate": 1e-2, "seed": 42, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(mixes, scores), 1000).predict(new).tolist()


def truth(path: Path, target: str) -> Any:
    scores = pl.read_csv(path).drop("index")
    return scores.to_numpy().mean(1) if target == "mean" else scores[target].to_numpy()


def main() -> None:
    """Run every engine in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=85)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    tables = asked.data / "tables/regmix"
    if asked.engine:
        guess = ours if asked.engine == "cuvee" else lightgbm
        print(json.dumps(guess(asked.folder, tables / "test_mixture_1m.csv", asked.target)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for ours_, theirs in (("mixes", "train_mixture_1m"), ("scores", "train_pile_loss_1m")):
            pl.read_csv(tables / f"{theirs}.csv").head(asked.runs).write_csv(folder / f"{ours_}.csv")
        for target in TARGETS:
            seconds: dict[str, list[float]] = {"cuvee": [], "lightgbm": []}
            said: dict[str, Any] = {}
            for _ in range(asked.rounds):
                for engine, spent in seconds.items():
                    command = [
                        sys.executable,
                        __file__,
                        "--data",
                        asked.data.absolute(),
                        "--engine",
                        engine,
                        "--target",
                        target,
                        "--folder",
                        folder,
                    ]
                    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
                    said[engine] = json.loads(
                        subprocess.run(list(map(str, command)), check=True, capture_output=True).stdout
                    )
                    after = resource.getrusage(resource.RUSAGE_CHILDREN)
                    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
                    print(
                        f"{target} {engine}: {time.perf_counter() - start:.2f} s wall, {spent[-1]:.2f} s CPU",
                        file=sys.stderr,
                    )
            for engine, spent in seconds.items():
                losses = {size: truth(tables / f"test_pile_loss_{size}.csv", target) for size in ("1m", "60m")}
                ranks = {size: spearmanr(said[engine], truths).statistic for size, truths in losses.items()}
                print(
                    f"{target:40} {engine:10} rho 1m {ranks['1m']:.4f}  rho 60m {ranks['60m']:.4f}  CPU s "
                    f"{statistics.median(spent):.2f}"
                )
    print(f"{asked.runs} runs; numpy {np.__version__}")


if __name__ == "__main__":
    main()
