"""Personal data out of the texts of one source. Reads the rows once, in blocks, and holds keys, not texts; what was
found is counted, never kept.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.core.errors import QualityGate
from tasks.manifests.manifest import Account
from tasks.personal.scan import Span, find
from tasks.personal.settings import DetectorSettings, SourceProtection
from tasks.rows.groups import counted, groups_of, writing
from tasks.rows.keys import KEYS, Known, row_keys

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


def protect_file(
    before: Account, files: tuple[Path, Path], out: Path, keys: Path, settings: SourceProtection
) -> Protected:
    """Redact or drop the rows with personal data, or only count them.

    Texts that are equal once they are redacted are repetitions: the first stays.

    Args:
        files: the cleaned rows, and the keys of their texts.
        out: written: the rows that stay, in their order.
        keys: written: `key` and `match` of each of them.

    Raises:
        QualityGate: no row is left.
    """
    found, known, repeats, touched = Counter[str](), Known(), 0, 0
    with writing(out, pl.read_parquet_schema(files[0]), "text") as rows, writing(keys, KEYS, "key") as theirs:
        for block, own, held in _protected(*files, settings, found):
            first = known.new(own["key"])
            rows.add(block.filter(first))
            theirs.add(own.filter(first))
            repeats, touched = repeats + len(first) - int(first.sum()), touched + held
    left = counted(out)
    if not left["rows"]:
        raise QualityGate(
            f"source {before.source!r} has no row left: all {touched:,} hold personal data ({told(found)}) and are "
            "dropped. "
            "Let personal.action or personal.policies say redact, or take out kinds that need not be looked for"
        )
    gone = {REASON: touched if settings.action == "drop" else 0, "exact_duplicate": repeats}
    dropped = dict(sorted((Counter(before.dropped) + Counter(gone)).items()))
    return Protected(
        Account.model_validate(before.model_dump() | left | {"dropped": dropped}), dict(sorted(found.items())), touched
    )


def _protected(
    file: Path, keys: Path, settings: SourceProtection, found: Counter[str]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, int]]:
    """Give, block by block, the rows that stay, their keys, and how many rows held something; count that in `found`."""
    every, start = pl.read_parquet(keys), 0
    for given in groups_of(file):
        block, own = given, every.slice(start, given.height)
        start += given.height
        touched, texts, counts = redacted(block["text"], settings.kinds)
        found.update(counts)
        if settings.action == "redact" and len(touched):
            block, own = _with_texts(block, own, touched, texts)
        elif settings.action == "drop":
            stays = ~pl.int_range(block.height, eager=True).is_in(touched.implode())
            block, own = block.filter(stays), own.filter(stays)
        yield block, own, len(touched)


def _with_texts(
    block: pl.DataFrame, keys: pl.DataFrame, rows: pl.Series, texts: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
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
