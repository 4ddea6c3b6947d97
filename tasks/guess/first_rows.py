"""The first records of a table: its columns, what JSON objects in them hold, and what of them is called what."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.guess.roles import Column, Roles, columns_of, roles_of

MOST_KEYS = 20
"""Keys of JSON objects that count as columns."""
Values = Mapping[str, Sequence[str | None]]
"""Column -> its values."""


class FirstRows:
    """The first records of a table, and which columns the user names."""

    def __init__(self, values: Values, text: str | None, label: str | None) -> None:
        self.values = {**values, **_nested(values)}
        self.columns = {column.name: column for column in columns_of(self.values)}
        self.text, self.label = text, label

    def named(self, names: str, taken: Iterable[str]) -> list[Column]:
        """Give the columns that have one of these names, by the order of the names."""
        free = [column for name, column in self.columns.items() if name not in {*taken}]
        by_name: dict[str, list[Column]] = {}
        for column in free:
            by_name.setdefault(_plain(column.name), []).append(column)
        return [column for name in dict.fromkeys(map(_plain, names.split())) for column in by_name.get(name, [])]

    def roles(self, taken: Iterable[str], label: str | None) -> Roles | None:
        """Give the text, and perhaps the label, among the other columns."""
        left = {name: cells for name, cells in self.values.items() if name not in {*taken} - {self.text}}
        try:
            return roles_of(left, self.text if self.text in left else None, label if label in left else None)
        except RecipeError:
            return None


def _plain(name: str) -> str:
    """Give what spellings of one name share: `Sentence 1` and `sentence_1`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _nested(values: Values) -> dict[str, list[str | None]]:
    """Give what JSON objects hold, where all those of a column have the same keys: `translation.de`."""
    found: dict[str, list[str | None]] = {}
    for name, column in values.items():
        objects = [_object(cell) for cell in column if cell] if next(filter(None, column), "")[:1] == "{" else []
        keys = [*objects[0]] if objects else []
        if not keys or len(keys) > MOST_KEYS or any([*each] != keys for each in objects):
            continue
        rows = [_object(cell) if cell else {} for cell in column]
        for key in keys:
            if all(isinstance(row.get(key), str) for row in objects):
                found[f"{name}.{key}"] = [str(row[key]) if row else None for row in rows]
    return found


def _object(text: str) -> dict[str, JsonValue]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
