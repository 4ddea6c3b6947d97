"""Read a source from its files to Parquet: good rows in one file, bad rows in another, all of them counted."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from tasks.core.errors import QualityGate
from tasks.core.layout import Layout
from tasks.ingest.batch import START, Batch, Mark, Part
from tasks.ingest.earlier import Given, Kept, Probed, ReadingNote, in_words, kept, slices
from tasks.ingest.files import begins, find, unpacked, whole
from tasks.ingest.map import BAD_SCHEMA, Mapped, Mapper, Tally
from tasks.ingest.place import Place
from tasks.ingest.remedies import LABEL, BadRows, remedy
from tasks.ingest.settings import SOURCES, FileSettings, SourceSettings, kind_of
from tasks.ingest.unread import told
from tasks.ingest.write import MediaFile, media_beside
from tasks.manifests.manifest import Account
from tasks.manifests.seen import SeenFile
from tasks.rows.groups import writing
from tasks.rows.keys import MEDIA_KEY, digests
from tasks.rows.layout import RULE, read_schema, writing_rows

TOGETHER_ROWS, TOGETHER_BYTES = 20_000, 4 << 20
"""Small batches are mapped together up to this size."""


def batches(settings: SourceSettings, base: str) -> Iterator[Batch]:
    """Read the records of a source, in the order of its files.

    Raises:
        Unreachable: a file is missing, or its server stops answering.
        QualityGate: a file that is not whole.
    """
    for part in parts_of(settings, base):
        yield from part.read(START)


def parts_of(settings: SourceSettings, base: str, seen: tuple[SeenFile, ...] = ()) -> list[Part]:
    """Give what is read of a source, one after the other.

    Args:
        seen: what the probe found, if there was one.
    """
    if not isinstance(settings, FileSettings):
        return [kind_of(settings).part_of(settings, base, seen)]
    if hasattr(kind_of(settings), "batches_together"):
        return [Part(settings.kind, lambda _mark: _together(settings, base), lambda _size, _tag: False)]
    places = find(settings.path, base, folders=settings.folders)
    return [Part(place.name, partial(_of_place, place, settings), partial(begins, place)) for place in places]


def _of_place(place: Place, settings: FileSettings, mark: Mark) -> Iterator[Batch]:
    with unpacked(place, settings, mark) as files:
        for file in files:
            with whole(file.name):
                yield from kind_of(settings).batches(file, settings)


def _together(settings: FileSettings, base: str) -> Iterator[Batch]:
    """Read files that give records only together; archives stay open meanwhile."""
    with contextlib.ExitStack() as stack:
        places_by_path = [find(path, base, folders=settings.folders) for path in settings.paths]
        files = [
            [file for place in places for file in stack.enter_context(unpacked(place, settings))]
            for places in places_by_path
        ]
        yield from kind_of(settings).batches_together(files, settings)


@dataclass(frozen=True)
class Outcome:
    """What reading a source gave.

    Attributes:
        columns: names of the source's own columns.
        bad: what is known of the bad rows.
        note: what the next reading of the source should know, see `probed`.
        how: which files were read, and from where.
    """

    account: Account
    columns: tuple[str, ...]
    bad: BadRows
    note: ReadingNote
    how: str

    def shown(self, most: int = 100) -> list[dict[str, object]]:
        """Give a table of the files for the UI."""
        return [file.model_dump(include={"name", "bytes", "rows", "bad"}) for file in self.note.files[:most]]


class Takes(Protocol):
    """What rows are handed to."""

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows."""
        ...


