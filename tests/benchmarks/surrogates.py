"""How honest and how good `cuvee fit` is on published runs, and how often it learns from noise.

    python tests/benchmarks/surrogates.py scale|error|noise|power --data SHARED_DATA [--larger FOLDER] [--draws N]
        [--runs N …]

`scale`: many draws of which of RegMix's 512 runs of 1M parameters are seen; Spearman's rho on mixes run with 60M, and
with 1B where `--larger` names a folder with RegMix's `test_mixture_1B.csv` and `test_pile_loss_1B.csv`. `error`: the
error that is reported beside the one on 256 mixes never seen, and on the mixing laws' 26 runs beside that of the least
leave-one-out error, which is what was reported before. `noise`, `power`: how often anything counts as learned.
"""

import argparse
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.stats import binomtest, spearmanr
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tasks.experiments.search.design import first_round  # noqa: E402
from tasks.experiments.search.ensemble import BAD, Ensemble, Member, fit_ensemble, squared_errors  # noqa: E402
from tasks.experiments.search.evidence import Evidence  # noqa: E402
from tasks.experiments.search.nested import nested_guesses  # noqa: E402
from tasks.experiments.search.outcome import LEARNED, outcome_of  # noqa: E402
from tasks.experiments.search.permutation import permutation_test  # noqa: E402
from tasks.experiments.search.scales import top  # noqa: E402
from tasks.experiments.search.simplex import Limits  # noqa: E402
from tasks.experiments.search.surrogate import Matrix, Vector  # noqa: E402

RIDGE = "root-ridge"


class Runs(NamedTuple):
    """Mixes and their losses, a column per domain."""

    mixes: Matrix
    losses: Matrix


def regmix(folder: Path, name: str, size: str) -> Runs:
    """Read one of RegMix's pairs of tables."""
    tables = (
        pl.read_csv(folder / f"{name}_{kind}_{size}.csv").drop("index").to_numpy().astype(float)
        for kind in ("mixture", "pile_loss")
    )
    mixes, losses = tables
    return Runs(mixes / mixes.sum(1, keepdims=True), losses)


def targets(columns: int) -> dict[str, Vector]:
    """Every domain by itself, and their mean."""
    return {str(place): np.eye(columns)[place] for place in range(columns)} | {"mean": np.full(columns, 1 / columns)}


def fitted_alone(member: Member) -> Matrix:
    """Give the guesses for runs left out of a kind that has a closed form for them."""
    if member.fitted.left_out is None:
        raise TypeError(member.kind)
    return member.fitted.left_out


def by_leave_one_out(fitted: Ensemble, evidence: Evidence) -> tuple[str, float]:
    """Name the kind of least leave-one-out error, and give that error: chosen and judged by the same runs."""
    most = top(evidence.totals[:, None], BAD)
    errors = {
        member.kind: float(
            np.abs(
                np.minimum(member.scale.back(fitted_alone(member)) @ evidence.parts, most)
                - np.minimum(evidence.totals, most)
            ).mean()
        )
        for member in fitted.members
    }
    best = min(errors, key=lambda kind: errors[kind])
    return best, errors[best]


def interval(values: Vector) -> str:
    """Give the mean and twice its error over draws."""
    return f"{values.mean():+.4f} ± {2 * values.std(ddof=1) / len(values) ** 0.5:.4f}"


