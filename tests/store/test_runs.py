"""Laws of the records of runs and of finding one again."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, RecipeError
from tasks.manifests.check import CheckResult, Failure
from tasks.manifests.manifest import Account
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.scores import Measurement, Metrics
from tasks.store.runs import (
    PublishedMix,
    PublishedModel,
    RunRecord,
    TaskNote,
    find_run,
    last_run,
    list_records,
    run_id,
    write_record,
)
from tasks.store.storage import Store


def record(run: str, name: str = "sentiment", **fields: Any) -> RunRecord:
    known = {
        "status": "completed",
        "started": "2026-11-23T18:00:00+00:00",
        "finished": "2026-11-23T18:01:00+00:00",
        "seconds": 60.0,
        "recipe": {},
    }
    return RunRecord(run=run, name=name, **(known | fields))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


RUNS = [
    ("20261121-100000-aaa111", "sentiment"),
    ("20261123-100000-bbb222", "other"),
    ("20261122-100000-ccc333", "sentiment"),
]


@pytest.fixture
def filled(store: Store) -> Store:
    for run, name in RUNS:
        write_record(store, record(run, name, status="failed" if run.endswith("333") else "completed"))
    store.write_bytes("runs/sentiment/20261122-100000-ccc333/report.html", b"<html>")
    return store


def test_what_is_written_is_found(store: Store) -> None:
    one = record(
        "20261121-100000-aaa111",
        receipt=(receipt_row(),),
        curve=({"step": 1.0, "loss": 0.5},),
        tasks=(TaskNote(name="t", subject="s", state="run"),),
    )
    assert write_record(store, one) == store.where("runs/sentiment/20261121-100000-aaa111/run.json")
    assert find_run(store, one.run) == one


def test_runs_are_listed_newest_first(filled: Store) -> None:
    assert [one.run[-3:] for one in list_records(filled)] == ["222", "333", "111"]
    assert [one.run[-3:] for one in list_records(filled, "sentiment")] == ["333", "111"]
    assert list_records(filled, "nobody") == []


def test_the_last_run_of_a_recipe(filled: Store) -> None:
    assert last_run(filled, "sentiment") == list_records(filled, "sentiment")[0]
    found = last_run(filled, "sentiment", "completed")
    assert found is not None
    assert found.run.endswith("111")
    assert last_run(filled, "nobody") is None


@pytest.mark.parametrize(
    ("wanted", "run"), [("latest", 1), ("20261121", 0), ("20261123-100000-bbb222", 1), ("ccc", 2), ("ccc333", 2)]
)
def test_a_run_is_found_by_any_part_that_names_it(filled: Store, wanted: str, run: int) -> None:
    assert find_run(filled, wanted).run == RUNS[run][0]


def test_several_runs_or_none_are_told_with_the_nearest(filled: Store, store: Store) -> None:
    with pytest.raises(RecipeError, match=r"3 runs begin with '202611': .*write more"):
        find_run(filled, "202611")
    with pytest.raises(RecipeError, match=r"no run '20261124-100000-bbb222' .*nearest: 20261123-100000-bbb222"):
        find_run(filled, "20261124-100000-bbb222")
    with pytest.raises(RecipeError, match="no run ''"):
        find_run(filled, "")


def test_an_empty_store_says_how_to_make_a_run(store: Store) -> None:
    with pytest.raises(RecipeError, match="there are no runs in"):
        find_run(store, "latest")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"run": 1}'])
def test_a_broken_record_is_an_error_that_names_the_file(filled: Store, text: str) -> None:
    filled.write_bytes(f"runs/other/{RUNS[1][0]}/run.json", text.encode())
    with pytest.raises(CuveeError, match=r"bbb222/run\.json: no record of a run .*remove its folder"):
        list_records(filled)


def test_a_record_of_a_later_version_can_be_read(filled: Store) -> None:
    path = f"runs/other/{RUNS[1][0]}/run.json"
    filled.write_json(path, filled.read_json(path) | {"invented_later": 1})
    assert find_run(filled, "bbb").run == RUNS[1][0]


@given(st.datetimes(min_value=datetime(2000, 1, 1)), st.timedeltas(min_value=timedelta(seconds=1)))
def test_ids_sort_by_the_time_of_the_start(moment: Any, later: Any) -> None:
    try:
        second = moment + later
    except OverflowError:
        return
    first_id, second_id = (run_id(f"{when.isoformat()}+00:00", "salt") for when in (moment, second))
    assert first_id < second_id


def test_ids_are_utc_and_the_salt_tells_runs_of_one_second_apart() -> None:
    assert run_id("2026-11-23T18:00:00+02:00", "a")[:15] == "20261123-160000"
    assert run_id("2026-11-23T18:00:00+02:00", "a") != run_id("2026-11-23T18:00:00+02:00", "b")


def receipt_row() -> ReceiptRow:
    return ReceiptRow(
        source="movies",
        requested=0.4,
        weight=0.4,
        available=9000,
        rows=8000,
        share_rows=0.4,
        tokens=190000,
        share_tokens=0.37,
        epochs=1.16,
        dropped={"empty_text": 3},
    )


def test_the_summary_is_what_the_command_line_promises() -> None:
    failure = Failure(expectation="expect_column_values_to_be_in_set", column="label", unexpected=2)
    notes = [
        TaskNote(name="n", subject=str(n), state=state) for n, state in enumerate(["run", "cached", "cached", "failed"])
    ]
    found = record(
        "r1",
        receipt=(receipt_row(),),
        metrics=Metrics(measures={"accuracy": Measurement(value=0.83)}),
        report="x/report.html",
        tasks=tuple(notes),
        mix=PublishedMix(id="m", uri="u", rows=20000, tokens=512345, sha256="f"),
        model=PublishedModel(id="k", uri="v"),
        checks=(
            CheckResult(subject="movies", passed=True, evaluated=9),
            CheckResult(subject="mix", passed=False, evaluated=9, failed=(failure,)),
        ),
    ).summary()
    assert json.loads(json.dumps(found)) == found
    assert found.keys() >= {
        "run",
        "status",
        "mix",
        "receipt",
        "checks",
        "model",
        "metrics",
        "report",
        "tasks",
        "seconds",
    }
    assert found["mix"] == {"id": "m", "uri": "u", "rows": 20000, "tokens": 512345, "sha256": "f"}
    assert found["receipt"][0].keys() >= {
        "source",
        "weight",
        "rows",
        "share_rows",
        "tokens",
        "share_tokens",
        "epochs",
        "dropped",
    }
    assert found["metrics"] == {"accuracy": 0.83}
    assert found["checks"] == [
        {"subject": "movies", "passed": True, "failed": []},
        {"subject": "mix", "passed": False, "failed": ["expect_column_values_to_be_in_set(label)"]},
    ]
    assert found["tasks"] == {"run": 1, "cached": 2}
    assert "error" not in found
    assert record("r2", status="failed", error="what to do").summary()["error"] == "what to do"


def test_bad_rows_are_where_the_summary_says() -> None:
    notes = (
        TaskNote(name="ingest-source", subject="a", state="run", stage="ingest", key="k1"),
        TaskNote(name="ingest-source", subject="b", state="cached", stage="ingest", key="k2"),
        TaskNote(name="ingest-source", subject="c", state="unreached"),
    )
    accounts = (Account(source="a", read=9, rows=9), Account(source="b", read=9, quarantined=2, rows=7))
    found = record("r1", tasks=notes, accounts=accounts).summary()["quarantine"]
    assert found == {"b": "snapshots/ingest/k2/quarantine.parquet"}
