"""Chats as files hold them: a list of messages as OpenAI or ShareGPT write them, or a prompt and its response."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tasks.core.layout import Role
from tasks.ingest.unread import UnreadError
from tasks.rows.layout import ANSWERS_BY, Message

ASKS, SETS = "user", "system"
LISTS = ("messages", "conversations")
"""Names under which records hold the messages of a chat."""
PARTS = {"system": SETS, "prompt": ASKS, "response": ANSWERS_BY}
"""Columns that a chat can be made of -> role of the message that each becomes."""
IN_PARTS = "; a chat may also be made of two columns, said as `prompt` and `response`"
ROLES = {"system": SETS, "user": ASKS, "human": ASKS, "assistant": ANSWERS_BY, "gpt": ANSWERS_BY}
"""Role as it stands in the source -> ours."""
ORDINALS, ENDINGS = ("first", "second", "third"), {1: "st", 2: "nd", 3: "rd"}


def chat_columns(role: Role, columns: Mapping[str, str | int], names: Sequence[str]) -> dict[str, str | int]:
    """Say which columns hold a chat: one that holds its messages, by the role's name, or one for each of its parts.

    Args:
        columns: those that the source names.
        names: all that it has.
    """
    lists = next((name for name in LISTS if name in names), role.name)
    in_parts = bool(columns.keys() & PARTS.keys()) or (lists not in names and "prompt" in names)
    if role.name in columns or not in_parts:
        return {role.name: columns.get(role.name, lists)}
    needed = {"prompt", "response"} if role.holds == "messages" else {"prompt"}
    return {part: columns.get(part, part) for part in PARTS if part in needed | ({"system"} & columns.keys())}


def chat_of(value: JsonValue, *, answered: bool) -> list[Message]:
    """Read a chat: a system message at most, then questions and answers by turns.

    Args:
        value: what a cell holds.
        answered: whether the last question must have an answer.

    Raises:
        UnreadError: it is none, with the message that is wrong.
    """
    chat = _made(value) if _is_made(value) else [_message(at, one) for at, one in enumerate(_listed(value))]
    for at, message in enumerate(chat):
        if not message["content"].strip():
            raise UnreadError("empty_message", f"the {_ordinal(at)} message, of the {message['role']}, is empty")
        _in_turn(chat, at)
    if not any(message["role"] == ASKS for message in chat):
        raise UnreadError("no_question", "a chat without a message of the user")
    if answered and chat[-1]["role"] != ANSWERS_BY:
        raise UnreadError("no_answer", f"it ends with the {_ordinal(len(chat) - 1)} message, which nobody answers")
    return chat


def _in_turn(chat: Sequence[Message], at: int) -> None:
    role, before = chat[at]["role"], chat[at - 1]["role"] if at else SETS
    if role == SETS and at:
        raise UnreadError("late_system", f"the {_ordinal(at)} message is of the system, which speaks first or not")
    if role == ANSWERS_BY and before == SETS:
        raise UnreadError("no_question", f"the {_ordinal(at)} message answers what nobody asked")
    if role == before != SETS:
        twice = "two_answers" if role == ANSWERS_BY else "two_questions"
        raise UnreadError(twice, f"the {_ordinal(at - 1)} and the {_ordinal(at)} message are both of the {role}")


def _is_made(value: JsonValue) -> bool:
    return isinstance(value, dict) and bool(value.keys() & PARTS.keys())


def _made(value: JsonValue) -> list[Message]:
    """Make a chat of the columns that a source has for its parts."""
    parts: Mapping[str, JsonValue] = value if isinstance(value, dict) else {}
    chat: list[Message] = []
    for part, role in PARTS.items():
        content = parts.get(part)
        if isinstance(content, str) and content.strip():
            chat.append(Message(role=role, content=content))
        elif part in parts and part != "system":
            raise UnreadError(f"missing_{part}")
    return chat


def _listed(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        # A list of one message is that message (columns.py).
        alone: JsonValue = [value]
        value = next((value[name] for name in LISTS if name in value), alone)
    if not isinstance(value, list) or not value:
        raise UnreadError("bad_messages", "a list of messages is wanted, each with its role and content")
    return value


def _message(at: int, value: JsonValue) -> Message:
    """Read a message as OpenAI (`role`, `content`) or ShareGPT (`from`, `value`) write it."""
    if not isinstance(value, dict):
        raise UnreadError("bad_messages", f"the {_ordinal(at)} message is no object with a role and a content")
    said = str(value.get("role", value.get("from")))
    role = ROLES.get(said.strip().lower())
    if role is None:
        raise UnreadError("unknown_role", f"the {_ordinal(at)} message is of {said[:80]!r}")
    return Message(role=role, content=_content(at, value.get("content", value.get("value"))))


def _content(at: int, value: JsonValue) -> str:
    """Read a text, or the parts of one."""
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else part for part in parts]
    whole = [text for text in texts if isinstance(text, str)]
    if len(whole) < len([text for text in texts if text is not None]):
        raise UnreadError("bad_messages", f"the {_ordinal(at)} message is not a text")
    return "".join(whole)


def _ordinal(at: int) -> str:
    number = at + 1
    ending = "th" if number % 100 in (11, 12, 13) else ENDINGS.get(number % 10, "th")
    return ORDINALS[at] if at < len(ORDINALS) else f"{number}{ending}"
