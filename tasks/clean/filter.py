"""Which rows of one source stay: a reason code for each that does not. Reads the rows once, in blocks, and holds keys,
not texts.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from tasks.clean import filters
from tasks.clean.measure import measured
from tasks.clean.normalise import unseen
from tasks.clean.roles import normal
from tasks.clean.settings import FilterSettings, SourceCleaning
from tasks.core import registry
from tasks.core.layout import Layout
from tasks.manifests.manifest import Account
from tasks.rows.groups import DataType, Groups, counted, groups_of, writing
from tasks.rows.keys import KEYS, MEDIA_KEY, SeenKeys, as_number, conflicts, row_keys
from tasks.rows.layout import RULE, TOKENS, cleaned_schema, writing_rows

BESIDE: dict[str, DataType] = {MEDIA_KEY: pl.Binary, RULE: pl.UInt16}
"""What a row may have beside its task's columns."""
SEEN = {"key": pl.UInt128, "label": pl.String}


@dataclass(frozen=True)
class Cleaned:
    """What cleaning did to one source.

    Attributes:
        account: where its rows went so far.
        label_conflicts: texts that stand in it with several labels; the first row's label counts.
    """

    account: Account
    label_conflicts: int


def clean_file(before: Account, files: tuple[Path, Path, Path], settings: SourceCleaning, layout: Layout) -> Cleaned:
    """Clean the rows of a Parquet file into another.

    Texts are normalised; what is empty, too short, too long, refused by a filter or a repetition is dropped, for the
    first of these reasons. Of equal texts the first stays, whatever its label; rows with media are equal when both text
    and media are.

    Args:
        files: the rows as they were read; written: those that stay, in their order, and `key` and `match` of each of
            them, 16 bytes each.
    """
    file, out, keys = files
    sieve = Sieve(settings, layout)
    there = pq.read_schema(file).names
    shape = cleaned_schema(layout) | {name: dtype for name, dtype in BESIDE.items() if name in there}
    with writing_rows(out, shape, layout) as rows, writing(keys, KEYS, ["key"]) as theirs:
        seen = pl.concat([pl.DataFrame(schema=SEEN), *_sifted(file, (rows, theirs), sieve)])
    dropped = dict(sorted((Counter(before.dropped) + sieve.dropped).items()))
    account = Account.model_validate(before.model_dump() | counted(out) | {"dropped": dropped})
    return Cleaned(account, conflicts(seen))


class Sieve:
    """Cleans the rows of one source block by block, and counts in `dropped` those that do not stay.

    Attributes:
        repeated: whether repetitions are dropped.
    """

    def __init__(self, settings: SourceCleaning, layout: Layout, *, repeated: bool = True) -> None:
        self.settings, self.layout, self.repeated = settings, layout, repeated
        self.known, self.dropped = SeenKeys(), Counter[str]()

    def judge(self, given: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
        """Give the rows that no rule drops, their keys, and which of them repeat no row before them."""
        block = self._ruled(given)
        keys = pl.DataFrame(row_keys(block, self.layout))
        first = self.known.new(keys["key"])
        if repeats := len(first) - int(first.sum()):
            self.dropped["exact_duplicate"] += repeats
        return block, keys, first

    def __call__(self, given: pl.DataFrame) -> pl.DataFrame:
        """Give the rows that stay."""
        if not self.repeated:
            return self._ruled(given)
        block, _, first = self.judge(given)
        return block.filter(first)

    def _ruled(self, given: pl.DataFrame) -> pl.DataFrame:
        block, reasons = _judged(given, self.settings, self.layout)
        self.dropped.update(dict(reasons.drop_nulls().value_counts().iter_rows()))
        return block.filter(reasons.is_null())


def _sifted(file: Path, out: tuple[Groups, Groups], sieve: Sieve) -> Iterator[pl.DataFrame]:
    """Write the rows that stay, and their keys, block by block; give key and label of those that no rule drops."""
    rows, keys = out
    for given in groups_of(file):
        block, both, first = sieve.judge(given)
        rows.add(block.select(rows.writer.schema.names).filter(first))
        keys.add(both.filter(first))
        if label := sieve.layout.label:
            yield pl.DataFrame([as_number(both["key"]), block[label].alias("label")])


def _judged(given: pl.DataFrame, settings: SourceCleaning, layout: Layout) -> tuple[pl.DataFrame, pl.Series]:
    """Normalise and count the texts of rows; give the rows, and why each is dropped: by the first of its texts that
    is refused, null where none is.
    """
    rows, texts, lost = normal(given, layout, keep_lines=settings.keep_lines)
    counts = [measured(text) for text in texts]
    reasons = [
        judge(pl.DataFrame([text.alias("text"), *count]), settings) for text, count in zip(texts, counts, strict=True)
    ]
    tokens = pl.sum_horizontal(count[TOKENS] for count in counts).cast(pl.UInt32)
    return rows.with_columns(tokens.alias(TOKENS)), pl.select(pl.coalesce([*reasons, lost])).to_series()


def judge(rows: pl.DataFrame, settings: SourceCleaning) -> pl.Series:
    """Say why each row is dropped, null where it stays.

    Args:
        rows: `text`, one of the row's, normalised, and its counts (measure.py).
    """
    length = pl.col("chars")
    reasons = rows.select(
        reason=pl.when(unseen(pl.col("text")))
        .then(pl.lit("empty_text"))
        .when(length < settings.min_chars)
        .then(pl.lit("too_short"))
        .when(length > settings.max_chars)
        .then(pl.lit("too_long"))
    )["reason"]
    for chosen in settings.filters:
        reasons = _and(reasons, rows, chosen)
    return reasons


def _and(reasons: pl.Series, rows: pl.DataFrame, chosen: FilterSettings) -> pl.Series:
    """Ask one filter about the rows that stay so far."""
    stays = reasons.is_null()
    asked = rows if stays.all() else rows.filter(stays)
    found = asked.select(reason=registry.load(filters, chosen.kind).reason(chosen))["reason"]
    return found if stays.all() else reasons.scatter(stays.arg_true(), found)
