"""What a cell holds that is no text: a number, a list, answers in a text. As JSON, as typed formats give it, or as
people write it by hand; what cannot be read is refused with a reason, never guessed.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import polars as pl
from pydantic import JsonValue

from tasks.core.layout import Holds, Layout, Role
from tasks.ingest.batch import as_text
from tasks.ingest.chats import ASKS, chat_of
from tasks.ingest.tests import SETUP, TESTS
from tasks.ingest.unread import UnreadError
from tasks.rows.layout import TYPES, Answers, Message

SEPARATORS = re.compile(r"[,;|]")
"""What stands between several labels in a cell that is not JSON."""
UNMAPPED = "unmapped_label"
LEFT_OUT = "label_left_out"
"""Reasons of rows with a label that nothing maps, and of those whose labels are all left out on purpose."""
Labels = Mapping[str, str | None]
"""Label as it stands in the source -> label of the recipe; None leaves it out."""
Record = Mapping[str, str | None]
"""Role -> what it holds of a record, as text."""


Value = float | list[str] | list[Message] | Answers


class Read(NamedTuple):
    """What cells hold: a column a role, null where a row has a reason.

    Attributes:
        reason, detail: why each row cannot be used; null where it can.
    """

    values: pl.DataFrame
    reason: pl.Series
    detail: pl.Series


def read_cells(held: pl.DataFrame, layout: Layout, labels: Callable[[Role], Labels]) -> Read:
    """Read the cells of the roles that are more than texts.

    Args:
        held: a column a role, as text.
        labels: gives the labels that may stand in a role.
    """
    roles = [role for role in layout.roles if role.is_read]
    known = {role.name: labels(role) for role in roles}
    columns: dict[str, list[Value | None]] = {role.name: [] for role in roles}
    reasons, details = list[str | None](), list[str | None]()
    for record in held.iter_rows(named=True):
        try:
            values = _values(record, roles, known)
            why: tuple[str, str] | tuple[None, None] = (None, None)
        except UnreadError as error:
            values, why = dict[str, Value](), (error.reason, error.detail)
        for name, column in columns.items():
            column.append(values.get(name))
        reasons.append(why[0])
        details.append(why[1])
    typed = {role.name: pl.Series(role.name, columns[role.name], TYPES[role.holds]) for role in roles}
    return Read(pl.DataFrame(typed), pl.Series(reasons, dtype=pl.String), pl.Series(details, dtype=pl.String))


def _values(record: Record, roles: Sequence[Role], known: Mapping[str, Labels]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for role in roles:
        cell = record[role.name]
        if role.holds == "tests" and cell is None:
            values[role.name] = list[str]()
            continue
        if cell is None or not cell.strip():
            raise UnreadError(f"missing_{role.name}")
        values[role.name] = READERS[role.holds](cell, role, known[role.name], record)
    for role in roles:
        words, tags = values.get(role.of), values[role.name]
        if role.holds == "tags" and isinstance(words, list) and isinstance(tags, list) and len(words) != len(tags):
            raise UnreadError(f"{role.name}_not_{role.of}", f"{len(words)} {role.of}, {len(tags)} {role.name}")
    return values


def _value(cell: str, role: Role, _known: Labels, _record: Record) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnreadError(f"bad_{role.name}", f"{cell.strip()[:80]!r} is no number")
    return number


def _label_set(cell: str, role: Role, known: Labels, _record: Record) -> list[str]:
    items = _listed(cell, role)
    if items is None:
        whole = _label(cell, known)
        items = [whole] if whole in known else [part for part in SEPARATORS.split(cell) if part.strip()]
    given = [_label(item, known) for item in items]
    if strange := [label for label in given if label not in known]:
        raise UnreadError(UNMAPPED, f"label {strange[0]}"[:200])
    kept = {known[label] for label in given} - {None}
    if given and not kept:
        raise UnreadError(LEFT_OUT)
    return [label for label in role.values if label in kept]


def _words(cell: str, role: Role, _known: Labels, _record: Record) -> list[str]:
    words = _listed(cell, role)
    words = cell.split() if words is None else words
    if not words or not any(word.strip() for word in words):
        raise UnreadError(f"missing_{role.name}")
    return words


def _tags(cell: str, role: Role, known: Labels, _record: Record) -> list[str]:
    items = _listed(cell, role)
    given = [_label(item, known) for item in (cell.split() if items is None else items)]
    if strange := [tag for tag in given if tag not in known]:
        raise UnreadError(UNMAPPED, f"label {strange[0]}"[:200])
    tags = [tag for tag in (known[tag] for tag in given) if tag is not None]
    if len(tags) < len(given):
        raise UnreadError(LEFT_OUT)
    return tags


def _answers(cell: str, role: Role, _known: Labels, record: Record) -> Answers:
    """Read answers as SQuAD has them, nested or flat. One without a place stands where it stands first."""
    text = record[role.of] or ""
    pairs = _pairs(cell, role)
    if not pairs:
        raise UnreadError(f"missing_{role.name}")
    answers = Answers(text=[], answer_start=[])
    for answer, given in pairs:
        start = text.find(answer) if given is None else given
        if not answer.strip() or start < 0 or text[start : start + len(answer)] != answer:
            where = "" if given is None else f" at {given}"
            raise UnreadError(f"answer_not_in_{role.of}", f"{answer[:80]!r} does not stand{where}")
        answers["text"].append(answer)
        answers["answer_start"].append(start)
    return answers


def _messages(cell: str, role: Role, _known: Labels, _record: Record) -> list[Message]:
    """Read a chat; where an answer is wanted, a plain text is the question."""
    value = _json(cell)
    if value is None and role.holds == "asked":
        return [Message(role=ASKS, content=cell)]
    return chat_of(value, answered=role.holds == "messages")


def _tests(cell: str, role: Role, _known: Labels, _record: Record) -> list[str]:
    """Read tests, and before them what is to be run first: each a list, or a text that is one piece."""
    parts = json.loads(cell)
    setup, tests = (_pieces(parts.get(name), role) for name in (SETUP, TESTS))
    return [*setup, *tests] if tests else []


def _pieces(held: str | None, role: Role) -> list[str]:
    listed = _listed(held or "", role)
    return [piece for piece in ([held or ""] if listed is None else listed) if piece.strip()]


def _pairs(cell: str, role: Role) -> list[tuple[str, int | None]]:
    value = _json(cell)
    if isinstance(value, dict) and isinstance(texts := value.get("text"), list):
        given = value.get("answer_start")
        starts: list[JsonValue] = given if isinstance(given, list) else [given] * len(texts)
        if len(starts) != len(texts):
            raise UnreadError(f"bad_{role.name}", f"{len(texts)} texts, {len(starts)} places")
        return [_pair(role, text, start) for text, start in zip(texts, starts, strict=True)]
    items = value if isinstance(value, list) else [value if isinstance(value, dict) else cell]
    return [
        _pair(role, item.get("text"), item.get("answer_start")) if isinstance(item, dict) else _pair(role, item, None)
        for item in items
    ]


def _pair(role: Role, text: JsonValue, start: JsonValue) -> tuple[str, int | None]:
    if isinstance(start, list) and len(start) == 1:
        start = start[0]
    if not isinstance(text, str) or isinstance(start, bool) or not isinstance(start, int | None):
        raise UnreadError(f"bad_{role.name}", f"a text and a whole number are wanted, not {text!r}, {start!r}"[:200])
    return text, start


def _listed(cell: str, role: Role) -> list[str] | None:
    """Give the items of a JSON list as texts; None where a cell is none."""
    value = _json(cell)
    if not isinstance(value, list):
        return None
    items = [as_text(item) for item in value]
    if any(text is None or isinstance(item, dict | list) for text, item in zip(items, value, strict=True)):
        raise UnreadError(f"bad_{role.name}", f"a list of texts is wanted: {cell[:80]}")
    return [text for text in items if text is not None]


def _json(cell: str) -> JsonValue:
    if not cell.lstrip().startswith(("[", "{")):
        return None
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def _label(item: str, known: Labels) -> str:
    """Give a label as a mapping may name it: composed as Unicode's NFC, a truth value as the mapping writes it."""
    label = unicodedata.normalize("NFC", item.strip())
    return label.lower() if label not in known and label.lower() in ("true", "false") else label


READERS: Mapping[Holds, Callable[[str, Role, Labels, Record], Value]] = {
    "value": _value,
    "labels": _label_set,
    "words": _words,
    "tags": _tags,
    "answers": _answers,
    "messages": _messages,
    "asked": _messages,
    "tests": _tests,
}
"""How what a role holds is read."""
