"""Tagged words: entities as seqeval finds them, tags at first pieces, rows in parts, and each word's commonest tag."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.models.tagger import NO_WORD, cut
from tasks.models.vocabularies import word_pieces
from tasks.objectives.token_classification.baseline import lookups
from tasks.objectives.token_classification.entities import entities
from tasks.objectives.token_classification.evaluate import figures
from tasks.recipe.model import load_recipe

LABELS = ("O", "B-PER", "I-PER", "B-LOC")
TOKENIZER = word_pieces(60, ["ana lives in oslo", "bartholomew went to timbuktu"])
WORDS = st.lists(st.text("abonlsi \u200b\u4eac", min_size=1, max_size=12), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O O B-MISC I-MISC I-MISC O", {("MISC", 3, 5)}),
        ("B-PER I-PER O", {("PER", 0, 1)}),
        ("I-PER I-PER I-LOC", {("PER", 0, 1), ("LOC", 2, 2)}),
        ("B-PER B-PER", {("PER", 0, 0), ("PER", 1, 1)}),
        ("B-PER I-LOC", {("PER", 0, 0), ("LOC", 1, 1)}),
        ("B-PER E-PER S-LOC E-LOC", {("PER", 0, 1), ("LOC", 2, 2), ("LOC", 3, 3)}),
        ("B-PER L-PER U-LOC O", {("PER", 0, 1), ("LOC", 2, 2)}),
        ("B-a-b I-a-b O", {("a-b", 0, 1)}),
        ("B I O", {("", 0, 1)}),
        ("NOUN NOUN VERB", {("NOUN", 0, 0), ("NOUN", 1, 1), ("VERB", 2, 2)}),
        ("", set[tuple[str, int, int]]()),
    ],
)
def test_entities_are_found_as_seqeval_finds_them(tags: str, found: set[tuple[str, int, int]]) -> None:
    assert entities(tags.split()) == found


def test_the_example_of_seqeval_scores_one_half() -> None:
    truth = [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]
    answers = [["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]]
    found = figures(truth, answers, np.array([7.0, 3.0]))(np.ones((1, 2)))
    assert found["entity_f1"].tolist() == [0.5]
    assert found["tag_accuracy"].tolist() == [0.8]
    assert found["tag_perplexity"] == pytest.approx([np.e])


@given(st.lists(WORDS, max_size=4), st.integers(4, 20))
def test_every_word_is_read_once_at_its_first_piece(rows: list[list[str]], longest: int) -> None:
    parts = cut(TOKENIZER, rows, longest)
    assert parts.rows.tolist() == sorted(parts.rows.tolist())
    seen: list[tuple[int, int]] = []
    for ids, part in zip(parts.ids, parts.parts, strict=True):
        assert len(ids) == len(part.word) <= longest
        seen += [(part.row, word) for word in part.word if word != NO_WORD]
    read = [
        (row, at)
        for row, words in enumerate(rows)
        for at, word in enumerate(words)
        if TOKENIZER([[word]], is_split_into_words=True, add_special_tokens=False)["input_ids"][0]
    ]
    assert seen == read


def test_targets_stand_at_the_first_piece_of_a_word() -> None:
    parts = cut(TOKENIZER, [["ana", "zzz", "oslo"]], 40)
    pieces = TOKENIZER.convert_ids_to_tokens(parts.ids[0])
    targets = parts.parts[0].targets([5, 6, 7])
    assert [target for target in targets if target != NO_WORD] == [5, 6, 7]
    assert targets[0] == targets[-1] == NO_WORD
    assert not any(piece.startswith("##") and target != NO_WORD for piece, target in zip(pieces, targets, strict=True))


def test_a_word_has_its_commonest_tag_and_a_new_one_the_commonest_of_all(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "source": ["a", "a", "b"],
            "words": [["Ana", "in", "Oslo"], ["Ana", "Oslo"], ["Oslo"]],
            "tags": [["B-PER", "O", "B-LOC"], ["O", "B-LOC"], ["O"]],
        }
    )
    rows.write_parquet(tmp_path / "train.parquet")
    mix, own = lookups([tmp_path / "train.parquet"], LABELS)
    assert mix.answer(["Ana", "Oslo", "new"]) == ["O", "B-LOC", "O"], "of several the first of the label set"
    assert own["b"].answer(["Ana", "Oslo"]) == ["O", "O"]
    assert np.exp(-mix.prices).tolist() == pytest.approx([4 / 10, 2 / 10, 1 / 10, 3 / 10])


def test_words_are_not_redacted_and_need_labels(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "name: names\ntask: token-classification\nsources: {a: {path: a.jsonl}}\nmix: {weights: uniform}\n"
        "personal: {action: drop, policies: {a: redact}}\n"
    )
    with pytest.raises(RecipeError, match="2 mistakes") as caught:
        load_recipe(str(tmp_path / "recipe.yaml"))
    assert "labels: this key is missing; a tagger needs two labels or more" in str(caught.value)
    assert ":5: personal.policies.a: redact changes the words that tags stand at; say drop" in str(caught.value)
