"""How a source reads, from all its records where they are not too many, else from the first ones of every file; nothing
is written.
"""

from collections import Counter
from typing import Any, Protocol, TypedDict

import polars as pl

from tasks.core.layout import Layout
from tasks.ingest.batch import START, Batch
from tasks.ingest.earlier import Given
from tasks.ingest.files import find, unpacked
from tasks.ingest.map import Mapper, Tally
from tasks.ingest.read import Reading, labels_of, parts_of
from tasks.ingest.remedies import BadRows, remedy
from tasks.ingest.settings import SOURCES, FileSettings, SourceSettings
from tasks.ingest.unread import told
from tasks.manifests.seen import SeenFile
from tasks.rows.layout import read_schema
from tasks.text.encoding import encoding_of

ROWS = 200
"""Rows that are shown."""
LABELLED = {"label", "labels", "tags"}
"""What roles may hold that is of the label set."""
MOST_ROWS, MOST_MEDIA, MOST_BYTES = 200_000, 1_000, 256 << 20
"""Records of a source that are looked at, and those with media; and bytes of their texts."""
SEARCHED = 4 << 20
"""Bytes of a file that are searched for lines that are no text in its encoding."""
LEAST_OF_A_FILE = 1_000
"""Records that are looked at of each file of a source of many, as long as they are not too many in all."""


class Preview(TypedDict):
    """How a source reads.

    Attributes:
        columns: as the source calls them.
        looked_at: records; `whole` says whether these are all.
        rows: those of them that can be used, after cleaning.
        sample: such rows in the task's layout.
        labels, bad, dropped: how many records have a label, are bad or left out for a reason.
        remedy: what would mend the bad ones; empty where there are none.
        stops: why a run would stop at them; empty where it would not.
    """

    columns: list[str]
    looked_at: int
    whole: bool
    rows: int
    sample: list[dict[str, Any]]
    labels: dict[str, int]
    bad: dict[str, int]
    bad_examples: list[str]
    dropped: dict[str, int]
    remedy: str
    stops: str


class Cleans(Protocol):
    """Cleans rows block by block.

    Attributes:
        dropped: reason code -> rows that did not stay.
    """

    dropped: Counter[str]

    def __call__(self, given: pl.DataFrame, /) -> pl.DataFrame:
        """Give the rows that stay."""
        ...


def preview(
    source: str,
    settings: SourceSettings,
    base: str,
    layout: Layout,
    clean: Cleans | None = None,
    section: str = SOURCES,
) -> Preview:
    """Read a source as a run would, and clean it where that is asked for.

    Args:
        section: of the recipe that names it.

    Raises:
        CuveeError: the source cannot be reached or mapped.
    """
    looked = _Looked(Mapper(source, settings, layout, section), layout, clean)
    whole = _look(settings, base, looked)
    good, wrong, tally = looked.good, looked.wrong, looked.tally
    cleaned = clean.dropped if clean else Counter[str]()
    bad = BadRows(
        read=tally.rows + tally.bad + sum(tally.dropped.values()),
        reasons=dict(wrong.reasons.most_common()),
        unmapped=dict(wrong.unmapped.most_common()),
        encoding=_likely_encoding(settings, base) if "bad_encoding" in wrong.reasons else "",
        examples=tuple(wrong.examples),
    )
    mending = remedy(f"{section}.{source}", settings, layout, bad) if bad.count else ""
    return {
        "columns": looked.columns,
        "looked_at": bad.read,
        "whole": whole,
        "rows": tally.rows - cleaned.total(),
        "sample": good.sample.select(layout.names).to_dicts(),
        "labels": dict(good.labels.most_common()),
        "bad": dict(sorted(bad.reasons.items())),
        "bad_examples": list(bad.examples),
        "dropped": dict(sorted((Counter(tally.dropped) + cleaned).items())),
        "remedy": mending,
        "stops": _stops(settings, bad, mending, whole=whole) if bad.share > settings.max_bad else "",
    }


