"""XML, and SGML with explicit end tags: every element called `record` is a record.

Columns are ways from the record: `TITLE`, `TEXT/BODY`, `@ID`, `TOPICS/D`; the record's own text is called as the
record. An element's value is all the text in it, and of several with the same way their list; one that holds nothing
but elements has none. Records are cut out by their tags and parsed one by one, so that a broken one costs no other, and
a file may have many roots, as SGML has. Nothing outside the records is looked at: entities that a document declares are
never expanded or fetched, and a record that uses one is a bad row. Control characters, and references to them, which
XML has none of, are left out.

Recipe:
    kind: xml
    path: reuters/*.sgm.gz
    record: REUTERS
    columns: {text: "{TEXT/TITLE}. {TEXT/BODY}", label: TOPICS/D}
    where: '"TOPICS/D" IN (''earn'', ''acq'')'
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from html.entities import html5
from typing import ClassVar, Literal
from xml.parsers import expat

from pydantic import Field

from tasks.core.errors import QualityGate, RecipeError
from tasks.ingest.batch import BadRow, Batch, Opened, Record, bad_encoding, excerpt, from_records
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 1 << 20
BATCH_CHARS = 8 << 20
LONGEST_RECORD = 1 << 26
"""Characters; what is longer is no record."""
LONGEST_TAG = 1 << 16
"""Characters of a record's first tag, its attributes included."""
MOST_COLUMNS = 1_000
"""Different ways in the records of one file."""
MOST_TEXT = 8
"""Characters in the values of a record / characters of the record; more come of texts in elements in elements."""
DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
REFERENCE = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]*));", re.DOTALL
)
NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
FIRST_TAG = re.compile(r"""<[^\s<>/]+(?:[^<>"']|"[^"]*"|'[^']*')*+>""")
CLOSERS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}


