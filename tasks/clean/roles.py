"""Bring what a row holds to one form: texts, words each by itself, and answers, which move with their text."""

from typing import NamedTuple

import polars as pl

from tasks.clean.normalise import normalised
from tasks.core.layout import Layout, Role
from tasks.rows.layout import ANSWERS, Answers, chats_of, contents, text_of

LETTER = "x"
"""Stands where a text is cut, so that white space before the cut stays."""
LOST = "answer_lost"
"""Why a row is dropped whose answers are not in its context any more."""
EMPTY = "empty_message"
"""Why a chat is dropped that has a message of which nothing is left."""


class Normal(NamedTuple):
    """Rows in one form.

    Attributes:
        texts: of each role that is filtered.
        reasons: why rows cannot stay; null where they can.
    """

    rows: pl.DataFrame
    texts: list[pl.Series]
    reasons: pl.Series


def normal(given: pl.DataFrame, layout: Layout, *, keep_lines: bool) -> Normal:
    """Normalise the texts of rows."""
    roles = [layout.role(name) for name in layout.texts]
    rows = given.with_columns(_normal(given[role.name], role, keep_lines).alias(role.name) for role in roles)
    reasons = pl.repeat(None, given.height, dtype=pl.String, eager=True)
    for role in roles:
        if role.is_chat:
            every = contents(rows[role.name])
            lost = pl.Series(range(given.height)).is_in(every.filter(pl.col("content") == "")["row"].implode())
            reasons = reasons.set(lost, EMPTY)
    for role in layout.roles:
        if role.holds == "answers" and role.of in layout.texts:
            moved = _moved(given, rows, role, keep_lines)
            lost = moved.is_null()
            rows = rows.with_columns(moved)
            reasons = reasons.set(lost, LOST)
    return Normal(rows, [rows.select(text_of(layout, name)).to_series() for name in layout.texts], reasons)


def _normal(held: pl.Series, role: Role, keep_lines: bool) -> pl.Series:
    if role.is_chat:
        # How a message is laid out, be it a list or a program, is part of what is learned.
        each = contents(held)
        return chats_of(each.with_columns(normalised(each["content"], keep_lines=True)), role.name)
    if role.holds != "words":
        return normalised(held.fill_null(""), keep_lines=keep_lines)
    each = pl.DataFrame({"words": held}).with_row_index("row").explode("words")
    changed = normalised(each["words"])
    # A word of which nothing is left stays as it was, since its tag stays.
    kept = changed.zip_with(changed != "", each["words"])
    return each.with_columns(kept.alias("words")).group_by("row", maintain_order=True).agg("words")["words"]


def _moved(before: pl.DataFrame, after: pl.DataFrame, role: Role, keep_lines: bool) -> pl.Series:
    """Give answers the places that they have once their text is normalised; null where one does not stand there."""
    changed = (before[role.of] != after[role.of]).fill_null(value=False).arg_true()
    if not len(changed):
        return before[role.name]
    answers: list[Answers | None] = before[role.name].to_list()
    for row in changed:
        answers[row] = _of_text(before[role.of][row], after[role.of][row], answers[row], keep_lines)
    return pl.Series(role.name, answers, ANSWERS)


def _of_text(text: str, new: str, answers: Answers | None, keep_lines: bool) -> Answers | None:
    """Find the answers of one text in what it has become: each begins where what stands before it ends."""
    if answers is None:
        return None
    places = zip(answers["answer_start"], answers["text"], strict=True)
    cuts = [text[:end] + LETTER for start, answer in places for end in (start, start + len(answer))]
    ends = [len(cut) - len(LETTER) for cut in normalised(pl.Series(cuts, dtype=pl.String), keep_lines=keep_lines)]
    wanted = normalised(pl.Series(answers["text"], dtype=pl.String), keep_lines=keep_lines).to_list()
    pieces = [new[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
    if any(piece.strip() != answer or not answer for piece, answer in zip(pieces, wanted, strict=True)):
        return None
    begins = [start + len(piece) - len(piece.lstrip()) for start, piece in zip(ends[::2], pieces, strict=True)]
    return {"text": wanted, "answer_start": begins}
