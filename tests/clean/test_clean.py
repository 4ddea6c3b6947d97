"""No text twice, nothing of the hold-out in training, every row accounted for."""

import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.clean.deduplicate import Pool, deduplicate, refuse
from tasks.clean.filter import clean_rows
from tasks.clean.holdout import in_holdout
from tasks.clean.normalise import match_key, normalised, token_count
from tasks.clean.settings import CleanSettings, HoldoutSettings
from tasks.clean.task import clean_source, deduplicate_sources
from tasks.errors import QualityGate
from tasks.records import Account, Manifest

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


def rows(source: str, texts: list[str], labels: list[str] | None = None) -> pl.DataFrame:
    named = labels or ["positive" if n % 2 else "negative" for n in range(len(texts))]
    ids = [f"{source}:{n}" for n in range(len(texts))]
    return pl.DataFrame(
        {"row_id": ids, "source": [source] * len(texts), "text": texts, "label": named},
        schema=dict.fromkeys(("row_id", "source", "text", "label"), pl.String),
    )


def cleaned(source: str, texts: list[str]) -> tuple[pl.DataFrame, Account]:
    kept, dropped = clean_rows(rows(source, texts).lazy(), CleanSettings())
    return kept, Account(source=source, read=len(texts), dropped=dict(dropped), rows=kept.height, tokens=int(kept["tokens"].sum()))


def pooled(sources: dict[str, list[str]], share: float = 0.3, seed: int = 0) -> Pool:
    parts = [cleaned(name, texts) for name, texts in sources.items()]
    return deduplicate([frame for frame, _ in parts], [account for _, account in parts], share, seed)


def apply(expression: pl.Expr, text: str) -> object:
    return pl.DataFrame({"text": [text]}).select(expression).item()


@given(text=TEXTS)
def test_normalising_twice_changes_nothing_and_leaves_nfc_without_odd_space(text: str) -> None:
    once = apply(normalised(pl.col("text")), text)
    assert isinstance(once, str)
    assert apply(normalised(pl.col("text")), once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()
    assert "  " not in once
    assert not any(ord(sign) < 32 for sign in once)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  a\t b\r\nc ", "a b c"), ("cafe\u0301", "café"), ("a\x00b\x07", "ab"), ("a\u200b\ufeffb", "ab"), ("a\u00a0\u3000b", "a b"),
        ("<b>bold</b> &amp;", "<b>bold</b> &amp;"), ("\u202eevil", "evil"), ("👩\u200d💻", "👩\u200d💻"), ("\x00\x00", ""), ("plain", "plain"),
    ],
)  # fmt: skip
def test_normal_form(text: str, wanted: str) -> None:
    assert apply(normalised(pl.col("text")), text) == wanted


def test_match_key_forgets_case_and_signs_but_not_emoji() -> None:
    assert apply(match_key(pl.col("text")), "Great MOVIE!!") == apply(match_key(pl.col("text")), "great, movie")
    assert apply(match_key(pl.col("text")), "😀") != apply(match_key(pl.col("text")), "😡")


def test_tokens_are_words_and_signs() -> None:
    assert apply(token_count(pl.col("text")), "Don't panic, 42!") == 7


def test_each_dropped_row_has_its_reason() -> None:
    kept, dropped = clean_rows(
        rows("s", ["", "  ", "ab", "x" * 50, "good text", "good  text", "other text"]).lazy(), CleanSettings(min_chars=3, max_chars=20)
    )
    assert kept["text"].to_list() == ["good text", "other text"]
    assert dropped == {"empty_text": 2, "too_short": 1, "too_long": 1, "exact_duplicate": 1}


@settings(max_examples=60, deadline=None)
@given(
    first=st.lists(st.sampled_from("abcdefghij"), max_size=12), second=st.lists(st.sampled_from("ABcdefxyz"), max_size=12),
    third=st.lists(TEXTS, max_size=6), seed=st.integers(0, 5),
)  # fmt: skip
def test_pool_adds_up_and_training_never_repeats_itself_or_the_holdout(first: list[str], second: list[str], third: list[str], seed: int) -> None:
    pool = pooled({"a": first, "b": second, "c": third}, seed=seed)
    train = pl.concat(list(pool.train.values())).with_columns(match_key(pl.col("text")).alias("key"))
    aside = pl.concat(list(pool.holdout.values())).with_columns(match_key(pl.col("text")).alias("key"))
    assert train["text"].n_unique() == train.height
    assert aside["text"].n_unique() == aside.height
    assert not set(train["key"]) & set(aside["key"])
    assert [account.read for account in pool.accounts] == [len(first), len(second), len(third)]


