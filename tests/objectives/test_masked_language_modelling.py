"""Which tokens are covered, what is asked of them, and what is known by hand of how well they are found."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForMaskedLM, BertConfig

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.models.masked_lm import found, masked
from tasks.models.targets import NOT_PREDICTED, losses
from tasks.models.trained import Ready
from tasks.models.vocabularies import byte_pairs, word_pieces
from tasks.objectives.masked_language_modelling.evaluate import score
from tasks.objectives.masked_language_modelling.examples import examples, refuse
from tasks.objectives.masked_language_modelling.predict import predict
from tasks.objectives.parts import Trained
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

TEXTS = ["the cat sat on the mat", "der Hund läuft", "x", "[MASK] is text here", "今天天气很好"] * 3
TOKENIZER = word_pieces(300, TEXTS)


def model(uniform: bool = False) -> AutoModelForMaskedLM:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(TOKENIZER), max_position_embeddings=64, **sizes)
    made = AutoModelForMaskedLM.from_config(config).eval()
    if uniform:
        for weights in made.parameters():
            torch.nn.init.zeros_(weights)
    return made


@given(st.lists(st.sampled_from([*TEXTS, "the mat " * 40]), max_size=6), st.integers(8, 32))
def test_only_tokens_of_the_text_are_asked_for_and_all_others_stay(texts: list[str], longest: int) -> None:
    pieces = masked(TOKENIZER, texts, longest)
    whole = [TOKENIZER(text, add_special_tokens=False)["input_ids"] for text in texts]
    read: list[list[int]] = [[] for _ in texts]
    for ids, targets, row in zip(pieces.ids, pieces.targets, pieces.row, strict=True):
        assert len(ids) == len(targets) <= longest
        true = [one if target == NOT_PREDICTED else target for one, target in zip(ids, targets, strict=True)]
        assert (true[0], true[-1]) == (TOKENIZER.cls_token_id, TOKENIZER.sep_token_id)
        assert targets[0] == targets[-1] == NOT_PREDICTED
        assert any(target != NOT_PREDICTED for target in targets)
        read[row] += true[1:-1]
    assert read == whole
    again = masked(TOKENIZER, texts, longest)
    assert (again.ids, again.targets) == (pieces.ids, pieces.targets)


def test_a_text_that_stands_there_again_is_covered_elsewhere_whatever_stands_between() -> None:
    text = "the cat sat on the mat " * 5
    first, _, second = masked(TOKENIZER, [text, "x", text], 64).targets
    assert first != second
    assert masked(TOKENIZER, [text], 64).targets == [first]


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 3))
def test_every_epoch_covers_tokens_of_its_own_and_the_same_epoch_the_same(
    texts: list[str], epoch: int, seed: int
) -> None:
    one, again, still = (examples(pl.DataFrame({"text": texts}), TOKENIZER, 32, ()) for _ in range(3))
    one.begin(epoch + 1, seed)
    one.begin(epoch, seed)
    again.begin(epoch, seed)
    assert (one.ids, one.targets) == (again.ids, again.targets), "whatever came before, as in a resumed training"
    read = [
        [at if wanted == NOT_PREDICTED else wanted for at, wanted in zip(ids, targets, strict=True)]
        for made in (one, still)
        for ids, targets in zip(made.ids, made.targets, strict=True)
    ]
    assert read[: len(one)] == read[len(one) :]


def test_what_is_covered_hangs_on_epoch_and_seed() -> None:
    made = examples(pl.DataFrame({"text": ["the cat sat on the mat " * 5]}), TOKENIZER, 64, ())
    drawn = [made.targets]
    for epoch, seed in ((0, 0), (1, 0), (0, 1)):
        made.begin(epoch, seed)
        drawn.append(made.targets)
    assert all(one != other for one, other in combinations(drawn, 2))


def test_as_many_are_covered_as_the_paper_says() -> None:
    pieces = masked(TOKENIZER, ["the cat sat on the mat " * 9] * 400, 64)
    ids, targets = np.concatenate(pieces.ids), np.concatenate(pieces.targets)
    asked = targets != NOT_PREDICTED
    of_text = len(ids) - 2 * len(pieces.ids)
    assert asked.sum() / of_text == pytest.approx(0.15, abs=0.01)
    hidden, same = (ids[asked] == TOKENIZER.mask_token_id).mean(), (ids[asked] == targets[asked]).mean()
    assert hidden == pytest.approx(0.8, abs=0.03)
    assert same == pytest.approx(0.1, abs=0.03), "a token that is drawn may be the one that was there"
    special = set(TOKENIZER.all_special_ids) - {TOKENIZER.mask_token_id}
    assert not special & set(ids[asked].tolist())


def test_loss_is_the_sum_of_minus_log_probabilities_worked_out_one_by_one() -> None:
    pieces = masked(TOKENIZER, TEXTS[:1], 64)
    with torch.no_grad():
        logits = model()(torch.tensor(pieces.ids)).logits
    asked = [(at, token) for at, token in enumerate(pieces.targets[0]) if token != NOT_PREDICTED]
    by_hand = -sum(float(logits[0, at].double().log_softmax(-1)[token]) for at, token in asked)
    loss, count = losses(logits, torch.tensor(pieces.targets))
    assert float(loss[0]) == pytest.approx(by_hand, rel=1e-5)
    assert int(count[0]) == len(asked)


def test_padding_and_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = masked(TOKENIZER, TEXTS, 16)
    ready = Ready(model(), TOKENIZER, "cpu")
    together = found(ready, pieces)
    monkeypatch.setattr("tasks.models.causal_lm.BATCH_TOKENS", 1)
    alone = found(ready, pieces)
    assert together.loss == pytest.approx(alone.loss, rel=1e-4)
    assert together.right.tolist() == alone.right.tolist()


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary(tmp_path: Path) -> None:
    model(uniform=True).save_pretrained(tmp_path / "model")
    TOKENIZER.save_pretrained(tmp_path / "model")
    number = [f"a:{at}" for at in range(len(TEXTS))]
    rows = pl.DataFrame({"row_id": number, "source": ["a", "b", "a"] * 5, "text": TEXTS})
    rows.write_parquet(tmp_path / "rows.parquet")
    files = [tmp_path / "rows.parquet"]
    table, metrics = score(Trained(tmp_path / "model", 16, ()), files, files, EvaluateSettings(), 0)
    assert metrics.value("masked_perplexity") == pytest.approx(len(TOKENIZER), rel=1e-4)
    assert table.columns == ["row_id", "source", "loss", "tokens", "found"]
    assert table["loss"].sum() == pytest.approx(math.log(len(TOKENIZER)) * table["tokens"].sum(), rel=1e-5)
    assert metrics.baseline.gain is not None
    assert metrics.baseline.gain < 0, "a unigram model beats one that knows nothing"
    assert set(metrics.by_source) == {"a", "b"}
    assert set(metrics.by_source["a"].baselines) == {"mix", "own"}


def test_a_tokenizer_without_a_mask_token_is_refused() -> None:
    with pytest.raises(RecipeError, match="no mask token"):
        refuse(None, byte_pairs(300, TEXTS))


def test_a_model_that_reads_from_left_to_right_is_refused() -> None:
    built = BuiltModel(architecture="gpt2", vocabulary=300, config={"n_embd": 16, "n_layer": 1, "n_head": 2})
    with pytest.raises(RecipeError, match="an encoder such as bert"):
        load(TrainSettings(model=built), ".", Objective(task="masked-language-modelling"), TEXTS)


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta", "deberta-v2", "electra"])
def test_layouts_of_encoders_learn(architecture: str) -> None:
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    built = BuiltModel(architecture=architecture, vocabulary=300, config=sizes)
    made, tokenizer = load(
        TrainSettings(model=built, max_tokens=32), ".", Objective(task="masked-language-modelling"), TEXTS
    )
    pieces = masked(tokenizer, TEXTS[:1], 32)
    loss, count = losses(made(torch.tensor(pieces.ids)).logits, torch.tensor(pieces.targets))
    assert 0 < float(loss.detach() / count) < 2 * math.log(300)


def test_nothing_is_said_of_a_text_in_which_nothing_can_be_covered() -> None:
    said = predict(
        Ready(model(), TOKENIZER, "cpu"), pl.DataFrame({"text": ["\u0301", "the cat"]}), Trained(Path(), 16, ())
    )
    assert said["tokens"].to_list()[0] == 0
    assert said["predicted"].is_null().to_list() == [True, False]
