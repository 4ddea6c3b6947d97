"""Questions on a text: agreement as SQuAD and MLQA measure it, windows that hold the answer, and the best piece."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModelForQuestionAnswering, set_seed

from tasks.core.errors import RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.models.reader import spans, windows
from tasks.models.vocabularies import word_pieces
from tasks.objectives.parts import Trained
from tasks.objectives.question_answering.agreement import best, is_english, words
from tasks.objectives.question_answering.baseline import first_sentence
from tasks.objectives.question_answering.evaluate import score
from tasks.recipe.model import load_recipe
from tasks.rows.layout import ANSWERS

CONTEXT = "Ana Costa stayed five weeks in Port Osk. The room was bright and quiet, and breakfast was superb."
TOKENIZER = word_pieces(120, [CONTEXT, "who stayed in port osk where did she stay"])


@pytest.mark.parametrize(
    ("answer", "right", "english", "exact", "f1"),
    [
        ("The Port of Osk!", ["port of osk"], True, 1, 1),
        ("Port Osk", ["in Port Osk"], True, 0, 0.8),
        ("die Stadt", ["Stadt"], False, 0, 2 / 3),
        ("a b", ["b"], False, 0, 2 / 3),
        ("U.S.", ["US"], True, 1, 1),
        ("北京市", ["北京"], False, 0, 0.8),
        ("กรุง", ["กรุงเทพ"], False, 0, pytest.approx(2 * 3 / (3 + 6))),
        ("", ["x"], True, 0, 0),
        ("the", ["a"], True, 1, 1),
        ("x", ["y", "x z"], True, 0, 2 / 3),
    ],
)
def test_agreement_is_over_words_without_signs(
    answer: str, right: list[str], english: bool, exact: float, f1: float
) -> None:
    given_words, *those = words([answer, *right], english=english)
    assert best(given_words, those) == (exact, f1)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("The cat is on the mat and the dog is not.", True),
        ("Le chat est sur le tapis et le chien est dehors.", False),
        ("猫在垫子上。", False),
        ("", False),
    ],
)
def test_english_is_known_by_its_commonest_words(text: str, english: bool) -> None:
    assert is_english([text]) is english


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One went. Two came.", "One went."),
        ("It cost 3.50 then. So.", "It cost 3.50 then."),
        ("他去了。然后他回来了。", "他去了。"),
        ("क्या हुआ। फिर।", "क्या हुआ।"),
        ("no end", "no end"),
    ],
)
def test_the_baseline_is_the_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@given(st.integers(0, 95), st.integers(1, 12), st.integers(16, 64))
def test_an_answer_is_found_in_windows_and_its_tokens_cover_it(start: int, length: int, longest: int) -> None:
    text = CONTEXT[start : start + length]
    answers = {"text": [text], "answer_start": [start]}
    read = windows(TOKENIZER, ["who stayed in port osk"], [CONTEXT], longest)
    assert max(map(len, read.ids)) <= longest
    seen = {place for places in read.places for place in places if place[0] >= 0}
    whole = windows(TOKENIZER, ["who stayed in port osk"], [CONTEXT], 1_000)
    assert seen == {place for place in whole.places[0] if place[0] >= 0}, "windows cover the whole context"
    for (first, last), places, none in zip(spans(read, [answers]), read.places, read.none, strict=True):
        if first != none:
            assert places[first][0] <= start
            assert places[last][1] >= start + len(text)
    if text.strip() == text and text[0].isalnum():
        assert any(first != none for (first, _), none in zip(spans(whole, [answers]), whole.none, strict=True))


def test_a_model_that_knows_nothing_gives_pieces_and_their_chance(tmp_path: Path) -> None:
    set_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = AutoConfig.for_model("bert", vocab_size=len(TOKENIZER), **size)
    model = AutoModelForQuestionAnswering.from_config(config)
    for weights in model.parameters():
        weights.data.zero_()
    model.save_pretrained(tmp_path / "model")
    TOKENIZER.save_pretrained(tmp_path / "model")
    answers = [{"text": ["Ana Costa"], "answer_start": [0]}, {"text": ["Port Osk"], "answer_start": [31]}]
    rows = pl.DataFrame(
        {"row_id": ["1", "2"], "source": ["a", "a"], "question": ["who stayed", "where"], "context": [CONTEXT] * 2}
    ).with_columns(pl.Series("answers", answers, ANSWERS))
    rows.write_parquet(tmp_path / "rows.parquet")
    table, metrics = score(Trained(tmp_path / "model", 24, ()), [], [tmp_path / "rows.parquet"], EvaluateSettings(), 0)
    assert table.columns == ["row_id", "source", "predicted", "exact_match", "answer_f1", "loss"]
    assert all(answer and answer in CONTEXT for answer in table["predicted"])
    assert table["loss"].to_numpy() == pytest.approx(2 * np.log(24), rel=0.05), "each token of a window is as likely"
    assert metrics.baseline.value("exact_match") == 0
    assert metrics.baseline.value("answer_f1") == pytest.approx((2 * 2 / (8 + 2)) * 1)
    assert metrics.rows == 2


def test_contexts_are_not_redacted(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "name: reading\ntask: question-answering\nsources: {a: {path: a.jsonl}}\nmix: {weights: uniform}\n"
        "personal: {}\n"
    )
    with pytest.raises(RecipeError, match="1 mistake") as caught:
        load_recipe(str(tmp_path / "recipe.yaml"))
    assert "personal.action: redact changes the texts in which answers have their places" in str(caught.value)
