"""Texts with their translations become a mix and an encoder-decoder: bad rows, the hold-out, scores against copying,
and trials."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from flows.engine.calls import RunProducts
from flows.engine.plain import Plain
from flows.steps.trial_setup import trial_setup
from tasks.experiments.compare.predictions import read_held_out, read_predictions
from tasks.experiments.mixes import as_mix
from tasks.objectives.parts import measures_of
from tasks.recipe.model import load_recipe

pytestmark = pytest.mark.slow

RECIPE = """\
name: words
task: sequence-to-sequence
sources:
  books: {path: {en: books.en, de: books.de}, columns: {text: en, target: de}}
  hub: {path: hub.jsonl, columns: {text: translation.en, target: translation.de}, max_bad: 0.1}
holdout: {share: 0.2}
near_duplicates: null
mix: {weights: {books: 0.5, hub: 0.5}, size: 300, max_epochs: 40}
train:
  model: {architecture: t5, vocabulary: 300, config: {d_model: 48, d_kv: 12, d_ff: 96, num_layers: 1, num_heads: 4,
    dropout_rate: 0.0}}
  epochs: 8
  batch_size: 16
  learning_rate: 1.0e-2
  max_tokens: 24
trials: {size: 60}
"""
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "red": "rot", "blue": "blau", "dog": "Hund"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("words"), np.random.default_rng(0)
    texts = [list(rng.choice([*WORDS], 4)) for _ in range(260)]
    pairs = [(" ".join(words), " ".join(WORDS[word] for word in words)) for words in texts]
    (folder / "books.en").write_text("".join(f"{pair[0]}\n" for pair in pairs[:130]))
    (folder / "books.de").write_text("".join(f"{pair[1]}\n" for pair in pairs[:130]))
    lines: list[dict[str, Any]] = [{"translation": {"en": en, "de": de}} for en, de in pairs[130:]]
    lines += [{"translation": {"en": pairs[0][0], "de": f"{pairs[0][1]}, anders"}}]  # another translation of a text
    lines += [{"translation": {"en": "nothing", "de": empty}} for empty in ("", "  ", None)]
    lines += [{"translation": {"en": "nothing"}}, {"translation": None}]
    (folder / "hub.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


def test_pairs_become_a_mix_and_a_model_that_beats_copying(
    recipe: Path, cuvee: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recipe.parent)
    store = recipe.parent / "store"
    summary = json.loads(cuvee("run", str(recipe), "--store", str(store), "--json"))
    mix, metrics = Path(summary["mix"]["uri"]), summary["metrics"]
    train, aside = (pl.read_parquet(sorted(mix.glob(f"data/{side}-*.parquet"))) for side in ("train", "holdout"))
    assert train.columns == ["row_id", "source", "text", "target", "tokens"]
    assert not {*train["text"]} & {*aside["text"]}, "what is read on one side is not read on the other"
    record = json.loads(cuvee("show", "latest", "--store", str(store), "--json"))
    accounts = {account["source"]: account for account in record["accounts"]}
    assert accounts["hub"]["quarantined"] == 5, "rows without a target, or with an empty one"
    assert sum(len(part["baselines"]) for part in metrics["by_source"].values()) == 4
    assert metrics["bleu"] > 5 > metrics["baseline"]["bleu"]


def test_trials_of_pairs_are_compared_by_the_loss_of_their_targets(recipe: Path, tmp_path: Path) -> None:
    loaded = load_recipe(str(recipe))
    ready = trial_setup(loaded, Plain(str(tmp_path / "store")), RunProducts())
    tried = [ready.try_out(as_mix({"books": 1}), seed) for seed in (0, 1)]
    files = [tmp_path / "store" / trial.path / "predictions.parquet" for trial in tried]
    measured = measures_of("sequence-to-sequence")
    held_out = read_held_out(files[0], measured, ())
    predictions = read_predictions(files, measured, held_out)
    table = pl.read_parquet(files[0])
    assert held_out.weights.tolist() == table["tokens"].to_list()
    assert predictions.amounts[0].tolist() == [-loss for loss in table["loss"]]
    assert measured.compared.score_cell(-float(np.log(2))) == "2.00"
