"""What a store holds is listed, and each of it found: here a store of an earlier version with one of each."""

import tarfile
from pathlib import Path

import pytest

from flows.cli.listing import list_store, show_record
from tasks.core.errors import CuveeError, RecipeError
from tasks.experiments.comparison import Comparison
from tasks.experiments.search_record import SearchRecord
from tasks.store.runs import RunRecord

OLD = Path(__file__).parents[1] / "golden" / "old_store.tar.gz"


@pytest.fixture
def store(tmp_path: Path) -> str:
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    return str(tmp_path / "store")


def test_runs_comparisons_searches_and_models_are_listed_newest_first(store: str) -> None:
    found = list_store(store, None)
    first, second = found["runs"][1]["run"], found["runs"][0]["run"]
    assert str(first) < str(second)
    assert [(row["comparison"], row["outcome"], row["seconds"]) for row in found["comparisons"]] == [
        ("20261128-045509-768960", "none", 10.4)
    ]
    assert [(row["search"], row["outcome"]) for row in found["searches"]] == [("20261128-045553-c1ce9d", "no gain")]
    assert [(row["model"], row["run"], row["in_store"]) for row in found["models"]] == [("acf9b8847005", first, True)]
    assert found["models"][0]["accuracy"] == found["runs"][1]["accuracy"]
    assert list_store(store, "old") == found
    assert list_store(store, "other") == {"runs": [], "comparisons": [], "searches": [], "models": []}


def test_a_model_whose_folder_is_gone_is_listed_as_such(store: str) -> None:
    (folder,) = Path(store, "models/old").glob("acf9*")
    folder.rename(Path(store, "moved"))
    assert [row["in_store"] for row in list_store(store, None)["models"]] == [False]


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ("20261128-045509-768960", Comparison),
        ("768960", Comparison),
        ("20261128-045553", SearchRecord),
        ("20261128-045301-f3181e", RunRecord),
        ("latest", RunRecord),
    ],
)
def test_what_is_listed_can_be_shown(store: str, wanted: str, kind: type) -> None:
    assert isinstance(show_record(store, wanted), kind)


def test_a_mix_and_a_model_show_the_newest_run_that_published_them(store: str) -> None:
    runs = list_store(store, None)["runs"]
    for wanted in ("acf9b8847005", "acf9"):
        found = show_record(store, wanted)
        assert isinstance(found, RunRecord)
        assert found.model is not None
        assert found.model.id == "acf9b8847005"
    for row in runs:
        record = show_record(store, str(row["run"]))
        assert isinstance(record, RunRecord)
        assert record.mix is not None
        found = show_record(store, record.mix.id)
        assert isinstance(found, RunRecord)
        assert found.mix is not None
        assert found.mix.id == record.mix.id
        assert found.run >= record.run


def test_what_several_ids_begin_with_shows_none(store: str) -> None:
    with pytest.raises(RecipeError, match="2 runs begin with '20261128'"):
        show_record(store, "20261128")


@pytest.mark.parametrize("kind", ["run", "comparison", "search"])
def test_a_damaged_record_is_named(store: str, kind: str) -> None:
    (record, *_) = sorted(Path(store).glob(f"*/old/*/{kind}.json"))
    record.write_text('{"name": 3')
    with pytest.raises(CuveeError, match=f"{record}: no record of a {kind}"):
        list_store(store, None)
