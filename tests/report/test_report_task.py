"""The task writes the page beside the run's record and shows the run in the Prefect UI."""

from pathlib import Path

import pytest

from tasks.core import ui
from tasks.manifests.manifest import Manifest
from tasks.report.task import report_run
from tasks.store.runs import RunRecord


def test_the_page_lies_beside_the_record(tmp_path: Path, record: RunRecord, mix: Manifest) -> None:
    uri = report_run.function(str(tmp_path), record, mix)
    assert uri == str(tmp_path / "runs" / "opinions" / record.run / "report.html")
    page = Path(uri).read_text("utf-8")
    assert "films.tsv:3" in page
    assert "Labels in the mix" in page


def test_a_failed_run_without_a_mix_has_a_page(tmp_path: Path, unfinished: RunRecord) -> None:
    assert "What stopped it" in Path(report_run.function(str(tmp_path), unfinished)).read_text("utf-8")


def test_odd_characters_do_not_stop_the_page(tmp_path: Path, unfinished: RunRecord) -> None:
    odd = unfinished.model_copy(update={"error": "a\ud800b\x00c"})
    assert "a\ufffdb\u2400c" in Path(report_run.function(str(tmp_path), odd)).read_text("utf-8")


def test_on_a_bucket(bucket: str, record: RunRecord) -> None:
    from tasks.store.storage import Store

    uri = report_run.function(f"{bucket}/prefix", record)
    assert uri == f"{bucket}/prefix/runs/opinions/{record.run}/report.html"
    assert b"What was mixed" in Store(f"{bucket}/prefix").read_bytes(f"runs/opinions/{record.run}/report.html")


@pytest.fixture
def shown(prefect_server: str, tmp_path: Path, record: RunRecord, mix: Manifest) -> dict[str, str]:
    """Artifacts of one run: key -> type."""
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.runtime import flow_run

    from flows.engine.submitted import Submitted

    @flow
    def one_run() -> str:
        Submitted(str(tmp_path)).now(report_run, str(tmp_path), record, mix)
        return str(flow_run.id)

    run = one_run()
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [run]}}}).json()
    return {artifact["key"]: artifact["type"] for artifact in found if artifact["key"]}


def test_a_run_shows_all_of_its_artifacts(shown: dict[str, str]) -> None:
    assert shown == {
        "opinions-dag": "markdown",
        "opinions-receipt": "table",
        "opinions-checks": "table",
        "opinions-scores": "table",
        "opinions-learning-curve": "image",
        "opinions-report": "markdown",
    }


class Pictures:
    """A port that keeps the keys of the pictures it is to show."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def in_run(self) -> bool:
        return True

    def image(self, key: str, png: bytes, headline: str) -> None:
        self.keys.append(key)

    def table(self, *told: object) -> None: ...

    markdown = report = table


@pytest.mark.parametrize(("state", "drawn"), [("run", ["opinions-learning-curve"]), ("cached", [])])
def test_the_run_that_trained_draws_the_curve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record: RunRecord, state: str, drawn: list[str]
) -> None:
    """Drawing takes longer than all else that a run with nothing to do does."""
    pictures = Pictures()
    monkeypatch.setattr(ui, "_ports", [pictures])
    notes = tuple(note.model_copy(update={"state": state}) for note in record.tasks)
    report_run.function(str(tmp_path), record.model_copy(update={"tasks": notes}))
    assert pictures.keys == drawn
