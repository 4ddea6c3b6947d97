"""What a failed check does to a source's weight, from its rows to what people read of it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.engine.record import gather
from flows.steps.blend import blend
from tasks.core.errors import QualityGate
from tasks.publish.cards import dataset_card
from tasks.publish.task import begin_run
from tasks.recipe.model import load_recipe
from tasks.report.artifacts import checks_table, receipt_table
from tasks.report.page import build_page
from tasks.store.runs import RunRecord

WORDS = [f"word{number}" for number in range(2000)]
ASKED = {"news": 0.4, "talk": 0.3, "tweets": 0.3}
SPAM = {"type": "expect_column_values_to_not_match_regex", "kwargs": {"column": "text", "regex": "^buy "}}


def write_recipe(folder: Path, policy: str) -> str:
    rng = np.random.default_rng(3)
    for name in ASKED:
        texts = [" ".join(rng.choice(WORDS, size=12)) for _ in range(200)]
        spam = [f"buy {text}" if name == "tweets" and number % 4 == 0 else text for number, text in enumerate(texts)]
        pl.DataFrame({"text": spam, "label": ["yn"[number % 3 % 2] for number in range(200)]}).write_csv(
            folder / f"{name}.csv"
        )
    recipe = {
        "name": "gates",
        "labels": ["y", "n"],
        "sources": {name: {"path": f"{name}.csv"} for name in ASKED},
        "checks": {"policies": {"tweets": policy}, "expectations": [SPAM | {"subjects": ["tweets"]}]},
        "mix": {"weights": ASKED, "size": 300},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(folder / "recipe.yaml")


def run(folder: Path, policy: str) -> tuple[RunProducts, RunRecord]:
    loaded, made = load_recipe(write_recipe(folder, policy)), RunProducts()
    carry_out(blend(loaded, Plain(str(folder / "store")), made), "mix")
    return made, gather(begin_run(loaded.published), loaded, str(folder / "store"), made, [])


def pass_rate(folder: Path, made: RunProducts) -> float:
    train = pl.read_parquet(folder / "store" / made.pool.path / "train" / "tweets.parquet")
    return 1 - train["text"].str.starts_with("buy ").mean()


def places(record: RunRecord, made: RunProducts) -> dict[str, str]:
    said: dict[str, Any] = {"ui": [receipt_table(record), checks_table(record)], "report": build_page(record, [], {})}
    return {name: str(text) for name, text in said.items()} | {"card": dataset_card(record, made.mix, "f" * 64)}


def test_downweight_scales_by_the_pass_rate(tmp_path: Path) -> None:
    made, record = run(tmp_path, "downweight")
    rate = pass_rate(tmp_path, made)
    assert 0.6 < rate < 0.9
    weights = {name: share * (rate if name == "tweets" else 1) / (0.7 + 0.3 * rate) for name, share in ASKED.items()}
    assert {row.source: row.weight for row in record.receipt} == pytest.approx(weights)
    assert {row.source: row.requested for row in record.receipt} == pytest.approx(ASKED)
    assert all(abs(row.rows - 300 * weights[row.source]) < 1 for row in record.receipt)
    for place, text in places(record, made).items():
        assert f"times {rate:.2f} for its checks" in text, place
    assert f"weight × {rate:.2f}" in places(record, made)["report"]


def test_quarantine_leaves_out_and_renormalises(tmp_path: Path) -> None:
    made, record = run(tmp_path, "quarantine")
    assert {row.source: row.weight for row in record.receipt} == pytest.approx(
        {"news": 4 / 7, "talk": 3 / 7, "tweets": 0}
    )
    assert {row.source: row.rows for row in record.receipt} == {"news": 171, "talk": 129, "tweets": 0}
    for place, text in places(record, made).items():
        assert "left out by its checks" in text, place
        assert "tweets left out by its checks, so 0.57" in text, place
    assert set(pl.read_parquet(tmp_path / "store" / made.mix.path / "data" / "train-*.parquet")["source"]) == {
        "news",
        "talk",
    }


EMPTIED: dict[str, tuple[dict[str, Any], str]] = {
    "where": ({"sources": {"tweets": {"path": "tweets.csv", "where": "text = 'nothing'"}}}, "where 200"),
    "no records": ({"sources": {"tweets": {"path": "none.csv"}}}, "0 read; "),
    "cleaning": ({"clean": {"sources": {"tweets": {"min_chars": 5000}}}}, "too_short 200"),
    "personal data": ({"personal": {"action": "keep", "policies": {"tweets": "drop"}}}, "personal_data 200"),
    "other sources": ({"sources": {"tweets": {"path": "news.csv"}}}, "cross_source_duplicate"),
    "a benchmark": ({"decontaminate": {"against": {"quiz": {"path": "tweets.csv"}}}}, "match quiz"),
}
STEPS = {
    "near_duplicates": {},
    "sift": [
        {"kind": "label-noise"},
        {"kind": "classifier", "good": ["news"]},
        {"kind": "perplexity", "clean": ["news"]},
    ],
}


@pytest.mark.parametrize("way", EMPTIED)
def test_a_source_with_no_row_left_is_left_out_by_quarantine_and_else_stops(tmp_path: Path, way: str) -> None:
    file, (changes, why) = Path(write_recipe(tmp_path, "quarantine")), EMPTIED[way]
    recipe = yaml.safe_load(file.read_text())
    for section, values in changes.items():
        recipe[section] = recipe.get(section, {}) | values
    recipe["checks"] |= {"policies": {"tweets": "quarantine"}, "expectations": []}
    (tmp_path / "none.csv").write_text("text,label\n")
    rows = pl.read_csv(tmp_path / "tweets.csv")
    if way == "personal data":
        rows = rows.with_columns(pl.col("text") + pl.format(" someone{}@example.org", pl.int_range(pl.len())))
    rows.write_csv(tmp_path / "tweets.csv")
    made = RunProducts()
    file.write_text(yaml.safe_dump(recipe | STEPS, sort_keys=False))
    carry_out(blend(load_recipe(str(file)), Plain(str(tmp_path / "store")), made), "mix")
    assert {row.source: row.rows for row in made.plan.facts.receipt}["tweets"] == 0
    [verdict] = [verdict for verdict in made.verdicts if verdict.subject == "tweets"]
    assert verdict.action == "quarantine"
    assert "no row is left: " in verdict.reason
    assert why in verdict.reason
    file.write_text(yaml.safe_dump(recipe | {"checks": {}}, sort_keys=False))
    with pytest.raises(QualityGate, match=f"(?s)checks failed for tweets:.*no row is left: .*{re.escape(why)}"):
        carry_out(blend(load_recipe(str(file)), Plain(str(tmp_path / "store")), RunProducts()), "mix")


def test_warn_changes_nothing_and_stop_stops(tmp_path: Path) -> None:
    _, record = run(tmp_path, "warn")
    assert {row.source: row.weight for row in record.receipt} == pytest.approx(ASKED)
    with pytest.raises(QualityGate, match="checks failed for tweets"):
        run(tmp_path, "stop")
