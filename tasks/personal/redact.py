"""Personal data out of the texts of one source. Reads the rows once, in blocks, and holds keys, not texts; what was
found is counted, never kept.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.layout import Layout
from tasks.manifests.dropped import Dropped, DroppedRow, Figure
from tasks.manifests.manifest import Account
from tasks.personal.scan import Span, find
from tasks.personal.settings import DetectorSettings, SourceProtection
from tasks.rows.dropping import EXAMPLES
from tasks.rows.groups import counted, groups_of, writing
from tasks.rows.keys import KEYS, SeenKeys, row_keys
from tasks.rows.layout import BETWEEN, TOKENS, chats_of, contents, one_text, text_of, writing_rows

REASON = "personal_data"
TAG = re.compile(r"\[([A-Z]+(?:-[A-Z]+)*)\]")
DONE = {"redact": "replaced by tags", "drop": "dropped with their rows", "keep": "left as they are"}
"""What becomes of pieces of personal data, in words."""


@dataclass(frozen=True)
class Protected:
    """What became of one source.

    Attributes:
        account: where its rows went so far.
        pieces: kind -> how many pieces of personal data there were.
        rows: rows that held any.
        dropped: what is said of the rows that went, and of what was found.
    """

    account: Account
    pieces: dict[str, int]
    rows: int
    dropped: Dropped


def protect_file(
    before: Account,
    files: tuple[Path, Path],
    out: tuple[Path, Path],
    settings: SourceProtection,
    layout: Layout,
) -> Protected:
    """Redact or drop the rows with personal data, or only count them.

    Texts that are equal once they are redacted are repetitions: the first stays.

    Args:
        files: the cleaned rows, and the keys of their texts.
        out: written: the rows that stay, in their order, and `key` and `match` of each of them.
    """
    tally, seen, repeats = Tally(), SeenKeys(), 0
    schema = pl.read_parquet_schema(files[0])
    with writing_rows(out[0], schema, layout) as rows, writing(out[1], KEYS, ["key"]) as kept_keys:
        for block, own in _protected(*files, settings, layout, tally):
            first = seen.new(own["key"])
            rows.add(block.filter(first))
            kept_keys.add(own.filter(first))
            repeats += len(first) - int(first.sum())
    left, pieces = counted(out[0]), dict(sorted(tally.pieces.items()))
    gone = Counter({REASON: tally.rows if settings.action == "drop" else 0, "exact_duplicate": repeats})
    figures: dict[str, Figure] = {"pieces were": DONE[settings.action], "rows with any": tally.rows}
    dropped = Dropped(
        step="personal-data",
        counts={before.source: dict(+gone)} if +gone else {},
        by_source={before.source: figures | pieces},
        examples=tuple(tally.examples),
    )
    account = before.model_dump() | left | {"dropped": dict(sorted((Counter(before.dropped) + gone).items()))}
    return Protected(Account.model_validate(account), pieces, tally.rows, dropped)


@dataclass
class Tally:
    """What was found so far.

    Attributes:
        pieces: kind -> how many.
        rows: rows that held any.
        examples: a few that were dropped, by their ids and what they held; their texts stay untold.
    """

    pieces: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    examples: list[DroppedRow] = field(default_factory=list)


def _protected(
    file: Path, keys: Path, settings: SourceProtection, layout: Layout, tally: Tally
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Give, block by block, the rows that stay and their keys; count in `tally` what they held."""
    every, start = pl.read_parquet(keys), 0
    for given in groups_of(file):
        block, own = given, every.slice(start, given.height)
        start += given.height
        touched = pl.Series([], dtype=pl.UInt32)
        for role in layout.texts:
            rows, held, counts = _redacted_role(given, layout, role, settings.kinds)
            tally.pieces.update(counts)
            touched = pl.concat([touched, rows]).unique().sort()
            block = block.with_columns(held)
        tally.rows += len(touched)
        if settings.action == "redact" and len(touched):
            yield _counted_anew(block, own, touched, layout)
        elif settings.action == "drop":
            few = touched[: EXAMPLES - len(tally.examples)]
            texts = [text_of(layout, role) if layout.role(role).is_chat else pl.col(role) for role in layout.texts]
            before, after = one_text(layout, layout.texts), pl.concat_str(texts, separator=BETWEEN)
            pairs = zip(given[few].with_columns(before).to_dicts(), block[few].select(after).to_series(), strict=True)
            tally.examples += [_untold(row, text) for row, text in pairs]
            stays = ~pl.int_range(given.height, eager=True).is_in(touched.implode())
            yield given.filter(stays), own.filter(stays)
        else:
            yield given, own