def _stops(settings: SourceSettings, bad: BadRows, mending: str, *, whole: bool) -> str:
    first = "".join(f"\n    {example}" for example in bad.examples)
    looked = "" if whole else f" (the first {bad.read:,} were looked at)"
    return f"{bad.told(settings)}{looked}{first}\n    remedy: {mending}"


def _look(settings: SourceSettings, base: str, looked: "_Looked") -> bool:
    """Read records, of every file some; gives whether these are all."""
    parts = parts_of(settings, base)
    most = MOST_MEDIA if settings.media else MOST_ROWS
    of_each, whole = max(LEAST_OF_A_FILE, most // max(1, len(parts))), True
    for part in parts:
        looked.begin(part.name)
        before = looked.records
        for batch in part.read(START):
            if looked.records - before >= of_each or looked.records >= most or looked.bytes >= MOST_BYTES:
                whole = False
                break
            looked.take(batch)
    looked.reading.flush()
    return whole


class _Good:
    """Rows that can be used: a few of them, and how many bear each label."""

    def __init__(self, layout: Layout, clean: Cleans | None) -> None:
        self.clean = clean
        self.labelled = [role.name for role in layout.roles if role.holds in LABELLED]
        self.sample = pl.DataFrame(schema=read_schema(layout)).select(layout.names)
        self.labels: Counter[str] = Counter()

    def add(self, frame: pl.DataFrame) -> None:
        """Take more, as far as cleaning leaves them."""
        frame = self.clean(frame) if self.clean else frame
        if self.sample.height < ROWS:
            shown = frame.select(self.sample.columns).head(ROWS - self.sample.height)
            self.sample = pl.concat([self.sample, shown.cast(self.sample.schema)])
        for name in self.labelled:
            labels = frame[name].explode() if frame[name].dtype == pl.List else frame[name]
            self.labels.update(dict(labels.drop_nulls().value_counts(sort=True).iter_rows()))


class _Wrong:
    """Bad rows: how many there are for each reason, and the first of them."""

    def __init__(self) -> None:
        self.reasons, self.unmapped = Counter[str](), Counter[str]()
        self.examples: list[str] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Take more."""
        self.reasons.update(dict(frame["reason"].value_counts().iter_rows()))
        unmapped = frame.filter(pl.col("reason") == "unmapped_label").group_by("detail").len()
        self.unmapped.update(dict(labels_of(unmapped)))
        for row in frame.head(3 - len(self.examples)).to_dicts():
            self.examples.append(told(row))


class _Looked:
    """What has been looked at so far."""

    def __init__(self, mapper: Mapper, layout: Layout, clean: Cleans | None) -> None:
        self.good, self.wrong = _Good(layout, clean), _Wrong()
        self.reading = Reading(mapper, self.good, self.wrong, None)
        self.records = self.bytes = 0

    def begin(self, name: str) -> None:
        """Begin with a file."""
        self.reading.given.append(Given(SeenFile(name=name, bytes=-1, tag="")))

    def take(self, batch: Batch) -> None:
        """Map more records of that file."""
        self.records += batch.frame.height + len(batch.bad)
        self.bytes += int(batch.frame.estimated_size())
        self.reading.add(batch)

    @property
    def tally(self) -> Tally:
        """Where the records went."""
        return self.reading.tally

    @property
    def columns(self) -> list[str]:
        """Names of the columns of all files."""
        return list(dict.fromkeys(name for given in self.reading.given for name in given.columns))


def _likely_encoding(settings: SourceSettings, base: str) -> str:
    """Guess the encoding of the first file with lines that are not valid in the one that the source has."""
    if not isinstance(settings, FileSettings):
        return ""
    for place in (place for path in settings.paths for place in find(path, base, folders=settings.folders)):
        with unpacked(place, settings) as files:
            for file in files:
                with file.open() as stream:
                    lines = stream.read(SEARCHED).split(b"\n")[:-1]
                if odd := [line for line in lines if not _valid(line, settings.encoding)]:
                    return encoding_of(b"\n".join(odd))[0]
    return ""


def _valid(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
