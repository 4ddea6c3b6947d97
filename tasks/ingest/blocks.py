"""Text files in blocks of whole lines, in any encoding."""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import BinaryIO

from tasks.core.errors import QualityGate
from tasks.ingest.batch import START, Mark, Opened

LONGEST_LINE = 1 << 30
"""Bytes; a longer line is no record but a file of another kind."""
HEAD = 4_096
"""Bytes by which a text's encoding and line ends are judged."""
STATEFUL = ("utf-7", "hz", "iso2022", "unicode-escape", "raw-unicode-escape")
"""Encodings whose lines cannot be decoded one by one."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a text file.

    Attributes:
        mark: where it begins.
        data: its bytes; in UTF-8 for encodings that need more than one byte for a line end, else as they stand in the
            file.
        last: whether the file ends here without a line end, so that its last line may still grow.
        alone: whether its lines end in CR alone; they are given with LF.
    """

    mark: Mark
    data: bytes
    last: bool = False
    alone: bool = False

    @cached_property
    def end(self) -> Mark:
        """Where the next block begins."""
        return Mark(self.mark.offset + len(self.data), self.mark.line + self.data.count(b"\n"))


def byte_blocks(file: Opened, encoding: str, block_bytes: int) -> Iterator[Block]:
    """Read a text file in blocks of whole lines, from its mark on; a byte order mark at its start is passed over.

    Raises:
        QualityGate: a line of more than LONGEST_LINE bytes.
    """
    mark, waiting, held, alone = file.mark, list[bytes](), 0, False
    with file.open() as stream:
        if mark.offset:
            stream.seek(mark.offset)
        chunks = _chunks(stream, encoding, max(block_bytes, HEAD))
        if mark == START:
            head = next(chunks, b"")
            refuse_wide(file.name, head, encoding)
            alone, begun = ends_in_cr(head), head.removeprefix(codecs.BOM_UTF8)
            mark = Mark(len(head) - len(begun), mark.line)
            chunks = chain([begun], chunks)
        for piece in _pieces(chunks, block_bytes):
            chunk = piece.replace(b"\r", b"\n") if alone else piece
            cut = chunk.rfind(b"\n") + 1
            if cut:
                block = Block(mark, b"".join([*waiting, chunk[:cut]]), alone=alone)
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
        yield Block(mark, b"".join(waiting), last=True, alone=alone)


def _chunks(stream: BinaryIO, encoding: str, size: int) -> Iterator[bytes]:
    if is_wide(encoding):
        return _transcoded(stream, encoding, size)
    return iter(lambda: stream.read(size), b"")


def _pieces(chunks: Iterable[bytes], block_bytes: int) -> Iterator[bytes]:
    """Cut chunks that had to be longer than a block, so that a text's beginning could be judged by."""
    for chunk in chunks:
        size = block_bytes if block_bytes < HEAD else max(len(chunk), 1)
        yield from (chunk[start : start + size] for start in range(0, len(chunk), size))


def ends_in_cr(head: bytes) -> bool:
    """Say whether the lines of a text end in CR alone, as those of old Macintoshes do, by its beginning."""
    return b"\n" not in head and head.count(b"\r") > 1


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
    return None if block.last or block.alone or is_wide(encoding) else block.end


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
