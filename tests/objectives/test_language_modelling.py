"""Perplexity and bits per byte: what is known by hand, and intervals that hold the truth."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, GPT2Config

from tasks.evaluate.settings import EvaluateSettings
from tasks.models.causal_lm import cut, load, losses, token_losses
from tasks.models.targets import NOT_PREDICTED
from tasks.models.vocabularies import byte_pairs
from tasks.objectives.language_modelling.evaluate import score
from tasks.objectives.language_modelling.measures import MEASURED
from tasks.objectives.parts import Trained
from tasks.objectives.unigrams import unigram
from tasks.statistics.perplexity import Losses, evaluated

TEXTS = [
    "the cat sat on the mat",
    "der Hund läuft 🐕",
    "x",
    "<|endoftext|> is text here",
    "\n\tdef f(x):\n\t\treturn x\n",
] * 3
TOKENIZER = byte_pairs(300, TEXTS)


def model(uniform: bool = False) -> AutoModelForCausalLM:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(TOKENIZER),
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=64,
        resid_pdrop=0,
        embd_pdrop=0,
        attn_pdrop=0,
    )
    made = AutoModelForCausalLM.from_config(config).eval()
    if uniform:
        for weights in made.parameters():
            torch.nn.init.zeros_(weights)
    return made


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=5), st.integers(2, 12))
def test_every_token_of_a_text_and_its_end_is_predicted_once(texts: list[str], longest: int) -> None:
    pieces = cut(TOKENIZER, texts, longest)
    end = TOKENIZER.eos_token_id
    for number, text in enumerate(texts):
        own = [at for at, row in enumerate(pieces.row) if row == number]
        predicted = [token for at in own for token in pieces.targets[at] if token != NOT_PREDICTED]
        assert TOKENIZER.decode(predicted[:-1]) == text
        assert predicted[-1] == end
        assert end not in predicted[:-1], "what looks like a special token is text"
        assert pieces.ids[own[0]][0] == end
        assert all(2 <= len(pieces.ids[at]) <= longest for at in own)
        assert all(pieces.ids[one][-1] == pieces.ids[other][0] for one, other in pairwise(own)), "context goes on"


def test_loss_is_the_sum_of_minus_log_probabilities_worked_out_one_by_one() -> None:
    made, pieces = model(), cut(TOKENIZER, TEXTS[:1], 64)
    ids = torch.tensor(pieces.ids)
    with torch.no_grad():
        logits = made(ids).logits
    by_hand = -sum(float(logits[0, at - 1].double().log_softmax(-1)[ids[0, at]]) for at in range(1, ids.shape[1]))
    found, counts = losses(logits, torch.tensor(pieces.targets))
    assert float(found[0]) == pytest.approx(by_hand, rel=1e-5)
    assert int(counts[0]) == ids.shape[1] - 1


def test_padding_and_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, pieces = model(), cut(TOKENIZER, TEXTS, 16)
    made.save_pretrained(tmp_path)
    together = token_losses(load(tmp_path), pieces)
    monkeypatch.setattr("tasks.models.causal_lm.BATCH_TOKENS", 1)
    assert together == pytest.approx(token_losses(load(tmp_path), pieces), rel=1e-4)


def mix_of(folder: Path, texts: list[str]) -> Path:
    columns = {
        "row_id": [f"a:{number}" for number in range(len(texts))],
        "source": ["a", "b"] * (len(texts) // 2) + ["a"] * (len(texts) % 2),
    }
    pl.DataFrame(columns | {"text": texts}).write_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary(tmp_path: Path) -> None:
    model(uniform=True).save_pretrained(tmp_path / "model")
    TOKENIZER.save_pretrained(tmp_path / "model")
    rows = mix_of(tmp_path, TEXTS)
    table, metrics = score(Trained(tmp_path / "model", 16, ()), [rows], [rows], EvaluateSettings(), 0)
    assert metrics.value("perplexity") == pytest.approx(len(TOKENIZER), rel=1e-4)
    assert table.columns == ["row_id", "source", "loss", "tokens", "bytes"]
    assert table["loss"].sum() == pytest.approx(math.log(len(TOKENIZER)) * table["tokens"].sum(), rel=1e-5)
    bits_per_byte = table["loss"].sum() / math.log(2) / table["bytes"].sum()
    assert metrics.value("bits_per_byte") == pytest.approx(bits_per_byte, rel=1e-5)
    assert metrics.tokens == sum(part.tokens or 0 for part in metrics.by_source.values()) == table["tokens"].sum()
    assert metrics.baseline.gain is not None
    assert metrics.baseline.gain < 0, "a unigram model beats one that knows nothing"


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_unigram_model_is_a_distribution_by_laplaces_rule(counts: list[int]) -> None:
    chances = np.exp(-unigram(np.array(counts)))
    assert chances.sum() == pytest.approx(1)
    assert chances == pytest.approx((np.array(counts) + 1) / (sum(counts) + len(counts)))


def test_scores_are_ratios_of_sums_and_do_not_change_when_documents_are_joined() -> None:
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 200, 64).astype(float)
    whole = Losses(rng.gamma(2, tokens), rng.gamma(3, tokens), tokens, 4 * tokens)
    joined = Losses(*(column.reshape(-1, 2).sum(1) for column in whole))
    one, two = (
        evaluated(part, ["a"] * len(part.loss), EvaluateSettings(), np.random.default_rng(0))
        for part in (whole, joined)
    )
    assert (
        one.value("perplexity")
        == two.value("perplexity")
        == pytest.approx(math.exp(whole.loss.sum() / tokens.sum()), abs=1e-5)
    )
    assert (
        one.value("bits_per_byte")
        == two.value("bits_per_byte")
        == pytest.approx(whole.loss.sum() / math.log(2) / (4 * tokens.sum()), abs=1e-5)
    )


def test_what_a_source_must_beat_is_the_better_of_two_unigram_models() -> None:
    tokens = np.array([10.0, 10, 20])
    losses = Losses(tokens, 3 * tokens, tokens, 4 * tokens)
    own = np.array([20.0, 20, np.nan])
    found = evaluated(losses, ["a", "a", "b"], EvaluateSettings(), np.random.default_rng(0), own).by_source
    assert {name: MEASURED.main.to_beat(score) for name, score in found.items()} == pytest.approx(
        {"a": math.exp(2), "b": math.exp(3)}, abs=1e-5
    )
    assert set(found["b"].baselines) == {"mix"}


def test_intervals_over_documents_hold_the_true_perplexity_as_often_as_they_say() -> None:
    """Documents differ more than their tokens do; 95 of 100 intervals, give or take three standard errors of 200
    draws."""
    rng, held, settings = np.random.default_rng(1), 0, EvaluateSettings(resamples=200)
    for _ in range(200):
        tokens = rng.integers(20, 80, 100).astype(float)
        rate = rng.normal(3, 0.5, 100)
        drawn = Losses(rate * tokens, rate * tokens, tokens, tokens)
        low, high = evaluated(drawn, ["a"] * 100, settings, rng).measures["perplexity"].interval or (0, 0)
        held += low <= math.exp(3) <= high
    assert 0.90 <= held / 200 <= 1


def test_gain_over_the_baseline_is_paired() -> None:
    """Where every document gains the same part, the interval of the gain is far narrower than that of the score."""
    rng = np.random.default_rng(2)
    tokens = rng.integers(20, 80, 200).astype(float)
    base = rng.normal(5, 1, 200) * tokens
    told = evaluated(Losses(base - 0.5 * tokens, base, tokens, tokens), ["a"] * 200, EvaluateSettings(), rng)
    low, high = told.baseline.gain_interval or (0, 0)
    assert low == pytest.approx(0.5 / math.log(2), abs=1e-4)
    assert high == pytest.approx(0.5 / math.log(2), abs=1e-4)
