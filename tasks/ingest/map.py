"""Bring raw records to the layout of the task."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.layout import Layout, Role
from tasks.core.suggest import nearest
from tasks.ingest.asked import Asked, first_that_holds, rules_of
from tasks.ingest.batch import CELLS, FILE, HOLDS, LINE, MEDIA, OURS, PART, REASON, ROLES, UNREAD, WHY, Batch
from tasks.ingest.cells import read_cells
from tasks.ingest.chats import IN_PARTS, chat_columns
from tasks.ingest.columns import composed, each, exact, named_column
from tasks.ingest.settings import SOURCES, SourceSettings
from tasks.ingest.tests import test_columns
from tasks.rows.layout import BETWEEN, ROW_ID, RULE, SOURCE, read_schema

FIELD = re.compile(r"\{([^{}]+)\}")
DROPPED = ("where", "label_left_out")
"""Reasons of rows that are left out on purpose; all others are bad rows."""
BAD_SCHEMA = {"file": pl.String, "line": pl.Int64, "reason": pl.String, "detail": pl.String, "raw": pl.String}


@dataclass
class Tally:
    """Where records went."""

    rows: int = 0
    bad: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count other records as well."""
        self.rows, self.bad = self.rows + other.rows, self.bad + other.bad
        self.dropped.update(other.dropped)


@dataclass(frozen=True)
class Mapped:
    """What became of batches: every record is in `rows`, in `bad`, or counted as dropped; one tally a batch. `media`
    are those of the rows.
    """

    rows: pl.DataFrame
    bad: pl.DataFrame
    tallies: list[Tally]
    media: pl.DataFrame | None = None


