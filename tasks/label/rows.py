"""Label the rows of sources that have no labels: by the first rule that holds, the others by a teacher."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tasks.core.layout import Layout
from tasks.core.suggest import counted
from tasks.ingest.settings import SourceLabelling
from tasks.label.teacher import Answers
from tasks.manifests.labelled import LabelledRow
from tasks.rows.dropping import cut, spread
from tasks.rows.groups import groups_of, writing
from tasks.rows.layout import ROW_ID, RULE, RowFile, compared_text, writing_rows

TEACHER = "teacher"
BY = {ROW_ID: pl.String, "label": pl.String, "by": pl.String, "confidence": pl.Float64}
"""Columns of the file that says of each labelled row what gave it its label."""
NO_RULE, UNSURE = "no_rule", "unsure_label"
"""Why rows are left out: no rule holds of them; the teacher is not sure enough."""
EXAMPLES = 3
"""Rows to look at, of each rule and label."""


@dataclass
class LabelledSource:
    """What became of one source.

    Attributes:
        counts: rule, or `teacher` -> label -> rows.
        left_out: reason code -> rows.
    """

    counts: dict[str, dict[str, int]]
    left_out: Counter[str] = field(default_factory=Counter)
    examples: list[LabelledRow] = field(default_factory=list)

    @property
    def idle(self) -> list[str]:
        """Name the rules that never held first."""
        return [by for by, labels in self.counts.items() if not labels and by != TEACHER]

    def told(self) -> str:
        """Say it in words."""
        given = {f"{by} as {label}": rows for by, labels in self.counts.items() for label, rows in labels.items()}
        return f"labelled by {counted(given) if given else 'nothing'}; left out: {self.left_out.total():,}"


def label_source(
    source: str, file: RowFile, out: tuple[Path, Path], wanted: SourceLabelling, teacher: Answers | None, layout: Layout
) -> LabelledSource:
    """Write the rows that get a label, and in a second file what each got it from.

    Args:
        layout: with the label set.
        teacher: asked about the rows that no rule labels; None leaves them out.
    """
    named = [rule_name(number, wanted) for number in range(1, len(wanted.rules) + 1)]
    done = LabelledSource({by: {} for by in [*named, *([TEACHER] if teacher else [])]})
    schema = {name: dtype for name, dtype in pl.read_parquet_schema(file.path).items() if name != RULE}
    shown: list[pl.DataFrame] = []
    with writing_rows(out[0], schema, layout) as rows, writing(out[1], BY, [ROW_ID], ["label", "by"]) as origins:
        for block in groups_of(file.path):
            given = _given(block, wanted, named, teacher, file.layout)
            stays = given["label"].is_not_null()
            done.left_out[UNSURE if teacher else NO_RULE] += int((~stays).sum())
            kept, why = block.filter(stays), given.filter(stays)
            rows.add(kept.with_columns(why["label"].alias(str(layout.label))).select(list(schema)))
            origins.add(pl.DataFrame([kept[ROW_ID], *why.get_columns()]))
            for by, label, count in why.group_by("by", "label", maintain_order=True).len().iter_rows():
                done.counts[by][label] = done.counts[by].get(label, 0) + count
            shown.append(_few(kept.select(ROW_ID, compared_text(file.layout)).hstack(why)))
    done.left_out = +done.left_out
    few = _few(pl.concat(shown)).to_dicts() if shown else []
    done.examples = [LabelledRow.model_validate(row | {"source": source, "text": cut(row["text"])}) for row in few]
    return done


def without_rules(file: RowFile, out: Path) -> None:
    """Write rows that need no label, without what rules say of them."""
    if RULE not in pl.read_parquet_schema(file.path):
        shutil.copyfile(file.path, out)
        return
    schema = {name: dtype for name, dtype in pl.read_parquet_schema(file.path).items() if name != RULE}
    with writing_rows(out, schema, file.layout) as rows:
        for block in groups_of(file.path):
            rows.add(block.select(list(schema)))


def rule_name(number: int, wanted: SourceLabelling) -> str:
    """Name a rule for people, by its number from 1."""
    return f"rule {number} ({wanted.rules[number - 1].when})"


def _given(
    block: pl.DataFrame, wanted: SourceLabelling, named: Sequence[str], teacher: Answers | None, layout: Layout
) -> pl.DataFrame:
    """Give the `label` of each row (null where it gets none), what gives it (`by`), and the teacher's `confidence`."""
    rule = block[RULE] if RULE in block.columns else pl.repeat(None, block.height, dtype=pl.UInt16, eager=True)
    numbers = range(1, len(named) + 1)
    labels = dict(zip(numbers, (one.label for one in wanted.rules), strict=True))
    by_rule = pl.DataFrame(
        {
            "label": rule.replace_strict(labels, default=None, return_dtype=pl.String),
            "by": rule.replace_strict(dict(zip(numbers, named, strict=True)), default=None, return_dtype=pl.String),
            "confidence": pl.repeat(None, block.height, dtype=pl.Float64, eager=True),
        }
    )
    if teacher is None or wanted.teacher is None:
        return by_rule
    answers = teacher.asked(block.select(ROW_ID, compared_text(layout)))
    sure = (answers["confidence"] >= wanted.teacher.confidence) & rule.is_null()
    return by_rule.with_columns(
        pl.when(sure).then(answers["label"]).otherwise(pl.col("label")).alias("label"),
        pl.when(sure).then(pl.lit(TEACHER)).otherwise(pl.col("by")).alias("by"),
        pl.when(sure).then(answers["confidence"]).alias("confidence"),
    )


def _few(rows: pl.DataFrame) -> pl.DataFrame:
    """Choose a few rows of each rule and label."""
    groups = rows.group_by("by", "label", maintain_order=True)
    return pl.concat([rows.clear(), *(spread(group, EXAMPLES) for _, group in groups)])