def test_first_source_of_the_recipe_keeps_a_shared_text() -> None:
    pool = pooled({"a": ["shared", "only a"], "b": ["shared", "only b"]}, share=1e-9)
    assert pool.train["a"]["text"].to_list() == ["shared", "only a"]
    assert pool.train["b"]["text"].to_list() == ["only b"]
    assert pool.accounts[1].dropped == {"cross_source_duplicate": 1}
    assert pool.conflicts == 0


def test_same_text_with_two_labels_is_told() -> None:
    one, two = rows("a", ["same"], ["positive"]), rows("b", ["same"], ["negative"])
    frames = [frame.with_columns(pl.lit(1, pl.UInt32).alias("tokens")) for frame in (one, two)]
    accounts = [Account(source=name, read=1, rows=1) for name in ("a", "b")]
    assert deduplicate(frames, accounts, 1e-9, 0).conflicts == 1


@given(texts=st.lists(TEXTS, unique=True, min_size=1, max_size=30))
def test_holdout_of_a_text_hangs_on_nothing_but_text_and_seed(texts: list[str]) -> None:
    whole = dict(zip(texts, in_holdout(pl.Series(texts), 0.3, 7), strict=True))
    assert {text: in_holdout(pl.Series([text]), 0.3, 7)[0] for text in texts} == whole


def test_holdout_share_is_met_and_fixed_across_machines() -> None:
    side = in_holdout(pl.Series([f"text {n}" for n in range(20_000)]), 0.2, 0)
    assert side.sum() == pytest.approx(4_000, abs=4 * (20_000 * 0.16) ** 0.5)
    assert side[:10].to_list() == in_holdout(pl.Series([f"text {n}" for n in range(10)]), 0.2, 0).to_list()
    assert in_holdout(pl.Series(["a", "b", "c", "d", "e", "f"]), 0.5, 1).to_list() == [False, False, False, True, False, False]


def test_holdout_of_a_source_stays_when_sources_are_added() -> None:
    texts = [f"text {n}" for n in range(300)]
    alone = pooled({"a": texts})
    joined = pooled({"a": texts, "z": [f"other {n}" for n in range(300)]})
    assert alone.holdout["a"].equals(joined.holdout["a"])


def snapshot(store: Path, source: str, texts: list[str]) -> Manifest:
    folder = store / "snapshots" / "ingest" / source
    folder.mkdir(parents=True)
    rows(source, texts).write_parquet(folder / "data.parquet")
    account = Account(source=source, read=len(texts), rows=len(texts))
    return Manifest(
        stage="ingest", subject=source, key=source, path=f"snapshots/ingest/{source}", files=(), accounts=(account,), facts={"licence": None}
    )


def test_tasks_clean_and_pool_through_the_store(tmp_path: Path) -> None:
    store = str(tmp_path)
    raw = [snapshot(tmp_path, name, [f"{name} text {n % 90}" for n in range(100)]) for name in ("a", "b")]
    clean = [clean_source.fn(store, one.subject, one, CleanSettings()) for one in raw]
    pool = deduplicate_sources.fn(store, "pool", clean, HoldoutSettings(share=0.2), 0)
    assert [account.dropped for account in pool.accounts] == [{"exact_duplicate": 10}] * 2
    assert pool.rows == sum(account.rows for account in pool.accounts)
    assert pl.read_parquet(tmp_path / pool.path / "train" / "a.parquet").height == pool.accounts[0].rows


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"a": ["one", "two", "three"], "b": ["one", "two", "three"]}, "source 'b' has no row left"),
        ({"a": ["only"]}, "all 1 training rows have the label 'negative'"),
        ({"a": [f"text {n}" for n in range(4)]}, "the hold-out is empty"),
    ],
)
def test_pools_that_cannot_be_learned_or_measured_stop(sources: dict[str, list[str]], told: str) -> None:
    with pytest.raises(QualityGate, match=told):
        refuse(pooled(sources, share=1e-9), 1e-9)