class Mapper:
    """Maps the batches of one source.

    Args:
        source: its name.
        layout: of the rows; where it has no label set, labels do not matter and rows have none, whatever the source
            says of its own.
        section: of the recipe that names the source, for messages.

    Raises (also when mapping):
        RecipeError: a column that is not there, a template or condition that cannot be understood.
    """

    def __init__(self, source: str, settings: SourceSettings, layout: Layout, section: str = SOURCES) -> None:
        self.source, self.settings, self.layout, self.place = source, settings, layout, f"{section}.{source}"
        self.where = None if settings.where is None else Asked(f"{self.place}.where", settings.where)
        self.rules = rules_of(self.place, settings.label_rules or ())
        self.first = ""
        self.known: tuple[str, dict[str, None]] = ("", {})

    def complete(self, batch: Batch, known: Sequence[str] = ()) -> Batch:
        """Give a batch of loose records the columns that earlier records of its file had, in the order of their
        appearance.

        Batches come in the order of their files.

        Args:
            known: columns of records of the file that are not read this time.
        """
        self.first = self.first or batch.file
        batch = replace(batch, frame=composed(batch.frame))
        if batch.loose:
            names = self.known[1] if self.known[0] == batch.file else dict.fromkeys(known)
            names |= dict.fromkeys(name for name in batch.frame.columns if name not in OURS)
            self.known = (batch.file, names)
            nothing = pl.repeat(None, batch.frame.height, dtype=pl.String, eager=True)
            there = {column.name: column for column in batch.frame}
            batch = replace(
                batch, frame=pl.DataFrame({name: there.get(name, nothing) for name in names} | {LINE: there[LINE]})
            )
        return batch

    def __call__(self, batches: Sequence[Batch]) -> Mapped:
        """Map batches that have the same columns."""
        bad = _bad_frame(batches)
        frame = _joined(batches)
        if not frame.height:
            return Mapped(pl.DataFrame(schema=read_schema(self.layout)), bad.drop(PART), _tallies(batches, None, bad))
        names = [name for name in frame.columns if name not in OURS]
        try:
            filled = each({role.name: partial(self._filled, role, names) for role in self.layout.roles})
            frame = self._read(frame.with_columns(pl.struct(filled).alias(ROLES)))
            frame = frame.with_columns(self._judged(frame).alias(REASON))
            if self.rules:
                frame = frame.with_columns(first_that_holds(self.rules, frame))
        except RecipeError as error:
            raise RecipeError(str(error) if batches[0].file == self.first else f"{batches[0].file}: {error}") from None
        bad = pl.concat([bad, self._quarantined(frame)]).sort(PART, "line", maintain_order=True)
        media = _media(frame.filter(pl.col(REASON).is_null())) if MEDIA in frame.columns else None
        return Mapped(self._rows(frame), bad.drop(PART), _tallies(batches, frame, bad), media)

    def _read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what cells hold that are more than texts, where the layout has such."""
        if not any(role.is_read for role in self.layout.roles):
            return frame
        read = read_cells(frame[ROLES].struct.unnest(), self.layout, self._labels)
        return frame.with_columns(read.values.to_struct(CELLS), read.reason.alias(UNREAD), read.detail.alias(WHY))

    def _filled(self, role: Role, names: list[str]) -> pl.Expr:
        """Give what a role holds, as it stands in the source."""
        columns = self.settings.columns
        if role.holds == "nothing" or (role.holds == "label" and not role.values):
            return pl.lit(None, pl.String)
        constant = self.settings.label if role.name not in columns else None
        if role.holds == "labels" and constant is not None:
            return pl.lit(json.dumps([constant]))
        if role.is_chat or role.holds == "tests":
            return self._object(role, names)
        if role.holds == "text" or role.is_read:
            return self._column(role.name, columns.get(role.name, role.name), names)
        if constant is not None:
            return pl.lit(constant)
        label = self._column(role.name, columns.get(role.name, role.name), names).str.strip_chars().str.normalize("NFC")
        # A truth value is written `true`, `True` or `TRUE`; what is written otherwise in `labels` is another label.
        known = self._labels(role)
        truths = {raw.lower(): raw for raw in known if raw.lower() in ("true", "false")}
        lowered = label.str.to_lowercase()
        strange = lowered.is_in([*truths]) & ~label.is_in([*known])
        return pl.when(strange).then(lowered.replace(truths)).otherwise(label) if truths else label

    def _labels(self, role: Role) -> dict[str, str | None]:
        """Give the label of each value that may stand in the source, composed as Unicode's NFC."""
        mapping = self.settings.labels or dict(zip(role.values, role.values, strict=True))
        return {unicodedata.normalize("NFC", raw): label for raw, label in mapping.items()}

    def _object(self, role: Role, names: list[str]) -> pl.Expr:
        """Give what a role holds that may stand in several columns: as JSON objects, or a chat in a column of its own
        as it is.
        """
        columns = self.settings.columns
        parts = chat_columns(role, columns, names) if role.is_chat else test_columns(columns, names)
        hints = {role.name: IN_PARTS} if role.is_chat else {}
        held = each(
            {part: partial(self._column, part, column, names, hints.get(part, "")) for part, column in parts.items()}
        )
        if not held:
            return pl.lit(None, pl.String)
        return held[0] if role.is_chat and role.name in parts else pl.struct(held).struct.json_encode()

    def _column(self, role: str, wanted: str | int, names: list[str], hint: str = "") -> pl.Expr:
        if isinstance(wanted, int):
            if not 0 <= wanted < len(names):
                raise RecipeError(
                    f"{self.place}.columns.{role}: there is no column {wanted}; they are numbered 0 to {len(names) - 1}"
                )
            return exact(names[wanted])
        wanted = unicodedata.normalize("NFC", wanted)
        if (column := named_column(wanted, names)) is not None:
            return column
        fields = FIELD.findall(wanted)
        columns = {name: named_column(name, names) for name in fields}
        if missing := [name for name, column in columns.items() if column is None] or ([] if fields else [wanted]):
            raise RecipeError(
                f"{self.place}.columns.{role}: there is no column {missing[0]!r};{nearest(missing[0], names)}{hint}"
            )
        # A field that is empty leaves nothing; a record with all of them empty has no text.
        parts = FIELD.sub("{}", wanted.replace("{}", ""))
        filled = [column.fill_null("") for name in fields if (column := columns[name]) is not None]
        empty = pl.all_horizontal(field.str.strip_chars() == "" for field in filled)
        return pl.when(empty).then(None).otherwise(pl.format(parts, *filled))

    def _judged(self, frame: pl.DataFrame) -> pl.Expr:
        """Say why a row cannot be used or is left out, null when neither."""
        if self.where is None:
            return self._reason()
        keep = self.where.holds(frame)
        wrong = pl.any_horizontal(pl.lit(value=False), *(unread for unread, _ in self.where.condition.unread))
        return (
            pl.when(wrong)
            .then(pl.lit("bad_where_value"))
            .when(~pl.lit(keep))
            .then(pl.lit("where"))
            .otherwise(self._reason())
        )

    def _reason(self) -> pl.Expr:
        """Say why a row cannot be used, null when it can: its label first, then its texts."""
        reason = pl.lit(None, pl.String)
        texts = [role.name for role in self.layout.roles if role.holds == "text"]
        for name in reversed(texts):
            missing = _role(name).is_null()
            if name != texts[0]:  # an empty text is for cleaning to drop; one without its second text is no record
                missing |= _role(name).str.strip_chars() == ""
            reason = pl.when(missing).then(pl.lit(f"missing_{name}")).otherwise(reason)
        if any(role.is_read for role in self.layout.roles):
            reason = pl.coalesce(reason, UNREAD)
        if not self.layout.label or not self.layout.labels:
            return reason
        mapping = self._labels(next(role for role in self.layout.roles if role.holds == "label"))
        known, left_out = list(mapping), [raw for raw, label in mapping.items() if label is None]
        label = _role(self.layout.label)
        return (
            pl.when(label.is_null() | (label == ""))
            .then(pl.lit("missing_label"))
            .when(~label.is_in(known))
            .then(pl.lit("unmapped_label"))
            .when(label.is_in(left_out))
            .then(pl.lit("label_left_out"))
            .otherwise(reason)
        )

    def _mapped(self, role: Role) -> pl.Expr:
        held = _role(role.name)
        if role.is_read:
            return pl.col(CELLS).struct.field(role.name)
        if role.holds != "label" or not role.values:
            return held
        return held.replace_strict(self._labels(role), default=None, return_dtype=pl.String)

    def _quarantined(self, frame: pl.DataFrame) -> pl.DataFrame:
        unfit = frame.filter(pl.col(REASON).is_not_null() & ~pl.col(REASON).is_in(DROPPED))
        label, texts = self.layout.label, [_role(name).fill_null("") for name in self.layout.texts]
        bears = (
            pl.format("label {}", _role(label).fill_null("is missing")) if label and self.layout.labels else pl.lit("")
        )
        values = [pl.when(unread).then(why) for unread, why in self.where.condition.unread] if self.where else []
        number = (
            pl.when(pl.col(REASON) == "bad_where_value").then(pl.coalesce(values))
            if values
            else pl.lit(None, pl.String)
        )
        why = pl.col(WHY) if WHY in frame.columns else pl.lit(None, pl.String)
        return unfit.select(
            PART,
            pl.col(FILE).alias("file"),
            pl.col(LINE).alias("line"),
            pl.col(REASON).alias("reason"),
            pl.coalesce(number, why, bears).str.slice(0, 200).alias("detail"),
            pl.concat_str(texts, separator=BETWEEN).str.slice(0, 500).alias("raw"),
        )

    def _rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col(REASON).is_null()).select(
            pl.concat_str(FILE, pl.lit(":"), LINE).alias(ROW_ID),
            pl.lit(self.source).alias(SOURCE),
            *(self._mapped(role).alias(role.name) for role in self.layout.roles),
            *([pl.col(HOLDS).alias(RULE)] if self.rules else []),
        )


