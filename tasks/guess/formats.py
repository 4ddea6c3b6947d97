"""Which format a file has, by what stands in it. Its name counts for kinds that only a name tells, which are those in
SUFFIXES.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from pydantic import JsonValue

from tasks.core import registry
from tasks.guess.heads import Head
from tasks.guess.sections import SourceSection
from tasks.guess.tables import NotUnderstood, table_of
from tasks.ingest import kinds as source_kinds
from tasks.ingest.settings import SUFFIXES

BINARY = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"RIFF": "sound or video",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}
PACKED = {b"\x1f\x8b": ".gz", b"PK\x03\x04": ".zip"}
BY_CONTENT = {"delimited", "text", "json", "jsonl", "parquet"}
"""Kinds that are known by what stands in a file, whatever its name."""
MARKED: dict[str, tuple[str, ...]] = {"xml": ("<?xml", "<!doctype"), "warc": ("warc/",)}
"""Kind -> what its files begin with, in lower case."""
HTML = re.compile(r"\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
LOOKED_AT, MOST_TAGS = 1 << 18, 50
LONGEST_DOCUMENT = 256 << 20
"""Bytes of a JSON document, which is read whole."""
COMMA = re.compile(r",\s*[\]}]\s*(?:$|[\]},])")
MOST_CONTROL = 0.05
"""Share of control and undecodable characters above which a file is no text."""


@dataclass(frozen=True)
class Form:
    """How a file is to be read.

    Attributes:
        settings: fields of its source, without path and columns.
        evidence: what speaks for it.
    """

    settings: SourceSection
    evidence: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of source."""
        return self.settings.get("kind", "")


def form_of(head: Head) -> Form:
    """Guess how a file is to be read.

    Raises:
        NotUnderstood: it is empty, binary or of a format that no kind reads.
    """
    if not head.data.strip():
        raise NotUnderstood("it is empty")
    by_name = SUFFIXES.get(head.name.suffix.lower())
    if by_name and by_name not in BY_CONTENT | set(MARKED):
        return Form({"kind": by_name}, (f"its name says {by_name}",))
    if head.data.startswith(b"PAR1"):
        return _named(head, Form({"kind": "parquet"}))
    if marked := _marked(head, registry.names(source_kinds)):
        return _named(head, marked)
    _refuse_binary(head)
    return _named(head, _json(head) or _text(head))


def _refuse_binary(head: Head) -> None:
    for start, suffix in PACKED.items():
        if head.data.startswith(start):
            raise NotUnderstood(f"it is packed, which its name does not tell; rename it to {head.name.stem}{suffix}")
    for start, what in BINARY.items():
        if head.data.startswith(start):
            raise NotUnderstood(f"it is {what}")
    odd = sum(char == "\ufffd" or (char < " " and char not in "\t\n\r\f\x01\x1e\x1f") for char in head.text[:65536])
    if "\0" in head.text or odd > MOST_CONTROL * min(len(head.text), 65536):
        raise NotUnderstood("it is binary data, not text")
    if any(head.text.lstrip().lower().startswith(starts) for starts in MARKED.values()) or HTML.match(head.text):
        raise NotUnderstood("it holds XML, HTML or a web archive, which no kind of source here reads")


def _marked(head: Head, known: Sequence[str]) -> Form | None:
    """Know formats by what they begin with, as far as there are kinds for them."""
    start = head.text.lstrip().lower()
    if HTML.match(head.text):
        return None
    kind = next((kind for kind, starts in MARKED.items() if kind in known and start.startswith(starts)), None)
    if kind != "xml":
        return Form({"kind": kind}, (f"it begins as {kind} does",)) if kind else None
    tag = record_tag(head.text[:LOOKED_AT])
    if tag is None:
        raise NotUnderstood("it is XML without elements that come again, so there are no records")
    return Form({"kind": "xml", "record": tag}, (f"most of it lies in elements {tag!r}",))


def record_tag(text: str) -> str | None:
    """Find the tag of the elements that are the records: of those that come again the one that covers most of the
    text.
    """
    tags = Counter(re.findall(r"</([^\s<>/]+)>", text))
    covered = {tag: _covered(tag, text) for tag, count in tags.most_common(MOST_TAGS) if count > 1}
    return max(covered, key=lambda tag: covered[tag], default=None)