def without_personal(rows: pl.DataFrame, layout: Layout, kinds: Sequence[DetectorSettings]) -> pl.DataFrame:
    """Give rows with tags in the place of the personal data in their texts."""
    return rows.with_columns(_redacted_role(rows, layout, role, kinds)[1] for role in layout.texts) if kinds else rows


def _redacted_role(
    given: pl.DataFrame, layout: Layout, role: str, kinds: Sequence[DetectorSettings]
) -> tuple[pl.Series, pl.Series, Counter[str]]:
    """Redact what a role holds: a text, or every message by itself.

    Returns:
        Numbers of the rows that held anything, the column, and how many pieces of each kind there were.
    """
    if not layout.role(role).is_chat:
        held = given.select(text_of(layout, role)).to_series()
        rows, texts, counts = redacted(held, kinds)
        return rows, held.scatter(rows, texts).alias(role), counts
    messages = contents(given[role])
    places, texts, counts = redacted(messages["content"], kinds)
    changed = messages.with_columns(messages["content"].scatter(places, texts))
    return messages["row"][places].unique().sort(), chats_of(changed, role), counts


def _untold(row: Mapping[str, Any], text: str) -> DroppedRow:
    """Show a dropped row without its text: what kinds of personal data it held.

    Args:
        text: with tags in the place of what was found.
    """
    kinds = Counter(TAG.findall(text)) - Counter(TAG.findall(row["text"]))
    held = in_words({kind.lower(): count for kind, count in kinds.items()})
    return DroppedRow(source=row["source"], row_id=row["row_id"], reason=REASON, why=f"held {held}")


def _counted_anew(
    block: pl.DataFrame, keys: pl.DataFrame, rows: pl.Series, layout: Layout
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the rows that changed their tokens and keys."""
    changed = block[rows]
    tokens = changed.select(
        pl.sum_horizontal(
            text_of(layout, role).str.count_matches(pattern)
            for role in layout.texts
            for pattern in (r"\w+", r"[^\w\s]")
        )
    ).to_series()
    places = pl.concat([pl.int_range(len(keys), eager=True), rows.cast(pl.Int64)])
    new = pl.DataFrame([*row_keys(changed, layout)])
    last = places.to_frame("place").with_row_index().unique("place", keep="last").sort("place")["index"]
    return block.with_columns(block[TOKENS].scatter(rows, tokens)), pl.concat([keys, new]).gather(last)


def redacted(texts: pl.Series, chosen: Sequence[DetectorSettings]) -> tuple[pl.Series, pl.Series, Counter[str]]:
    """Put tags in the place of personal data, until none is found any more.

    Returns:
        Numbers of the rows that held any, their new texts, and how many pieces of each kind there were.
    """
    counts: Counter[str] = Counter()
    new: dict[int, str] = {}
    rows, rest = list(range(len(texts))), texts
    while pieces := find(rest, chosen):
        held = rest.gather(list(pieces)).to_list()
        counts.update(span.kind for spans in pieces.values() for span in spans)
        changed = {rows[row]: replaced(text, spans) for (row, spans), text in zip(pieces.items(), held, strict=True)}
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


def in_words(pieces: Mapping[str, int]) -> str:
    """Put counts into words."""
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(pieces.items())) or "none"
