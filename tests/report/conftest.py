"""A run as it might be: six sources of opinions, one mix, a small BERT. All numbers are invented but agree with one
another."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.manifests.check import CheckResult, Failure, Verdict
from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Metrics
from tasks.report.samples import Sample
from tasks.store.runs import PublishedMix, PublishedModel, RunRecord, TaskNote

LABELS = ("negative", "positive")
SOURCES = {  # source: read, bad, dropped, hold-out, asked, rows in the mix, accuracy, hold-out rows that count
    "films": (6920, 0, {"exact_duplicate": 41}, 688, 0.25, 5000, 0.842),
    "books": (4749, 3, {"exact_duplicate": 212, "too_short": 18}, 451, 0.2, 4000, 0.871),
    "kitchen": (4781, 0, {"exact_duplicate": 305, "cross_source_duplicate": 7}, 447, 0.15, 3000, 0.889),
    "airline-tweets": (
        11710,
        12,
        {"label_left_out": 2471, "exact_duplicate": 176, "in_holdout": 9},
        904,
        0.2,
        4000,
        0.903,
    ),
    "company-news": (3872, 1, {"label_left_out": 2280}, 159, 0.1, 2000, 0.798),
    "developer-posts": (3097, 39, {"label_left_out": 1186, "empty_text": 2}, 187, 0.1, 2000, 0.824),
}
TEXTS = {
    "films": (
        "an utterly charming and hilarious film that reminded me of the best of the disney comedies from the 60s ."
    ),
    "books": (
        "I was expecting this book to be a quick read, but it drags on and on. The plot is thin &quot;at "
        "best&quot; and the ending … well."
    ),
    "kitchen": "Works great, easy to clean, and it looks good on the counter. " * 6,
    "airline-tweets": (
        '@airline thanks for the <b>"upgrade"</b> to a middle seat next to the toilet 🙄 & no, I don\'t want a voucher'
    ),
    "company-news": (
        "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn in the corresponding period in 2007 "
        "representing 7.7 % of net sales."
    ),
    "developer-posts": (
        "for (int i = 0; i < n; i++) { … }  // this finally fixed it; thank you so much, I spent "
        "the whole day on this!\n\tat line 3"
    ),
}


def accounts() -> tuple[Account, ...]:
    return tuple(
        Account(
            source=source,
            read=read,
            quarantined=bad,
            dropped=dropped,
            holdout=holdout,
            holdout_tokens=holdout * 21,
            rows=read - bad - sum(dropped.values()) - holdout,
            tokens=(read - bad - sum(dropped.values()) - holdout) * 21,
        )
        for source, (read, bad, dropped, holdout, *_) in SOURCES.items()
    )


def receipt() -> tuple[ReceiptRow, ...]:
    tokens = {source: values[5] * (14 + 3 * number) for number, (source, values) in enumerate(SOURCES.items())}
    return tuple(
        ReceiptRow(
            source=source,
            requested=values[4],
            weight=values[4],
            reason="given by the recipe",
            available=account.rows,
            rows=values[5],
            share_rows=values[5] / 20_000,
            tokens=tokens[source],
            share_tokens=tokens[source] / sum(tokens.values()),
            epochs=3 * values[5] / account.rows,
            dropped=values[2],
        )
        for (source, values), account in zip(SOURCES.items(), accounts(), strict=True)
    )


def score(accuracy: float, rows: int) -> dict[str, Any]:
    half = 1.96 * math.sqrt(accuracy * (1 - accuracy) / rows)
    macro = accuracy - 0.012
    return {
        "accuracy": accuracy,
        "accuracy_interval": [accuracy - half, accuracy + half],
        "macro_f1": macro,
        "macro_f1_interval": [macro - half, macro + half],
        "rows": rows,
    }


def metrics() -> dict[str, Any]:
    by_source = {source: score(values[6], values[3]) for source, values in SOURCES.items()}
    rows = sum(values[3] for values in SOURCES.values())
    total = sum(one["accuracy"] * one["rows"] for one in by_source.values()) / rows
    confusion = {"labels": list(LABELS), "counts": [[1312, 218], [165, 1141]]}
    return score(total, rows) | {
        "by_source": by_source,
        "baseline": {"label": "negative", "accuracy": 0.539, "macro_f1": 0.35},
        "confusion": confusion,
        "calibration": {
            "error": {"value": 0.041, "interval": [0.03, 0.052]},
            "by_chance": {"value": 0.014, "interval": [0.009, 0.02]},
            "log_loss": {"value": 0.36},
            "brier": {"value": 0.21},
            "bins": [
                {"events": rows // 3, "chance": chance, "happened": right}
                for chance, right in ((0.6, 0.62), (0.9, 0.8), (0.99, 0.97))
            ],
        },
    }


def curve() -> tuple[dict[str, float], ...]:
    train = {step: 0.18 + 0.5 * math.exp(-step / 400) + 0.02 * math.sin(step / 37) for step in range(25, 1876, 25)}
    held = {step: 0.36 + 0.3 * math.exp(-step / 300) + step / 40000 for step in (312, 625, 937, 1250, 1562, 1875)}
    named = {"loss": train, "holdout_loss": held}
    points = [
        {"step": float(step), "epoch": step / 625, name: loss}
        for name, losses in named.items()
        for step, loss in losses.items()
    ]
    return tuple(sorted(points, key=lambda point: point["step"]))


def note(name: str, subject: str, made: str = "", parents: tuple[str, ...] = (), **more: Any) -> TaskNote:
    return TaskNote(
        name=name,
        subject=subject,
        fingerprint=made,
        parents=parents,
        key=made and "0a1b2c3d4e5f6a7b",
        **({"state": "run"} | more),
    )


def notes() -> tuple[TaskNote, ...]:
    found: list[TaskNote] = []
    for source, account in zip(SOURCES, accounts(), strict=True):
        more = {"state": "run" if source == "airline-tweets" else "cached", "seconds": 0.8}
        found += [
            note("probe-source", source),
            note("ingest-source", source, f"raw-{source}", rows=account.read, **more),
            note("clean-source", source, f"clean-{source}", (f"raw-{source}",), rows=account.rows, **more),
        ]
    found.append(
        note(
            "deduplicate-sources",
            "pool",
            "pool",
            tuple(f"clean-{source}" for source in SOURCES),
            rows=26120,
            seconds=1.9,
        )
    )
    found += [note("check-source", source, f"check-{source}", ("pool",), seconds=2.2) for source in SOURCES]
    found.append(note("gate-checks", "sources"))
    before: tuple[str, ...] = ("pool",)
    for name, rows in (
        ("weigh-sources", 0),
        ("plan-mix", 20_000),
        ("write-mix", 20_000),
        ("train-model", 20_000),
        ("evaluate-model", 2836),
    ):
        found.append(note(name, "model" if "model" in name else "mix", name, before, rows=rows, seconds=63.5))
        before = ("pool", name)
    return tuple(found)


RECIPE: dict[str, Any] = {
    "name": "opinions",
    "task": "text-classification",
    "labels": list(LABELS),
    "sources": {
        source: {"kind": "delimited", "path": f"data/{source}.tsv", "columns": {"text": 0, "label": 1}}
        for source in SOURCES
    },
    "mix": {
        "unit": "rows",
        "size": 20000,
        "weights": {"kind": "given", "shares": {source: values[4] for source, values in SOURCES.items()}},
    },
    "train": {"model": "sentence-transformers/all-MiniLM-L6-v2", "epochs": 3.0},
    "seed": 0,
}


@pytest.fixture
def record() -> RunRecord:
    """A completed run."""
    failure = Failure(
        expectation="expect_column_value_lengths_to_be_between",
        column="text",
        severity="warning",
        unexpected=39,
        observed="39 of 1,683 rows are longer than 2,000 characters",
        examples=("at java.lang.Thread.run(Thread.java:745) " * 8, "<script>alert('x')</script>"),
    )
    checks = [
        CheckResult(
            subject=source,
            passed=source != "developer-posts",
            evaluated=8,
            pass_rate=0.977 if source == "developer-posts" else 1.0,
            failed=(failure,) if source == "developer-posts" else (),
        )
        for source in [*SOURCES, "mix"]
    ]
    tokens = sum(row.tokens for row in receipt())
    return RunRecord(
        run="20261123-180000-3fa2c1",
        name="opinions",
        seconds=251.5,
        started="2026-11-23T18:00:00.000+00:00",
        finished="2026-11-23T18:04:11.500+00:00",
        recipe=RECIPE,
        labels=LABELS,
        status="completed",
        receipt=receipt(),
        accounts=accounts(),
        checks=tuple(checks),
        verdicts=tuple(
            Verdict(subject=c.subject, action="keep" if c.passed else "downweight", factor=1.0 if c.passed else 0.5)
            for c in checks
        ),
        metrics=Metrics.model_validate(metrics()),
        curve=curve(),
        tasks=notes(),
        flow_run_id="0b8f1c52-8b1e-4f0e-9d53-0c4b4f1f2a77",
        mix=PublishedMix(
            id="9f31c0aa77d2",
            uri="s3://lake/cuvee/mixes/opinions/9f31c0aa77d2",
            rows=20_000,
            tokens=tokens,
            sha256="8c1f" * 16,
        ),
        model=PublishedModel(id="b7d2e4901c3a", uri="s3://lake/cuvee/models/opinions/b7d2e4901c3a"),
        training=ModelFacts(
            steps=1875,
            epochs=3.0,
            examples=20_000,
            tokens=1_204_000,
            truncated=112,
            parameters=22_713_986,
            max_tokens=128,
            architecture="bert",
            accumulate=1,
            start=(),
        ),
        versions={
            "cuvee": "0.1.0",
            "python": "3.11.9",
            "prefect": "3.8.8",
            "polars": "2.1.0",
            "torch": "2.13.0",
            "transformers": "5.23.0",
        },
    )


@pytest.fixture
def unfinished(record: RunRecord) -> RunRecord:
    """A run that a check stopped."""
    done = [
        note if note.name != "gate-checks" else note.model_copy(update={"state": "failed"}) for note in record.tasks
    ]
    kept = [
        note
        for note in done
        if note.name not in ("weigh-sources", "plan-mix", "write-mix", "train-model", "evaluate-model")
    ]
    gone: dict[str, Any] = {"mix": None, "model": None, "metrics": None, "curve": (), "receipt": (), "training": None}
    error = (
        "developer-posts: 1 check failed\n  expect_column_value_lengths_to_be_between(text): 39 of 1,683 rows are "
        "longer than 2,000 characters\n"
        "Look at the rows with `cuvee show latest`, raise `clean.max_chars`, or set "
        "`checks.policies.developer-posts: warn`."
    )
    return record.model_copy(update={"status": "failed", "error": error, "tasks": tuple(kept), **gone})


@pytest.fixture
def mix_only(record: RunRecord) -> RunRecord:
    """A run that was asked to end with the mix."""
    gone: dict[str, Any] = {"model": None, "metrics": None, "curve": (), "training": None}
    return record.model_copy(update=gone)


@pytest.fixture
def samples() -> list[Sample]:
    return [
        Sample(source=source, row_id=f"{source}.tsv:{17 * number + 3}", label=LABELS[number % 2], text=text[:280])
        for source, text in TEXTS.items()
        for number in range(3)
    ]


@pytest.fixture
def labels() -> dict[str, dict[str, int]]:
    negative = {source: values[5] * (40 + 3 * number) // 100 for number, (source, values) in enumerate(SOURCES.items())}
    return {source: {"negative": count, "positive": SOURCES[source][5] - count} for source, count in negative.items()}


@pytest.fixture
def mix(tmp_path: Path) -> Manifest:
    """The mix as its stage leaves it, in the store at `tmp_path`."""
    path = tmp_path / "snapshots" / "mix" / "k" / "data"
    path.mkdir(parents=True)
    for shard in range(2):
        rows = [
            (f"{s}.tsv:{n}", s, f"{TEXTS[s]} {n}", LABELS[n % 2], 21)
            for n in range(shard * 10, shard * 10 + 10)
            for s in SOURCES
        ]
        pl.DataFrame(rows, schema=["row_id", "source", "text", "label", "tokens"], orient="row").write_parquet(
            path / f"train-{shard:05}.parquet"
        )
    files = [
        FileFact(name=f"data/{file.name}", bytes=file.stat().st_size, sha256="0" * 64)
        for file in sorted(path.iterdir())
    ]
    return Manifest[MixFacts](
        stage="mix",
        subject="mix",
        key="k",
        path="snapshots/mix/k",
        files=tuple(files),
        rows=120,
        tokens=2520,
        facts=MixFacts(receipt=()),
    )
