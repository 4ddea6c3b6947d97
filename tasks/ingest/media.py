"""What folders of images and of audio have in common: labels by folder, metadata files, one record a file and metadata
row.
"""

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import ClassVar

import polars as pl

from tasks.ingest.batch import LINE, MEDIA, MEDIA_TYPE, OURS, BadRow, Batch, Opened
from tasks.ingest.files import whole
from tasks.ingest.kinds import delimited, jsonl
from tasks.ingest.settings import FileSettings

METADATA = {"metadata.csv": delimited, "metadata.jsonl": jsonl}
"""Name of a metadata file -> the kind that reads it."""
MOST_BYTES = 256 << 20
"""A larger file is a bad row."""
Record = dict[str, str | None]


class MediaSettings(FileSettings):
    """Settings of a folder of media."""

    folders: ClassVar[bool] = True


class Unreadable(Exception):
    """A file that is no whole image or recording.

    Args:
        reason: code of the bad row.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def batches_of_media(
    files: Sequence[Opened],
    suffixes: frozenset[str],
    look: Callable[[bytes], Record],
    about: Sequence[str],
    encoding: str,
) -> Iterator[Batch]:
    """Read media in the order of their names, a batch a file.

    Args:
        suffixes: of the files that are media; others are left out and counted as `not_media`.
        look: gives what is to be said of a file's bytes, or raises `Unreadable`.
        about: names of what `look` gives.
    """
    notes = [file for file in files if PurePosixPath(_inner(file.name)).name in METADATA]
    known = {file.name for file in files}
    records = defaultdict[str, list[Record]](list)
    fields = dict[str, None]()
    broken = [batch for note in notes for batch in _noted(note, known, records, fields, encoding)]
    names = [name for name in dict.fromkeys(["file_name", "label", *about, *fields]) if name not in OURS]
    for file in files:
        if file in notes:
            continue
        if PurePosixPath(_inner(file.name)).suffix.lower() not in suffixes:
            yield _batch(file.name, names, [], b"", left_out={"not_media": 1})
            continue
        with whole(file.name), file.open() as stream:
            raw = stream.read(MOST_BYTES + 1)
        yield _of_file(file.name, names, raw, look, records.get(file.name) or [{}])
    yield from broken


def _of_file(
    name: str, names: Sequence[str], raw: bytes, look: Callable[[bytes], Record], records: Sequence[Record]
) -> Batch:
    try:
        if len(raw) > MOST_BYTES:
            raise Unreadable("too_large", f"more than {MOST_BYTES:,} bytes")
        seen = look(raw)
    except Unreadable as error:
        return _batch(
            name,
            names,
            [],
            b"",
            [BadRow(number, error.reason, str(error)[:200], "") for number in range(1, len(records) + 1)],
        )
    inner = PurePosixPath(_inner(name))
    own: Record = {"file_name": str(inner), "label": inner.parent.name or None} | seen
    return _batch(
        name,
        names,
        [own | {key: value for key, value in record.items() if key != "file_name"} for record in records],
        raw,
    )


def _batch(
    name: str,
    names: Sequence[str],
    rows: Sequence[Record],
    raw: bytes,
    bad: Sequence[BadRow] = (),
    left_out: Mapping[str, int] | None = None,
) -> Batch:
    columns = {key: pl.Series([row.get(key) for row in rows], dtype=pl.String) for key in names}
    media = pl.Series(MEDIA, [{"bytes": raw, "path": PurePosixPath(_inner(name)).name}] * len(rows), MEDIA_TYPE)
    frame = pl.DataFrame(columns | {LINE: pl.int_range(1, len(rows) + 1, dtype=pl.Int64, eager=True), MEDIA: media})
    return Batch(name, frame, list(bad), left_out=left_out or {})


def _noted(
    note: Opened, known: set[str], records: dict[str, list[Record]], fields: dict[str, None], encoding: str
) -> Iterator[Batch]:
    """Note what a metadata file says of each file; give its bad rows, and those that name a file that is not there."""
    kind = METADATA[PurePosixPath(_inner(note.name)).name]
    folder = note.name[: len(note.name) - len(_inner(note.name))] + posixpath.dirname(_inner(note.name))
    with whole(note.name):
        for batch in kind.batches(note, kind.Params(path=note.name, encoding=encoding)):
            bad = list(batch.bad)
            fields |= dict.fromkeys(name for name in batch.frame.columns if name not in OURS)
            for row in batch.frame.to_dicts():
                number, named = row.pop(LINE), row.get("file_name") or ""
                whole_name = _joined(folder, named)
                if whole_name in known:
                    records[whole_name].append(row)
                else:
                    bad.append(BadRow(number, "missing_file", f"file_name {named!r} names no file here"[:200], ""))
            if bad:
                yield Batch(note.name, pl.DataFrame(schema={LINE: pl.Int64}), bad)


def _joined(folder: str, named: str) -> str:
    archive, mark, inner = folder.rpartition("!")
    return archive + mark + posixpath.normpath(posixpath.join(inner, named))


def _inner(name: str) -> str:
    """Give the name of a file within its folder or archive."""
    return name.rpartition("!")[2]
