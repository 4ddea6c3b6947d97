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


RUN = {"run": "20260101-000000-abcdef", "name": "demo", "status": "completed", "rows": 1700, "seconds": 33.8}
VERDICT = {"name": "demo", "started": "", "outcome": "gain", "sentence": "Combining helps.", "seconds": 12.34}


def test_runs_are_listed_with_seconds_to_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    scores = dict.fromkeys(all_measures())
    render_history.listed({"runs": [{**RUN, **scores}], "comparisons": [], "searches": [], "models": []})
    assert capsys.readouterr().out.split()[-4:] == ["demo", "completed", "1,700", "33.8"]


def test_comparisons_searches_and_models_are_listed_under_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    scores = dict.fromkeys(all_measures())
    model = {"model": "acf9b8847005", "name": "demo", "run": RUN["run"], "in_store": True}
    render_history.listed(
        {
            "runs": [{**RUN, **scores, "status": "interrupted", "rows": None}],
            "comparisons": [{"comparison": "20260102-000000-abcdef", **VERDICT}],
            "searches": [{"search": "20260103-000000-abcdef", **VERDICT}],
            "models": [{**model, **scores}],
        }
    )
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [RUN["run"], "demo", "interrupted", "33.8"] in told
    assert ["20260102-000000-abcdef", "demo", "gain", "12.3"] in told
    assert ["20260103-000000-abcdef", "demo", "gain", "12.3"] in told
    assert ["acf9b8847005", "demo", RUN["run"], "yes"] in told
    assert [line for line in (["Comparisons"], ["Searches"], ["Models"]) if line not in told] == []
