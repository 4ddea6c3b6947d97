"""Chats are read as OpenAI, ShareGPT and Alpaca write them, and refused where they cannot be learned from."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.ingest.chats import chat_of
from tasks.ingest.map import Mapped, Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import parse_source
from tasks.ingest.unread import UnreadError
from tasks.objectives.instruction_tuning.columns import layout

ASKED, SAID = {"role": "user", "content": "why?"}, {"role": "assistant", "content": "so"}
CHAT = [ASKED, SAID]
SYSTEM = {"role": "system", "content": "be brief"}


def mapped(folder: Path, records: list[Any], **said: Any) -> Mapped:
    (folder / "rows.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    settings = parse_source({"path": "rows.jsonl", **said})
    mapper = Mapper("s", settings, layout(()))
    return mapper([mapper.complete(batch) for batch in batches(settings, str(folder))])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"messages": CHAT}, {}),
        ({"id": 1, "conversations": [{"from": "human", "value": "why?"}, {"from": "gpt", "value": "so"}]}, {}),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "why?"}]}, SAID]}, {}),
        ({"prompt": "why?", "response": "so"}, {}),
        ({"q": "why?", "a": "so"}, {"columns": {"prompt": "q", "response": "a"}}),
        ({"chat": {"messages": CHAT}}, {"columns": {"messages": "chat"}}),
        ({"chat": json.dumps(CHAT)}, {"columns": {"messages": "chat"}}),
        (
            {"instruction": "why?", "input": "", "output": "so"},
            {"columns": {"prompt": "{instruction}{input}", "response": "output"}},
        ),
    ],
)
def test_every_layout_gives_the_same_chat(record: dict[str, Any], said: dict[str, Any], tmp_path: Path) -> None:
    assert mapped(tmp_path, [record], **said).rows["messages"].to_list() == [CHAT]


def test_an_instruction_and_its_input_are_one_question_and_the_system_speaks_first(tmp_path: Path) -> None:
    columns = {"prompt": "{instruction}\n\n{input}", "response": "output", "system": "system"}
    record = {"instruction": "say it in German", "input": "red", "output": "rot", "system": "be brief"}
    (chat,) = mapped(tmp_path, [record], columns=columns).rows["messages"].to_list()
    asked = {"role": "user", "content": "say it in German\n\nred"}
    assert chat == [SYSTEM, asked, {"role": "assistant", "content": "rot"}]


@pytest.mark.parametrize(
    ("chat", "reason", "detail"),
    [
        ([*CHAT, SAID], "two_answers", "the second and the third message are both of the assistant"),
        ([ASKED, *CHAT], "two_questions", "the first and the second message are both of the user"),
        ([ASKED], "no_answer", "it ends with the first message, which nobody answers"),
        ([*CHAT, ASKED], "no_answer", "it ends with the third message"),
        ([SYSTEM], "no_question", "without a message of the user"),
        ([SAID], "no_question", "the first message answers what nobody asked"),
        ([SYSTEM, SAID], "no_question", "the second message answers what nobody asked"),
        ([*CHAT, SYSTEM], "late_system", "the third message is of the system"),
        ([SYSTEM, SYSTEM, *CHAT], "late_system", "the second message is of the system"),
        ([ASKED, SAID | {"content": " \n"}], "empty_message", "the second message, of the assistant, is empty"),
        ([ASKED, {"role": "assistant"}], "empty_message", "the second message"),
        ([ASKED, SAID | {"role": "tool"}], "unknown_role", "the second message is of 'tool'"),
        ([ASKED, "so"], "bad_messages", "the second message is no object"),
        ([ASKED, SAID | {"content": {"a": 1}}], "bad_messages", "the second message is not a text"),
        ([ASKED, SAID | {"content": [{"type": "image", "url": "x"}]}], "bad_messages", "is not a text"),
        ([], "bad_messages", "a list of messages is wanted"),
        ("why?", "bad_messages", "a list of messages is wanted"),
        (None, "bad_messages", "a list of messages is wanted"),
    ],
)
def test_a_chat_that_cannot_be_learned_from_is_refused_with_the_message_that_is_wrong(
    chat: Any, reason: str, detail: str
) -> None:
    with pytest.raises(UnreadError) as caught:
        chat_of(chat, answered=True)
    assert caught.value.reason == reason
    assert detail in caught.value.detail


@pytest.mark.parametrize(
    ("at", "said"), [(4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (23, "23rd"), (112, "112th")]
)
def test_a_message_far_down_is_counted_as_people_count(at: int, said: str) -> None:
    chat = [ASKED, SAID] * at
    with pytest.raises(UnreadError) as caught:
        chat_of([*chat[: at - 1], {"role": chat[at - 1]["role"], "content": ""}], answered=True)
    assert f"the {said} message" in caught.value.detail


def test_a_chat_whose_answer_is_wanted_may_end_with_a_question() -> None:
    assert chat_of([*CHAT, ASKED], answered=False) == [*CHAT, ASKED]


def test_refused_chats_are_in_quarantine_and_none_is_lost(tmp_path: Path) -> None:
    records = [{"messages": chat} for chat in (CHAT, [ASKED], [*CHAT, SAID], None, [])]
    done = mapped(tmp_path, records)
    assert done.rows.height == 1
    reasons = ["no_answer", "two_answers", "missing_messages", "bad_messages"]  # a list of one is that one
    assert done.bad["reason"].to_list() == reasons
    pairs = [{"prompt": "why?", "response": answer} for answer in ("so", "", None)] + [{"prompt": "", "response": "so"}]
    assert mapped(tmp_path, pairs).bad["reason"].to_list() == ["missing_response"] * 2 + ["missing_prompt"]
