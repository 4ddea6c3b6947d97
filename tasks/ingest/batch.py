"""What a source kind hands over: blocks of raw records, and the records it could not read."""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import BinaryIO

import polars as pl

from tasks.core.errors import QualityGate

LINE = "__line"
"""Column with the record's line (or number) in its file, from 1."""
FILE, PART = "__file", "__part"
"""Columns with the record's file, and with the number of its batch, where several are mapped together."""
MEDIA = "__media"
"""Column with the record's image or audio: `bytes` as they stand in the file, and `path`, its name."""
MEDIA_TYPE = pl.Struct({"bytes": pl.Binary, "path": pl.String})
ROLES, REASON = "__roles", "__reason"
"""Columns with what the roles of the task's layout hold of a record, and with why it cannot be used."""
OURS = frozenset({LINE, FILE, PART, MEDIA, ROLES, REASON})
"""Names that no column of a source can have here."""
EXCERPT = 500
LONGEST_LINE = 1 << 30
"""Bytes; a longer line is no record but a file of another kind."""
STATEFUL = ("utf-7", "hz", "iso2022", "unicode-escape", "raw-unicode-escape")
"""Encodings whose lines cannot be decoded one by one."""


@dataclass(frozen=True)
class BadRow:
    """A record that could not be used.

    Attributes:
        line: line or number of the record, from 1.
        reason: a code such as `bad_fields`.
        raw: the record as it stood, as far as it can be shown.
    """

    line: int
    reason: str
    detail: str
    raw: str


@dataclass(frozen=True)
class Mark:
    """A place in a file between two records: those before it are complete, whatever is appended to the file.

    Attributes:
        offset: bytes before it.
        line: number of the line that begins there.
        tag: fingerprint of what is before it, where an earlier reading ended there.
    """

    offset: int
    line: int
    tag: str = ""


START = Mark(0, 1)
Record = Mapping[str, object]
"""A record as its format gives it: column -> value."""


@dataclass(frozen=True)
class Batch:
    """A block of records of one file.

    Attributes:
        frame: the source's own columns, all of them text, with `LINE`, and with `MEDIA` where the source has media.
        loose: whether a record may lack any column; one that earlier records of the file had is null then.
        left_out: reason -> records that are left out on purpose.
        mark: place up to which this batch and those before it give the file; None where reading cannot be taken up
            again.
    """

    file: str
    frame: pl.DataFrame
    bad: list[BadRow] = field(default_factory=list)
    loose: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    mark: Mark | None = None


@dataclass(frozen=True)
class Opened:
    """A file of a source: its name within the source, and how to open it (decompressed).

    Attributes:
        mark: where to begin; another place than the start only for kinds that set marks on their batches.
    """

    name: str
    open: Callable[[], BinaryIO]
    mark: Mark = START


@dataclass(frozen=True)
class Part:
    """What of a source is read by itself: a file, or the whole of a source that is not made of files.

    Attributes:
        name: its name within the source, the same on every machine.
        read: gives its records from a mark on.
        begins: says whether what an earlier reading saw of it, by size and tag, is how it still begins.
        read_on: how to say that it is read from a mark on.
    """

    name: str
    read: Callable[[Mark], Iterator[Batch]]
    begins: Callable[[int, str], bool]
    read_on: str = "read on from byte {mark.offset:,} (line {mark.line:,})"


def excerpt(raw: str | bytes) -> str:
    """Make the first characters of a record storable and printable."""
    text = raw[: 4 * EXCERPT].decode("utf-8", "replace") if isinstance(raw, bytes) else raw[:EXCERPT]
    return text[:EXCERPT].encode("utf-8", "backslashreplace").decode("utf-8")


def bad_encoding(line: int, raw: bytes, encoding: str) -> BadRow:
    """Say that a line is not text in the source's encoding."""
    return BadRow(line, "bad_encoding", f"not valid {encoding}", excerpt(raw))


def as_text(value: object) -> str | None:
    """Write a value as a text: numbers as they are, a list of one value as that value, nested values as JSON, bytes
    that are no text as null.

    Raises:
        UnicodeEncodeError: it holds half of a surrogate pair.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    in_json = isinstance(value, list | dict | int | float)
    text = json.dumps(value, ensure_ascii=False, default=_plain) if in_json else _plain(value)
    if text is not None and not text.isascii():
        text.encode("utf-8")
    return text


def _plain(value: object) -> str | None:
    """Give what JSON has no form for: bytes as text where they are text, dates and the like as they are written."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def from_records(name: str, records: Iterable[tuple[int, Record]], bad: list[BadRow]) -> Batch:
    """Make a batch of records with numbers; keys that a record lacks are null."""
    numbers: list[int] = []
    rows: list[dict[str, str | None]] = []
    for number, record in records:
        try:
            row = {as_text(str(key)) or "": as_text(value) for key, value in record.items()}
        except UnicodeEncodeError:
            bad.append(BadRow(number, "bad_encoding", "half of a surrogate pair", excerpt(str(record))))
            continue
        numbers.append(number)
        rows.append(row)
    names = [name for name in dict.fromkeys(chain.from_iterable(rows)) if name not in OURS]
    columns = {key: pl.Series([row.get(key) for row in rows], dtype=pl.String) for key in names}
    return Batch(name, pl.DataFrame(columns | {LINE: pl.Series(numbers, dtype=pl.Int64)}), bad, loose=True)


