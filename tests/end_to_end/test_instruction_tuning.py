"""Chats become a mix and a model that answers: bad chats, the hold-out, scores against a unigram model, predictions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from flows.cli.inspect import plan_recipe
from flows.engine.calls import RunProducts
from flows.engine.plain import Plain
from flows.steps.trial_setup import trial_setup
from tasks.core.errors import RecipeError
from tasks.experiments.compare.predictions import read_held_out, read_predictions
from tasks.experiments.mixes import as_mix
from tasks.objectives.parts import measures_of
from tasks.recipe.model import load_recipe

pytestmark = pytest.mark.slow

RECIPE = """\
name: words
task: instruction-tuning
sources:
  forum: {path: forum.jsonl, max_bad: 0.1}
  tasks: {path: tasks.csv, columns: {prompt: "{instruction}\\n\\n{input}", response: output}}
holdout: {share: 0.2}
near_duplicates: null
personal: {}
mix: {weights: {forum: 0.5, tasks: 0.5}, size: 240, max_epochs: 40}
train:
  model: {architecture: gpt2, vocabulary: 300, config: {n_embd: 32, n_layer: 1, n_head: 4, n_positions: 64}}
  epochs: 4
  batch_size: 16
  learning_rate: 1.0e-2
  max_tokens: 64
"""
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "red": "rot", "blue": "blau", "dog": "Hund"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("chats")
    rng = np.random.default_rng(0)
    pairs = [(" ".join(words), " ".join(WORDS[word] for word in words)) for words in rng.choice([*WORDS], (400, 3))]
    asked, said = (
        [{"role": role, "content": pair[at]} for pair in pairs] for at, role in enumerate(("user", "assistant"))
    )
    chats: list[Any] = [
        [asked[at], said[at], asked[at + 1], said[at + 1]][: 2 + 2 * (at % 4 == 0)] for at in range(0, 260, 2)
    ]
    chats += [[asked[0]], [asked[0], said[0], said[1]], [asked[1], said[1] | {"content": ""}], None]
    chats.append([asked[2], said[2] | {"content": "write to jane.doe@example.org"}])
    (tmp_path / "forum.jsonl").write_text("".join(json.dumps({"messages": chat}) + "\n" for chat in chats))
    rows = [f"say it in German,{en},{de}\n" for en, de in pairs[260:]]
    (tmp_path / "tasks.csv").write_text("instruction,input,output\n" + "".join(rows))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


def test_chats_become_a_mix_and_a_model_that_answers(recipe: Path, cuvee: Callable[..., str]) -> None:
    store = ("--store", str(recipe.parent / "store"))
    summary = json.loads(cuvee("run", str(recipe), *store, "--json"))
    mix, metrics, model = Path(summary["mix"]["uri"]), summary["metrics"], Path(summary["model"]["uri"])
    train, aside = (pl.read_parquet(sorted(mix.glob(f"data/{side}-*.parquet"))) for side in ("train", "holdout"))
    assert train.columns == ["row_id", "source", "messages", "tokens"]
    questions = [{chat[0]["content"] for chat in rows["messages"].to_list()} for rows in (train, aside)]
    assert not questions[0] & questions[1], "what is asked on one side is not asked on the other"
    assert "jane" not in json.dumps(train["messages"].to_list() + aside["messages"].to_list())
    page = Path(summary["report"]).read_text()
    assert "Worst examples" in page
    assert "jane" not in page
    record = json.loads(cuvee("show", "latest", *store, "--json"))
    accounts = {account["source"]: account for account in record["accounts"]}
    assert accounts["forum"]["quarantined"] == 4
    assert metrics["answer_perplexity"] < 0.8 * metrics["baseline"]["answer_perplexity"]
    assert sum(len(part["baselines"]) for part in metrics["by_source"].values()) == 4
    card = (model / "README.md").read_text()
    assert 'pipeline("text-generation"' in card
    assert {"chat_template.jinja", "generation_config.json"} <= {path.name for path in model.iterdir()}
    said = cuvee("predict", "words", str(recipe.parent / "tasks.csv"), *store, "--set", "columns.prompt=input")
    answered = [json.loads(line) for line in said.splitlines()]
    assert len(answered) == 140
    assert [message["role"] for message in answered[0]["messages"]] == ["user"]
    assert len({answer["predicted"] for answer in answered}) > 1
    evaluated = json.loads(
        cuvee("eval", "words", str(recipe.parent / "forum.jsonl"), *store, "--set", "max_bad=1", "--json")
    )
    (file,) = evaluated["files"]
    assert file["metrics"]["rows"] > 0
    assert "answer_perplexity" in file["metrics"]


def test_the_first_batch_is_shown_and_nothing_is_written(recipe: Path, tmp_path: Path) -> None:
    planned = plan_recipe(str(recipe), str(tmp_path / "store"), {}, show_batch=True)
    examples = planned["batch"].examples
    assert len(examples) == 16
    for example in examples:
        assert [part.learned for part in example.parts] == [False, True] * (len(example.parts) // 2)
        assert all(part.text.endswith("<|endoftext|>assistant\n") for part in example.parts[::2])
    assert not list((tmp_path / "store").rglob("*.parquet"))
    with pytest.raises(RecipeError, match="the recipe has no `train`"):
        plan_recipe(str(recipe), str(tmp_path / "store"), {"train": None}, show_batch=True)


def test_trials_of_chats_are_compared_by_the_loss_of_their_answers(recipe: Path, tmp_path: Path) -> None:
    loaded = load_recipe(str(recipe), {"trials.size": 60})
    ready = trial_setup(loaded, Plain(str(tmp_path / "store")), RunProducts())
    trial = ready.try_out(as_mix({"forum": 1}), 0)
    file = tmp_path / "store" / trial.path / "predictions.parquet"
    measured = measures_of("instruction-tuning")
    held_out = read_held_out(file, measured, ())
    predictions, table = read_predictions([file], measured, held_out), pl.read_parquet(file)
    assert held_out.weights.tolist() == table["tokens"].to_list()
    assert predictions.amounts[0].tolist() == [-loss for loss in table["loss"]]
    assert measured.compared.score_cell(-float(np.log(2))) == "2.00"
