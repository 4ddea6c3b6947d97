"""Filters: counts are what their patterns count, each reason has a text that earns it, thresholds are those of the
papers."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.clean.filter import judge
from tasks.clean.filters.repetition import repeated, repeats_words
from tasks.clean.measure import COUNTS, LONGEST, measured
from tasks.clean.presets import PRESETS
from tasks.clean.settings import CleanSettings, SourceCleaning
from tasks.text.words import SIGN, WORD

PATTERNS = {
    "chars": r"(?s).",
    "words": WORD,
    "tokens": f"{WORD}|{SIGN}",
    "letters": r"\p{L}",
    "digits": r"\p{Nd}",
    "capitals": r"\p{Lu}",
    "signs": r"[^\w\s]",
}
PROSE = (
    "The committee met on Tuesday and agreed to publish the report. Members of the board have long asked for "
    "it, and they will be pleased."
)


def reasons(texts: list[str], *filters: Any, **more: Any) -> list[str | None]:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return judge(
        pl.concat([frame, measured(frame["text"])], how="horizontal"), SourceCleaning(filters=filters, **more)
    ).to_list()


@given(
    texts=st.lists(
        st.text(
            st.characters(codec="ascii")
            | st.sampled_from("_ aA1.\né\u0301\u094d中のーไ\u0e33\u200d\ufe0f❤")
            | st.characters(codec="utf-8"),
            max_size=40,
        ),
        max_size=6,
    )
)
def test_counts_are_those_of_the_patterns(texts: list[str]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    wanted = frame.select(
        pl.col("text").str.count_matches(PATTERNS[name]).alias(name).cast(pl.UInt32) for name in COUNTS
    )
    assert measured(frame["text"]).equals(wanted)


def test_counts_of_every_character_are_those_of_the_patterns() -> None:
    every = pl.Series([chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000])
    wanted = pl.DataFrame({"text": every}).select(
        pl.col("text").str.count_matches(PATTERNS[name]).alias(name).cast(pl.UInt32) for name in COUNTS
    )
    assert measured(every).equals(wanted)


def test_counts_of_long_texts_do_not_overflow() -> None:
    texts = pl.Series(["A1." * 50_000, "x" * LONGEST, "a b " * 16_000, "é" * (LONGEST // 2), "é" * LONGEST])
    assert measured(texts)["letters"].to_list() == [50_000, LONGEST, 32_000, LONGEST // 2, LONGEST]
    assert measured(texts)["words"].to_list() == [50_000, 1, 32_000, 1, 1]


@pytest.mark.parametrize(
    ("chosen", "text", "reason"),
    [
        ({"kind": "words", "least": 3}, "two words", "few_words"),
        ({"kind": "words", "most": 3}, "one two three four", "many_words"),
        ({"kind": "words", "most_tokens": 4}, "a, b, c", "many_tokens"),
        ({"kind": "words", "least_length": 3}, "a b c de", "short_words"),
        ({"kind": "words", "most_length": 10}, "pneumonoultramicroscopic", "long_words"),
        ("characters", "12 34 -- x", "few_letters"),
        ({"kind": "characters", "least_letters": 0}, "1 2 3 4 5 six", "many_digits"),
        ("characters", "STOP SHOUTING AT me", "many_capitals"),
        ({"kind": "characters", "least_letters": 0}, "a!!!! b???? c####", "many_signs"),
        ("stop-words", "cheap watches buy now best price", "few_stop_words"),
        ({"kind": "stop-words", "language": "de"}, "The report of the board", "few_stop_words"),
        (
            {"kind": "language", "keep": ["en"]},
            "Der Ausschuss hat am Dienstag getagt und den Bericht beschlossen.",
            "other_language",
        ),
        ("repetition", "buy now buy now buy now buy now", "repeated_words"),
        ("repetition", "one line\nanother\none line\none line", "repeated_lines"),
        ("c4-lines", "Lorem ipsum dolor sit amet.", "placeholder_text"),
        ("c4-lines", "if (x) { return; }", "curly_bracket"),
        ("c4-lines", "Home\nAbout us\nWe sell the best watches in town.", "few_sentences"),
        ("fineweb-lines", "Home\nAbout us\nContact", "few_sentence_lines"),
        ("fineweb-lines", f"{PROSE}\n{PROSE}", "repeated_line_chars"),
        ("fineweb-lines", f"Yes.\nNo.\nMaybe.\n{PROSE}", "short_lines"),
        ("code", "# This file is auto-generated, do not edit\nx = 1", "generated_code"),
        ("code", "x = [" + "1, " * 500 + "]", "long_lines"),
        ("code", "@@ ## $$ %% ^^", "few_code_letters"),
        ({"kind": "code", "least_comments": 0.5}, "x = 1\ny = 2", "few_comments"),
        ("code", "# a\n# b\n# c\n# d\n# e\n# f", "many_comments"),
        ({"kind": "code", "python": True}, "print 'hello'", "not_python"),
    ],
)
def test_each_reason_is_given_to_what_earns_it_and_to_nothing_else(chosen: Any, text: str, reason: str) -> None:
    whole = {"code": "def f(x):\n    # doubles\n    return 2 * x"}.get(
        chosen if isinstance(chosen, str) else chosen["kind"], PROSE
    )
    whole = "Der Rat und die Stadt und das Land." if "de" in str(chosen) and "stop" in str(chosen) else whole
    fine = {"many_words": "one two", "many_tokens": "a b", "few_comments": "# a\nb = 1"}.get(reason, whole)
    assert reasons([text, fine], chosen, keep_lines=True) == [
        reason,
        "few_sentences" if fine == PROSE and chosen == "c4-lines" else None,
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_keep_what_they_are_for(preset: str) -> None:
    page = [
        PROSE,
        (
            "A second paragraph with other words says what happened afterwards, and why it is that nobody knew of it. "
            "It took years."
        ),
        (
            "Later in the day the mayor spoke to reporters, and said that the town would have to pay. He was not asked "
            "when."
        ),
    ]
    good = {
        "web": "\n".join(page),
        "reviews": "Great phone, would buy again!",
        "short-text": "so tired rn",
        "code": "def f(x):\n    return x",
    }
    assert reasons([good[preset]], *PRESETS[preset], keep_lines=True) == [None]
    junk = {"web": "Home | About", "reviews": "ok", "short-text": "!!! ???", "code": "0" * 5000}
    assert reasons([junk[preset]], *PRESETS[preset], keep_lines=True) != [None]


def test_the_first_filter_that_refuses_names_the_reason() -> None:
    chosen = ({"kind": "words", "least": 3}, "characters")
    assert reasons(["1 2", "1 2 3", "", "plain words here"], *chosen) == [
        "few_words",
        "few_letters",
        "empty_text",
        None,
    ]
    assert reasons(["1 2"], *reversed(chosen)) == ["few_letters"]


def test_runs_that_occur_once_repeat_nothing_however_short_the_text() -> None:
    assert not repeats_words(["the", "cat", "sat"])
    assert not repeats_words(PROSE.split())
    assert repeats_words(
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
    )
    assert repeated(["a", "a", "", "bb", "a "]) == (0.5, 2 / 5)


def test_filters_of_a_source_take_the_place_of_those_of_all() -> None:
    settings = CleanSettings(
        filters="reviews", sources={"code": {"filters": "code", "keep_lines": True}, "raw": {"filters": []}}
    )
    assert [one.kind for one in settings.of("films").filters] == ["words", "characters", "repetition"]
    assert [one.kind for one in settings.of("code").filters] == ["code"]
    assert settings.of("raw").filters == ()
    again = CleanSettings.model_validate(settings.model_dump(mode="json", exclude_none=True))
    assert again == settings


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"filters": "wbe"}, "there is no preset 'wbe'; there are web, reviews, short-text, code"),
        ({"filters": ["wrods"]}, "Did you mean 'words'"),
        (
            {"filters": "web"},
            "the filter 'c4-lines' looks at lines, and they are folded into one; say keep_lines: true",
        ),
        ({"sources": {"code": {"filters": "code"}}}, "sources.code: the filter 'code' looks at lines"),
        ({"filters": [{"kind": "words", "least": 0}]}, "greater than or equal to 1"),
    ],
)
def test_sections_that_cannot_be_meant_are_refused(section: dict[str, Any], said: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=said.replace("(", r"\(")):
        CleanSettings.model_validate(section)


@pytest.mark.shared_data
def test_real_web_pages_are_sifted_as_web_pages(shared_data: Path) -> None:
    pages = pl.read_ndjson(shared_data / "messy/c4_demo.jsonl")["text"].to_list()
    found = reasons(pages, *PRESETS["web"], keep_lines=True, max_chars=200_000)
    kept = found.count(None) / len(found)
    assert 0.3 < kept < 0.95
    assert len({*found}) > 3
