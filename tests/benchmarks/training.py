"""The training loop: its pace beside a bare loop of torch and plain `Trainer`, and what a GPU makes of it.

    python tests/benchmarks/training.py loop DATA
    python tests/benchmarks/training.py card DATA [--toy]

DATA is the folder of the shared public data (see tests/conftest.py). `loop`: a BERT of 2 layers of 128 on film
reviews, batches of 32, on one core; three ways take as many steps in turn, three rounds, medians. `card`: a GPT-2 of
125 million weights in bfloat16, packed, and BERT-base, on one GPU in less than 8 minutes; `--toy` runs the same on a
CPU at a size that says nothing.
"""

import argparse
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch
from safetensors.torch import load_file
from transformers import Trainer, TrainerCallback, TrainingArguments, get_linear_schedule_with_warmup, set_seed

from tasks.core.records import Objective
from tasks.objectives.parts import examples_of
from tasks.train import loop
from tasks.train.job import Job
from tasks.train.model import load
from tasks.train.order import WindowedLengths
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.trainer import Ordered, Telling

PEAK = 989e12
"""Dense bfloat16 operations a second of an H100 or H200 (NVIDIA's data sheets); a toy's share of it says nothing."""
LABELS = ("negative", "positive")
WARM = 10
"""Steps before the clock starts."""


