"""Labels that are one label spelt in several ways, and labels that look like slips of the pen for another."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from tasks.guess.names import EAST_ASIAN
from tasks.guess.roles import NUMBER

FAR_FEWER, SLIP = 10, 50
"""How many times more often the usual spelling stands there than one in other capitals, and than a slip of the pen."""
LEAST_LETTERS, LONG = 4, 8
"""Letters of a label in which one wrong letter is a slip, and of one in which two are."""


def spelling_key(name: str) -> str:
    """Give what spellings of one label share: it does not tell capitals, widths, composed letters or spaces apart."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", name)).casefold() or name


def tidy(name: str) -> str:
    """Write a label in usual widths, composed letters and single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).split()) or name


def usual_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Give for labels of one source that are but other spellings of a label there the usual one: the one that most
    records have. Labels that differ in capitals and come about equally often stay two, since they may be meant so.
    """
    by_key: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        by_key.setdefault(spelling_key(label), []).append(label)
    found: dict[str, str] = {}
    for first, *others in by_key.values():
        same = (label for label in others if _same_letters(label, first) or FAR_FEWER * counts[label] <= counts[first])
        found |= dict.fromkeys(same, first)
    return found


def _same_letters(label: str, other: str) -> bool:
    first, second = (re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", name)) for name in (label, other))
    return first == second


def slips(counts: Mapping[str, int]) -> dict[str, str]:
    """Give labels that may be slips of the pen, and the label that may be meant: that one comes far more often, and
    all but a letter or two are the same. Where letters are words, and where digits differ, nothing is a slip.
    """
    often = sorted(counts, key=lambda label: (-counts[label], label))
    found: dict[str, str] = {}
    for label in often:
        meant = (other for other in often if other not in found and SLIP * counts[label] <= counts[other])
        if near := next((other for other in meant if is_near(label, other)), None):
            found[label] = near
    return found


def is_near(label: str, other: str) -> bool:
    """Say whether two labels differ in a letter or two, and begin alike."""
    first, second = spelling_key(label), spelling_key(other)
    if first == second or first[:1] != second[:1] or re.search(rf"[{EAST_ASIAN}]", first + second):
        return False
    if NUMBER.fullmatch(first) or _digits(first) != _digits(second):
        return False
    letters = min(len(first), len(second))
    most = 0 if letters < LEAST_LETTERS else 1 if letters < LONG else 2
    return abs(len(first) - len(second)) <= most and _changes(first, second) <= most


def _digits(name: str) -> str:
    return re.sub(r"\D+", " ", name)


def _changes(first: str, second: str) -> int:
    """Count the letters to put in, take out, replace, or swap with the next one (optimal string alignment)."""
    before: list[int] = []
    row = [*range(len(second) + 1)]
    for at, letter in enumerate(first, 1):
        above, row, earlier = row, [at], before
        before = above
        for place, other in enumerate(second, 1):
            cost = min(above[place] + 1, row[place - 1] + 1, above[place - 1] + (letter != other))
            if at > 1 and place > 1 and letter == second[place - 2] and first[at - 2] == other:
                cost = min(cost, earlier[place - 2] + 1)
            row.append(cost)
    return row[-1]


def chosen_spelling(names: Iterable[str]) -> str:
    """Choose the spelling of a label that sources write in several ways: without capitals, with its spaces."""
    return max({tidy(name).casefold() for name in names}, key=lambda name: (len(name), name))