def scale(data: Path, larger: Path | None, draws: int, counts: Collection[int]) -> None:
    """Compare ways to rank mixes of larger models, paired over draws."""
    known = regmix(data, "train", "1m")
    unseen = {"60M": regmix(data, "test", "60m")} | ({"1B": regmix(larger, "test", "1B")} if larger else {})
    print("| models | runs | target | ridge on [w, √w] | mean of kinds less it | chosen less it |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for count in counts:
        ranks = {(size, group): list[list[float]]() for size in unseen for group in ("13 each", "mean", "Pile-CC")}
        for draw in range(draws):
            rows = np.random.default_rng([count, draw]).choice(len(known.mixes), count, replace=False)
            fitted = fit_ensemble(Evidence(known.mixes[rows], known.losses[rows], np.full(13, 1 / 13)))
            for size, new in unseen.items():
                guessed = {member.kind: member.predict(new.mixes) for member in fitted.members}
                each = {
                    name: ranked(guessed, fitted, Evidence(known.mixes[rows], known.losses[rows], parts), new)
                    for name, parts in targets(13).items()
                }
                ranks[size, "mean"].append(each["mean"])
                ranks[size, "Pile-CC"].append(each["8"])
                ranks[size, "13 each"].append(
                    np.mean([one for name, one in each.items() if name != "mean"], axis=0).tolist()
                )
        for (size, group), found in ranks.items():
            ridge, together, chosen = np.array(found).T
            print(
                f"| {size} | {count} | {group} | {ridge.mean():.3f} | {interval(together - ridge)} | "
                f"{interval(chosen - ridge)} |"
            )


def ranked(guessed: dict[str, Matrix], fitted: Ensemble, evidence: Evidence, new: Runs) -> list[float]:
    """Give rho of ridge, of the mean of kinds, and of the kind that leave-one-out chooses."""
    best, _ = by_leave_one_out(fitted, evidence)
    left_out = [member.scale.back(fitted_alone(member)) @ evidence.parts for member in fitted.members]
    inverse = 1 / squared_errors(np.stack(left_out), evidence.totals)
    together = np.tensordot(inverse / inverse.sum(), np.stack([guessed[one.kind] for one in fitted.members]), 1)
    ways = guessed[RIDGE], together, guessed[best]
    return [float(spearmanr(way @ evidence.parts, new.losses @ evidence.parts).statistic) for way in ways]


def error(data: Path, draws: int) -> None:
    """Compare reported errors with those on mixes never seen."""
    known, new = regmix(data / "regmix", "train", "1m"), regmix(data / "regmix", "test", "1m")
    print("| RegMix, runs | true error | reported / true, nested | reported / true, least leave-one-out error |")
    print("| ---: | ---: | ---: | ---: |")
    for count in (12, 20, 34, 85):
        rows = []
        for draw in range(draws):
            seen = np.random.default_rng([count, draw]).choice(len(known.mixes), count, replace=False)
            place = draw % 14
            parts = list(targets(13).values())[place]
            evidence = Evidence(known.mixes[seen], known.losses[seen], parts)
            fitted, truth = fit_ensemble(evidence), new.losses @ parts
            best, said = by_leave_one_out(fitted, evidence)
            one = next(member for member in fitted.members if member.kind == best)
            most = top(evidence.totals[:, None], BAD)
            off = np.abs(np.minimum(one.predict(new.mixes) @ parts, most) - np.minimum(truth, most)).mean()
            nested = nested_guesses(evidence).surrogate.error
            true = np.abs(fitted.predict(new.mixes) - truth).mean()
            rows.append([true, nested / true, said / off])
        true, ours, old = np.array(rows).T
        quartiles = [np.quantile(ratios, [0.25, 0.5, 0.75]) for ratios in (ours, old)]
        told = [f"{middle:.2f} ({low:.2f} to {high:.2f})" for low, middle, high in quartiles]
        print(f"| {count} | {np.median(true):.3f} | {told[0]} | {told[1]} |")
    laws(data)


def laws(data: Path) -> None:
    """Compare on the mixing laws' 26 runs, and count what is learned from few of them."""
    runs = pl.read_csv(data / "mixinglaws/5Mix_70M.csv.gz").filter(pl.col("step") == 30000)
    wide = runs.pivot(on="valid_domain", index=["run_id", "weights"], values="loss").sort("run_id")
    mixes = np.array([[float(share) for share in text.split()] for text in wide["weights"]])
    losses = wide.drop("run_id", "weights").to_numpy()
    ratios, shrunk = list[float](), list[float]()
    for parts in targets(losses.shape[1]).values():
        evidence = Evidence(mixes, losses, parts)
        nested = nested_guesses(evidence)
        ratios.append(nested.surrogate.error / by_leave_one_out(fit_ensemble(evidence), evidence)[1])
        shrunk.append(nested.surrogate.error / nested.mean.error)
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    print(f"\nMixing laws, 26 runs, 23 targets: nested error over least leave-one-out error {middle:.2f} ", end="")
    print(f"({low:.2f} to {high:.2f}); nested error over that of the mean {np.median(shrunk):.2f}")
    for count in (6, 10, 13, 26):
        learned = [
            said(Evidence(mixes[rows], losses[rows], parts), draw)
            for draw in range(10 if count < 26 else 1)
            for rows in [np.random.default_rng([count, draw]).choice(26, count, replace=False)]
            for parts in targets(losses.shape[1]).values()
        ]
        print(f"learned from {count} runs: {sum(learned)} of {len(learned)} targets and draws")


def said(evidence: Evidence, seed: int) -> bool:
    """Whether these runs count as having taught anything."""
    return outcome_of(evidence, nested_guesses(evidence), seed)[0] == LEARNED


def designed(count: int, sources: int, rng: np.random.Generator) -> Matrix:
    """Give mixes as a search designs its first round, the uniform one three times."""
    none, prior = np.empty((0, sources)), rng.dirichlet(np.full(sources, 3.0))
    return first_round(prior, Limits.none(sources), count, rng, none, none)


CELLS = (10, 3, 1), (12, 5, 1), (20, 5, 5), (34, 17, 1)
"""Runs, sources and columns."""


def noise(draws: int, counts: Collection[int]) -> None:
    """Count how often costs that do not depend on the mix teach something."""
    print("| runs | sources | columns | noise | learned | rate | 95 % (Clopper-Pearson) | CPU ms a test |")
    print("| ---: | ---: | ---: | --- | ---: | ---: | --- | ---: |")
    for count, sources, columns in (cell for cell in CELLS if cell[0] in counts):
        for kind in ("normal", "heavy tails"):
            start, found = time.process_time(), 0
            for draw in range(draws):
                rng = np.random.default_rng([count, sources, columns, draw, len(kind)])
                shape = (count, columns)
                costs = 3 + 0.1 * (rng.normal(size=shape) if kind == "normal" else rng.standard_t(2, shape))
                runs = Evidence(designed(count, sources, rng), costs, np.full(columns, 1 / columns))
                found += permutation_test(runs, draw).passed
            spent = (time.process_time() - start) / draws
            row(f"{count} | {sources} | {columns} | {kind}", found, draws, spent)


def power(draws: int) -> None:
    """Count how often a planted law is found, by what part of the variance it makes."""
    print("| runs | sources | part of the variance | learned | rate | 95 % (Clopper-Pearson) | CPU ms a test |")
    print("| ---: | ---: | ---: | ---: | ---: | --- | ---: |")
    for count, sources in ((10, 3), (12, 5), (20, 5), (34, 17)):
        for part in (0.3, 0.5, 0.7, 0.9):
            start, found = time.process_time(), 0
            for draw in range(draws):
                rng = np.random.default_rng([count, sources, int(10 * part), draw])
                mixes, best = designed(count, sources, rng), rng.dirichlet(np.ones(sources))
                law = ((np.sqrt(mixes) - np.sqrt(best)) ** 2).sum(1)
                costs = law + rng.normal(0, law.std() * (1 / part - 1) ** 0.5, count)
                found += permutation_test(Evidence(mixes, costs[:, None], np.ones(1)), draw).passed
            row(f"{count} | {sources} | {part}", found, draws, (time.process_time() - start) / draws)


def row(cell: str, found: int, draws: int, spent: float) -> None:
    """Print a row of counts."""
    limits = binomtest(found, draws).proportion_ci(method="exact")
    told = f"{100 * limits.low:.1f} to {100 * limits.high:.1f} %"
    print(f"| {cell} | {found} of {draws} | {100 * found / draws:.1f} % | {told} | {1000 * spent:.0f} |", flush=True)


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["scale", "error", "noise", "power"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--larger", type=Path)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--runs", type=int, nargs="+", default=[10, 12, 20, 34, 85], help="numbers of runs to look at")
    asked = parser.parse_args()
    tables = asked.data / "tables"
    with threadpool_limits(1):
        if asked.what == "scale":
            scale(tables / "regmix", asked.larger, asked.draws, asked.runs)
        elif asked.what == "error":
            error(tables, asked.draws)
        elif asked.what == "noise":
            noise(asked.draws, asked.runs)
        else:
            power(asked.draws)


if __name__ == "__main__":
    main()
