"""Which column is the text and which the label, by their names and values."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.guess.names import is_neither, says_something, weight
from tasks.guess.vocabulary import LABEL, TEXT
from tasks.text.words import space_clusters

MOST_LABELS = 100
LONGEST_LABEL = 60
LEAST_REPEATED, LEAST_IN_FEW = 3, 1.5
"""How often a label must come on average in the sample; in a short one where its column's name says that it is one."""
FEW, SURE = 30, 3
"""Records of a short sample, and the weight of such a name."""
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\d{4}-\d\d-\d\d\S*|\d{4}[年년]\s?\d{1,2}[月월]\s?\d{1,2}[日일号]?.{0,12}")
LIST = re.compile(r"[,，、]")


@dataclass(frozen=True)
class Column:
    """What the sample says of one column.

    Attributes:
        filled: values that are there.
        share: part of the records that has one.
    """

    name: str
    filled: Sequence[str] = field(repr=False)
    share: float
    counts: Counter[str] = field(repr=False)

    @property
    def words(self) -> float:
        """Mean number of words between spaces; in scripts without spaces, of letters."""
        counts = space_clusters(pl.Series(self.filled, dtype=pl.String)).str.count_matches(r"\S+")
        return int(counts.sum()) / max(1, len(self.filled))

    def part(self, pattern: re.Pattern[str]) -> float:
        """Share of the values that are this and nothing else."""
        return sum(bool(pattern.fullmatch(value.strip())) for value in self.filled) / max(1, len(self.filled))

    @property
    def nested(self) -> float:
        """Share of the values that are JSON lists or objects."""
        return sum(isinstance(_parsed(value), (dict, list)) for value in self.filled[:100]) / max(
            1, len(self.filled[:100])
        )

    @property
    def records(self) -> float:
        """Share of the values that are JSON objects, or lists of them."""
        return sum('{"' in value[:3] and _parsed(value) is not None for value in self.filled[:100]) / max(
            1, len(self.filled[:100])
        )


@dataclass(frozen=True)
class Roles:
    """Which columns are what.

    Attributes:
        text, label: names of columns; no label where none looks like one.
        evidence: what speaks for them.
        others: columns that hold text too.
    """

    text: str
    label: str | None
    evidence: tuple[str, ...]
    others: tuple[str, ...] = ()


def columns_of(values: Mapping[str, Sequence[str | None]]) -> list[Column]:
    """Look at the values of every column."""
    columns: list[Column] = []
    for name, column in values.items():
        filled = [value for value in column if value and value.strip()]
        columns.append(
            Column(name, filled, len(filled) / max(1, len(column)), Counter(value.strip() for value in filled))
        )
    return columns


def roles_of(values: Mapping[str, Sequence[str | None]], text: str | None = None, label: str | None = None) -> Roles:
    """Guess the roles of columns.

    Args:
        values: column -> values of the first records.
        text, label: columns that the user names; they are there.

    Raises:
        RecipeError: no column holds text.
    """
    columns = columns_of(values)
    scores = {column.name: _text_score(column) for column in columns if column.name != label}
    best = text or max(scores, key=lambda name: scores[name], default=None)
    if best is None or (text is None and scores[best] <= 0):
        raise RecipeError(f"no column looks like text ({', '.join(values) or 'there is none'}); name it by --text")
    chosen = label or _label([column for column in columns if column.name != best])
    marks = next((column for column in columns if column.name == chosen), None)
    length = next(column.words for column in columns if column.name == best)
    evidence = [
        f"text: column {best!r}, {length:.0f} words on average" if text is None else f"text: column {best!r}, as asked"
    ]
    if marks:
        evidence.append(
            f"label: column {marks.name!r} with {len(marks.counts)} values in its first {len(marks.filled):,} records"
        )
    others = tuple(name for name, score in scores.items() if name not in (best, chosen) and score > 3)
    return Roles(best, chosen, tuple(evidence), others)


def _text_score(column: Column) -> float:
    """Long, ever new values of words; a telling name counts like many words."""
    if not column.filled or column.part(NUMBER) > 0.5 or column.part(ADDRESS) > 0.5 or column.records > 0.5:
        return 0
    fresh = len(column.counts) / len(column.filled)
    length = math.log2(1 + min(column.words, 200)) - (1.5 if column.nested > 0.5 else 0)
    name = weight(column.name, TEXT) - (3 if is_neither(column.name) else 0)
    if length <= 1 and name <= 0:
        return 0
    return (length + name) * column.share * min(1, 2 * fresh)


def _label(columns: Sequence[Column]) -> str | None:
    scores = {column.name: _label_score(column) for column in columns}
    likely = [name for name, score in scores.items() if score > 0]
    return max(likely, key=lambda name: scores[name]) if likely else None


def _label_score(column: Column) -> float:
    """Few short values that come back; where the column's name says something, it speaks for a label or at least not
    against it.
    """
    values = atoms(column.counts)
    name = weight(column.name, LABEL)
    times = LEAST_IN_FEW if name >= SURE and len(column.filled) < FEW else LEAST_REPEATED
    few = 2 <= len(values) <= MOST_LABELS and times * len(values) <= len(column.filled)
    if not few or max(map(len, values)) > LONGEST_LABEL or column.share < 0.5:
        return 0
    fractions = sum(not float(value).is_integer() for value in values if NUMBER.fullmatch(value))
    if fractions > 0.5 * len(values):
        return 0
    against = is_neither(column.name)
    doubtful = column.name.startswith("@") or len(values) > 20 or against or column.part(NUMBER) > 0.5
    if doubtful and (name == 0 or against) and (says_something(column.name) or column.name.startswith("@")):
        return 0
    return name + 2 / math.log2(1 + len(values)) + column.share - (4 if against else 0)


def atoms(counts: Mapping[str, int]) -> list[str]:
    """Give the labels of which values are made: a value such as `1,3` or `[1, 3]` is two labels where both stand alone
    elsewhere.
    """
    return [value for value in counts if not parts_of(value, counts)]


def parts_of(value: str, known: Mapping[str, int]) -> list[str]:
    """Give the labels that a value names together; none where it is one label."""
    listed = _parsed(value)
    parts = [str(part) for part in listed] if isinstance(listed, list) else [part.strip() for part in LIST.split(value)]
    return parts if (len(parts) > 1 or isinstance(listed, list)) and all(part in known for part in parts) else []


def _parsed(value: str) -> JsonValue:
    if value[:1] not in "[{":
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
