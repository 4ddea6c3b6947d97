"""What an earlier product of the same source and settings still says of files that are as they were, or only grew."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from tasks.core.records import Section
from tasks.ingest.batch import Mark, Part
from tasks.ingest.files import packed
from tasks.ingest.map import Tally
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import SnapshotFacts
from tasks.manifests.seen import Fingerprint, SeenFile

SLICE = 50_000


class FileNote(SeenFile):
    """What one file gave, for the next reading."""

    rows: int
    bad: int
    dropped: dict[str, int]
    columns: tuple[str, ...]
    next_line: int | None
    """Null where reading cannot be taken up at the end that the file had when it was probed."""


class ReadingNote(Section):
    """What a reading leaves for the next one."""

    files: tuple[FileNote, ...]


@dataclass
class Given:
    """What one file gave.

    Attributes:
        columns: names of its columns, in the order of their appearance.
        mark: where its last batch ended.
    """

    seen: SeenFile
    tally: Tally = field(default_factory=Tally)
    columns: dict[str, None] = field(default_factory=dict)
    mark: Mark | None = None

    def note(self) -> FileNote:
        """Say it for the next reading."""
        ended = self.mark and self.mark.offset == self.seen.bytes and not packed(self.seen.name)
        return FileNote(
            **dict(self.seen),
            rows=self.tally.rows,
            bad=self.tally.bad,
            dropped=dict(sorted(self.tally.dropped.items())),
            columns=tuple(self.columns),
            next_line=self.mark.line if self.mark and ended else None,
        )


@dataclass(frozen=True)
class Probed:
    """What a source holds now, and the product of what it held before.

    Attributes:
        files: the notes on the files of the earlier product, in their order; none when there is no such product.
    """

    seen: Fingerprint
    rows: Path = Path()
    quarantine: Path = Path()
    files: tuple[FileNote, ...] = ()


def probed(
    seen: Fingerprint,
    left: tuple[Manifest[SnapshotFacts], object] | None,
    local: Callable[[Manifest[SnapshotFacts], str], Path],
) -> Probed:
    """Put what is known together: the probe, and the earlier product with the note that it left."""
    if left is None:
        return Probed(seen)
    product = left[0]
    try:
        note = ReadingNote.model_validate(left[1])
    except ValidationError:  # damaged: what it says was read is read again
        return Probed(seen)
    rows, quarantine = (local(product, name) for name in ("data.parquet", "quarantine.parquet"))
    return Probed(seen, rows, quarantine, note.files)


@dataclass(frozen=True)
class Kept:
    """What an earlier product holds of a file.

    Attributes:
        row, bad: where its rows, and its bad ones, begin there.
        mark: where the file is to be read on; None when nothing of it is new.
    """

    row: int
    bad: int
    tally: Tally
    columns: tuple[str, ...]
    mark: Mark | None


def kept(source: Probed, parts: Sequence[Part]) -> dict[str, Kept]:
    """Find the files that are as they were when the earlier product was made, or begin as they were then: name -> what
    it holds of them.
    """
    files, kept_files = (
        dict(zip((part.name for part in parts), zip(parts, source.seen.files, strict=True), strict=True)),
        dict[str, Kept](),
    )
    row = bad = 0
    for old in source.files:
        part, now = files.get(old.name, (None, None))
        same = now is not None and (now.bytes, now.tag) == (old.bytes, old.tag)
        if part and now and (same or (now.bytes > old.bytes and old.next_line and part.begins(old.bytes, old.tag))):
            tally = Tally(old.rows, old.bad, Counter(old.dropped))
            mark = None if same else Mark(old.bytes, old.next_line or 1, old.tag)
            kept_files[part.name] = Kept(row, bad, tally, old.columns, mark)
        row, bad = row + old.rows, bad + old.bad
    return kept_files


def slices(path: Path, start: int, count: int) -> Iterator[pl.DataFrame]:
    """Give rows of a Parquet file, a part at a time."""
    for at in range(start, start + count, SLICE):
        yield pl.scan_parquet(path).slice(at, min(SLICE, start + count - at)).collect()


def in_words(parts: Sequence[Part], kept_files: dict[str, Kept], source: Probed | None) -> str:
    """Say how the files of a source are read."""
    before = {old.name for old in source.files} if source else set()
    if len(parts) == 1 and (only := kept_files.get(parts[0].name)) and only.mark:
        return "grown, " + parts[0].read_on.format(mark=only.mark)
    states = Counter(
        ("read on where it had grown" if kept_files[part.name].mark else "unchanged, not read")
        if part.name in kept_files
        else ("changed, read anew" if part.name in before else "new, read")
        for part in parts
    )
    gone = len(before - {part.name for part in parts})
    counted = [f"{count:,} {state}" for state, count in states.items()] + ([f"{gone:,} gone"] if gone else [])
    return f"of {len(parts):,} file(s): {'; '.join(counted)}" if kept_files else "read anew"