@dataclass(frozen=True)
class Block:
    """Whole lines of a text file.

    Attributes:
        mark: where it begins.
        data: its bytes; in UTF-8 for encodings that need more than one byte for a line end, else as they stand in the
            file.
        last: whether the file ends here without a line end, so that its last line may still grow.
    """

    mark: Mark
    data: bytes
    last: bool = False

    @cached_property
    def end(self) -> Mark:
        """Where the next block begins."""
        return Mark(self.mark.offset + len(self.data), self.mark.line + self.data.count(b"\n"))


def byte_blocks(file: Opened, encoding: str, block_bytes: int) -> Iterator[Block]:
    """Read a text file in blocks of whole lines, from its mark on; a byte order mark at its start is passed over.

    Raises:
        QualityGate: a line of more than LONGEST_LINE bytes.
    """
    mark, waiting, held = file.mark, list[bytes](), 0
    with file.open() as stream:
        if mark.offset:
            stream.seek(mark.offset)
        for raw in (
            _transcoded(stream, encoding, block_bytes)
            if is_wide(encoding)
            else iter(lambda: stream.read(block_bytes), b"")
        ):
            chunk = raw
            if mark.offset == 0 and not waiting:
                refuse_wide(file.name, raw, encoding)
                chunk = raw.removeprefix(codecs.BOM_UTF8)
                mark = Mark(len(raw) - len(chunk), mark.line)
            cut = chunk.rfind(b"\n") + 1
            if cut:
                block = Block(mark, b"".join([*waiting, chunk[:cut]]))
                yield block
                mark, waiting, held = block.end, [], 0
            if cut < len(chunk):
                waiting.append(chunk[cut:])
                held += len(waiting[-1])
            if held > LONGEST_LINE:
                raise QualityGate(
                    f"{file.name}: line {mark.line} has no end within {held:,} bytes; is it a text file of this kind?"
                )
    if waiting:
        yield Block(mark, b"".join(waiting), last=True)


def refuse_wide(name: str, head: bytes, encoding: str) -> None:
    """Refuse a text whose signs take two or four bytes each where the source says otherwise.

    Raises:
        QualityGate: with the encoding that it is in.
    """
    marks = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}
    marks |= {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    found = next((wide for mark, wide in marks.items() if head.startswith(mark)), None)
    zeros = [head[at:64:4].count(0) * 8 > len(head[:64]) for at in range(4)]
    if found is None and sum(zeros) > 1:  # every second byte, or more of them, is 0
        found = f"utf-{32 if sum(zeros) > 2 else 16}-{'be' if zeros[0] else 'le'}"
    if found and not is_wide(encoding):
        raise QualityGate(f"{name}: it is not {encoding}, but {found}; say `encoding: {found}`")


def mark_after(block: Block, encoding: str) -> Mark | None:
    """Give the place after a block where reading can be taken up again, if it can."""
    return None if block.last or is_wide(encoding) else block.end


def is_wide(encoding: str) -> bool:
    """Say whether a text must be decoded from its start: a line end is not the byte 0x0A, or lines lean on those before
    them.
    """
    return encoding.replace("_", "-").startswith(STATEFUL) or "\n".encode(encoding) != b"\n"


def _transcoded(stream: BinaryIO, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """Give a text in UTF-8; what cannot be decoded becomes half of a surrogate pair, so that its line is not valid
    UTF-8 either.
    """
    decoder = codecs.getincrementaldecoder(encoding)("cuvee-mark")
    while chunk := stream.read(block_bytes):
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


codecs.register_error("cuvee-mark", lambda error: ("\udc80", getattr(error, "end", 1)))


def decoded(data: bytes, encoding: str) -> str | None:
    """Decode lines of a block; None when they are not valid."""
    try:
        return data.decode("utf-8" if is_wide(encoding) else encoding)
    except UnicodeDecodeError:
        return None


def lines_of(block: Block, encoding: str) -> list[str | bytes]:
    """Give the lines of a block without their ends (LF or CRLF); a line that is not valid in `encoding` is given as
    bytes.
    """
    text = decoded(block.data, encoding)
    if text is None:
        lines = block.data.split(b"\n")
        return [_line(line.removesuffix(b"\r"), encoding) for line in (lines if block.last else lines[:-1])]
    whole = text.split("\n") if block.last else text.split("\n")[:-1]
    return [line.removesuffix("\r") for line in whole] if "\r" in text else list(whole)


def _line(line: bytes, encoding: str) -> str | bytes:
    text = decoded(line, encoding)
    return line if text is None else text


def blocks(file: Opened, encoding: str, block_bytes: int) -> Iterator[tuple[int, list[str | bytes]]]:
    """Read a text file in blocks of lines.

    Yields:
        Number of the block's first line (from 1), and its lines as `lines_of` gives them.
    """
    for block in byte_blocks(file, encoding, block_bytes):
        yield block.mark.line, lines_of(block, encoding)