def _covered(tag: str, text: str) -> int:
    """Count the characters from each opening of a tag to the next end of one."""
    covered, begun = 0, None
    for tag_of_it in re.finditer(rf"<(/?){re.escape(tag)}(?=[\s/>])", text):
        if not tag_of_it[1]:
            begun = tag_of_it.start() if begun is None else begun
        elif begun is not None:
            covered, begun = covered + tag_of_it.end() - begun, None
    return covered


def _text(head: Head) -> Form:
    if table := table_of(head):
        return Form(*table)
    if not head.ends and b"\n" not in head.data:
        raise NotUnderstood(
            f"its first line has no end within {len(head.data):,} bytes; a record is a line, so cut it into lines first"
        )
    return Form({"kind": "text"}, ("no delimiter cuts its lines into a steady number of fields",))


def _json(head: Head) -> Form | None:
    start = head.text.lstrip()[:1]
    if start == "{" and head.lines:
        whole_lines = head.lines[: 100 if head.ends or len(head.lines) < 2 else -1][:100]
        objects = sum(isinstance(_parsed(line), dict) for line in whole_lines)
        if (
            objects
            and objects >= 0.9 * len(whole_lines)
            and (len(whole_lines) > 1 or not _lists(_parsed(whole_lines[0])))
        ):
            return Form({"kind": "jsonl"}, (f"{objects} of its first {len(whole_lines)} lines are JSON objects",))
    if start not in ("{", "["):
        return None
    document = _parsed(head.text if head.ends else _rest(head))
    if document is None:
        if head.name.suffix.lower() == ".json":
            raise NotUnderstood(_wrong_json(head))
        return None
    records = records_in(document)
    if records is None:
        raise NotUnderstood("its JSON holds no list of objects")
    way, count = records
    evidence = f"one JSON document with {count:,} records{f' at {way}' if way else ''}"
    return Form({"kind": "json", "records": way} if way else {"kind": "json"}, (evidence,))


def _wrong_json(head: Head) -> str:
    """Say what a JSON document is not, and what would mend it."""
    if COMMA.search(head.text):
        return "it is no JSON: there is a comma before a closing bracket; take it out"
    if sum(line.rstrip().endswith("},") for line in head.lines) > 0.5 * len(head.lines):
        return "it is no JSON: its lines are objects with commas behind them; take these out, or put [ ] around all"
    return "it is not a whole JSON document, nor JSON Lines"


def _rest(head: Head) -> str:
    with head.file.open() as stream:
        raw = stream.read(LONGEST_DOCUMENT + 1)
    if len(raw) > LONGEST_DOCUMENT:
        raise NotUnderstood(f"it is a JSON document of more than {LONGEST_DOCUMENT >> 20} MiB; write it as JSON Lines")
    return raw.decode(head.encoding, "replace").removeprefix("\ufeff")


def _parsed(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lists(value: JsonValue) -> Iterator[str]:
    return (key for key, inner in value.items() if _is_records(inner)) if isinstance(value, dict) else iter(())


def _is_records(value: JsonValue) -> TypeGuard[list[dict[str, JsonValue]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def records_in(document: JsonValue) -> tuple[str, int] | None:
    """Find the list of records in a JSON document: the first on the way down whose objects say at least two things of
    their own.

    Returns:
        The way to it, keys joined by dots, and the number of its records.
    """
    level = document if _is_records(document) else [document] if isinstance(document, dict) else []
    way: list[str] = [] if isinstance(document, list) else [""]
    while level:
        plain = {key for item in level[:50] for key, value in item.items() if not isinstance(value, (dict, list))}
        inner = [key for key in _lists(level[0]) if "." not in key]
        if way[:1] != [""] and (len(plain) > 1 or not inner):
            return ".".join(way), len(level)
        if not inner:
            return None
        key = max(inner, key=lambda name: sum(len(rows) for item in level if _is_records(rows := item.get(name))))
        way = [*(part for part in way if part), key]
        level = [record for item in level if _is_records(rows := item.get(key)) for record in rows]
    return None


def _named(head: Head, form: Form) -> Form:
    """Leave out what the file's name says already, and tell where the name says something else."""
    by_name = SUFFIXES.get(head.name.suffix.lower())
    settings = form.settings.copy()
    if head.encoding != "utf-8" and form.kind != "parquet":
        settings["encoding"] = head.encoding
    doubts = (head.doubt,) if head.doubt and form.kind != "parquet" else ()
    if by_name and by_name != form.kind:
        doubts += (f"its name says {by_name}, but it holds {form.kind}",)
    return Form(settings, (*form.evidence, *doubts))
