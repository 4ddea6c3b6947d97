"""What the command line prints is true: where the UI is, and numbers as a person writes them."""

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import render_history
from flows.engine.home import page_of
from tasks.objectives.parts import all_measures


def test_the_page_of_a_run_is_at_the_server_that_knows_it() -> None:
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4321/api"}):
        assert page_of("1234") == "http://127.0.0.1:4321/v2/runs/flow-run/1234"


def test_the_page_of_a_run_at_a_temporary_server_is_there_once_a_server_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_PORT", "4200")
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert page_of("1234") == "prefect server start, then http://127.0.0.1:4200/v2/runs/flow-run/1234"


def test_runs_are_listed_with_seconds_to_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    run = {"run": "20260101-000000-abcdef", "name": "demo", "status": "completed", "rows": 1700, "seconds": 33.8}
    render_history.listed({"runs": [run | dict.fromkeys(all_measures())]})
    assert capsys.readouterr().out.split()[-4:] == ["demo", "completed", "1,700", "33.8"]
