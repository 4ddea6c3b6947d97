"""Personal data out of the texts of one source. Reads the rows once, in blocks, and holds keys, not texts; what was found is counted, never kept."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import QualityGate
from tasks.keys import row_keys
from tasks.personal.scan import Span, find
from tasks.personal.settings import DetectorSettings, SourceProtection
from tasks.records import Account

BLOCK_ROWS = 16_384
GROUP_ROWS = 65_536
"""Rows of a row group of the files written; fixed, so that equal rows are equal bytes."""
REASON = "personal_data"


@dataclass(frozen=True)
class Protected:
    """What became of one source.

    Attributes:
        account: where its rows went so far.
        found: kind -> pieces of personal data.
        rows: rows that held any.
    """

    account: Account
    found: dict[str, int]
    rows: int


def protect_file(before: Account, files: tuple[Path, Path], out: Path, keys: Path, settings: SourceProtection) -> Protected:
    """Redact or drop the rows with personal data, or only count them.

    Texts that are equal once they are redacted are repetitions: the first stays.

    Args:
        files: the cleaned rows, and the keys of their texts.
        out: written: the rows that stay, in their order.
        keys: written: `key` and `match` of each of them.

    Raises:
        QualityGate: no row is left.
    """
    found: Counter[str] = Counter()
    scratch = out.with_name(f"{out.name}.blocks")
    held = list(_protected(*files, scratch, settings, found))
    seen = pl.concat([keys for keys, _ in held])
    touched = sum(rows for _, rows in held)
    first = seen["key"].is_first_distinct()
    gone = {REASON: touched if settings.action == "drop" else 0, "exact_duplicate": len(first) - int(first.sum())}
    dropped = dict(sorted((Counter(before.dropped) + Counter(gone)).items()))
    if not first.any():
        scratch.unlink()
        raise QualityGate(
            f"source {before.source!r} has no row left: all {touched:,} hold personal data ({told(found)}) and are dropped. "
            "Let personal.action or personal.policies say redact, or take out kinds that need not be looked for"
        )
    pl.scan_ipc(scratch).filter(first).sink_parquet(out, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS)
    scratch.unlink()
    seen.filter(first).write_parquet(keys, compression="uncompressed", row_group_size=GROUP_ROWS)
    left = pl.scan_parquet(out).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)
    account = Account.model_validate(before.model_dump() | left | {"dropped": dropped})
    return Protected(account, dict(sorted(found.items())), touched)


def _protected(file: Path, keys: Path, scratch: Path, settings: SourceProtection, found: Counter[str]) -> Iterator[tuple[pl.DataFrame, int]]:
    """Write the rows that stay to `scratch`; give, block by block, their keys and how many rows held something, and count that in `found`."""
    known = pl.read_parquet(keys)
    writer: pa.RecordBatchFileWriter | None = None
    start = 0
    with pq.ParquetFile(file) as rows, scratch.open("wb") as target:
        for batch in rows.iter_batches(BLOCK_ROWS):
            block, theirs = pl.DataFrame(batch), known.slice(start, batch.num_rows)
            start += batch.num_rows
            touched, texts, counts = redacted(block["text"], settings.kinds)
            found.update(counts)
            if settings.action == "redact" and len(touched):
                block, theirs = _with_texts(block, theirs, touched, texts)
            elif settings.action == "drop":
                stays = ~pl.int_range(block.height, eager=True).is_in(touched.implode())
                block, theirs = block.filter(stays), theirs.filter(stays)
            table = block.to_arrow()
            writer = writer or pa.ipc.new_file(target, table.schema)
            writer.write_table(table)
            yield theirs, len(touched)
        if writer:
            writer.close()


def _with_texts(block: pl.DataFrame, keys: pl.DataFrame, rows: pl.Series, texts: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put texts in the place of others, with their tokens and keys."""
    tokens = texts.str.count_matches(r"\w+") + texts.str.count_matches(r"[^\w\s]")
    block = block.with_columns(block["text"].scatter(rows, texts), block["tokens"].scatter(rows, tokens))
    places = pl.concat([pl.int_range(len(keys), eager=True), rows.cast(pl.Int64)])
    new = pl.DataFrame([*row_keys(block[rows])])
    last = places.to_frame("place").with_row_index().unique("place", keep="last").sort("place")["index"]
    return block, pl.concat([keys, new]).gather(last)


def redacted(texts: pl.Series, chosen: Sequence[DetectorSettings]) -> tuple[pl.Series, pl.Series, Counter[str]]:
    """Put tags in the place of personal data, until none is found any more.

    Returns:
        Numbers of the rows that held any, their new texts, and how many pieces of each kind there were.
    """
    counts: Counter[str] = Counter()
    new: dict[int, str] = {}
    rows, rest = list(range(len(texts))), texts
    while found := find(rest, chosen):
        told = rest.gather(list(found)).to_list()
        counts.update(span.kind for spans in found.values() for span in spans)
        changed = {rows[row]: replaced(text, spans) for (row, spans), text in zip(found.items(), told, strict=True)}
        new |= changed
        rows, rest = list(changed), pl.Series(changed.values(), dtype=pl.String)
    touched = sorted(new)
    return pl.Series(touched, dtype=pl.UInt32), pl.Series([new[row] for row in touched], dtype=pl.String), counts


def replaced(text: str, spans: Sequence[Span]) -> str:
    """Put a tag in the place of each span."""
    pieces: list[str] = []
    start = 0
    for span in spans:
        pieces += [text[start : span.start], tag(span.kind)]
        start = span.end
    return "".join([*pieces, text[start:]])


def tag(kind: str) -> str:
    """Give what stands in the place of a piece of personal data."""
    return f"[{kind.upper()}]"


def told(found: dict[str, int]) -> str:
    """Put counts into words."""
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(found.items())) or "none"
