"""Web archives (WARC, gzipped or not): what servers answered, each page with its main text.

Columns: `url`, `date` (of the crawl), `mime`, `title`, `text` (the main text by trafilatura, without menus and
footers), `language` (ISO 639-1, by py3langid). A record is a `response`; requests and metadata are none. Left out and
counted: `http_status` (an answer other than 200), `not_html`, `no_main_text`. Bad rows: `bad_http`, an answer that
cannot be read or unpacked, and `bad_html`. An archive that ends within a record is an error. Needs the extra `web`.

Recipe:
    kind: warc
    path: crawl/*.warc.gz
    label: web
    where: "language = 'en'"
"""

import io
import logging
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Literal

from tasks.core.errors import QualityGate, RecipeError
from tasks.ingest.batch import BadRow, Batch, Opened, Record, excerpt, from_records
from tasks.ingest.settings import FileSettings

if TYPE_CHECKING:
    from warcio.statusandheaders import StatusAndHeaders

BATCH_PAGES, BATCH_CHARS = 1_000, 8 << 20
LONGEST_PAGE = 16 << 20
"""Bytes; what is longer is no page."""
LONGEST_HEAD = 1 << 16
PAGES = {"text/html", "application/xhtml+xml"}
GZIP, ZLIB, DEFLATE = 31, 15, -15
"""What zlib calls the codings of HTTP."""


class Params(FileSettings):
    """Settings of a web archive."""

    alone: ClassVar[bool] = True
    kind: Literal["warc"] = "warc"


def batches(file: Opened, _params: Params) -> Iterator[Batch]:
    """Read the answers in an archive one by one.

    Raises:
        QualityGate: it is no web archive, or ends within a record.
        RecipeError: the extra is not installed.
    """
    rows, bad, left_out, chars = list[tuple[int, Record]](), list[BadRow](), Counter[str](), 0
    for number, (head, body) in enumerate(_answers(file), 1):
        page = _page(number, head, body)
        if isinstance(page, dict):
            rows.append((number, page))
            chars += len(page["text"] or "")
        elif isinstance(page, BadRow):
            bad.append(page)
        else:
            left_out[page] += 1
        if chars > BATCH_CHARS or len(rows) + len(bad) + left_out.total() >= BATCH_PAGES:
            yield replace(from_records(file.name, rows, bad), left_out=left_out)
            rows, bad, left_out, chars = [], [], Counter(), 0
    yield replace(from_records(file.name, rows, bad), left_out=left_out)