class Params(FileSettings):
    """Settings of an XML or SGML source."""

    alone: ClassVar[bool] = True
    kind: Literal["xml"] = "xml"
    record: str = Field(pattern=r"^[^\s<>/&\"'=]+$")
    """Tag of the elements that are the records."""


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Cut a file into records and parse each.

    Raises:
        RecipeError: no element has the tag.
        QualityGate: a record without an end, or more different elements than records have.
    """
    rows, bad, size, ways = list[tuple[int, Record]](), list[BadRow](), 0, dict[str, None]()
    cutter = _Cutter(file.name, params.record)
    for number, piece in enumerate(cutter.pieces(_text(file, params.encoding)), 1):
        fields = _fields(number, piece, params)
        if isinstance(fields, BadRow):
            bad.append(fields)
        else:
            rows.append((number, fields))
            ways |= dict.fromkeys(fields)
        if len(ways) > MOST_COLUMNS:
            what = f"more than {MOST_COLUMNS:,} different elements and attributes by line {piece.line}"
            raise QualityGate(f"{file.name}: {what}; is {params.record!r} the tag of its records?")
        size += len(piece.text)
        if size > BATCH_CHARS:
            yield from_records(file.name, rows, bad)
            rows, bad, size = [], [], 0
    if cutter.tags and not cutter.found:
        raise RecipeError(
            f"record: {file.name} has no element {params.record!r}; it begins with {', '.join(cutter.tags)}"
        )
    yield from_records(file.name, rows, bad)


def _text(file: Opened, encoding: str) -> Iterator[str]:
    """Decode a file in blocks, as it declares itself or else in `encoding`; what is not valid becomes half of a
    surrogate pair.
    """
    with file.open() as stream:
        block = stream.read(BLOCK_BYTES)
        declared = DECLARED.match(block.removeprefix(codecs.BOM_UTF8))
        try:
            decoder = codecs.getincrementaldecoder(declared[1].decode() if declared else encoding)("cuvee-mark")
        except LookupError as error:
            raise QualityGate(f"{file.name}: {error}") from None
        yield decoder.decode(block).removeprefix("\ufeff")
        while block := stream.read(BLOCK_BYTES):
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)


@dataclass(frozen=True)
class _Piece:
    """A record as it stands in its file.

    Attributes:
        line: number of the line that it begins in.
        wrong: why it is none, when its tags tell.
    """

    line: int
    text: str
    wrong: str = ""


class _Cutter:
    """Finds the records of a text that comes in blocks.

    Attributes:
        found: whether there was any tag of a record.
        tags: those at the beginning.
        start: where the record in hand begins.
    """

    def __init__(self, name: str, record: str) -> None:
        self.name, self.found, self.tags = name, False, list[str]()
        self.sign = re.compile(rf"<!--|<!\[CDATA\[|<\?|<(?P<end>/?){re.escape(record)}(?=[\s/>])")
        self.text, self.at = "", 0
        self.start: int | None = None
        self.line, self.counted = 1, 0

    def pieces(self, blocks: Iterator[str]) -> Iterator[_Piece]:
        """Give the records, and what looks like one."""
        for block in blocks:
            self.text += block
            self.tags = (
                self.tags or list(dict.fromkeys(re.findall(r"<([A-Za-z][^\s<>/]{0,60})", self.text[:LONGEST_TAG])))[:10]
            )
            yield from self._scan(last=False)
            self._forget()
        yield from self._scan(last=True)
        open_sign = self.sign.match(self.text, self.at)
        if self.start is not None or open_sign:
            self.start = self.at if self.start is None else self.start
            yield self._piece(len(self.text), "nothing closes it")

    def _scan(self, *, last: bool) -> Iterator[_Piece]:
        """Go through the text as far as it can be told what stands there."""
        while sign := self.sign.search(self.text, self.at):
            self.at = sign.start()
            if closer := CLOSERS.get(sign[0]):
                end = self.text.find(closer, sign.end())
                if end < 0:
                    return
                self.at = end + len(closer)
                continue
            tag = FIRST_TAG.match(self.text, sign.start(), sign.start() + LONGEST_TAG) if not sign["end"] else None
            end = self.text.find(">", sign.end()) + 1 if sign["end"] else tag.end() if tag else 0
            if not end and not last and (sign["end"] or len(self.text) - sign.start() < LONGEST_TAG):
                return
            self.found = True
            yield from self._tagged(
                sign.start(), end or sign.end(), closing=bool(sign["end"]), empty=bool(tag and tag[0].endswith("/>"))
            )
            self.at = end or sign.end()
        self.at = max(self.at, self.text.rfind("<", self.at)) if "<" in self.text[self.at :] else len(self.text)

    def _tagged(self, start: int, end: int, *, closing: bool, empty: bool) -> Iterator[_Piece]:
        """Take a tag of a record."""
        if closing:
            wrong = "an end without a beginning" if self.start is None else ""
            self.start = start if self.start is None else self.start
            yield self._piece(end, wrong)
            return
        if self.start is not None:
            yield self._piece(start, "another one begins before its end")
        self.start = start
        if empty:
            yield self._piece(end)

    def _piece(self, end: int, wrong: str = "") -> _Piece:
        start, self.start = self.start or 0, None
        self.line, self.counted = self.line + self.text.count("\n", self.counted, start), start
        return _Piece(self.line, self.text[start:end], wrong)

    def _forget(self) -> None:
        """Let go of the text before what is in hand."""
        done = self.at if self.start is None else self.start
        self.line += self.text.count("\n", self.counted, done)
        self.text, self.at, self.counted = self.text[done:], self.at - done, 0
        self.start = None if self.start is None else 0
        if len(self.text) > LONGEST_RECORD:
            raise QualityGate(
                f"{self.name}: what begins in line {self.line} has no end within {len(self.text):,} characters"
            )


def _fields(number: int, piece: _Piece, params: Params) -> Record | BadRow:
    """Parse a record."""
    if piece.wrong:
        return BadRow(number, "bad_xml", f"line {piece.line}: {piece.wrong}", excerpt(piece.text))
    try:
        piece.text.encode()
    except UnicodeEncodeError:
        return bad_encoding(number, piece.text.encode("utf-8", "surrogatepass"), params.encoding)
    reader = _Reader(params.record, MOST_TEXT * len(piece.text) + LONGEST_TAG)
    try:
        return reader.read(REFERENCE.sub(_resolved, NO_CHARACTER.sub("", piece.text)))
    except (expat.ExpatError, OverflowError) as error:
        return BadRow(number, "bad_xml", f"line {piece.line}: {error}", excerpt(piece.text))


def _resolved(reference: re.Match[str]) -> str:
    """Replace a reference by its character; those of XML's own signs stay, and so do names that HTML does not know."""
    decimal, hexadecimal, name = reference.groups()
    if name:
        return escape(html5.get(f"{name};", reference[0])) if f"{name};" in html5 else reference[0]
    if not decimal and not hexadecimal:
        return reference[0]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return reference[0]
    return NO_CHARACTER.sub("", escape(chr(code)))


class _Reader:
    """Reads one record with expat, which is given no document type: it knows no entities and fetches nothing.

    Args:
        most: characters that its values may have together.
    """

    def __init__(self, record: str, most: int) -> None:
        self.record, self.left = record, most
        self.fields: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.open: list[tuple[str, int, bool, bool]] = []

    def read(self, text: str) -> Record:
        """Give the values by their ways."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = (
            self._start,
            self._end,
            self._data,
        )
        parser.Parse(text, True)  # noqa: FBT003 (expat takes it by its place alone)
        return self.fields

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        way = "" if not self.open else f"{self.open[-1][0]}{tag}/"
        if self.open:
            self.open[-1] = (*self.open[-1][:2], True, self.open[-1][3])
        self.open.append((way, len(self.texts), False, False))
        for name, value in attributes.items():
            self._add(f"{way}@{name}", value)

    def _end(self, _tag: str) -> None:
        way, begun, holds, said = self.open.pop()
        if said or not holds:
            self._add(way.removesuffix("/") or self.record, "".join(self.texts[begun:]))

    def _data(self, text: str) -> None:
        self.texts.append(text)
        way, begun, holds, said = self.open[-1]
        self.open[-1] = (way, begun, holds, said or not text.isspace())

    def _add(self, way: str, value: str) -> None:
        self.left -= len(value) + len(way)
        if self.left < 0:
            raise OverflowError("its values are many times longer than itself: texts in elements in elements")
        self.fields.setdefault(way, []).append(value)
