"""Near duplicates: this project, bare rensa and datatrove on the same rows, side by side, judged against the exact
truth.

    python tests/benchmarks/near_duplicates.py --rows 50000 [--peers VENV] [--rounds 3] [--engines cuvee rensa
    datatrove] [--work DIR]

--peers names the virtual environment that RESULTS.md says how to make. Every engine is a process of its own, imports
included, in turn (A B C A B C ...); it reads four Parquet files of id and text and writes the ids it drops. All use
5-word shingles, 128 permutations, Jaccard 0.8; datatrove and rensa with their 16 bands of 8.

Truth: every pair with an exact Jaccard of 0.8 or more, from the shingles both texts share (prefix filter: none is
missed); signs that tell texts apart, such as `#` and `%`, are words in it. Recall: true pairs of which at least one
side was dropped. Precision: dropped rows that have a true pair at all. Peers split words a little differently
(datatrove drops punctuation and turns digits to 0), so a small part of their misses is definition.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
from side_by_side import compare, measure  # noqa: E402

THRESHOLD, BANDS, HEIGHT, SHINGLE = 0.8, 16, 8, 5
CLEAN = ("original", "near")
"""Kinds of rows left once junk and exact duplicates are gone, as they are when near duplicates are looked for."""
CLEAN_SHARE = 0.85


# --- engines: each reads FOLDER/*.parquet and gives the ids it drops


def cuvee(folder: Path) -> list[str]:
    """This project."""
    from tasks.rows.layout import FIRST, RowFile
    from tasks.similarity.engine import find_near_duplicates
    from tasks.similarity.settings import NearSettings

    files = {path.stem: RowFile(path, FIRST) for path in sorted(folder.glob("*.parquet"))}
    with tempfile.TemporaryDirectory() as scratch:
        dropped = find_near_duplicates(files, NearSettings(threshold=THRESHOLD, words=SHINGLE), Path(scratch)).dropped
    return [
        name
        for source, file in files.items()
        for name in pl.read_parquet(file.path, columns=["id"])["id"].gather(_rows(dropped, source))
    ]


def _rows(dropped: pl.DataFrame, source: str) -> pl.Series:
    return dropped.filter(pl.col("source") == source)["row"]


def rensa(folder: Path) -> list[str]:
    """Rensa's deduplicator as its documentation shows it, fed with the same shingles in batches."""
    from rensa import RMinHash, RMinHashDeduplicator

    dropped: list[str] = []
    index = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=BANDS * HEIGHT, use_lsh=True, num_bands=BANDS)
    for path in sorted(folder.glob("*.parquet")):
        for frame in pl.read_parquet(path, columns=["id", "text"]).iter_slices(10_000):
            shingles = [_shingles(text) for text in frame["text"]]
            kept = index.add_pairs(
                zip(frame["id"], RMinHash.from_token_sets(shingles, BANDS * HEIGHT, 42), strict=True)
            )
            dropped += [name for name, keep in zip(frame["id"], kept, strict=True) if not keep]
    return dropped


