"""Mixing by weights: this project and `datasets`, on the same rows, side by side.

    python tests/benchmarks/mix_rows.py --rows 1000000 [--rounds 3] [--engines cuvee stage datasets] [--work DIR]

Four sources of the benchmark corpus (news, social, reviews, papers), as Parquet with row_id, source, text, label and
tokens, are mixed 30/30/20/20 to as many rows as were asked for; papers is cut short, so that it repeats 11 times. Every
engine is a process of its own, imports included, in turn (A B C A B C ...).

cuvee: the plan and the shards (zstd), as the stage makes them. stage: the whole stage as a run calls it: Prefect
imported, files hashed and put into a store, receipt and lock written. datasets: from_parquet, shuffle,
interleave_datasets(probabilities, all_exhausted), the first rows, to_parquet (snappy).

Share: largest distance of a source's share from its weight. Chi2: of the sources' counts in windows of 1000 rows, 3 for
a uniform shuffle, less is more even.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
from side_by_side import compare, measure  # noqa: E402

if TYPE_CHECKING:
    from tasks.manifests.weights import WeightsFacts

WEIGHTS = {"news": 0.3, "social": 0.3, "reviews": 0.2, "papers": 0.2}
PAPERS_SHARE = 0.018
"""Of all rows: a source so small that the mix repeats it."""
CORPUS = 1_000_000
"""Rows made at a time; a larger input is several of these."""
EPOCHS = 100.0
WINDOW = 1000


# --- engines: each reads INPUT/<source>.parquet and writes Parquet files of `rows` rows under OUT


def cuvee(folder: Path, rows: int, out: Path) -> None:
    """Plan and shards."""
    import pyarrow.parquet as pq

    from tasks.manifests.manifest import Account
    from tasks.mix.make import Run, make_plan
    from tasks.mix.settings import PlanSettings
    from tasks.mix.write import shards, write_shards

    files = {name: folder / f"{name}.parquet" for name in WEIGHTS}
    accounts = [
        Account(source=name, read=pq.read_metadata(path).num_rows, rows=pq.read_metadata(path).num_rows)
        for name, path in files.items()
    ]
    settings = PlanSettings(size=rows, max_epochs=EPOCHS)
    plan = make_plan(accounts, files, weighing(), settings, Run(1.0, 0)).plan
    names = shards(rows, settings.shard_rows)
    for number, path in write_shards(
        plan, list(files.values()), settings.shard_rows, range(len(names)), out / "scratch"
    ):
        path.replace(out / Path(names[number]).name)


def stage(folder: Path, rows: int, out: Path) -> None:
    """The stage's tasks, called without a server."""
    from tasks.manifests.manifest import Account, FileFact, Manifest
    from tasks.manifests.pool import PoolFacts
    from tasks.mix.settings import PlanSettings
    from tasks.mix.task import plan_mix, write_mix

    (pool := out / "pool").mkdir()
    accounts, files = [], []
    for side in ("train", "holdout"):
        (pool / side).mkdir()
        for name in WEIGHTS:
            (pool / side / f"{name}.parquet").symlink_to(folder / f"{name if side == 'train' else 'holdout'}.parquet")
            files.append(FileFact(name=f"{side}/{name}.parquet", bytes=0, sha256=""))
    for name in WEIGHTS:
        count = pl.scan_parquet(folder / f"{name}.parquet").select(pl.len()).collect().item()
        accounts.append(Account(source=name, read=count, rows=count))
    held = Manifest[PoolFacts](
        stage="deduplicate",
        subject="pool",
        key="p",
        path="pool",
        files=tuple(files),
        accounts=tuple(accounts),
        facts=PoolFacts(),
    )
    said = weighing()
    weights = Manifest[type(said)](stage="weigh", subject="mix", key="w", path="weigh", files=(), facts=said)
    settings = PlanSettings(size=rows, max_epochs=EPOCHS)
    plan = plan_mix.of("mix").run(str(out), held, weights, settings, 1.0, 0)
    write_mix.of("mix").run(str(out), held, plan, settings.shard_rows)


def weighing() -> "WeightsFacts":
    """What the weigh stage would say."""
    from tasks.manifests.weights import WeightsFacts

    return WeightsFacts(
        weights=WEIGHTS, requested=WEIGHTS, reasons=dict.fromkeys(WEIGHTS, ""), method={"kind": "given"}
    )


