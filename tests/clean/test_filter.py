"""Every row of a source stays or has a reason; the order stays; the first of equal texts stays."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.clean.settings import SourceCleaning
from tasks.clean.task import clean_source
from tasks.manifests.rows import CleanedFacts
from tasks.rows.emptied import why_empty
from tasks.rows.keys import digests
from tasks.rows.layout import FIRST

Clean = Callable[..., tuple[Path, Any]]


def test_each_dropped_row_has_its_reason(cleaned: Clean) -> None:
    texts = ["", "  ", None, "ab", "x" * 50, "good text", "good  text", "other text", "ab"]
    file, done = cleaned("s", texts, settings=SourceCleaning(min_chars=3, max_chars=20))
    assert pl.read_parquet(file)["text"].to_list() == ["good text", "other text"]
    assert done.account.dropped == {"empty_text": 3, "exact_duplicate": 1, "too_long": 1, "too_short": 2}
    assert (done.account.rows, done.account.tokens) == (2, 4)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.sampled_from(["", " ", "a", "A", "a ", "b\x00", "b", "long text", "é", "e\u0301", "👍"]),
        min_size=1,
        max_size=15,
    )
)
def test_what_stays_is_the_first_of_each_normal_form_in_order(texts: list[str], cleaned: Clean) -> None:
    forms = [" ".join(text.replace("\x00", "").replace("e\u0301", "é").split()) for text in texts]
    wanted = [f"s.csv:{n + 1}" for n, form in enumerate(forms) if form and form not in forms[:n]]
    file, done = cleaned("s", texts)
    assert pl.read_parquet(file)["row_id"].to_list() == wanted
    repeats = sum(map(bool, forms)) - len(wanted)
    assert done.account.dropped == {
        name: n for name, n in {"empty_text": forms.count(""), "exact_duplicate": repeats}.items() if n
    }


def test_equal_texts_with_different_labels_are_counted_and_the_first_label_stays(cleaned: Clean) -> None:
    texts, labels = (
        ["same", "same ", "twice", "twice", "", ""],
        ["positive", "negative", "negative", "negative", "positive", "negative"],
    )
    file, done = cleaned("s", texts, labels)
    assert pl.read_parquet(file).select("text", "label").rows() == [("same", "positive"), ("twice", "negative")]
    assert done.label_conflicts == 1


def test_hostile_texts_pass_as_text_or_are_dropped_with_a_reason(cleaned: Clean) -> None:
    ten_megabytes = "x" * 10_000_000
    texts = [
        "<script>alert(1)</script>",
        "a\x00b",
        "\x1b[2Jgone",
        "\u202eRTL",
        "مرحبا بالعالم",
        "🇩🇪👍🏽",
        "=cmd()",
        ten_megabytes,
        "\u200b\ufeff",
    ]
    file, done = cleaned("s", texts)
    assert pl.read_parquet(file)["text"].to_list() == [
        "<script>alert(1)</script>",
        "ab",
        "[2Jgone",
        "RTL",
        "مرحبا بالعالم",
        "🇩🇪👍🏽",
        "=cmd()",
    ]
    assert done.account.dropped == {"empty_text": 1, "too_long": 1}
    wide = cleaned("s", texts, settings=SourceCleaning(max_chars=20_000_000))[1]
    assert wide.account.dropped == {"empty_text": 1}


def test_a_source_of_which_nothing_is_left_says_where_its_rows_went(cleaned: Clean) -> None:
    file, done = cleaned("s", ["", "a", "b"], settings=SourceCleaning(min_chars=2))
    assert pl.read_parquet(file).is_empty()
    assert why_empty(done.account) == (
        "3 read; 0 in quarantine; dropped: empty_text 1, too_short 2; 0 kept aside; lower clean.min_chars"
    )


def test_task_carries_the_account_on_and_tells_of_conflicts(tmp_path: Path, snapshot: Callable[..., Any]) -> None:
    raw = snapshot("a", [f"text {n % 90}" for n in range(100)], ["positive"] * 95 + ["negative"] * 5, quarantined=3)
    made = clean_source.of("a").run(str(tmp_path), raw, SourceCleaning())
    [account] = made.accounts
    assert (account.read, account.quarantined, account.dropped, account.rows) == (103, 3, {"exact_duplicate": 10}, 90)
    assert made.facts == CleanedFacts(layout=FIRST)
    written = pl.read_parquet(tmp_path / made.path / "data.parquet")
    assert list(written.schema.items()) == [
        *dict.fromkeys(("row_id", "source", "text", "label"), pl.String).items(),
        ("tokens", pl.UInt32),
    ]
    assert pl.read_parquet(tmp_path / made.path / "keys.parquet")["key"].equals(digests(written["text"]))
    assert written["tokens"].sum() == account.tokens == made.tokens


@pytest.mark.shared_data
def test_messages_repeated_in_a_real_file_are_found(cleaned: Clean, shared_data: Path) -> None:
    lines = [
        line.split("\t", 1) for line in (shared_data / "messy/SMSSpamCollection").read_text("utf-8").split("\n") if line
    ]
    file, done = cleaned("sms", [text for _, text in lines], [label for label, _ in lines])
    forms = Counter(
        " ".join(re.sub(r"[\x80-\x84\x86-\x9f]", "", text).split()) for _, text in lines
    )  # it holds controls for apostrophes
    assert len(lines) - len({text for _, text in lines}) == 403
    assert done.account.dropped == {"exact_duplicate": len(lines) - len(forms)} == {"exact_duplicate": 414}
    assert pl.read_parquet(file)["text"].to_list() == list(forms)


@pytest.mark.shared_data
def test_real_tweets_that_annotators_disagreed_on_are_counted(cleaned: Clean, shared_data: Path) -> None:
    rows = (
        pl.read_csv(shared_data / "sentiment/tweets_airline/Tweets.csv.gz").select("text", "airline_sentiment").rows()
    )
    _, done = cleaned("tweets", [text for text, _ in rows], [label for _, label in rows])
    opinions: dict[str, set[str]] = {}
    for text, label in rows:
        opinions.setdefault(" ".join(text.split()), set()).add(label)
    assert done.account.rows == len(opinions)
    assert done.label_conflicts == sum(len(labels) > 1 for labels in opinions.values()) == 21