class Reading:
    """One pass over a source: maps batches, small ones together, and hands on what becomes of them."""

    def __init__(self, mapper: Mapper, rows: Takes, bad: Takes, media: MediaFile | None) -> None:
        self.mapper, self.rows, self.bad, self.media = mapper, rows, bad, media
        self.given: list[Given] = []
        self.waiting: list[tuple[Given, Batch]] = []
        self.size = (0, 0)

    def keep(self, source: Probed, old: Kept) -> None:
        """Take over what an earlier product holds of the file in hand."""
        self.flush()
        given = self.given[-1]
        given.tally.add(old.tally)
        given.columns |= dict.fromkeys(old.columns)
        for part in slices(source.rows, old.row, old.tally.rows):
            self.rows.add(part)
        for part in slices(source.quarantine, old.bad, old.tally.bad):
            self.bad.add(part)

    @property
    def tally(self) -> Tally:
        """Where the records of all files went."""
        whole = Tally()
        for file in self.given:
            whole.add(file.tally)
        return whole

    def add(self, batch: Batch) -> None:
        """Map a batch of the file in hand, now or with the next ones."""
        given = self.given[-1]
        batch = self.mapper.complete(batch, tuple(given.columns))
        if self.waiting and self.waiting[-1][1].frame.columns != batch.frame.columns:
            self.flush()
        self.waiting.append((given, batch))
        given.columns |= dict.fromkeys(name for name in batch.frame.columns if not name.startswith("__"))
        given.mark = batch.mark
        self.size = (
            self.size[0] + batch.frame.height + len(batch.bad) + sum(batch.left_out.values()),
            self.size[1] + batch.frame.estimated_size(),
        )
        if self.size[0] >= TOGETHER_ROWS or self.size[1] >= TOGETHER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Map the batches that wait."""
        if self.waiting:
            mapped = self.mapper([batch for _, batch in self.waiting])
            self.rows.add(self._with_media(mapped) if self.media else mapped.rows)
            self.bad.add(mapped.bad)
            for (given, _), tally in zip(self.waiting, mapped.tallies, strict=True):
                given.tally.add(tally)
        self.waiting, self.size = [], (0, 0)

    def _with_media(self, mapped: Mapped) -> pl.DataFrame:
        """Write media apart, and give the rows with what identifies them."""
        if self.media is None or mapped.media is None:
            return mapped.rows.with_columns(pl.lit(None, pl.Binary).alias(MEDIA_KEY))
        self.media.add(mapped.media)
        return mapped.rows.with_columns(digests(mapped.media["media"].struct.field("bytes")).alias(MEDIA_KEY))


def read_source(
    source: str,
    settings: SourceSettings,
    base: str,
    layout: Layout,
    rows: Path,
    quarantine: Path,
    known: Probed | None = None,
    section: str = SOURCES,
) -> Outcome:
    """Write the good rows of a source to `rows` and the bad ones to `quarantine`, both Parquet; media go to
    `media_beside(rows)`.

    Args:
        known: what the source holds, and an earlier product: what that holds of files that did not change is taken
            over, and a file that grew is read from where it ended. The files written are the same bytes as without it.
        section: of the recipe that names the source.
    """
    mapper = Mapper(source, settings, layout, section)
    parts = parts_of(settings, base, known.seen.files if known else ())
    # Built on an earlier product only where each file gives rows without the others, and the probe saw exactly these.
    same = known and settings.alone and [file.name for file in known.seen.files] == [part.name for part in parts]
    old = kept(known, parts) if known and known.files and same else {}
    seen = {file.name: file for file in known.seen.files} if known else {}
    shape = read_schema(layout) | ({RULE: pl.UInt16} if settings.label_rules else {})
    shape |= {MEDIA_KEY: pl.Binary} if settings.media else {}
    with contextlib.ExitStack() as stack:
        write_rows, write_bad = (
            stack.enter_context(writing_rows(rows, shape, layout)),
            stack.enter_context(writing(quarantine, BAD_SCHEMA, ["raw"], ["file", "reason"])),
        )
        media = stack.enter_context(MediaFile(media_beside(rows))) if settings.media else None
        reading = Reading(mapper, write_rows, write_bad, media)
        for part in parts:
            reading.given.append(Given(seen.get(part.name, SeenFile(name=part.name, bytes=-1, tag=""))))
            before = old.get(part.name)
            if known and before:
                reading.keep(known, before)
            mark = before.mark if before else START
            for batch in part.read(mark) if mark else ():
                reading.add(batch)
        reading.flush()
    bad = _bad_rows(reading.tally, quarantine)
    return _outcome(source, reading, bad, in_words(parts, old, known))


def _bad_rows(tally: Tally, quarantine: Path) -> BadRows:
    bad = pl.scan_parquet(quarantine)
    counts = bad.group_by("reason").len().sort(["len", "reason"], descending=[True, False]).collect()
    labels = bad.filter(pl.col("reason") == "unmapped_label").group_by("detail").len().collect()
    first = bad.head(3).collect().to_dicts()
    return BadRows(
        read=tally.rows + tally.bad + sum(tally.dropped.values()),
        reasons=dict(counts.iter_rows()),
        unmapped=dict(labels_of(labels)),
        examples=tuple(told(row) for row in first),
    )


def labels_of(unmapped: pl.DataFrame) -> Iterator[tuple[str, int]]:
    """Give the labels that nothing maps, the most frequent first.

    Args:
        unmapped: the `detail` of such rows, and how many have it.
    """
    named = unmapped.with_columns(pl.col("detail").str.strip_prefix(LABEL))
    return named.sort(["len", "detail"], descending=[True, False]).iter_rows()


def _outcome(source: str, reading: Reading, bad: BadRows, how: str) -> Outcome:
    files, tally = reading.given, reading.tally
    account = Account(
        source=source,
        read=bad.read,
        quarantined=tally.bad,
        dropped=dict(sorted(tally.dropped.items())),
        rows=tally.rows,
    )
    columns = tuple(dict.fromkeys(name for file in files for name in file.columns))
    return Outcome(account, columns, bad, ReadingNote(files=tuple(file.note() for file in files)), how)


def refuse(
    source: str,
    settings: SourceSettings,
    layout: Layout,
    outcome: Outcome,
    quarantine: str | None,
    section: str = SOURCES,
) -> None:
    """Stop when a source gave too many bad rows. What follows where it has no row at all, the checks decide.

    Args:
        quarantine: where the bad rows can be looked at; None where they are not kept.
        section: of the recipe that names the source.

    Raises:
        QualityGate: with the numbers, the first bad rows and the remedy.
    """
    bad = outcome.bad
    if bad.share <= settings.max_bad:
        return
    first = "".join(f"\n  {example}" for example in bad.examples)
    look = f"{first}\n  all of them: {f'cuvee show {quarantine}' if quarantine else 'a run keeps them and says where'}"
    place = f"{section}.{source}"
    what, mending = f"source {source!r}" if section == SOURCES else place, remedy(place, settings, layout, bad)
    raise QualityGate(f"{what}: {bad.told(settings)}{look}\n  remedy: {mending}")
