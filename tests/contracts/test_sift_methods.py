"""Laws of every way to sift: rows of the judged sources, never more than may go, the same for the same seed, each with
a reason."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
import yaml

from tasks.core import registry
from tasks.core.errors import RecipeError
from tasks.rows.dropping import EXAMPLES, REMOVED, Removal
from tasks.rows.layout import FIRST, RowFile
from tasks.sift import methods
from tasks.sift.settings import SiftSettings

every_method = pytest.mark.parametrize("kind", registry.names(methods))
GOOD = ["the committee agreed on the report", "members of the board asked for it", "the board met on tuesday again"]
ODD = ["zxq qqz blorp vim", "qqz zxq zxq", "blorp qqz vim vim"]


@pytest.fixture
def train(tmp_path: Path) -> dict[str, Path]:
    """A source of clean text, and two in which each tenth text is odd or has the wrong label."""
    files = {"papers": tmp_path / "papers.parquet", "web": tmp_path / "web.parquet", "mail": tmp_path / "mail.parquet"}
    for name, file in files.items():
        flawed = name != "papers"
        odd = [flawed and number % 10 == 0 for number in range(120)]
        mislabelled = [flawed and number % 10 == 5 for number in range(120)]
        rows = {
            "row_id": [f"{name}:{number}" for number in range(120)],
            "source": [name] * 120,
            "text": [f"{(ODD if bad else GOOD)[number % 3]} {number % 7}" for number, bad in enumerate(odd)],
            "label": ["first" if (number % 3 == 0) != wrong else "other" for number, wrong in enumerate(mislabelled)],
        }
        pl.DataFrame(rows).write_parquet(file)
    return files


def settings_of(kind: str, **more: object) -> SiftSettings:
    """Settings as the method's own documentation shows them, and more."""
    module = registry.load(methods, kind)
    return module.Params.model_validate(yaml.safe_load((module.__doc__ or "").partition("Recipe:\n")[2]) | more)


def judge(kind: str, train: dict[str, Path], **more: object) -> Removal:
    files = {name: RowFile(file, FIRST) for name, file in train.items()}
    return registry.load(methods, kind).judge(files, settings_of(kind, **more), 7)


@every_method
@pytest.mark.parametrize("drop", [0.01, 0.1, 0.5])
def test_no_source_loses_more_than_it_may_and_each_row_goes_once_for_a_reason(
    kind: str, train: dict[str, Path], drop: float
) -> None:
    rows = judge(kind, train, drop=drop).rows
    assert dict(rows.schema).items() >= dict(REMOVED).items()
    assert not rows.select("source", "row").is_duplicated().any()
    assert rows["row"].is_between(0, 119).all()
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", reason) for reason in rows["reason"].unique())
    assert all(count <= int(120 * drop) for _, count in rows["source"].value_counts().iter_rows())


@every_method
def test_a_source_without_a_row_is_passed_over(kind: str, train: dict[str, Path]) -> None:
    pl.read_parquet(train["web"]).clear().write_parquet(train["web"])
    assert set(judge(kind, train, drop=0.5).rows["source"]) <= {"mail", "papers"}
    assert judge(kind, train, sources=["web"], drop=0.5).rows.is_empty()


@every_method
def test_only_the_sources_named_are_judged_and_an_unknown_one_is_refused(kind: str, train: dict[str, Path]) -> None:
    assert set(judge(kind, train, sources=["web"], drop=0.5).rows["source"]) <= {"web"}
    with pytest.raises(RecipeError, match="'wbe'"):
        judge(kind, train, sources=["wbe"])


@every_method
def test_the_same_seed_gives_the_same_rows_and_files_are_left_as_they_are(kind: str, train: dict[str, Path]) -> None:
    before = {name: file.read_bytes() for name, file in train.items()}
    first, second = judge(kind, train, drop=0.2), judge(kind, train, drop=0.2)
    assert first.rows.equals(second.rows)
    assert first.dropped == second.dropped
    assert {name: file.read_bytes() for name, file in train.items()} == before


@every_method
def test_what_is_said_of_the_rows_agrees_with_them(kind: str, train: dict[str, Path]) -> None:
    removal = judge(kind, train, drop=0.2)
    said = removal.dropped
    assert said.rows == removal.rows.height > 0
    assert said.step.endswith(kind)
    gone = {f"{source}:{row}" for source, row in removal.rows.select("source", "row").iter_rows()}
    assert said.examples
    assert len(said.examples) <= EXAMPLES
    assert {example.row_id for example in said.examples} <= gone
    assert json.loads(json.dumps(said.model_dump(mode="json")))["step"] == said.step
