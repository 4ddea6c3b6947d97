"""A small mix, its plan, a tiny model and its scores, lying in a store as the stages leave them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Metrics, ScoresFacts
from tasks.store.runs import RunStart
from tasks.store.storage import Store, as_fact

LABELS = ("negative", "positive")


@dataclass(frozen=True)
class Products:
    store: Store
    mix: Manifest
    plan: Manifest
    model: Manifest
    scores: Manifest


def recipe(**publish: Any) -> dict[str, Any]:
    return {
        "name": "sentiment",
        "task": "text-classification",
        "labels": list(LABELS),
        "sources": {
            "news": {"kind": "delimited", "path": "data/news.tsv", "licence": "CC-BY-4.0"},
            "papers": {"kind": "hub", "hub": "org/papers", "revision": "1f2a"},
        },
        "mix": {"unit": "rows", "size": 6, "weights": {"kind": "given", "shares": {"news": 0.5, "papers": 0.5}}},
        "train": {"model": {"architecture": "bert", "vocabulary": 300, "config": {}}},
        "evaluate": {"resamples": 1000, "confidence": 0.95},
        "publish": {"description": "", "language": []} | publish,
        "seed": 0,
    }


@pytest.fixture
def start() -> Callable[..., RunStart]:
    """A run's start: `start(second=3, description="…")`."""

    def begin(second: int = 0, **publish: Any) -> RunStart:
        started = f"2026-11-23T18:00:{second:02d}.000+00:00"
        return RunStart(
            run=f"20261123-1800{second:02d}-abcdef", name="sentiment", started=started, recipe=recipe(**publish)
        )

    return begin


def rows(source: str, count: int, first: int = 0) -> pl.DataFrame:
    numbers = range(first, first + count)
    return pl.DataFrame(
        {
            "row_id": [f"{source}.tsv:{n}" for n in numbers],
            "source": [source] * count,
            "text": [f"sentence number {n} of {source}" for n in numbers],
            "label": [LABELS[n % 2] for n in numbers],
            "tokens": [5] * count,
        },
        schema_overrides={"tokens": pl.UInt32},
    )


def product(store: Store, folder: Path, stage: str, files: dict[str, Callable[[Path], Any]], **said: Any) -> Manifest:
    path = f"snapshots/{stage}/{'0' * 32}"
    facts = []
    for name, write in files.items():
        local = folder / name.replace("/", "__")
        write(local)
        facts.append(as_fact(store, path, name, local))
    manifest = Manifest[type(said["facts"])](
        stage=stage, subject=said.pop("subject", "mix"), key="0" * 32, path=path, files=tuple(facts), **said
    )
    store.write_json(f"{path}/manifest.json", manifest.model_dump(mode="json"))
    return manifest


def receipt_row(source: str) -> dict[str, Any]:
    return ReceiptRow(
        source=source,
        requested=0.5,
        weight=0.5,
        reason="given",
        available=4,
        rows=3,
        share_rows=0.5,
        tokens=15,
        share_tokens=0.5,
        epochs=2.25,
        dropped={"exact_duplicate": 2},
    ).model_dump()


def make_mix(store: Store, folder: Path) -> Manifest:
    receipt = [receipt_row("news"), receipt_row("papers")]
    accounts = tuple(
        Account(
            source=source,
            read=9,
            quarantined=1,
            dropped={"exact_duplicate": 2},
            rows=4,
            tokens=20,
            holdout=2,
            holdout_tokens=10,
        )
        for source in ("news", "papers")
    )
    files: dict[str, Callable[[Path], Any]] = {
        "data/train-00000.parquet": rows("news", 3).write_parquet,
        "data/train-00001.parquet": rows("papers", 3).write_parquet,
        "data/holdout-news.parquet": rows("news", 2, 10).write_parquet,
        "data/holdout-papers.parquet": rows("papers", 2, 10).write_parquet,
        "receipt.json": lambda path: path.write_text(json.dumps(receipt)),
        "lock.json": lambda path: path.write_text(json.dumps({"pool": "f" * 64})),
    }
    return product(
        store,
        folder,
        "mix",
        files,
        rows=6,
        tokens=30,
        accounts=accounts,
        facts=MixFacts.model_validate({"receipt": receipt}),
    )


MODEL = ModelFacts(
    steps=2,
    epochs=1.0,
    examples=6,
    tokens=30,
    truncated=0,
    parameters=100,
    max_tokens=16,
    architecture="bert",
    accumulate=1,
    start=(),
)


def make_model(store: Store, folder: Path) -> Manifest:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=10,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    config.id2label, config.label2id = dict(enumerate(LABELS)), {label: number for number, label in enumerate(LABELS)}
    BertForSequenceClassification(config).save_pretrained(folder / "saved")
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "sentence": 2}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(
        folder / "saved"
    )
    saved = {f"model/{path.name}": path.rename for path in sorted((folder / "saved").iterdir())}
    curve = [{"step": 1, "epoch": 0.5, "loss": 0.7}, {"step": 2, "epoch": 1.0, "holdout_loss": 0.69}]
    files = saved | {"training-curve.json": lambda path: path.write_text(json.dumps(curve))}
    return product(store, folder, "train", files, subject="model", facts=MODEL)


METRICS = Metrics.model_validate(
    {
        "accuracy": 0.75,
        "macro_f1": 0.73333,
        "accuracy_interval": [0.5, 1.0],
        "macro_f1_interval": [0.4, 1.0],
        "rows": 4,
        "by_source": {
            "news": {
                "accuracy": 1.0,
                "macro_f1": 1.0,
                "rows": 2,
                "accuracy_interval": [1.0, 1.0],
                "macro_f1_interval": [1.0, 1.0],
            },
            "papers": {
                "accuracy": 0.5,
                "macro_f1": 0.33333,
                "rows": 2,
                "accuracy_interval": [0.0, 1.0],
                "macro_f1_interval": [0.0, 1.0],
            },
        },
        "baseline": {"label": "negative", "accuracy": 0.5, "macro_f1": 0.33333},
        "confusion": {"labels": list(LABELS), "counts": [[2, 0], [1, 1]]},
    }
)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A folder and a bucket, one after the other."""
    return Store(
        str(tmp_path / "store") if request.param == "folder" else f"{request.getfixturevalue('bucket')}/prefix"
    )


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def make_products(tmp_path: Path) -> Callable[[Store], Products]:
    def make(store: Store) -> Products:
        plan = product(store, tmp_path, "plan", {"plan.npz": lambda path: np.savez(path, row=np.arange(6))}, facts={})
        scores = product(store, tmp_path, "evaluate", {}, subject="model", facts=ScoresFacts(metrics=METRICS))
        return Products(store, make_mix(store, tmp_path), plan, make_model(store, tmp_path), scores)

    return make
