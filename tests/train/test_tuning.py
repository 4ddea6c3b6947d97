"""What learns is what the recipe says, and what is published is a plain model."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file
from transformers import AutoConfig, set_seed

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.manifests.manifest import FileFact, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.pool import MixFacts
from tasks.models.classifier import load, probabilities
from tasks.objectives.parts import examples_of
from tasks.train.settings import BuiltModel, LoraSettings, TrainSettings
from tasks.train.task import probe_model, train_model
from tasks.train.tuning import learning, merged, tune

pytestmark = pytest.mark.slow

LABELS = ("negative", "positive")
OBJECTIVE = Objective(task="text-classification", labels=LABELS)
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": SMALL,
    "roberta": SMALL,
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "deberta-v2": SMALL,
    "xlnet": {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32},
    "llama": SMALL | {"num_key_value_heads": 2},
    "t5": {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0},
}
BY_TASK = [
    *(("text-classification", name) for name in ("bert", "roberta", "distilbert", "deberta-v2", "xlnet", "gpt2")),
    ("token-classification", "bert"),
    ("question-answering", "bert"),
    ("regression", "bert"),
    ("multi-label-classification", "distilbert"),
    ("language-modelling", "gpt2"),
    ("language-modelling", "llama"),
    ("instruction-tuning", "llama"),
    ("sequence-to-sequence", "t5"),
]
BODILESS = {("language-modelling", "gpt2"), ("sequence-to-sequence", "t5")}
"""What they write with are the embeddings that they read with."""


def built(task: str, architecture: str) -> Any:
    set_seed(0)
    kind = examples_of(task)
    more = ARCHITECTURES[architecture] | {"vocab_size": 40, "pad_token_id": 0} | kind.settings(LABELS)
    return kind.Model.from_config(AutoConfig.for_model(architecture, **more)).eval()


def said(model: Any) -> torch.Tensor:
    ids = torch.arange(5, 15).reshape(2, 5)
    more = {"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids), **more)[0]


def settings(**more: Any) -> TrainSettings:
    return TrainSettings(model="start", **more)


@pytest.mark.parametrize(("task", "architecture"), BY_TASK)
def test_updates_begin_at_nothing_and_are_merged_into_a_plain_model(task: str, architecture: str) -> None:
    model = built(task, architecture)
    names, before = set(model.state_dict()), said(model)
    tuner = tune(model, settings(tune="lora", lora=LoraSettings(rank=2, alpha=4)), task)
    assert torch.equal(said(model), before)
    assert 0 < (learning(model) or 0) < sum(weights.numel() for weights in model.parameters()) / 2
    for name, weights in model.named_parameters():
        if "lora_" in name:
            assert weights.requires_grad
            torch.nn.init.normal_(weights, std=0.3)
    changed = said(model)
    assert not torch.allclose(changed, before, atol=1e-3)
    plain = merged(model, tuner)
    assert set(plain.state_dict()) == names
    assert torch.allclose(said(plain), changed, atol=1e-5)


@pytest.mark.parametrize(("task", "architecture"), BY_TASK)
def test_the_head_learns_alone_on_a_frozen_body(task: str, architecture: str) -> None:
    model = built(task, architecture)
    if (task, architecture) in BODILESS:
        with pytest.raises(RecipeError, match=r"train.tune: head, but '.*' has no weights of its own"):
            tune(model, settings(tune="head"), task)
        return
    assert tune(model, settings(tune="head"), task) is None
    body = dict(model.base_model.named_parameters())
    assert {name for name, weights in body.items() if weights.requires_grad} == {
        name for name in body if "pool" in name
    }
    inside = {id(weights) for weights in body.values()}
    head = [weights for weights in model.parameters() if id(weights) not in inside]
    assert head
    assert all(weights.requires_grad for weights in head)
    assert merged(model, None) is model


def test_all_weights_learn_by_default() -> None:
    model = built("text-classification", "bert")
    assert tune(model, settings(), "text-classification") is None
    assert learning(model) is None


@pytest.mark.parametrize("way", ["head", "lora"])
def test_a_model_that_is_built_has_nothing_to_keep(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match=f"train.tune: {way} keeps what a model has learned"):
        TrainSettings.model_validate({"model": BuiltModel(), "tune": way})
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    if way == "lora":
        with pytest.raises(ValidationError, match=r"pip install 'cuvee\[lora\]'"):
            settings(tune=way)


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest[MixFacts]]:
    """A word decides; 60 validation rows choose the checkpoint."""
    store = tmp_path_factory.mktemp("store")
    (folder := store / "snapshots/mix/m/data").mkdir(parents=True)
    for seed, (name, size) in enumerate({"train-00000": 160, "validation-a": 60, "holdout-a": 20}.items()):
        rng = np.random.default_rng(seed)
        kind = rng.integers(2, size=size)
        texts = [f"a {('dull', 'fine')[number]} film, {rng.integers(10**6)}" for number in kind]
        rows = {"row_id": [f"{name}:{n}" for n in range(size)], "source": "a", "text": texts}
        labels = pl.Series("label", [LABELS[number] for number in kind])
        frame = pl.DataFrame(rows).with_columns(labels, pl.lit(8, pl.UInt32).alias("tokens"))
        frame.write_parquet(folder / f"{name}.parquet")
    files = tuple(FileFact(name=f"data/{path.name}", bytes=1, sha256="") for path in sorted(folder.iterdir()))
    about = {"stage": "mix", "subject": "mix", "key": "m", "path": "snapshots/mix/m"}
    return store, Manifest[MixFacts](**about, files=files, rows=160, facts=MixFacts(receipt=()))


def trained(mix: tuple[Path, Manifest[MixFacts]], base: Path, **more: Any) -> tuple[Manifest[ModelFacts], Path]:
    """Train; give the product, and its model in a folder."""
    known = {"batch_size": 16, "learning_rate": 1e-2, "max_tokens": 32}
    chosen = TrainSettings.model_validate(known | more)
    seen = probe_model.function(chosen, str(base))
    made = train_model.of("model").run(str(mix[0]), [seen], [mix[1]], chosen, OBJECTIVE, 0, str(base))
    return made, mix[0] / made.path / "model"


@pytest.mark.parametrize(
    ("more", "body_learns"), [({"tune": "head"}, False), ({"tune": "lora", "lora": {"rank": 4}}, True)]
)
def test_published_weights_are_the_best_and_plain(
    mix: tuple[Path, Manifest[MixFacts]], more: dict[str, Any], body_learns: bool
) -> None:
    _, start = trained(mix, mix[0], model=BuiltModel(vocabulary=300, config=SMALL), epochs=1, learning_rate=1e-4)
    model, folder = trained(mix, start.parent, model="model", epochs=12, **more)
    before, after = (load_file(place / "model.safetensors") for place in (start, folder))
    assert before.keys() == after.keys()
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in start.iterdir())
    moved = {name for name, weights in before.items() if not torch.equal(weights, after[name])}
    assert {"classifier.weight", "classifier.bias"} <= moved
    body = {name for name in moved if name.startswith("bert.encoder")}
    matrices = {name for name in before if name.startswith("bert.encoder") and before[name].ndim == 2}
    assert body == (matrices if body_learns else set())
    facts = model.facts
    assert facts.kept
    assert facts.parameters == sum(weights.numel() for weights in after.values())
    assert facts.learning
    assert facts.learning < facts.parameters
    chances, labels = answers(folder), pl.read_parquet(mix[0] / "snapshots/mix/m/data/validation-a.parquet")["label"]
    truth = labels.replace_strict({label: number for number, label in enumerate(LABELS)}).to_numpy()
    curve = pl.read_json(mix[0] / model.path / "training-curve.json")
    best = curve.filter(pl.col("step") == facts.kept)["validation_loss"][0]
    assert -np.log(chances[np.arange(60), truth]).mean() == pytest.approx(best, rel=1e-3)
    assert best == curve["validation_loss"].min()


def answers(folder: Path) -> Any:
    """Ask the published model, as anyone would, about the validation rows."""
    texts = pl.read_parquet(folder.parents[2] / "mix/m/data/validation-a.parquet")["text"].to_list()
    return probabilities(load(folder), [texts], 32)
