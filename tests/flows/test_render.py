"""What the command line prints is true: where the UI is, and numbers as a person writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import render, render_history, render_scores
from flows.engine.home import page_of
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.scores import Metrics
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


def test_scores_stand_beside_what_a_linear_model_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    linear = {"accuracy": 0.8, "macro_f1": 0.7, "gain": -0.05, "gain_interval": [-0.08, -0.02]}
    of_source = {"accuracy": 0.7, "macro_f1": 0.6, "rows": 40, "baselines": {"mix": {"accuracy": 0.625}}}
    metrics = {
        "accuracy": 0.75,
        "macro_f1": 0.7,
        "rows": 40,
        "baseline": {"accuracy": 0.5, "macro_f1": 0.3},
        "by_source": {"news": of_source | {"linear": linear | {"accuracy": 0.825}}},
    }
    render_scores.scores(Metrics.model_validate(metrics | {"linear": linear}), "text-classification")
    told = capsys.readouterr().out
    lines = [line.split() for line in told.splitlines()]
    assert ["news", "0.700", "0.600", "0.625", "0.825", "40"] in lines
    assert ["all", "0.750", "0.700", "0.500", "0.800", "40"] in lines
    assert told.count("majority class") == 1, "what is to be beaten is a column, and no line as well"
    said = "The model is worse than a linear model trained on the same mix (80.0 %): −5.0 points, −8.0 to −2.0."
    assert said in " ".join(told.split())
    render_scores.scores(Metrics.model_validate(metrics), "text-classification")
    assert "linear" not in capsys.readouterr().out


PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map("/".join)


@given(st.lists(PARTS, min_size=1, max_size=4), PARTS)
def test_paths_are_shortened_to_what_is_different(paths: list[str], folder: str) -> None:
    short = render_scores.told_apart(paths)
    assert len({*short}) == len({*paths})
    assert all(path == one or path.endswith(f"/{one}") for path, one in zip(paths, short, strict=True))
    assert render_scores.told_apart([f"{folder}/{path}" for path in paths]) == short


def test_labels_and_rows_that_a_run_has_made_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    row = ReceiptRow.left_out("posts", 0.5, "")
    render.receipt([row])
    assert "Rows" not in capsys.readouterr().out
    render.receipt([row.model_copy(update={"labelled": {"teacher": 1200}, "augmented": {"eda": 30}})])
    told = capsys.readouterr().out
    assert "Rows of posts that the run has labelled: teacher 1,200" in told
    assert "Rows made from those of posts, beside them: eda 30" in told
