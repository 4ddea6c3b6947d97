"""What columns hold beside a text or a label, told by their values: chats, answers, numbers, lists of labels, words
with their tags. What a run's own reader would refuse is none of them.
"""

import itertools
import json
from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from tasks.core.layout import Role
from tasks.guess.roles import LEAST_REPEATED, LONGEST_LABEL, MOST_LABELS, NUMBER, Column
from tasks.ingest.batch import as_text
from tasks.ingest.cells import READERS, SEPARATORS
from tasks.ingest.unread import UnreadError

LOOKED_AT = 200
"""Records that a reader is tried on."""
MOSTLY, NEARLY_ALL = 0.8, 0.95
MANY_LABELS = 0.2
"""Share of records with several labels from which on they are meant to be several."""
LONGEST_WORD = 30
"""Mean letters of what may be words."""
LEAST_NUMBERS, SPREAD = 5, 20
"""Different numbers of a scale with fractions, and of one without."""
Cells = Sequence[str | None]


def share_read(role: Role, cells: Cells, beside: Cells | None = None) -> float:
    """Give the share of the cells that a run could read in this role.

    Args:
        beside: cells of the role that it belongs to.
    """
    pairs = zip(cells, beside or itertools.repeat(""), strict=False)
    filled = [(cell, other) for cell, other in pairs if cell and cell.strip()][:LOOKED_AT]
    return sum(_reads(role, cell, other or "") for cell, other in filled) / max(1, len(filled))


def _reads(role: Role, cell: str, beside: str) -> bool:
    try:
        READERS[role.holds](cell, role, {}, {role.of: beside})
    except UnreadError:
        return False
    return True


def listed(cell: str) -> list[str] | None:
    """Give the items of a JSON list of plain values as texts; None where a cell is none."""
    try:
        value: JsonValue = json.loads(cell) if cell.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
        return None
    return [as_text(item) or "" for item in value]


def labels_in(cell: str) -> list[str]:
    """Give the labels that a cell lists, as JSON or between signs."""
    items = listed(cell)
    parts = SEPARATORS.split(cell) if items is None else items
    return [part.strip() for part in parts if part.strip()]


def tags_in(cell: str) -> list[str]:
    """Give the tags that a cell lists, as JSON or between spaces."""
    items = listed(cell)
    return cell.split() if items is None else items


def several_labels(column: Column) -> float | None:
    """Give the share of the records that have several labels; None where a column holds no labels."""
    lists = [labels_in(cell) for cell in column.filled]
    counts = Counter(itertools.chain.from_iterable(lists))
    few = 2 <= len(counts) <= MOST_LABELS and LEAST_REPEATED * len(counts) <= counts.total()
    if not few or column.share < MOSTLY or max(map(len, counts)) > LONGEST_LABEL:
        return None
    twice = sum(len({*labels}) < len(labels) for labels in lists)
    if twice > 0.1 * len(lists) or all(NUMBER.fullmatch(label) and "." in label for label in counts):
        return None
    several = [labels for labels in lists if len(labels) > 1]
    alone = {labels[0] for labels in lists if len(labels) == 1}
    share, joined = len(several) / len(lists), {label for labels in several for label in labels}
    # Where few cells have a comma, it may as well be one of a name.
    return share if share >= MANY_LABELS or 2 * len(joined & alone) >= len(joined) else None


def tagged(words: Cells, tags: Cells, *, by_name: bool) -> bool:
    """Say whether two columns are words and a tag for each.

    Args:
        by_name: whether their names say so; then words and tags may stand between spaces instead of in lists.
    """
    filled = ((first, second) for first, second in zip(words, tags, strict=True) if first and second)
    rows = [(_items(first, by_name), _items(second, by_name)) for first, second in itertools.islice(filled, LOOKED_AT)]
    pairs = [(first, second) for first, second in rows if first is not None and second is not None]
    if not pairs or len(pairs) < MOSTLY * len(rows):
        return False
    alike = sum(len(first) == len(second) for first, second in pairs)
    said = [word for first, _ in pairs for word in first]
    counts = Counter(tag for _, second in pairs for tag in second)
    few = 2 <= len(counts) <= MOST_LABELS and LEAST_REPEATED * len(counts) <= counts.total()
    many = len(said) > 1.5 * len(pairs) and len({*said}) > len(counts)
    are_words = _are_words(said) and max(map(len, counts), default=0) <= LONGEST_LABEL
    return alike >= NEARLY_ALL * len(pairs) and few and many and are_words


def _are_words(items: Sequence[str]) -> bool:
    """Say whether items are short, and neither sentences nor numbers."""
    sentences = sum(" " in item.strip() for item in items)
    numbers = sum(bool(NUMBER.fullmatch(item.strip())) for item in items)
    return sum(map(len, items)) <= LONGEST_WORD * len(items) and sentences < 0.1 * len(items) > 0.2 * numbers


def _items(cell: str, by_name: bool) -> list[str] | None:
    items = listed(cell)
    return cell.split() if items is None and by_name else items


def is_scale(column: Column, *, by_name: bool) -> bool:
    """Say whether a column holds numbers that mean how much of something a text has.

    Args:
        by_name: whether its name says so; then they may be whole.
    """
    if column.share < 0.5 or column.part(NUMBER) < NEARLY_ALL or len(column.counts) < LEAST_NUMBERS:
        return False
    numbers = [float(cell) for cell in column.filled if NUMBER.fullmatch(cell.strip())]
    rising = all(first <= second for first, second in itertools.pairwise(numbers))
    fractions = sum(not number.is_integer() for number in numbers)
    return not rising and (fractions > 0.3 * len(numbers) or (by_name and len(column.counts) > SPREAD))