def _shingles(text: str) -> list[str]:
    words = text.lower().split()
    return [" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))]


def datatrove(folder: Path) -> list[str]:
    """Datatrove's four MinHash stages, two workers; the last one writes the rows it drops."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils.typeshelper import Languages

    config = MinhashConfig(n_grams=SHINGLE, num_buckets=BANDS, hashes_per_bucket=HEIGHT)
    with tempfile.TemporaryDirectory() as work:

        def stage(tasks: int, *steps: object) -> None:
            LocalPipelineExecutor(list(steps), tasks=tasks, workers=2, logging_dir=None, skip_completed=False).run()

        stage(4, ParquetReader(str(folder)), MinhashDedupSignature(f"{work}/signatures", config, Languages.english))
        stage(BANDS, MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config))
        stage(1, MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config=config))
        out = JsonlWriter(f"{work}/dropped", compression=None)
        stage(4, ParquetReader(str(folder)), MinhashDedupFilter(f"{work}/remove", exclusion_writer=out))
        return [
            json.loads(line)["id"] for path in sorted(Path(work, "dropped").rglob("*.jsonl")) for line in path.open()
        ]


ENGINES: dict[str, Callable[[Path], list[str]]] = {"datatrove": datatrove, "rensa": rensa, "cuvee": cuvee}


# --- input and truth


def make_input(rows: int, folder: Path) -> None:
    """Write `rows` cleaned rows of the benchmark corpus, one Parquet file a source."""
    import corpus

    frame = (
        corpus.documents(int(rows / CLEAN_SHARE) + 3, corpus.shared_data())
        .filter(pl.col("kind").is_in(CLEAN))
        .head(rows)
    )
    folder.mkdir(parents=True)
    for number, source in enumerate(corpus.SHARES):
        frame.filter(pl.col("source") == source).select("id", "text").write_parquet(
            folder / f"{number}-{source}.parquet"
        )


def true_pairs(folder: Path) -> pl.DataFrame:
    """Give every pair of ids with a Jaccard of THRESHOLD or more: a, b, jaccard.

    Two sets whose Jaccard reaches t share one of the first n - ceil(t n) + 1 of their n elements, in any order common
    to all sets (Bayardo, Ma, Srikant, WWW 2007); rare elements first keep the join small. The Jaccard is then counted
    on plain Python sets.
    """
    import corpus

    from tasks.similarity.shingles import shingle
    from tasks.text.words import with_signs_as_words

    frame = pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])
    written = with_signs_as_words(frame["text"])
    blocks = list(shingle(written, SHINGLE))
    sizes = pl.concat([pl.Series(block.sizes, dtype=pl.UInt32) for block in blocks])
    row = pl.int_range(len(frame), dtype=pl.UInt32, eager=True)
    said = pl.DataFrame(
        {
            "row": row.repeat_by(sizes).explode().drop_nulls(),
            "hash": pl.concat([pl.Series(block.hashes) for block in blocks]),
        }
    )
    said = said.unique().with_columns(pl.len().over("hash").alias("holders"), pl.len().over("row").alias("size"))
    prefix = pl.col("size") - (pl.col("size") * THRESHOLD - 1e-9).ceil() + 1
    first = (
        said.filter(pl.struct("holders", "hash").rank("ordinal").over("row") <= prefix)
        .filter(pl.col("holders") > 1)
        .select("row", "hash")
    )
    pairs = (
        first.join(first, on="hash", suffix="_b")
        .filter(pl.col("row") < pl.col("row_b"))
        .select("row", "row_b")
        .unique()
        .sort("row", "row_b")
    )
    texts, ids = written.to_list(), frame["id"]
    similar = pl.Series([corpus.jaccard(texts[a], texts[b]) for a, b in pairs.iter_rows()], dtype=pl.Float64)
    found = pl.DataFrame({"a": ids.gather(pairs["row"]), "b": ids.gather(pairs["row_b"]), "jaccard": similar})
    return found.filter(pl.col("jaccard") >= THRESHOLD)


def scores(dropped: list[str], pairs: pl.DataFrame) -> dict[str, float]:
    """Judge the ids an engine dropped."""
    seen = pairs.with_columns(hit=pl.col("a").is_in(set(dropped)) | pl.col("b").is_in(set(dropped)))
    paired = set(pairs["a"]) | set(pairs["b"])
    near = seen.filter(pl.col("jaccard") < 0.9)
    right = sum(name in paired for name in dropped)
    return {
        "dropped": len(dropped),
        "recall": float(seen["hit"].mean() or 0),
        "recall_below_.9": float(near["hit"].mean() or 0),
        "precision": right / max(1, len(dropped)),
    }


# --- measuring


def compare_all(arguments: argparse.Namespace, work: Path) -> None:
    """Make input and truth where they are not there yet; run all engines in turn."""
    folder = work / f"rows-{arguments.rows}"
    if not folder.exists():
        make_input(arguments.rows, folder)
    if not (truth := work / f"truth-{arguments.rows}.parquet").exists():
        true_pairs(folder).write_parquet(truth)
    pairs = pl.read_parquet(truth)

    def run(engine: str) -> dict[str, float]:
        python = (
            str(arguments.peers.absolute() / "bin/python") if arguments.peers and engine != "cuvee" else sys.executable
        )
        with tempfile.TemporaryDirectory(dir=work) as scratch:
            out = Path(scratch, "dropped.json")
            figures = measure(
                [python, str(Path(__file__).absolute()), "--engine", engine, "--input", str(folder), "--out", str(out)]
            )
            return figures | scores(json.loads(out.read_text()), pairs)

    print(f"{arguments.rows:,} rows, {len(pairs):,} true pairs, {arguments.rounds} rounds, medians", flush=True)
    compare(arguments.engines, arguments.rounds, run, "datatrove")


def main() -> None:
    """Read the arguments; run one engine, or compare them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, help="virtual environment of the peers")
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument(
        "--work", type=Path, help="folder for the corpus, kept between calls (default: a temporary one)"
    )
    parser.add_argument("--engine", choices=list(ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        arguments.out.write_text(json.dumps(ENGINES[arguments.engine](arguments.input)))
    elif arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
        compare_all(arguments, arguments.work.absolute())
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare_all(arguments, Path(folder))


if __name__ == "__main__":
    main()
