"""Which column is read and which is to be written from it, where a table has such a pair: by names alone, since both
hold text.
"""

import json
import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tasks.guess.sections import SourceSection
from tasks.guess.vocabulary import ASKED, LANGUAGE_CODES, LANGUAGES, PAIRED

Pair = tuple[str, str]


def target_pair(values: Mapping[str, Sequence[str | None]], texts: Sequence[str]) -> Pair | None:
    """Find the columns of a text and of what is to be written from it; what JSON objects hold counts as columns.

    Args:
        values: column -> values of the first records.
        texts: the columns that hold text.
    """
    inner = (tuple(f"{name}.{language}" for language in _languages(column)) for name, column in values.items())
    if nested := next((pair for pair in inner if len(pair) == 2), None):
        return nested[0], nested[1]
    spoken = [name for name in texts if is_language(name)]
    if len(spoken) == 2:
        return spoken[0], spoken[1]
    plain = {name.casefold().strip(): name for name in texts}
    for read, written in PAIRED if not ASKED & plain.keys() else ():
        both = [next((plain[name] for name in names if name in plain), None) for names in (read, written)]
        if both[0] and both[1]:
            return both[0], both[1]
    return None


def files_pair(section: SourceSection) -> Pair | None:
    """Give the columns of two files whose lines belong together, in their order."""
    path = section.get("path", "")
    names = tuple(path) if isinstance(path, dict) and not {"text", "label"} & path.keys() else ()
    return (names[0], names[1]) if len(names) == 2 else None


def is_language(name: str) -> bool:
    """Say whether a name is that of a language: its code, with a country or not, or a word for it."""
    plain = name.casefold().strip()
    code = re.fullmatch(r"([a-z]{2})(?:[-_][a-z]{2,4})?", plain)
    return plain in LANGUAGES or bool(code and code[1] in LANGUAGE_CODES)


def _languages(column: Sequence[str | None]) -> Sequence[str]:
    """Give the languages of a column whose values are all JSON objects with a text for each of them."""
    filled = [value for value in column[:100] if value]
    objects = [_object(value) for value in filled] if filled and filled[0][:1] == "{" else []
    first = list(objects[0]) if objects else []
    alike = all(list(each) == first for each in objects)
    return first if alike and first and all(map(is_language, first)) else []


def _object(text: str) -> dict[str, JsonValue]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
