"""Pairs of texts with a label: what both texts give the model, and what it must beat on each source."""

from pathlib import Path

import polars as pl
import pytest
from transformers import AutoConfig, AutoModelForSequenceClassification, set_seed

from tasks.core.errors import RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.models.vocabularies import word_pieces
from tasks.objectives.pair_classification.columns import layout
from tasks.objectives.pair_classification.evaluate import score
from tasks.objectives.pair_classification.examples import examples, settings
from tasks.objectives.parts import Trained
from tasks.recipe.model import load_recipe

LABELS = ("differs", "same")
ROWS = pl.DataFrame(
    {
        "row_id": [f"{number}" for number in range(8)],
        "source": ["a"] * 4 + ["b"] * 4,
        "text": ["where is the cat", "how many dogs"] * 4,
        "pair": ["the cat sat on a mat", "three dogs and one more dog at the door"] * 4,
        "label": ["same", "same", "same", "differs", "differs", "differs", "differs", "same"],
    }
)


def test_both_texts_are_one_input_and_the_longer_is_cut() -> None:
    tokenizer = word_pieces(200, [*ROWS["text"], *ROWS["pair"]])
    encoded = examples(ROWS[:2], tokenizer, 12, LABELS)
    one, two = (encoded[number] for number in range(2))
    separators = [at for at, token in enumerate(one["input_ids"]) if token == tokenizer.sep_token_id]
    assert len(separators) == 2
    if "token_type_ids" in one:
        assert one["token_type_ids"] == [0] * (separators[0] + 1) + [1] * (separators[1] - separators[0])
    assert len(two["input_ids"]) == 12
    assert encoded.truncated == sum(len(ids) == 12 for ids in encoded.ids)
    shown = tokenizer.decode(two["input_ids"], skip_special_tokens=True)
    assert shown.startswith("how many dogs"), "the shorter text stays whole"
    assert [one["labels"], two["labels"]] == [1, 1]


def test_the_baseline_is_the_commonest_label_of_the_mix_and_of_each_source(tmp_path: Path) -> None:
    set_seed(0)
    tokenizer = word_pieces(200, [*ROWS["text"], *ROWS["pair"]])
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = AutoConfig.for_model("bert", vocab_size=len(tokenizer), **settings(LABELS), **size)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    ROWS.write_parquet(tmp_path / "rows.parquet")
    ROWS.head(7).write_parquet(tmp_path / "train.parquet")
    trained = Trained(tmp_path / "model", 32, LABELS)
    table, metrics = score(trained, [tmp_path / "train.parquet"], [tmp_path / "rows.parquet"], EvaluateSettings(), 0)
    assert table.columns == ["row_id", "source", "label", "predicted", "loss", "p_differs", "p_same"]
    assert metrics.baseline.label == "differs"
    assert metrics.baseline.value("accuracy") == 0.5
    assert {name: score.baselines["own"].value("accuracy") for name, score in metrics.by_source.items()} == {
        "a": 0.75,
        "b": 0.75,
    }
    assert metrics.by_source["a"].baselines["mix"].value("accuracy") == 0.25


def test_pairs_repeat_by_both_texts_and_are_kept_apart_by_either() -> None:
    held = layout(LABELS)
    assert held.key == held.match == held.compared == ("text", "pair")
    assert held.label == "label"


def test_a_recipe_of_pairs_needs_labels(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "name: pairs\ntask: pair-classification\nsources: {a: {path: a.csv}}\nmix: {weights: uniform}\n"
    )
    with pytest.raises(RecipeError, match="labels: this key is missing; a classifier of pairs needs two labels"):
        load_recipe(str(tmp_path / "recipe.yaml"))
