"""Read, normalise, filter, drop exact duplicates, write: this project and its peers on the same files, side by side.

    python tests/benchmarks/chain.py --rows 1000000 [--peers VENV] [--rounds 3] [--engines cuvee loop datasets
    datatrove] [--work DIR]

Input: the benchmark corpus, four sources in JSON Lines, CSV and Parquet. Every engine brings texts to NFC without
control characters and with single spaces, applies the same five filters (words, letters, digits, capitals, signs),
keeps the first of equal texts in the order of the sources, and writes Parquet of id, text, label and source. Every
engine is a process of its own, imports included, in turn.

cuvee: the pure functions of ingest, clean and deduplicate with their default checks; sources side by side as in a run.
It also keeps bad rows aside, carves a hold-out, and drops training rows equal to a hold-out row but for case and signs.
loop: a plain Python loop in one process. datasets: map, filter, filter, with two processes. datatrove: its readers,
LambdaFilters and three-stage exact deduplication, two workers; it keeps one of equal texts, not always the first.

Judged after each run, or the benchmark fails: loop and datasets keep the same ids and texts; datatrove the same texts,
each once; cuvee the same texts, each once, but for those whose match key (letters and digits, case folded) stands in
its hold-out.
"""

import argparse
import csv
import json
import re
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
FILES = {"news": "news.jsonl", "social": "social.csv", "reviews": "reviews.parquet", "papers": "papers.jsonl"}
LABELS = ("negative", "neutral", "positive")
LEAST_WORDS, LEAST_LETTERS, MOST_DIGITS, MOST_CAPITALS, MOST_SIGNS = 3, 0.5, 0.3, 0.7, 0.3
WORKERS = 2


# --- what the peers share: the same rules, said in Python

INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
JOINERS = "\u200c\u200d"
MARKS = JOINERS + "\u0300-\u036f\u20d0-\u20f0\ufe00-\ufe0f"
"""Parts of words that Python's `\\w` leaves out."""
WORD, SIGN = re.compile(rf"\w[\w{MARKS}]*"), re.compile(rf"[^\w\s{MARKS}]")


def normal(text: str) -> str:
    """Bring a text to the form that all engines agree on."""
    text = text if text.isascii() and text.isprintable() else unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    return " ".join(text.split()).strip(" " + JOINERS)


def stays(text: str) -> bool:
    """Apply the five filters."""
    if not text or len(WORD.findall(text)) < LEAST_WORDS:
        return False
    chars, letters = len(text), sum(map(str.isalpha, text))
    return (
        letters >= LEAST_LETTERS * chars
        and sum(map(str.isdecimal, text)) <= MOST_DIGITS * chars
        and sum(map(str.isupper, text)) <= MOST_CAPITALS * letters
        and len(SIGN.findall(text)) <= MOST_SIGNS * chars
    )


