"""What a row holds in one form: words keep their tags, answers stand where they stood."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasks.clean.roles import LOST, normal
from tasks.core.layout import Layout, Role
from tasks.objectives.instruction_tuning.columns import layout as layout_of_chats
from tasks.rows.layout import ANSWERS, MESSAGES

WORDS = Layout(
    roles=(Role(name="words", holds="words"), Role(name="tags", holds="tags", values=("O",), of="words")),
    texts=("words",),
    compared=("words",),
    key=("words",),
    match=("words",),
)
READING = Layout(
    roles=(Role(name="question"), Role(name="context"), Role(name="answers", holds="answers", of="context")),
    texts=("question", "context"),
    compared=("question",),
    key=("question", "context"),
    match=("context",),
)
MESSY = st.text(st.sampled_from("ab. \t\n\u00a0\u200b\u00ade\u0301\u30ab\u3099"), max_size=30)


def contexts(*rows: tuple[str, str, int]) -> pl.DataFrame:
    answers = [{"text": [answer], "answer_start": [start]} for _, answer, start in rows]
    texts = {"question": ["q"] * len(rows), "context": [text for text, _, _ in rows]}
    return pl.DataFrame(texts).with_columns(pl.Series("answers", answers, ANSWERS))


def test_words_are_normalised_each_by_itself_and_none_goes() -> None:
    rows = pl.DataFrame({"words": [["cafe\u0301", "a\u00a0b", "\u200b"], ["x"]], "tags": [["O"] * 3, ["O"]]})
    found = normal(rows, WORDS, keep_lines=False)
    assert found.rows["words"].to_list() == [["caf\u00e9", "a b", "\u200b"], ["x"]]
    assert found.texts[0].to_list() == ["caf\u00e9 a b \u200b", "x"]
    assert found.reasons.null_count() == 2


def test_answers_move_with_their_context() -> None:
    text = "  Ana\u00a0 lives\n in  S\u00e3o\u00ad Paulo .  In S\u00e3o Paulo, Brazil "
    rows = contexts(
        (text, "S\u00e3o\u00ad Paulo", text.index("S\u00e3o\u00ad")),
        (text, "Brazil ", text.index("Brazil")),
        ("a b", "b", 2),
    )
    found = normal(rows, READING, keep_lines=False)
    assert found.rows["context"][0] == "Ana lives in S\u00e3o Paulo . In S\u00e3o Paulo, Brazil"
    held = found.rows["answers"].to_list()
    assert [answer["text"] for answer in held] == [["S\u00e3o Paulo"], ["Brazil"], ["b"]]
    assert [answer["answer_start"] for answer in held] == [[13], [39], [2]]
    assert found.reasons.null_count() == 3


def test_an_answer_of_which_nothing_is_left_goes_with_a_reason() -> None:
    found = normal(contexts(("a\u200b b", "\u200b", 1)), READING, keep_lines=False)
    assert found.reasons.to_list() == [LOST]


@given(MESSY, MESSY, MESSY, st.booleans())
def test_whatever_stays_stands_in_its_context(before: str, answer: str, after: str, keep_lines: bool) -> None:
    rows = contexts((before + answer + after, answer, len(before)))
    found = normal(rows, READING, keep_lines=keep_lines)
    if found.reasons[0] is None and found.rows["context"][0] != rows["context"][0]:
        held = found.rows["answers"].to_list()[0]
        text, start = held["text"][0], held["answer_start"][0]
        assert text
        assert found.rows["context"][0][start : start + len(text)] == text


def test_messages_keep_their_lines_and_a_chat_with_an_emptied_one_goes() -> None:
    chats = [
        [{"role": "user", "content": "why?  "}, {"role": "assistant", "content": "def f():\r\n    return 1\n"}],
        [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "\u200b"}],
    ]
    given = pl.DataFrame({"messages": pl.Series(chats, dtype=MESSAGES)})
    rows, (text,), reasons = normal(given, layout_of_chats(()), keep_lines=False)
    assert [one["content"] for one in rows["messages"].to_list()[0]] == ["why?", "def f():\n    return 1"]
    assert text.to_list()[0] == "why?\ndef f():\n    return 1"
    assert reasons.to_list() == [None, "empty_message"]
