"""How well `cuvee fit --at` guesses larger runs, on published logs.

    python tests/benchmarks/sizes.py --data SHARED_DATA

Mixing laws: 26 mixes of five sources, 70M parameters, learned from up to a step and guessed at a later one, by fits
without the run (five folds); beside it the surrogate fitted at the last step learned from, which knows no size.
RegMix: 85 runs of 1M parameters and a few of 60M, guessing the other mixes of 60M; beside it the surrogate of the few.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tasks.experiments.search.ensemble import fit_ensemble  # noqa: E402
from tasks.experiments.search.evidence import Evidence  # noqa: E402
from tasks.experiments.search.scale_law import SizedRuns, fit_law  # noqa: E402
from tasks.experiments.search.sized_fit import tested_beyond  # noqa: E402
from tests.benchmarks.surrogates import regmix  # noqa: E402

ONE = np.ones(1)


def steps(data: Path) -> None:
    """Guess later steps of the mixing laws' runs."""
    logs = pl.read_csv(data / "mixinglaws/5Mix_70M.csv.gz")
    domains = sorted(logs["valid_domain"].unique().to_list())
    wide = logs.pivot(
        on="valid_domain", index=["run_id", "weights", "step"], values="loss", aggregate_function="mean"
    ).drop_nulls()
    runs, when = wide["run_id"].to_numpy().astype(np.int64), wide["step"].to_numpy().astype(float)[:, None]
    mixes = np.array([[float(share) for share in text.split()] for text in wide["weights"]])
    print("| target | learned to step | guessed | runs | off by | rho | without sizes | off by, as told beforehand |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for target in ("Github", "ArXiv", "Pile-CC", "mean"):
        losses = wide.select(domains if target == "mean" else [target]).to_numpy().mean(1)[:, None]
        known = SizedRuns(runs, mixes, when, losses, ONE)
        for last, wanted in ((10_000, 30_000), (14_000, 30_000), (30_000, 90_000)):
            print(f"| {target} | {last:,} | {wanted:,} | {line(known, last, wanted)} |", flush=True)


def line(known: SizedRuns, last: float, wanted: float) -> str:
    """Guess every run at a step by fits to the others up to an earlier one."""
    names = np.unique(known.runs)
    folds = (np.random.default_rng(0).permutation(len(names)) % 5)[np.searchsorted(names, known.runs)]
    step, guesses = known.sizes[:, 0], list[tuple[float, float, float]]()
    for fold in range(5):
        asked = (folds == fold) & (step == wanted)
        if not asked.any():
            continue
        law = fit_law(known.only((folds != fold) & (step <= last)), 0)
        there = (folds != fold) & (step == last)
        alone = fit_ensemble(Evidence(known.mixes[there], known.costs[there], ONE)).predict(known.mixes[asked])
        guessed = law.predict(known.mixes[asked], np.array([wanted]))
        guesses += zip(known.totals[asked].tolist(), guessed.tolist(), alone.tolist(), strict=True)
    truth, sized, alone = np.array(guesses).T
    told = tested_beyond(known.only(step <= last), 0, 0)
    stretch = max(1.0, np.log(wanted / last) / np.log(told.factor)) if told else np.nan
    beforehand = stretch * np.abs(told.errors).mean() if told else np.nan
    return (
        f"{len(truth)} | {np.abs(sized - truth).mean():.3f} | {spearmanr(sized, truth).statistic:.2f} | "
        f"{np.abs(alone - truth).mean():.3f} | {beforehand:.3f}"
    )


def models(data: Path) -> None:
    """Guess the scores of models of 60M parameters from many of 1M and a few of 60M."""
    small, large = regmix(data / "regmix", "train", "1m"), regmix(data / "regmix", "test", "60m")
    print("\n| target | runs of 60M | off by, both sizes | off by, 60M alone | rho, both | rho, 60M alone |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, columns in (("Pile-CC", [8]), ("mean", list(range(13)))):
        for few in (5, 10, 20, 40):
            found: list[list[float]] = []
            for draw in range(5):
                rng = np.random.default_rng([few, draw])
                first, then = rng.choice(512, 85, replace=False), rng.permutation(256)
                seen, new = then[:few], then[few:]
                losses = [runs.losses[rows][:, columns].mean(1) for runs, rows in ((small, first), (large, seen))]
                both = SizedRuns(
                    np.arange(85 + few),
                    np.vstack([small.mixes[first], large.mixes[seen]]),
                    np.repeat([1e6, 6e7], [85, few])[:, None],
                    np.concatenate(losses)[:, None],
                    ONE,
                )
                truth = large.losses[new][:, columns].mean(1)
                alone = fit_ensemble(Evidence(large.mixes[seen], losses[1][:, None], ONE)).predict(large.mixes[new])
                ways = fit_law(both, 0).predict(large.mixes[new], np.array([6e7])), alone
                found.append(
                    [float(np.abs(way - truth).mean()) for way in ways]
                    + [float(spearmanr(way, truth).statistic) for way in ways]
                )
            off, off_alone, rho, rho_alone = np.mean(found, axis=0)
            print(f"| {name} | {few} | {off:.3f} | {off_alone:.3f} | {rho:.3f} | {rho_alone:.3f} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    tables = parser.parse_args().data / "tables"
    with threadpool_limits(1):
        steps(tables)
        models(tables)


if __name__ == "__main__":
    main()