def _role(name: str) -> pl.Expr:
    return pl.col(ROLES).struct.field(name)


def _media(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.concat_str(FILE, pl.lit(":"), LINE).alias(ROW_ID), pl.col(MEDIA).alias("media"))


def _joined(batches: Sequence[Batch]) -> pl.DataFrame:
    frames = [
        batch.frame.with_columns(pl.lit(batch.file).alias(FILE), pl.lit(number, pl.UInt32).alias(PART))
        for number, batch in enumerate(batches)
    ]
    return frames[0] if len(frames) == 1 else pl.concat(frames, rechunk=True)


def _tallies(batches: Sequence[Batch], frame: pl.DataFrame | None, bad: pl.DataFrame) -> list[Tally]:
    tallies = [Tally(dropped=Counter(batch.left_out)) for batch in batches]
    for part, count in bad.group_by(PART).len().iter_rows():
        tallies[part].bad = count
    if frame is not None:
        for part, reason, count in frame.group_by(PART, REASON).len().iter_rows():
            if reason is None:
                tallies[part].rows = count
            elif reason in DROPPED:
                tallies[part].dropped[reason] += count
    return tallies


def _bad_frame(batches: Sequence[Batch]) -> pl.DataFrame:
    rows = [{PART: number, "file": batch.file} | vars(row) for number, batch in enumerate(batches) for row in batch.bad]
    return pl.DataFrame(rows, schema={PART: pl.UInt32} | BAD_SCHEMA).sort(PART, "line", maintain_order=True)