class Clock(TrainerCallback):
    """Notes when steps end."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note it."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())

    @property
    def pace(self) -> float:
        """Steps a second, the first ones left out."""
        warm = min(WARM, len(self.ends) // 2)
        return (len(self.ends) - 1 - warm) / (self.ends[-1] - self.ends[warm])


class Ready(NamedTuple):
    """What all ways of a comparison learn from, and with what."""

    job: Job
    rows: Any
    tokenizer: Any
    fresh: Callable[[], Any]

    @property
    def kind(self) -> Any:
        return examples_of(self.job.objective.task)


def films(data: Path) -> pl.DataFrame:
    """Give film reviews with their labels."""
    path, told = data / "sentiment/movies_sst2/train.tsv", {"has_header": False, "new_columns": ["text", "label"]}
    rows = pl.read_csv(path, separator="\t", quote_char=None, **told)
    return rows.with_columns(pl.col("label").replace_strict({0: "negative", 1: "positive"}))


def ready(table: pl.DataFrame, task: str, settings: TrainSettings, folder: Path) -> Ready:
    """Write a mix and encode it."""
    table = table.with_columns(source=pl.lit("a"), row_id="a:" + pl.int_range(pl.len()).cast(pl.String))
    table.write_parquet(folder / "mix.parquet")
    table.head(64).write_parquet(folder / "kept.parquet")
    objective = Objective(task=task, labels=LABELS if "label" in table.columns else ())
    said = {"mix": (str(folder / "mix.parquet"),), "holdout": (str(folder / "kept.parquet"),)}
    job = Job(settings=settings, objective=objective, seed=0, base=".", folder=str(folder), **said)
    job.out.mkdir(exist_ok=True)

    def fresh() -> Any:
        set_seed(0)
        return load(settings, ".", objective, table["text"])[0]

    tokenizer = load(settings, ".", objective, table["text"])[1]
    rows = examples_of(task).examples(table, tokenizer, settings.max_tokens, objective.labels)
    return Ready(job, rows, tokenizer, fresh)


def ours(given: Ready) -> float:
    """Train as a run does, without measuring or saving; give steps a second."""
    args = loop.arguments(given.job, len(given.rows))
    args.eval_strategy = args.save_strategy = "no"
    settings, clock = given.job.settings, Clock()
    order = WindowedLengths(given.rows.lengths, settings.batch_size, 0)
    model = given.fresh()
    collator, losses = loop.batching(given.job, model, given.tokenizer)
    told = {"model": model, "args": args, "train_dataset": given.rows, "processing_class": given.tokenizer}
    trainer = Ordered(**told, data_collator=collator, callbacks=[Telling(order, given.rows), clock])
    trainer.losses, trainer.order = losses, order
    trainer.train()
    return clock.pace


def plain(given: Ready) -> float:
    """Train by `Trainer` as it is without being told more than the batch."""
    settings, clock = given.job.settings, Clock()
    told = {
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.batch_size,
        "report_to": "none",
    }
    args = TrainingArguments(str(given.job.checkpoints), **told, disable_tqdm=True, save_strategy="no")
    args.bf16 = settings.precision == "bfloat16"
    collator = given.kind.Collator(given.tokenizer)
    Trainer(given.fresh(), args, train_dataset=given.rows, data_collator=collator, callbacks=[clock]).train()
    return clock.pace


def bare(given: Ready) -> float:
    """Train by a loop of torch with the same batches as ours."""
    settings, ends, model = given.job.settings, list[float](), given.fresh().train()
    order = WindowedLengths(given.rows.lengths, settings.batch_size, 0)
    collator = given.kind.Collator(given.tokenizer)
    optimiser = torch.optim.AdamW(model.parameters(), settings.learning_rate, weight_decay=0.01, fused=True)
    steps = -(-len(given.rows) // settings.batch_size)
    schedule = get_linear_schedule_with_warmup(optimiser, steps // 10, steps)
    for batch in batches(order, settings.batch_size):
        loss = model(**collator([given.rows[at] for at in batch])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        ends.append(time.perf_counter())
    return (len(ends) - 1 - WARM) / (ends[-1] - ends[WARM])


def batches(order: WindowedLengths, size: int) -> Iterator[list[int]]:
    """Give the numbers of the rows of every batch."""
    numbers = iter(order)
    while batch := [*islice(numbers, size)]:
        yield batch


def compare(data: Path, folder: Path) -> None:
    """Print the pace of the three ways on a CPU."""
    torch.set_num_threads(1)
    config = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256}
    said = {"epochs": 1, "batch_size": 32, "learning_rate": 1e-3, "max_tokens": 128}
    settings = TrainSettings(model=BuiltModel(vocabulary=4000, config=config), **said)
    given = ready(films(data).head(4800), "text-classification", settings, folder)
    ways: dict[str, Callable[[Ready], float]] = {"bare": bare, "plain": plain, "ours": ours}
    paces = {name: list[float]() for name in ways}
    for _ in range(3):
        for name, way in ways.items():
            paces[name].append(way(given))
    for name, other in (("bare loop, same batches", "bare"), ("plain Trainer", "plain")):
        ratios = [one / two for one, two in zip(paces["ours"], paces[other], strict=True)]
        print(
            f"{name}: {statistics.median(paces[other]):.1f} steps/s, ours {statistics.median(paces['ours']):.1f}; "
            f"ours / it {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )


def card(data: Path, folder: Path, *, toy: bool) -> None:
    """Print what a language model and a classifier make of a GPU."""
    files = [*(data / "text/papers_scitldr").glob("*.jsonl.gz")]
    read = [pl.read_ndjson(gzip.decompress(file.read_bytes())) for file in files]
    papers = pl.concat([table.select(text=pl.col("source").list.join(" ")) for table in read])
    small = {"n_embd": 32, "n_layer": 1, "n_head": 2}
    config = small if toy else {"n_embd": 768, "n_layer": 12, "n_head": 12}
    said = {"batch_size": 16 if toy else 64, "learning_rate": 3e-4, "epochs": 1, "precision": "bfloat16"}
    language = TrainSettings(
        model=BuiltModel(architecture="gpt2", vocabulary=2000 if toy else 32000, config={**config, "n_positions": 512}),
        max_tokens=128 if toy else 512,
        packing=True,
        **said,
    )
    given = ready(papers.head(200) if toy else papers, "language-modelling", language, folder)
    model = given.fresh()
    weights, mean = sum(part.numel() for part in model.parameters()), given.rows.lengths.mean() * language.batch_size
    for name, way in (("ours", ours), ("plain Trainer", plain)):
        wait, pace = waiting(way, given)
        tokens = pace * mean
        print(
            f"{name}: {weights / 1e6:.0f} M weights, {tokens:,.0f} tokens/s, MFU {6 * weights * tokens / PEAK:.3f}, "
            f"{memory()} GB at most, {wait:.1%} of the time waiting for data"
        )
    print(f"resumed training has the same weights: {resumes(given)}")
    base = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64} if toy else {}
    chosen = TrainSettings(model=BuiltModel(vocabulary=2000 if toy else 30000, config=base), max_tokens=128, **said)
    (folder / "films").mkdir()
    pace = ours(ready(films(data).head(640 if toy else 6900), "text-classification", chosen, folder / "films"))
    print(f"BERT-base: {pace * chosen.batch_size:,.0f} samples/s, {memory()} GB at most")


def waiting(way: Callable[[Ready], float], given: Ready) -> tuple[float, float]:
    """Train; give the share of the time that went by while batches were made, and steps a second."""
    spent, fetch, began = list[float](), Trainer.get_batch_samples, time.perf_counter()

    def timed(self: Trainer, *given: Any) -> Any:
        start = time.perf_counter()
        made = fetch(self, *given)
        spent.append(time.perf_counter() - start)
        return made

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    Trainer.get_batch_samples = timed
    try:
        pace = way(given)
    finally:
        Trainer.get_batch_samples = fetch
    return sum(spent) / (time.perf_counter() - began), pace


def memory() -> str:
    """Give the most memory that was taken on the GPU, in 10⁹ bytes."""
    return f"{torch.cuda.max_memory_allocated() / 1e9:.1f}" if torch.cuda.is_available() else "-"


def resumes(given: Ready) -> bool:
    """Train by the whole loop, once more from the last but one of its checkpoints, and compare the weights."""
    loop.train(given.job)
    whole = load_file(given.job.out / "model.safetensors")
    latest = max(given.job.checkpoints.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))
    latest.rename(latest.with_name("later"))
    loop.train(given.job)
    again = load_file(given.job.out / "model.safetensors")
    return all(torch.equal(part, again[name]) for name, part in whole.items())


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["loop", "card"])
    parser.add_argument("data", type=Path)
    parser.add_argument("--toy", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "loop":
            compare(asked.data, Path(folder))
        else:
            card(asked.data, Path(folder), toy=asked.toy)


if __name__ == "__main__":
    main()
