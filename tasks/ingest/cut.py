"""Find the records of delimited text with array operations, where the text is regular; for other text the caller looks
more closely.
"""

from dataclasses import dataclass

import numpy as np

NEWLINE, QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True)
class Records:
    """Where the records of a text stand; arrays have one value a record.

    Attributes:
        starts, ends: first byte, and the byte of its line end.
        lines: lines before it.
        fields: its fields; 0 for a blank line.
        longest: lines of the longest record, one that is not closed yet included.
    """

    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    fields: np.ndarray
    longest: int

    @property
    def used(self) -> int:
        """Bytes up to the end of the last record; what follows belongs to one that is not closed yet."""
        return int(self.ends[-1]) + 1 if len(self.ends) else 0


def find_records(data: bytes, separator: str, *, quoted: bool) -> Records | None:
    """Find the records of a text whose last line is ended by LF.

    A text is regular when every quote opens or closes a whole field, or stands doubled inside a quoted one. Then a line
    end or separator counts exactly if an even number of quotes stands before it.

    Args:
        data: UTF-8 without CR.
        separator: one ASCII character.
        quoted: whether quotes mean anything.

    Returns:
        None when the text is not regular.
    """
    signs = np.frombuffer(data, np.uint8)
    every = newlines = np.flatnonzero(signs == NEWLINE)
    separators = np.flatnonzero(signs == ord(separator))
    if quoted and len(quotes := np.flatnonzero(signs == QUOTE)):
        if not _regular(signs, quotes, ord(separator)):
            return None
        newlines, separators = (places[np.searchsorted(quotes, places) % 2 == 0] for places in (newlines, separators))
    starts = np.concatenate([np.zeros(1, np.int64), newlines[:-1] + 1])[: len(newlines)]
    fields = np.diff(np.searchsorted(separators, newlines), prepend=0) + 1
    fields[newlines == starts] = 0
    lines = np.arange(len(newlines)) if len(newlines) == len(every) else np.searchsorted(every, starts)
    longest = (
        int(np.diff(lines, append=len(every)).max())
        if len(newlines) and len(newlines) != len(every)
        else len(every) - len(newlines)
    )
    return Records(starts, newlines, lines, fields, longest)


def _regular(signs: np.ndarray, quotes: np.ndarray, separator: int) -> bool:
    """Say whether quotes open after, and close before, a separator, a line end or another quote."""
    edges = np.zeros(256, np.bool_)
    edges[[NEWLINE, QUOTE, separator]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = edges[signs[opening - 1]] | (opening == 0)
    return bool(before.all() and edges[signs[closing + 1]].all())


def joined(data: bytes, records: Records, chosen: np.ndarray) -> bytes:
    """Give the chosen records with their line ends, one after another."""
    if chosen.all():
        return data[: records.used]
    turns = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    runs = zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)
    return b"".join(data[int(records.starts[first]) : int(records.ends[after - 1]) + 1] for first, after in runs)