class _Whole:
    """A stream that is unpacked to its end or not at all; an EOFError would be the end of the archive to warcio."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.stream, self.name = stream, name

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        try:
            return self.stream.read(size)
        except EOFError as error:
            raise QualityGate(
                f"{self.name}: the file cannot be unpacked to its end: {error}; fetch it again, nothing of it was used"
            ) from None

    def tell(self) -> int:
        """Say how far it was read."""
        return self.stream.tell()


def _answers(file: Opened) -> Iterator[tuple["StatusAndHeaders", bytes]]:
    """Give the headers and the bytes of each response; of one that is too long the beginning."""
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"the kind warc needs {error.name}, which is not installed: pip install 'cuvee[web]'"
        ) from None
    with file.open() as stream:
        records = ArchiveIterator(_Whole(stream, file.name), no_record_parse=True)
        try:
            for place, record in enumerate(records, 1):
                content = (
                    record.raw_stream.read(LONGEST_PAGE + LONGEST_HEAD + 1) if record.rec_type == "response" else b""
                )
                while record.raw_stream.read(1 << 20):
                    continue
                if getattr(record.raw_stream, "limit", 1) or records.err_count:
                    raise QualityGate(
                        f"{file.name}: record {place} is not as long as it says; fetch the archive again, nothing "
                        "of it was used"
                    )
                if record.rec_type == "response":
                    yield record.rec_headers, content
        except (ArchiveLoadFailed, UnicodeDecodeError) as error:
            raise QualityGate(f"{file.name}: not a whole web archive: {str(error)[:200]}") from None
        if records.err_count:
            raise QualityGate(
                f"{file.name}: its last record is not as long as it says; fetch the archive again, nothing of it "
                "was used"
            )


def _page(number: int, head: "StatusAndHeaders", content: bytes) -> dict[str, str | None] | BadRow | str:
    """Give the columns of a page, what is wrong with it, or why it is left out."""
    url = str(head.get_header("WARC-Target-URI") or "").strip("<>")
    try:
        status, fields, body = _parsed(content)
        mime = fields.get_content_type() if "content-type" in fields else ""
        if status != 200:
            return "http_status"
        if mime not in PAGES:
            return "not_html"
        if len(content) > LONGEST_PAGE + LONGEST_HEAD:
            raise ValueError(f"an answer of more than {LONGEST_PAGE:,} bytes")
        page = _unpacked(body, fields)
    except (ValueError, zlib.error) as error:
        return BadRow(number, "bad_http", f"{url}: {error}"[:200], excerpt(content))
    main = _main_text(page, fields.get_content_charset())
    if isinstance(main, str):
        return BadRow(number, "bad_html", f"{url}: {main}"[:200], excerpt(page))
    if main["language"] is None:
        return "no_main_text"
    return {"url": url, "date": head.get_header("WARC-Date"), "mime": mime, **main}


def _parsed(content: bytes) -> tuple[int, Message, bytes]:
    """Take an answer apart: status, header fields, body without chunks.

    Raises:
        ValueError: it is no HTTP.
    """
    from warcio.bufferedreaders import ChunkedDataReader
    from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

    stream = io.BytesIO(content)
    try:
        answer = StatusAndHeadersParser(["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3"]).parse(stream)
    except (StatusAndHeadersParserException, EOFError) as error:
        raise ValueError(f"no answer of HTTP: {error}") from None
    fields = Message()
    for name, value in answer.headers:
        fields[name] = str(value)
    chunked = str(fields.get("transfer-encoding", "")).strip().lower() == "chunked"
    body = ChunkedDataReader(stream).read() if chunked else stream.read()
    return int(answer.get_statuscode() or 0), fields, body


def _unpacked(body: bytes, fields: Message) -> bytes:
    """Give the body as it was before it was packed; one that crawlers have unpacked already stays as it is.

    Raises:
        ValueError: it cannot be unpacked to its end, or is no page by its length.
    """
    coding = str(fields.get("content-encoding", "identity")).strip().lower()
    if coding in {"gzip", "x-gzip"} and body.startswith(b"\x1f\x8b"):
        body = _inflated(body, GZIP)
    elif coding == "deflate" and not body.lstrip().startswith(b"<"):
        body = _inflated(body, ZLIB if body[:1] == b"\x78" else DEFLATE)
    elif coding not in {"identity", "", "gzip", "x-gzip", "deflate"} and not body.lstrip().startswith(b"<"):
        raise ValueError(f"content-encoding {coding!r} cannot be unpacked")
    if len(body) > LONGEST_PAGE:
        raise ValueError(f"a page of more than {LONGEST_PAGE:,} bytes")
    return body


def _inflated(body: bytes, coding: int) -> bytes:
    unpack = zlib.decompressobj(coding)
    data = unpack.decompress(body, LONGEST_PAGE + 1)
    if not unpack.eof and len(data) <= LONGEST_PAGE:
        raise ValueError("its packed body is cut short")
    return data


def _main_text(page: bytes, charset: str | None) -> dict[str, str | None] | str:
    """Give title, main text and language of a page, or say why that failed."""
    import trafilatura
    from lxml.etree import LxmlError
    from py3langid.langid import classify

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it would say is counted here
    try:
        tree = trafilatura.load_html(_decoded(page, charset))
        title = tree.findtext(".//title") if tree is not None else None
        main = trafilatura.bare_extraction(tree, with_metadata=False) if tree is not None else None
    except (LxmlError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    text = str(getattr(main, "text", None) or "")
    return {
        "title": " ".join(title.split()) if title else None,
        "text": text,
        "language": classify(text)[0] if text.strip() else None,
    }


def _decoded(page: bytes, charset: str | None) -> str | bytes:
    """Decode a page as its server says; bytes, whose encoding is to be guessed, where that is not so."""
    try:
        return page.decode(charset) if charset else page
    except (LookupError, UnicodeError):
        return page
