"""Judges that learn: what they drop is the worst by their own measure, never more than they may, and planted flaws are
found."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tasks.core.errors import RecipeError
from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.rows.layout import FIRST, RowFile
from tasks.sift.methods import classifier, label_noise, perplexity
from tasks.sift.rows import worst
from tasks.sift.task import sift_pool

GOOD = [
    "the committee agreed on the report",
    "members of the board asked for the report",
    "the board met on tuesday",
    "the report was agreed on",
]
BAD = ["zxq qqz blorp vim", "qqz zxq zxq vim blorp", "blorp blorp qqz vim"]


def source(folder: Path, name: str, texts: list[str], labels: list[str] | None = None) -> RowFile:
    path = folder / f"{name}.parquet"
    ids = [f"{name}:{place}" for place in range(len(texts))]
    told = labels or ["positive" if place % 2 else "negative" for place in range(len(texts))]
    tokens = pl.Series([len(text.split()) for text in texts], dtype=pl.UInt32)
    pl.DataFrame(
        {"row_id": ids, "source": [name] * len(texts), "text": texts, "label": told, "tokens": tokens}
    ).write_parquet(path)
    return RowFile(path, FIRST)


@pytest.fixture
def planted(tmp_path: Path) -> Mapping[str, RowFile]:
    """A good source, and one of which rows 0, 10, 20, … are gibberish."""
    rng = np.random.default_rng(0)
    fine = [f"{rng.choice(GOOD)} and {rng.choice(GOOD)}" for _ in range(200)]
    mixed = [
        str(rng.choice(BAD)) if place % 10 == 0 else f"{rng.choice(GOOD)} and {rng.choice(GOOD)}"
        for place in range(200)
    ]
    return {"papers": source(tmp_path, "papers", fine), "web": source(tmp_path, "web", mixed)}


@pytest.mark.parametrize(
    ("judge", "params", "reason"),
    [
        (perplexity, perplexity.Params(clean=("papers",), drop=0.1), "perplexing"),
        (classifier, classifier.Params(good=("papers",), drop=0.1), "low_quality"),
    ],
)
def test_gibberish_planted_in_one_source_is_what_goes(
    planted: Mapping[str, RowFile], judge, params, reason: str
) -> None:
    found = judge.judge(planted, params, 0)
    assert sorted(found.rows["row"]) == list(range(0, 200, 10))
    assert found.dropped.counts == {"web": {reason: 20}}
    assert found.rows.equals(judge.judge(planted, params, 0).rows)
    assert [example.source for example in found.dropped.examples] == ["web"] * 6
    assert all("zxq" in example.text or "blorp" in example.text for example in found.dropped.examples)
    assert all(example.score is not None and example.row_id.startswith("web:") for example in found.dropped.examples)


def test_perplexity_is_low_for_what_was_learned_and_infinite_for_no_words() -> None:
    model = perplexity.Model()
    model.learn(pl.Series(GOOD * 20))
    known, new, strange, none = model.perplexities(pl.Series([GOOD[0], "the board agreed on tuesday", BAD[0], ""]))
    assert 1 < known < new < strange < none == np.inf


@given(st.lists(st.sampled_from(["a", "b c", "", "a b a", "é ñ", "!!"]), min_size=1, max_size=6))
def test_perplexity_of_a_text_does_not_hang_on_its_neighbours(texts: list[str]) -> None:
    model = perplexity.Model()
    model.learn(pl.Series(["a b c a b", "a c"]))
    alone = [model.perplexities(pl.Series([text]))[0] for text in texts]
    assert model.perplexities(pl.Series(texts)).tolist() == pytest.approx(alone)


def test_perplexity_is_the_formula_on_a_corpus_counted_by_hand() -> None:
    model = perplexity.Model()
    model.learn(pl.Series(["a b", "a c"]))
    # counts with the two marks of a beginning: a 2, b 1, c 1, mark 4; N = 8; 4 kinds + 1
    chance_a = 0.6 * 2 / 2 + 0.25 * 2 / 4 + 0.1 * 2 / 8 + 0.05 / 5
    chance_b = 0.6 * 1 / 2 + 0.25 * 1 / 2 + 0.1 * 1 / 8 + 0.05 / 5
    assert model.perplexities(pl.Series(["a b"]))[0] == pytest.approx((chance_a * chance_b) ** -0.5)


def test_swapped_labels_are_suspected_and_right_ones_are_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    words = {"positive": ["lovely", "great", "fine", "superb"], "negative": ["awful", "poor", "bad", "dreadful"]}
    labels = [str(label) for label in rng.choice(["positive", "negative"], 300)]
    texts = [
        f"{rng.choice(words[label])} and {rng.choice(words[label])} film {place % 7}"
        for place, label in enumerate(labels)
    ]
    swapped = {7, 50, 51, 180, 260}
    told = [
        ({"positive": "negative", "negative": "positive"}[label] if place in swapped else label)
        for place, label in enumerate(labels)
    ]
    found = label_noise.judge({"films": source(tmp_path, "films", texts, told)}, label_noise.Params(), 0)
    assert set(found.rows["row"]) == swapped
    assert found.dropped.figures["accuracy on unseen rows"] > 0.95
    assert "seems" in found.dropped.examples[0].why


def test_confident_learning_is_the_papers_rule_on_a_table_by_hand() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.55, 0.45]])
    labels = np.array([0, 0, 0, 1, 1])
    # thresholds: label 0 (0.9 + 0.8 + 0.1) / 3 = 0.6; label 1 (0.7 + 0.45) / 2 = 0.575
    seems, margin = label_noise.suspects(chances, labels)
    assert seems.tolist() == [0, 0, 1, 1, 1]
    assert margin.tolist() == pytest.approx([0, 0, 0.8, 0, 0])


@given(scores=hnp.arrays(float, st.integers(1, 40), elements=st.floats(0, 5)), share=st.floats(0.01, 0.99))
def test_the_worst_are_no_more_than_allowed_and_none_left_is_worse(scores: np.ndarray, share: float) -> None:
    rows = worst(scores, share)
    left = np.delete(scores, rows)
    assert len(rows) == int(share * len(scores))
    assert not len(rows) or not len(left) or scores[rows].min() >= left.max()


def test_sources_that_are_not_there_or_leave_nothing_to_judge_are_refused(planted: Mapping[str, RowFile]) -> None:
    with pytest.raises(RecipeError, match="there is no source 'paperz'; there are papers, web"):
        perplexity.judge(planted, perplexity.Params(clean=("paperz",)), 0)
    with pytest.raises(RecipeError, match="every source is good"):
        classifier.judge(planted, classifier.Params(good=("papers", "web")), 0)


def test_task_takes_rows_out_of_the_pool_and_closes_the_books(tmp_path: Path, planted: Mapping[str, RowFile]) -> None:
    files = []
    for side in ("train", "holdout"):
        (tmp_path / "pool" / side).mkdir(parents=True)
        for name, path in planted.items():
            (tmp_path / "pool" / side / f"{name}.parquet").write_bytes(path.path.read_bytes())
            files.append(FileFact(name=f"{side}/{name}.parquet", bytes=0, sha256=""))
    accounts = tuple(Account(source=name, read=400, rows=200, holdout=200) for name in planted)
    pool = Manifest[PoolFacts](
        stage="deduplicate",
        subject="pool",
        key="p",
        path="pool",
        files=tuple(files),
        accounts=accounts,
        facts=PoolFacts(),
    )
    made = sift_pool.of("pool").run(str(tmp_path), pool, perplexity.Params(clean=("papers",), drop=0.05), 0)
    assert {account.source: (account.rows, account.dropped) for account in made.accounts} == {
        "papers": (200, {}),
        "web": (190, {"perplexing": 10}),
    }
    assert pl.read_parquet(tmp_path / made.path / "train/web.parquet").height == 190
    (step,) = made.facts.dropped
    assert (step.step, step.counts) == ("sift: perplexity", {"web": {"perplexing": 10}})
