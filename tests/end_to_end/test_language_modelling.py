"""Texts without labels become a mix and a language model: by the command line, in the report and the cards, and in
trials."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from flows.engine.calls import RunProducts
from flows.engine.plain import Plain
from flows.steps.trial_setup import trial_setup
from tasks.core.errors import RecipeError
from tasks.experiments.mixes import as_mix
from tasks.recipe.model import load_recipe

RECIPE = """\
name: words
task: language-modelling
sources:
  news: {path: news.csv, columns: {text: body}}
  code: {path: code.txt}
mix: {weights: {news: 0.6, code: 0.4}, size: 200, max_epochs: 20}
train:
  model: {architecture: gpt2, vocabulary: 300, config: {n_embd: 32, n_layer: 1, n_head: 2, n_positions: 64}}
  epochs: 8
  batch_size: 16
  learning_rate: 1.0e-2
  max_tokens: 64
trials: {size: 100}
"""
NEWS = (
    "rain",
    "market",
    "council",
    "strike",
    "report",
    "harbour",
    "minister",
    "harvest",
    "bridge",
    "summer",
    "price",
    "court",
)
CODE = ("left", "right", "total", "index", "value", "count", "result", "table", "key", "node", "path", "size")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("words"), np.random.default_rng(0)
    pl.DataFrame({"body": ["The " + " ".join(rng.choice(NEWS, 9)) + "." for _ in range(200)]}).write_csv(
        folder / "news.csv"
    )
    lines = [
        f"def {rng.choice(CODE)}({', '.join(rng.choice(CODE, 3))}): return {' + '.join(rng.choice(CODE, 4))}"
        for _ in range(160)
    ]
    (folder / "code.txt").write_text("\n".join(lines))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


@pytest.mark.slow
def test_texts_become_a_mix_and_a_language_model_that_is_scored_by_perplexity(
    recipe: Path, cuvee: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recipe.parent)
    store = recipe.parent / "store"
    assert "label" not in cuvee("validate", str(recipe))
    summary = json.loads(cuvee("run", str(recipe), "--store", str(store), "--json"))
    metrics = summary["metrics"]
    assert metrics["perplexity"] < metrics["baseline"]["perplexity"] < 300
    assert metrics["baseline"]["gain_interval"][0] > 0
    assert {"perplexity", "perplexity_interval", "bits_per_byte", "tokens", "bytes", "rows"} <= set(
        metrics["by_source"]["code"]
    )
    assert all(check["passed"] for check in summary["checks"])

    page = Path(summary["report"]).read_text()
    assert "with a perplexity of" in page
    assert "unigram model" in page
    assert "for each of their tokens" in page, "worst examples"
    assert not [
        word for word in ("accuracy", "Confusion", "label balance", "Labels in the mix", "None") if word in page
    ]
    cards = [(Path(summary[kind]["uri"]) / "README.md").read_text() for kind in ("mix", "model")]
    assert "text-generation" in cards[0]
    assert "| source | rows | perplexity | bits per byte |" in cards[1]
    assert not [word for card in cards for word in ("Labels:", "accuracy", "confusion", "None") if word in card]
    assert (
        pl.read_parquet(f"{summary['mix']['uri']}/data/train-*.parquet")["label"].null_count() == summary["mix"]["rows"]
    )

    assert "perplexity" in cuvee("runs", "--store", str(store))
    shown = cuvee("show", "latest", "--store", str(store))
    assert "unigram model" in shown
    assert "accuracy" not in shown

    from transformers import AutoModelForCausalLM

    assert AutoModelForCausalLM.from_pretrained(summary["model"]["uri"]).config.model_type == "gpt2"


@pytest.mark.slow
def test_a_trial_trains_the_recipes_own_model_and_tells_loss_and_tokens_of_every_row(
    recipe: Path, tmp_path: Path
) -> None:
    loaded = load_recipe(str(recipe))
    ready = trial_setup(loaded, Plain(str(tmp_path / "store")), RunProducts())
    assert (ready.size, ready.features) == (100, [])
    tried = ready.try_out(as_mix({"news": 1}), 0)
    table = pl.read_parquet(tmp_path / "store" / tried.path / "predictions.parquet")
    assert table.columns == ["row_id", "source", "loss", "tokens", "bytes"]
    by_source = {name: rows["loss"].sum() / rows["tokens"].sum() for (name,), rows in table.group_by("source")}
    assert by_source["news"] < by_source["code"], "it has seen no code"

    untrained = load_recipe(str(recipe), {"train": None})
    with pytest.raises(RecipeError, match="no `train` section"):
        trial_setup(untrained, Plain(str(tmp_path)), RunProducts())
