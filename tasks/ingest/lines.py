"""Lines of delimited text, one by one, for what array operations cannot cut."""

import unicodedata
from collections.abc import Iterator

import numpy as np

from tasks.ingest.batch import BadRow, excerpt
from tasks.ingest.blocks import decoded, is_wide
from tasks.ingest.cut import NEWLINE

MOST_LINES = 1_000
"""A quoted field of more lines than this is an unclosed quote."""


class Lines:
    """An iterator over lines that knows where the record in hand began, and ends when that one grows past all
    measure.
    """

    def __init__(self, todo: list[tuple[int, str]], at: int) -> None:
        self.todo, self.at, self.begun = todo, at, at

    def __iter__(self) -> "Iterator[str]":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.todo) or self.at - self.begun > MOST_LINES:
            raise StopIteration
        self.at += 1
        return self.todo[self.at - 1][1] + "\n"


def unclosed(number: int, line: str) -> BadRow:
    """Give the bad row of a record whose quote nothing closes."""
    return BadRow(number, "bad_fields", "a quote that nothing closes", excerpt(line))


def cut_lines(data: bytes, encoding: str) -> list[str]:
    """Give lines without their ends; bytes that are not valid stand in them as halves of surrogate pairs."""
    codec = "utf-8" if is_wide(encoding) else encoding
    text = decoded(data, encoding)
    lines = [line.decode(codec, "surrogateescape") for line in data.split(b"\n")] if text is None else text.split("\n")
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def after(data: bytes, lines: int) -> int:
    """Give the place after so many lines."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
    return 0 if not lines else int(ends[lines - 1]) + 1 if lines <= len(ends) else len(data)


def is_text(fields: list[str]) -> bool:
    """Say whether every field is text that can be encoded."""
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return False
    return True


EAST_ASIAN = ("gb18030", "big5", "shift_jis", "euc_kr")


def likely_encodings(line: bytes) -> str:
    """Name encodings in which a line that is not UTF-8 is text: those of East Asia where every sign beyond ASCII is
    then a letter there, else Latin-1, in which everything is.
    """
    likely = [encoding for encoding in EAST_ASIAN if _letters(line, encoding)]
    return ", ".join(likely) or "latin-1"


def _letters(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(unicodedata.category(sign) == "Lo" for sign in text if ord(sign) > 127)