def records(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Read id, text, label and source of every row."""
    import pyarrow.parquet as pq

    for source, name in FILES.items():
        if name.endswith(".jsonl"):
            with (folder / name).open(encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    yield row["id"], row["text"], row["label"], source
        elif name.endswith(".csv"):
            with (folder / name).open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    yield row["id"], row["text"], row["label"], source
        else:
            with pq.ParquetFile(folder / name) as file:
                for batch in file.iter_batches(10_000):
                    columns = batch.to_pydict()
                    yield from (
                        (a, b, c, source)
                        for a, b, c in zip(columns["id"], columns["text"], columns["label"], strict=True)
                    )


# --- engines: each reads FOLDER and writes Parquet files under OUT


def cuvee(folder: Path, out: Path) -> None:
    """This project, as plain functions."""
    from concurrent.futures import ThreadPoolExecutor

    from tasks.clean.filter import clean_file
    from tasks.clean.settings import SourceCleaning
    from tasks.core.registry import load
    from tasks.deduplicate.exact import deduplicate
    from tasks.ingest import kinds as source_kinds
    from tasks.ingest.read import read_source
    from tasks.manifests.manifest import Account
    from tasks.objectives.text_classification.columns import layout
    from tasks.rows.layout import copy_rows

    characters = {
        "least_letters": LEAST_LETTERS,
        "most_digits": MOST_DIGITS,
        "most_capitals": MOST_CAPITALS,
        "most_signs": MOST_SIGNS,
    }
    rows = layout(LABELS)
    settings = SourceCleaning.model_validate(
        {"filters": [{"kind": "words", "least": LEAST_WORDS}, {"kind": "characters", **characters}]}
    )

    def prepared(source: str) -> Account:
        name = FILES[source]
        kind = {".csv": "delimited", ".jsonl": "jsonl", ".parquet": "parquet"}[Path(name).suffix]
        params = load(source_kinds, kind).Params(path=name)
        before = read_source(source, params, str(folder), rows, out / f"{source}.read", out / f"{source}.bad").account
        return clean_file(
            before,
            (out / f"{source}.read", out / f"{source}.clean", out / f"{source}.keys"),
            settings,
            rows,
        ).account

    with ThreadPoolExecutor(WORKERS) as pool:
        accounts = list(pool.map(prepared, FILES))
    found = deduplicate(
        [(out / f"{source}.clean", out / f"{source}.keys") for source in FILES],
        accounts,
        [(0.1, 0.0)] * len(FILES),
        0,
        rows,
    )
    copy_rows(
        {
            out / f"{source}.clean": {
                out / f"{source}-{side}.parquet": kept[source] for side, kept in found.sides.items()
            }
            for source in FILES
        },
        rows,
    )


def loop(folder: Path, out: Path) -> None:
    """The yardstick."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in ("id", "text", "label", "source")])
    seen: set[str] = set()
    rows: list[tuple[str, str, str, str]] = []
    with pq.ParquetWriter(out / "rows.parquet", schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pa.table(list(map(list, zip(*rows, strict=True))), schema=schema))
            rows.clear()

        for name, text, label, source in records(folder):
            form = normal(text)
            if stays(form) and form not in seen:
                seen.add(form)
                rows.append((name, form, label, source))
                if len(rows) == 50_000:
                    flush()
        if rows:
            flush()


def datasets(folder: Path, out: Path) -> None:
    """The library's own way; the set of texts seen needs one process, the rest has two."""
    import datasets as hf

    hf.disable_progress_bars()
    builders = {".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}
    features = hf.Features({name: hf.Value("string") for name in ("id", "text", "label")})
    parts = []
    for source, name in FILES.items():
        part = hf.load_dataset(
            builders[Path(name).suffix],
            data_files=str(folder / name),
            split="train",
            cache_dir=str(out / "cache"),
            features=features,
        )
        parts.append(part.add_column("source", [source] * len(part)))
    whole = hf.concatenate_datasets(parts)
    whole = whole.map(
        lambda batch: {"text": [normal(text or "") for text in batch["text"]]}, batched=True, num_proc=WORKERS
    )
    whole = whole.filter(lambda batch: [stays(text) for text in batch["text"]], batched=True, num_proc=WORKERS)
    seen: set[str] = set()
    whole = whole.filter(lambda batch: [not (text in seen or seen.add(text)) for text in batch["text"]], batched=True)
    whole.to_parquet(str(out / "rows.parquet"))


def datatrove(folder: Path, out: Path) -> None:
    """Read, normalise, filter and sign; find duplicates; read again and drop them."""
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.dedup.exact_dedup import (
        ExactDedupConfig,
        ExactDedupFilter,
        ExactDedupSignature,
        ExactFindDedups,
    )
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.formatters.base import BaseFormatter
    from datatrove.pipeline.readers import CSVReader, JsonlReader, ParquetReader
    from datatrove.pipeline.writers import ParquetWriter

    readers = {".jsonl": JsonlReader, ".csv": CSVReader, ".parquet": ParquetReader}

    class Sources(PipelineStep):
        """One source per task; datatrove has no reader for several formats."""

        type, name = "reader", "sources"

        def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
            source, name = list(FILES.items())[rank]
            reader = readers[Path(name).suffix](str(folder), glob_pattern=name, default_metadata={"source": source})
            return reader.run(data, 0, 1)

    class Normal(BaseFormatter):
        name = "normal"

        def format(self, text: str) -> str:
            return normal(text)

    def text_of(doc: Document) -> str:
        return doc.text

    config = ExactDedupConfig(content_getter=text_of)

    def stage(tasks: int, *steps: PipelineStep) -> None:
        LocalPipelineExecutor(list(steps), tasks=tasks, workers=WORKERS, logging_dir=None, skip_completed=False).run()

    work, tasks = out / "work", len(FILES)
    first = ParquetWriter(f"{work}/filtered", expand_metadata=True)
    stage(tasks, Sources(), Normal(), LambdaFilter(lambda doc: stays(doc.text)), first)
    stage(tasks, ParquetReader(f"{work}/filtered"), ExactDedupSignature(f"{work}/signatures", config))
    stage(1, ExactFindDedups(f"{work}/signatures", f"{work}/duplicates", config))
    stage(
        tasks,
        ParquetReader(f"{work}/filtered"),
        ExactDedupFilter(f"{work}/duplicates", config),
        ParquetWriter(str(out), expand_metadata=True),
    )


ENGINES: dict[str, Callable[[Path, Path], None]] = {
    "cuvee": cuvee,
    "loop": loop,
    "datasets": datasets,
    "datatrove": datatrove,
}


# --- measuring


def judge(engine: str, out: Path, rules: set[tuple[str, str]]) -> int:
    """Count the rows that an engine wrote.

    Args:
        rules: id and text of the rows that the rules keep.
    """
    import polars as pl

    from tasks.rows.keys import match_keys

    frames = {
        path.name: pl.read_parquet(path, columns=["id" if engine != "cuvee" else "row_id", "text"])
        for path in sorted(out.glob("*.parquet"))
    }
    rows = [row for frame in frames.values() for row in frame.iter_rows()]
    texts = [text for _, text in rows]
    missing = {text for _, text in rules} - set(texts)
    if engine == "cuvee":
        aside = pl.concat([frame["text"] for name, frame in frames.items() if name.endswith("-holdout.parquet")])
        missing = set(match_keys(pl.Series(sorted(missing), dtype=pl.String))) - set(match_keys(aside))
    wrong = set(rows) - rules if engine in ("loop", "datasets") else set(texts) - {text for _, text in rules}
    if missing or wrong or len(texts) != len(set(texts)):
        raise SystemExit(
            f"{engine} did not keep the same rows: {len(missing):,} missing, {len(wrong):,} surplus, "
            f"{len(texts):,} kept"
        )
    return len(rows)


def by_the_rules(folder: Path) -> set[tuple[str, str]]:
    """Give id and text of the rows that the rules keep, in the words of this file."""
    found: dict[str, str] = {}
    for name, text, _, _ in records(folder):
        if stays(form := normal(text)):
            found.setdefault(form, name)
    return {(name, text) for text, name in found.items()}


def main() -> None:
    """Read the arguments; run one engine, or compare them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--peers", type=Path, help="virtual environment of datatrove")
    parser.add_argument("--work", type=Path, help="folder for the input, kept between calls (default: a temporary one)")
    parser.add_argument("--engine", choices=list(ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--input", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine:
        ENGINES[asked.engine](asked.input, asked.work)
        return

    import corpus
    from side_by_side import compare, measure

    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.work or Path(temporary)).absolute() / f"chain-{asked.rows}"
        if not folder.exists():
            corpus.write(corpus.documents(asked.rows, corpus.shared_data()), folder)

        rules = by_the_rules(folder)

        def run(engine: str) -> dict[str, float]:
            python = (
                str(asked.peers.absolute() / "bin/python") if engine == "datatrove" and asked.peers else sys.executable
            )
            with tempfile.TemporaryDirectory(dir=folder.parent) as out:
                command = [
                    python,
                    str(Path(__file__).absolute()),
                    "--engine",
                    engine,
                    "--input",
                    str(folder),
                    "--work",
                    out,
                ]
                return measure(command) | {"kept": judge(engine, Path(out), rules)}

        print(f"{asked.rows:,} rows, {asked.rounds} rounds, medians")
        compare(asked.engines, asked.rounds, run, "datatrove")


if __name__ == "__main__":
    main()
