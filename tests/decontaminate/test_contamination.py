"""Decontamination: which training rows go, why, and what is told of it."""

from pathlib import Path

import polars as pl
import pytest

from tasks.core.errors import QualityGate
from tasks.decontaminate.contamination import find_contamination, refuse_empty, shared_words
from tasks.decontaminate.settings import OverlapSettings
from tasks.manifests.manifest import Account
from tasks.rows.dropping import Removal
from tasks.rows.emptied import why_empty
from tasks.rows.layout import FIRST, RowFile

ITEM = "which planet of the solar system has the most moons known to astronomers in our time and why"
HELD = "a quiet little film that takes its time and never lets the viewer guess where it will end up going"
OTHER = "prices of wheat rose on monday after the ministry told reporters that the harvest would be late this year"


def find(
    folder: Path,
    train: dict[str, list[str]],
    *,
    held: list[str] | None = None,
    bench: list[str] | None = None,
    **settings,
) -> Removal:
    def written(side: str, files: dict[str, list[str]]) -> dict[str, RowFile]:
        (folder / side).mkdir(exist_ok=True)
        for name, rows in files.items():
            ids = [f"{name}:{row}" for row in range(len(rows))]
            frame = pl.DataFrame({"row_id": ids, "text": rows}, schema={"row_id": pl.String, "text": pl.String})
            frame.write_parquet(folder / side / f"{name}.parquet")
        return {name: RowFile(folder / side / f"{name}.parquet", FIRST) for name in files}

    holdout = written("holdout", {name: held or [] if number == 0 else [] for number, name in enumerate(train)})
    return find_contamination(
        {"train": written("train", train), "holdout": holdout},
        written("bench", {"quiz": bench or []}),
        OverlapSettings(**settings),
        folder,
        0,
    )


def test_rows_go_with_the_reason_that_counts_first(tmp_path: Path) -> None:
    near = ITEM.replace("moons", "rings")
    quoted = f"x y z {HELD} and so on and on and on and on"
    train = {
        "web": [OTHER, f"Quiz night! {ITEM.upper()}? Saturn.", near, f"{HELD} {ITEM}"],
        "films": [HELD + " again", quoted, OTHER],
    }
    found = find(tmp_path, train, held=[HELD], bench=[ITEM], near={"threshold": 0.4})
    assert found.rows.select("source", "row", "reason").rows() == [
        ("web", 1, "in_benchmark"),
        ("web", 2, "near_benchmark"),
        ("web", 3, "in_benchmark"),
        ("films", 0, "in_holdout_ngram"),
        ("films", 1, "in_holdout_ngram"),
    ]
    assert found.dropped.by_source == {
        "web": {"match quiz": 3, "match the hold-out": 1},
        "films": {"match the hold-out": 2},
    }
    assert found.dropped.figures["rows of quiz"] == found.dropped.figures["rows of the hold-out"] == 1
    assert found.dropped.rows == 5


def test_examples_show_both_texts_and_what_they_share(tmp_path: Path) -> None:
    long = "so it goes " * 200
    found = find(
        tmp_path, {"web": [OTHER, f"{long} {ITEM}. {long}"]}, bench=[OTHER.replace("ministry", "office"), ITEM]
    )
    (example,) = found.dropped.examples
    assert (example.source, example.other, example.reason) == ("web", "quiz", "in_benchmark")
    assert example.why == f"both say: {ITEM}"
    assert ITEM in example.text
    assert len(example.text) < 320
    assert example.other_text == ITEM


def test_a_short_text_counts_only_as_a_whole(tmp_path: Path) -> None:
    found = find(tmp_path, {"a": ["Good film!", "a good film", "good, film", OTHER]}, bench=["good film"])
    assert found.rows["row"].to_list() == [0, 2]


def test_share_asks_for_more_than_one_run(tmp_path: Path) -> None:
    quoted = " ".join(ITEM.split()[:14])
    for share, expected in ((0, [0, 1]), (0.5, [0, 1]), (0.6, [1])):
        rows = [f"{OTHER} {quoted} {OTHER}", f"{OTHER} {ITEM} {HELD}", OTHER]
        assert (
            find(tmp_path, {"a": rows}, bench=[" ".join(ITEM.split()[:16])], share=share, near=None)
            .rows["row"]
            .to_list()
            == expected
        )


def test_a_near_copy_goes_though_a_training_row_is_nearer_to_it(tmp_path: Path) -> None:
    words = ITEM.split()
    copies = [" ".join([*words[:place], "odd", *words[place + 1 :]]) for place in (8, 9, 10)]
    found = find(tmp_path, {"a": [OTHER, *copies, *copies]}, bench=[OTHER[:40], HELD, ITEM], near={"threshold": 0.3})
    assert found.rows.select("source", "row", "reason").rows() == [("a", row, "near_benchmark") for row in range(1, 7)]


def test_near_null_looks_at_runs_only(tmp_path: Path) -> None:
    assert find(tmp_path, {"a": [ITEM.replace("moons", "rings"), OTHER]}, bench=[ITEM], near=None).rows.is_empty()


def test_training_rows_that_resemble_only_each_other_stay(tmp_path: Path) -> None:
    assert find(tmp_path, {"a": [HELD, HELD + " again", OTHER]}, bench=[ITEM]).rows.is_empty()


def test_a_source_that_is_a_benchmark_loses_all_its_rows_and_says_so(tmp_path: Path) -> None:
    found = find(tmp_path, {"a": [ITEM, HELD], "b": [OTHER]}, bench=[HELD, ITEM])
    assert found.rows.select("source", "row").rows() == [("a", 0), ("a", 1)]
    account = Account(source="a", read=2, dropped=found.dropped.counts["a"])
    assert why_empty(account, [found.dropped]) == (
        "2 read; 0 in quarantine; dropped: in_benchmark 2; 0 kept aside; contamination: in_benchmark 2, match quiz 2; "
        "leave the source out, or loosen `decontaminate` (more words, a larger share)"
    )


def test_a_benchmark_without_a_row_stops(tmp_path: Path) -> None:
    with pytest.raises(QualityGate, match=r"decontaminate\.against\.quiz: 3 read; .*dropped: empty_text 3"):
        refuse_empty([Account(source="quiz", read=3, dropped={"empty_text": 3})], "decontaminate.against")


def test_shared_words_are_the_longest_run() -> None:
    assert shared_words("x a b c y a b c d", "a b c d e", 3) == ["a", "b", "c", "d"]
    assert shared_words("A, b!", "a b", 3) == ["a", "b"]
    assert shared_words("a b c", "c b a", 2) == []
    assert shared_words("我们今天", "们今天在", 2) == ["们", "今", "天"]
