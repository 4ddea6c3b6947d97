"""Whole recipes, planned without Prefect: weights from a target, from probes and from a formula; rows selected by
importance."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flows.cli.inspect import explain_recipe
from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.core.errors import NotEnoughData, RecipeError
from tasks.manifests.manifest import Account
from tasks.recipe.model import load_recipe
from tasks.store.storage import open_store
from tasks.weigh import methods
from tasks.weigh.methods.score import kept_share, letter_share

GOOD, BAD = [f"good{n}" for n in range(40)], [f"bad{n}" for n in range(40)]
TOPICS = {"film": [f"film{n}" for n in range(60)], "food": [f"food{n}" for n in range(60)]}
SOURCES = {
    "near": ("film", 300, 0.0),
    "noisy": ("film", 300, 0.5),
    "far": ("food", 300, 0.0),
    "goal": ("film", 60, 0.0),
}
"""Source -> topic, rows, share of wrong labels."""


def texts(topic: str, rows: int, wrong: float, rng: np.random.Generator) -> list[dict[str, str]]:
    """Texts of a topic whose tone stands in some of its words; far topics say good and bad in each other's words."""
    found = []
    for _ in range(rows):
        good = bool(rng.random() < 0.5)
        tone = (GOOD if good != (topic == "food") else BAD) if rng.random() > wrong else (BAD if good else GOOD)
        words = [*rng.choice(TOPICS[topic], 12), *rng.choice(tone, 6)]
        found.append({"text": " ".join(rng.permutation(words)), "label": "positive" if good else "negative"})
    return found


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("relevance")
    for seed, (name, (topic, rows, wrong)) in enumerate(SOURCES.items()):
        pl.DataFrame(texts(topic, rows, wrong, np.random.default_rng(seed))).write_ndjson(folder / f"{name}.jsonl")
    tree = {
        "name": "relevance",
        "labels": ["negative", "positive"],
        "mix": {"size": 100, "max_epochs": 8},
        "sources": {name: {"path": f"{name}.jsonl", "columns": {"text": "text", "label": "label"}} for name in SOURCES},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return folder / "recipe.yaml"


def blended(recipe: Path, until: str = "plan", **mix: Any) -> RunProducts:
    loaded = load_recipe(str(recipe), {f"mix.{field}": value for field, value in mix.items()})
    made = RunProducts()
    carry_out(blend(loaded, Plain(open_store(str(recipe.parent / "store")).uri), made), until)
    return made


@pytest.mark.parametrize("kind", ["dsir", "mixture-em", "adversarial"])
def test_without_training_sources_that_are_like_the_target_get_the_mix(recipe: Path, kind: str) -> None:
    facts = blended(recipe, weights={"kind": kind, "target": "goal", "own": 0.1}).weights.facts
    weights = facts.weights
    assert weights["goal"] == pytest.approx(0.1)
    assert weights["near"] + weights["noisy"] > 0.8
    assert weights["far"] < 0.06
    shown = {row["source"]: row for row in facts.why}
    assert shown["near"]["relevance"] > shown["far"]["relevance"]
    assert facts.reasons["far"].startswith(f"{kind}: ")
    assert "relevance" in facts.reasons["far"]


@pytest.mark.parametrize("kind", ["mixmin", "merge-to-mix"])
def test_one_probe_a_source_tells_right_labels_from_wrong_ones(recipe: Path, kind: str) -> None:
    facts = blended(recipe, weights={"kind": kind, "target": "goal"}).weights.facts
    weights = facts.weights
    assert weights["near"] > 0.7
    assert weights["goal"] == pytest.approx(60 / 960, abs=0.02), "its own share is that of its size"
    shown = {row["source"]: row for row in facts.why}
    assert shown["near"]["accuracy"] > 0.9
    assert shown["far"]["accuracy"] < 0.3


def test_a_formula_shows_its_terms_and_what_they_are_made_of(recipe: Path) -> None:
    formula = {
        "kind": "score",
        "form": "log-linear",
        "terms": {"size": 0.5, "quality": 1, "relevance": 1, "accuracy": 2},
        "target": "goal",
    }
    facts = blended(recipe, weights=formula).weights.facts
    assert list(facts.why[0]) == [
        "source",
        "passed",
        "kept",
        "letters",
        "quality",
        "relevance",
        "accuracy",
        "size",
        "weight",
    ]
    assert facts.weights["near"] > facts.weights["noisy"] > facts.weights["far"] == 0
    row = facts.why[0]
    assert row["quality"] == pytest.approx(row["passed"] * row["kept"] * row["letters"], abs=2e-4)
    no_target = blended(recipe, weights={"kind": "score", "terms": {"accuracy": 1}, "scale": "min-max"}).weights.facts
    assert no_target.weights["far"] < no_target.weights["near"]


PLANTED = '''
"""By how long a source's texts are.

Recipe:
    kind: text-length
    power: 2
"""

from typing import Literal

from tasks.weigh.evidence import Evidence, shared_out
from tasks.weigh.settings import EvidenceSettings


class Params(EvidenceSettings):
    """How much length matters."""

    kind: Literal["text-length"] = "text-length"
    power: float = 1.0


def evidence(sources, params):
    """Give the mean length of each source's texts."""
    return Evidence({"length": {name: rows["text"].str.len_chars().mean() for name, rows in sources.samples.items()}})


def propose_from(sizes, params, evidence):
    """Give each source a share by its length."""
    return shared_out({name: evidence.terms["length"][name] ** params.power for name in sizes})
'''


def test_a_method_that_looks_at_the_rows_is_one_file(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text_length.py").write_text(PLANTED)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{methods.__name__}.text_length", raising=False)
    facts = blended(recipe, weights={"kind": "text-length", "power": 3}).weights.facts
    lengths = {row["source"]: row["length"] for row in facts.why}
    total = sum(length**3 for length in lengths.values())
    assert facts.weights == pytest.approx({name: length**3 / total for name, length in lengths.items()}, rel=1e-4)
    assert "length" in facts.reasons["near"]


def test_rows_left_out_on_purpose_say_nothing_against_a_source() -> None:
    account = Account(
        source="a",
        read=100,
        quarantined=4,
        dropped={"label_left_out": 40, "where": 20, "too_short": 6},
        rows=20,
        holdout=10,
    )
    assert kept_share(account) == 30 / 40
    assert letter_share(pl.Series(["ab c", "a1!?", "", None])) == (1 + 0.25) / 2


def test_selection_keeps_rows_like_the_targets_and_counts_the_others(recipe: Path) -> None:
    before, after = (
        blended(recipe, "deduplicate").pool,
        blended(recipe, size="all", select={"target": "goal", "keep": 0.5}).pool,
    )
    kept = {account.source: account for account in after.accounts}
    total = sum(account.rows for account in before.accounts if account.source != "goal")
    assert sum(kept[name].rows for name in ("near", "noisy", "far")) == round(total / 2)
    assert kept["goal"] == before.account("goal")
    assert kept["far"].rows < 0.1 * before.account("far").rows
    assert kept["far"].dropped["not_selected"] == before.account("far").rows - kept["far"].rows
    step = after.facts.dropped[-1]
    assert step.by_source["far"]["rows before"] == before.account("far").rows
    assert step.counts["far"] == {"not_selected": kept["far"].dropped["not_selected"]}
    home = open_store(str(recipe.parent / "store"))
    rows = pl.read_parquet(home.open(after, "train/near.parquet"))
    assert len(rows) == kept["near"].rows
    assert rows["row_id"].is_in(pl.read_parquet(home.open(before, "train/near.parquet"))["row_id"].implode()).all()
    assert home.open(after, "holdout/far.parquet").read_bytes() == home.open(before, "holdout/far.parquet").read_bytes()
    by_mean = blended(recipe, size="all", select={"target": "goal", "keep": 0.5, "length": "mean"}).pool
    assert by_mean.account("far").rows < 0.2 * before.account("far").rows


def test_everything_comes_from_the_store_the_second_time(recipe: Path) -> None:
    weights = {"kind": "mixmin", "target": "goal"}
    first = blended(recipe, weights=weights)
    assert blended(recipe, weights=weights).weights == first.weights
    tasks = explain_recipe(str(recipe), str(recipe.parent / "store"), {"mix.weights": weights})["tasks"]
    told = {(task.task, task.subject): task.hit for task in tasks}
    assert all(told["learn-source", name] for name in SOURCES)
    assert told["appraise-sources", "mix"]
    other = explain_recipe(str(recipe), str(recipe.parent / "store"), {"mix.weights": weights | {"own": 0.3}})["tasks"]
    told = {(task.task, task.subject): task.hit for task in other}
    assert told["learn-source", "near"]
    assert not told["appraise-sources", "mix"]


def test_phases_may_look_at_the_rows_too(recipe: Path) -> None:
    phases = [
        {"share": 0.5, "weights": "uniform"},
        {"share": 0.5, "weights": {"kind": "mixture-em", "target": "goal", "own": 0.5}},
    ]
    facts = blended(recipe, phases=phases).weights.facts
    assert facts.phases[0].why == ()
    assert facts.phases[1].weights["goal"] == 0.5
    assert facts.weights["goal"] == pytest.approx(0.375)


def test_targets_that_are_none_are_refused(recipe: Path, tmp_path: Path) -> None:
    for mix in ({"weights": {"kind": "dsir", "target": "gaol"}}, {"select": {"target": "gaol", "keep": 0.5}}):
        with pytest.raises(RecipeError, match=r"no source has this name \('gaol'\); did you mean 'goal'"):
            blended(recipe, **mix)
    with pytest.raises(RecipeError, match=r"mix\.weights\.target: the target is the only source"):
        load_recipe(str(recipe), {"mix.weights": {"kind": "dsir", "target": "goal"}}, without=["near", "noisy", "far"])
    tree = yaml.safe_load(recipe.read_text())
    pl.read_ndjson(recipe.parent / "goal.jsonl").head(8).write_ndjson(tmp_path / "goal.jsonl")
    tree["sources"] |= {
        name: source | {"path": str(recipe.parent / f"{name}.jsonl")}
        for name, source in tree["sources"].items()
        if name != "goal"
    }
    tree |= {"checks": {"min_rows": 1}, "mix": {"size": 50, "weights": {"kind": "dsir", "target": "goal"}}}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    with pytest.raises(NotEnoughData, match=r"the target 'goal' has \d training rows; 10 are the fewest"):
        blended(tmp_path / "recipe.yaml")
