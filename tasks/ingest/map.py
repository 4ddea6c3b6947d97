"""Bring raw records to the one schema of the task: row_id, source, text, label."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from tasks.errors import RecipeError
from tasks.ingest.batch import LINE, BadRow, Batch, excerpt
from tasks.ingest.settings import SourceSettings
from tasks.mistakes import nearest

FIELD = re.compile(r"\{([^{}]+)\}")
ROW_SCHEMA = {"row_id": pl.String, "source": pl.String, "text": pl.String, "label": pl.String}
BAD_SCHEMA = {"file": pl.String, "line": pl.Int64, "reason": pl.String, "detail": pl.String, "raw": pl.String}


@dataclass(frozen=True)
class Mapped:
    """What became of a batch: every record is in `rows`, in `bad`, or counted in `dropped`."""

    rows: pl.DataFrame
    bad: pl.DataFrame
    dropped: Counter[str] = field(default_factory=Counter)


class Mapper:
    """Maps the batches of one source.

    Args:
        source: its name.
        labels: the recipe's labels.

    Raises (when mapping):
        RecipeError: a column that is not there, a template or condition that cannot be understood.
    """

    def __init__(self, source: str, settings: SourceSettings, labels: Sequence[str]) -> None:
        self.source, self.settings, self.labels = source, settings, labels
        self.numeric: set[str] | None = None

    def __call__(self, batch: Batch) -> Mapped:
        """Map one batch."""
        frame, dropped = batch.frame, Counter[str]()
        bad = [_bad_frame(batch.file, batch.bad)]
        if frame.height:
            names = [name for name in frame.columns if name != LINE]
            frame = frame.with_columns(self._text(names).alias("__text"), self._label(names).alias("__label"))
            frame, unfit = self._where(frame, batch.file)
            bad.append(unfit)
            dropped["where"] = batch.frame.height - frame.height - unfit.height
            frame = frame.with_columns(self._reason().alias("__reason"), self._mapped().alias("__mapped"))
            dropped["label_left_out"] = frame.filter(pl.col("__reason") == "label_left_out").height
            bad.append(self._quarantined(frame, batch.file))
            frame = frame.filter(pl.col("__reason").is_null())
        return Mapped(self._rows(frame, batch.file), pl.concat(bad), +dropped)

    def _text(self, names: list[str]) -> pl.Expr:
        return self._column("text", self.settings.columns.get("text", "text"), names)

    def _label(self, names: list[str]) -> pl.Expr:
        if "label" not in self.settings.columns and self.settings.label is not None:
            return pl.lit(self.settings.label)
        return self._column("label", self.settings.columns.get("label", "label"), names).str.strip_chars()

    def _column(self, role: str, wanted: str | int, names: list[str]) -> pl.Expr:
        if isinstance(wanted, int):
            if not 0 <= wanted < len(names):
                raise RecipeError(f"sources.{self.source}.columns.{role}: there is no column {wanted}; they are numbered 0 to {len(names) - 1}")
            return pl.col(names[wanted])
        if wanted in names:
            return pl.col(wanted)
        fields = FIELD.findall(wanted)
        missing = [name for name in fields or [wanted] if name not in names]
        if missing:
            raise RecipeError(f"sources.{self.source}.columns.{role}: there is no column {missing[0]!r};{nearest(missing[0], names)}")
        # A field that is empty leaves nothing; a record with all of them empty has no text.
        parts = FIELD.sub("{}", wanted.replace("{}", ""))
        filled = pl.format(parts, *(pl.col(name).fill_null("") for name in fields))
        return pl.when(pl.all_horizontal(pl.col(name).is_null() for name in fields)).then(None).otherwise(filled)

    def _where(self, frame: pl.DataFrame, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Split off the rows that do not meet the condition, and those whose value it cannot be asked of."""
        empty = _bad_frame(file, [])
        if self.settings.where is None:
            return frame, empty
        try:
            condition = pl.sql_expr(self.settings.where)
            asked = condition.meta.root_names()
            missing = [name for name in asked if name not in frame.columns or name.startswith("__")]
            if missing:
                known = [name for name in frame.columns if not name.startswith("__")]
                raise RecipeError(f"sources.{self.source}.where: there is no column {missing[0]!r};{nearest(missing[0], known)}")
            self._settle_numbers(frame, asked)
            numbers = [_number(name) for name in sorted(self.numeric or ())]
            keep = frame.with_columns(numbers).select(condition.fill_null(value=False).alias("keep")).to_series()
            wrong = frame.select(pl.any_horizontal(pl.lit(value=False), *(_unread(name) for name in self.numeric or ()))).to_series()
            if keep.dtype != pl.Boolean:
                raise RecipeError(f"sources.{self.source}.where: {self.settings.where!r} is no condition; it gives {keep.dtype}")
        except pl.exceptions.PolarsError as error:
            raise RecipeError(f"sources.{self.source}.where: {self.settings.where!r} cannot be asked: {str(error).splitlines()[0]}") from None
        unfit = [
            BadRow(row[LINE], "bad_where_value", f"{name} is no number: {row[name]!r}"[:200], excerpt(str(row.get("__text"))))
            for row in frame.filter(wrong).to_dicts()
            for name in sorted(self.numeric or ())[:1]
        ]
        return frame.filter(keep & ~wrong), _bad_frame(file, unfit)

    def _settle_numbers(self, frame: pl.DataFrame, asked: list[str]) -> None:
        """Read those columns of the condition as numbers whose values in the first batch all are; the rest stay texts."""
        if self.numeric is None:
            self.numeric = {name for name in asked if frame[name].null_count() < frame.height and not frame.select(_unread(name)).to_series().any()}

    def _reason(self) -> pl.Expr:
        """Say why a row cannot be used, null when it can."""
        known = list(self.settings.labels or dict.fromkeys(self.labels, ""))
        left_out = [raw for raw, label in (self.settings.labels or {}).items() if label is None]
        label = pl.col("__label")
        return (
            pl.when(label.is_null() | (label == "")).then(pl.lit("missing_label"))
            .when(~label.is_in(known)).then(pl.lit("unmapped_label"))
            .when(label.is_in(left_out)).then(pl.lit("label_left_out"))
            .when(pl.col("__text").is_null()).then(pl.lit("missing_text"))
        )  # fmt: skip

    def _mapped(self) -> pl.Expr:
        mapping = self.settings.labels
        return pl.col("__label").replace_strict(mapping, default=None, return_dtype=pl.String) if mapping else pl.col("__label")

    def _quarantined(self, frame: pl.DataFrame, file: str) -> pl.DataFrame:
        unfit = frame.filter(pl.col("__reason").is_not_null() & (pl.col("__reason") != "label_left_out"))
        return unfit.select(
            pl.lit(file).alias("file"), pl.col(LINE).alias("line"), pl.col("__reason").alias("reason"),
            pl.format("label {}", pl.col("__label").fill_null("is missing")).str.slice(0, 200).alias("detail"),
            pl.col("__text").fill_null("").str.slice(0, 500).alias("raw"),
        )  # fmt: skip

    def _rows(self, frame: pl.DataFrame, file: str) -> pl.DataFrame:
        if not frame.height:
            return pl.DataFrame(schema=ROW_SCHEMA)
        return frame.select(
            pl.format(file.replace("{", "{{").replace("}", "}}") + ":{}", pl.col(LINE)).alias("row_id"),
            pl.lit(self.source).alias("source"), pl.col("__text").alias("text"), pl.col("__mapped").alias("label"),
        )  # fmt: skip


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)


def _unread(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return _number(name).is_null() & text.is_not_null() & (text != "")


def _bad_frame(file: str, bad: list[BadRow]) -> pl.DataFrame:
    rows = [{"file": file, **vars(row)} for row in bad]
    return pl.DataFrame(rows, schema=BAD_SCHEMA)
