"""One JSON document with the records in it.

`records` names the way to the list of records: keys joined by dots; every list on the way is walked through, and a
record inherits the plain values of the objects that it lies in.

Recipe:
    kind: json
    path: squad.json
    records: data.paragraphs.qas
    columns: {text: "{question} {context}", label: is_impossible}
"""

import json
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.ingest.batch import BadRow, Batch, Opened, Record, excerpt, from_records
from tasks.ingest.settings import FileSettings

BATCH_ROWS = 50_000


class Params(FileSettings):
    """Settings of a JSON source."""

    alone: ClassVar[bool] = True
    kind: Literal["json"] = "json"
    records: str = ""
    """Way to the list of records, keys joined by dots; empty when the document is the list."""


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read the document whole, then its records in blocks."""
    with file.open() as stream:
        raw = stream.read()
    try:
        document = json.loads(raw.decode(params.encoding).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        yield from_records(
            file.name, [], [BadRow(1, "bad_json", f"the document is not valid JSON: {error}"[:200], excerpt(raw))]
        )
        return
    numbered = enumerate(_records(document, params.records.split(".") if params.records else [], {}, params.records), 1)
    bad: list[BadRow] = []
    rows: list[tuple[int, Record]] = []
    for number, record in numbered:
        if isinstance(record, dict):
            rows.append((number, record))
        else:
            bad.append(BadRow(number, "bad_json", f"a {type(record).__name__}, want an object", excerpt(str(record))))
        if len(rows) == BATCH_ROWS:
            yield from_records(file.name, rows, bad)
            rows, bad = [], []
    yield from_records(file.name, rows, bad)


def _records(value: JsonValue, way: list[str], above: dict[str, JsonValue], whole: str) -> Iterator[JsonValue]:
    if isinstance(value, list):
        for item in value:
            yield from _records(item, way, above, whole) if way or isinstance(item, list) else [_with(above, item)]
    elif not way:
        raise RecipeError(f"records: {whole!r} leads to {type(value).__name__}, want a list of records{_keys(value)}")
    elif isinstance(value, dict) and way[0] in value:
        plain = {key: inner for key, inner in value.items() if not isinstance(inner, (dict, list))}
        yield from _records(value[way[0]], way[1:], above | plain, whole)
    else:
        raise RecipeError(f"records: {whole!r}: there is no {way[0]!r} on the way{_keys(value)}")


def _with(above: dict[str, JsonValue], item: JsonValue) -> JsonValue:
    return above | item if isinstance(item, dict) else item


def _keys(value: JsonValue) -> str:
    return f"; there are {', '.join(map(str, list(value)[:10]))}" if isinstance(value, dict) and value else ""
