"""Read a source from its files to Parquet: good rows in one file, bad rows in another, all of them counted."""

import contextlib
import gzip
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from tasks import kinds
from tasks.errors import QualityGate
from tasks.ingest import kinds as source_kinds
from tasks.ingest.batch import Batch
from tasks.ingest.files import find, opened
from tasks.ingest.map import BAD_SCHEMA, ROW_SCHEMA, Mapped, Mapper
from tasks.ingest.settings import FileSettings, SourceSettings
from tasks.reaching import reaching
from tasks.records import Account


def batches(settings: SourceSettings, base: str) -> Iterator[Batch]:
    """Read the records of a source, in the order of its files.

    Raises:
        Unreachable: a file is missing, or its server stops answering.
        QualityGate: a file that is not whole.
    """
    kind: Any = kinds.load(source_kinds, settings.kind)
    if not isinstance(settings, FileSettings):
        yield from kind.batches_of(settings, base)
        return
    # One after the other: an archive stays open only while its members are read.
    files = (inner for place in find(settings.path, base) for inner in opened(place, settings))
    labels_file: str | None = getattr(settings, "labels_file", None)
    for file in files:
        with _whole(file.name):
            found = kind.batches(file, settings)
            if labels_file:
                labels = next(opened(find(labels_file, base)[0], settings))
                found = kind.labelled(found, labels, settings.encoding)
            yield from found


@contextlib.contextmanager
def _whole(name: str) -> Generator[None]:
    try:
        with reaching(name):
            yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError) as error:
        raise QualityGate(f"{name}: the file cannot be unpacked to its end: {error}; fetch it again, nothing of it was used") from None


@dataclass(frozen=True)
class Outcome:
    """What reading a source gave.

    Attributes:
        columns: names of the source's own columns.
        reasons: reason code -> (rows, first examples as `file:line: detail`).
    """

    account: Account
    columns: tuple[str, ...]
    reasons: dict[str, int]
    examples: tuple[str, ...]


def read_source(source: str, settings: SourceSettings, base: str, labels: Sequence[str], rows: Path, quarantine: Path) -> Outcome:
    """Write the good rows of a source to `rows` and the bad ones to `quarantine`, both Parquet."""
    mapper = Mapper(source, settings, labels)
    dropped: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    good, columns, examples = 0, dict[str, None](), list[str]()
    with _writer(rows, ROW_SCHEMA) as write_rows, _writer(quarantine, BAD_SCHEMA) as write_bad:
        for batch in batches(settings, base):
            mapped = mapper(batch)
            write_rows.write_table(mapped.rows.to_arrow().cast(write_rows.schema))
            write_bad.write_table(mapped.bad.to_arrow().cast(write_bad.schema))
            good += mapped.rows.height
            dropped += mapped.dropped
            reasons.update(dict(mapped.bad["reason"].value_counts().iter_rows()))
            examples += _examples(mapped, 3 - len(examples))
            columns |= dict.fromkeys(name for name in batch.frame.columns if not name.startswith("__"))
    bad = sum(reasons.values())
    account = Account(source=source, read=good + bad + sum(dropped.values()), quarantined=bad, dropped=dict(sorted(dropped.items())), rows=good)
    return Outcome(account, tuple(columns), dict(reasons.most_common()), tuple(examples))


def _examples(mapped: Mapped, wanted: int) -> list[str]:
    return [f"{row['file']}:{row['line']}: {row['reason']} ({row['detail']})" for row in mapped.bad.head(max(wanted, 0)).to_dicts()]


@contextlib.contextmanager
def _writer(path: Path, schema: dict[str, Any]) -> Generator[pq.ParquetWriter]:
    shape = pl.DataFrame(schema=schema).to_arrow().schema
    with pq.ParquetWriter(path, shape, compression="zstd") as writer:
        yield writer


def refuse(source: str, settings: SourceSettings, outcome: Outcome, quarantine: str) -> None:
    """Stop when a source gave no rows, or too many bad ones.

    Args:
        quarantine: where the bad rows can be looked at.

    Raises:
        QualityGate: with the numbers, the first bad rows and the remedy.
    """
    account = outcome.account
    if account.read == 0:
        raise QualityGate(f"source {source!r} holds no records: its files are empty")
    share = account.quarantined / account.read
    listed = ", ".join(f"{reason} {count:,}" for reason, count in outcome.reasons.items())
    first = "".join(f"\n  {example}" for example in outcome.examples)
    look = f"{first}\n  all of them: cuvee show {quarantine}"
    if account.rows == 0 and account.quarantined:
        raise QualityGate(f"source {source!r}: none of its {account.read:,} records can be used ({listed}){look}")
    if account.rows == 0:
        raise QualityGate(f"source {source!r}: its conditions leave none of {account.read:,} records: {account.dropped}; loosen `where` or `labels`")
    if share > settings.max_bad:
        allowed = f"{100 * share:.1f} %, at most {100 * settings.max_bad:g} % allowed"
        remedy = f"mend the source, map the labels, or raise sources.{source}.max_bad"
        bad = f"{account.quarantined:,} of {account.read:,} records are bad ({allowed}): {listed}"
        raise QualityGate(f"source {source!r}: {bad}{look}\n  remedy: {remedy}")