def datasets(folder: Path, rows: int, out: Path) -> None:
    """The library's own way, as its documentation shows it."""
    from datasets import Dataset, disable_progress_bars, interleave_datasets

    disable_progress_bars()
    parts = [
        Dataset.from_parquet(str(folder / f"{name}.parquet"), cache_dir=str(out / "cache")).shuffle(seed=0)
        for name in WEIGHTS
    ]
    mix = interleave_datasets(parts, probabilities=list(WEIGHTS.values()), seed=0, stopping_strategy="all_exhausted")
    mix.select(range(rows)).to_parquet(str(out / "train-00000.parquet"))


ENGINES: dict[str, Callable[[Path, int, Path], None]] = {"cuvee": cuvee, "stage": stage, "datasets": datasets}


# --- input and judgement


def make_input(rows: int, folder: Path) -> None:
    """Write the four sources and an empty hold-out; texts come from the benchmark corpus."""
    import corpus

    (part := folder.with_suffix(".part")).mkdir(parents=True)
    for seed, start in enumerate(range(0, rows, CORPUS)):
        frame = corpus.documents(count := min(CORPUS, rows - start), corpus.shared_data(), seed)
        tokens = pl.col("text").str.count_matches(r"\w+|[^\w\s]").cast(pl.UInt32).alias("tokens")
        frame = frame.select(pl.format("{}/{}", pl.lit(seed), "id").alias("row_id"), "source", "text", "label", tokens)
        for name in WEIGHTS:
            kept = frame.filter(pl.col("source") == name)
            (kept.head(int(count * PAPERS_SHARE)) if name == "papers" else kept).write_parquet(part / f"{name}.{seed}")
    for name in WEIGHTS:
        pieces = sorted(part.glob(f"{name}.*"))
        pl.scan_parquet(pieces).sink_parquet(part / f"{name}.parquet", compression="zstd", compression_level=1)
        for piece in pieces:
            piece.unlink()
    pl.read_parquet(part / "papers.parquet", n_rows=0).write_parquet(part / "holdout.parquet")
    part.rename(folder)


def judge(out: Path, rows: int) -> dict[str, float]:
    """Count the rows that an engine wrote, by source and window."""
    files = sorted(out.rglob("train-*.parquet"))
    source = pl.concat([pl.read_parquet(path, columns=["source"]) for path in files])["source"]
    if len(source) != rows:
        raise SystemExit(f"{len(source)} rows in {out}, not {rows}")
    counts = np.stack(
        [(source == name).to_numpy()[: rows // WINDOW * WINDOW].reshape(-1, WINDOW).sum(axis=1) for name in WEIGHTS]
    )
    expected = WINDOW * np.array(list(WEIGHTS.values()))[:, None]
    off = max(abs((source == name).mean() - weight) for name, weight in WEIGHTS.items())
    size = sum(path.stat().st_size for path in files) / 1e6
    return {
        "share_off": off,
        "chi2": float(((counts - expected) ** 2 / expected).sum(axis=0).mean()),
        "MB_written": size,
    }


# --- measuring


def measured(engine: str, folder: Path, rows: int) -> dict[str, float]:
    """Run one engine, and judge what it wrote."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as out:
        me = str(Path(__file__).absolute())
        return measure(
            [sys.executable, me, "--engine", engine, "--input", str(folder), "--rows", str(rows), "--work", out]
        ) | judge(Path(out), rows)


def compare_all(arguments: argparse.Namespace, work: Path) -> None:
    """Make the input where it is not there yet; run all engines in turn."""
    folder = work / f"mix-{arguments.rows}"
    if not folder.exists():
        make_input(arguments.rows, folder)
    print(f"{arguments.rows:,} rows, {arguments.rounds} rounds, medians")
    compare(arguments.engines, arguments.rounds, lambda engine: measured(engine, folder, arguments.rows), "datasets")


def main() -> None:
    """Read the arguments; run one engine, or compare them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--work", type=Path, help="folder for the input, kept between calls (default: a temporary one)")
    parser.add_argument("--engine", choices=list(ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        ENGINES[arguments.engine](arguments.input, arguments.rows, arguments.work)
    elif arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
        compare_all(arguments, arguments.work.absolute())
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare_all(arguments, Path(folder))


if __name__ == "__main__":
    main()
