"""A person in the Prefect UI: the form, other weights typed in, the run, its artifacts. In Debian's Chromium, without a
network."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page that may ask this machine only."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no Chromium here; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        page.set_default_timeout(30_000)
        page.route("**/*", lambda route: route.continue_() if "//127.0.0.1" in route.request.url else route.abort())
        yield page
        browser.close()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, write_tiny_recipe: Callable[[Path], Path], serve: type
) -> Iterator[Any]:
    """The project's own deployments, with the demo in small in the demo's place."""
    folder = tmp_path_factory.mktemp("checkout")
    wanted = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text())
    for deployment in wanted["deployments"]:
        deployment["entrypoint"] = f"{ROOT}/{deployment['entrypoint']}"
        deployment["parameters"]["recipe"] = write_tiny_recipe(folder).name
    (folder / "deployments").mkdir()
    (folder / "deployments/prefect.yaml").write_text(yaml.safe_dump(wanted))
    served = serve(folder)
    yield served
    served.process.terminate()
    served.process.wait(60)


@pytest.fixture(scope="module")
def run(page: Any, served: Any) -> dict[str, Any]:
    """A run of the demo that was started with the form: news at 0.2 in place of 0.4."""
    deployment = served.ask("deployments/name/pipeline/demo")["id"]
    page.goto(f"{served.api.removesuffix('/api')}/v2/deployments/deployment/{deployment}/run")
    page.locator("input[type=number]").nth(2).wait_for()
    assert [box.input_value() for box in page.locator("input[type=number]").all()] == ["0.4", "0.3", "0.3"]
    page.locator("input[type=number]").first.fill("0.2")
    for _ in range(5):  # while its database is busy the server answers 503, and a person clicks again
        with page.expect_response("**/create_flow_run") as answer:
            page.get_by_role("button", name="Submit").click()
        if answer.value.status != 503:
            break
    assert answer.value.ok, answer.value.text()
    run = answer.value.json()["id"]
    served.wait(lambda: served.state(run) in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}, seconds=300)
    return served.ask(f"flow_runs/{run}")


def test_the_run_that_the_form_started_completes_with_the_weights_typed_in(run: dict[str, Any], served: Any) -> None:
    assert run["state"]["type"] == "COMPLETED", served.log.read_text()
    weights = {row["source"]: row["weight"] for row in run["parameters"]["weights"]}
    assert weights == {"news": 0.2, "social": 0.3, "papers": 0.3}


def test_its_page_shows_every_artifact(run: dict[str, Any], page: Any, served: Any) -> None:
    page.goto(f"{served.api.removesuffix('/api')}/v2/runs/flow-run/{run['id']}")
    page.get_by_role("tab", name="Artifacts").click()
    for name in ("receipt", "checks", "scores", "dag", "learning-curve", "report"):
        page.get_by_text(f"tiny-{name}", exact=True).wait_for()
    assert page.get_by_text("Completed").first.is_visible()


def test_the_run_says_what_it_is_and_how_it_ended(run: dict[str, Any], page: Any, served: Any) -> None:
    assert run["name"] == "tiny · 200 rows · 3 sources"
    assert {"recipe tiny", "started by person or API", "model published", "checks passed"} <= set(run["tags"])
    assert run["state"]["message"].startswith("Three sources became one mix of 200 rows.")
    page.goto(f"{served.api.removesuffix('/api')}/v2/runs")
    page.get_by_text(run["name"]).first.wait_for()


def test_the_report_is_a_click_away(run: dict[str, Any], page: Any, served: Any) -> None:
    open_artifact("tiny-report", run, page, served)
    link = page.get_by_role("link", name="Open the report").get_attribute("href")
    page.goto(link)
    page.get_by_role("heading", name="What was mixed").wait_for()
    assert page.evaluate("document.querySelectorAll('script').length") == 0


def open_artifact(name: str, run: dict[str, Any], page: Any, served: Any) -> None:
    (found,) = served.ask(
        "artifacts/filter", {"artifacts": {"key": {"any_": [name]}, "flow_run_id": {"any_": [run["id"]]}}}
    )
    page.goto(f"{served.api.removesuffix('/api')}/v2/artifacts/artifact/{found['id']}")


def test_the_receipt_says_what_each_source_got(run: dict[str, Any], page: Any, served: Any) -> None:
    open_artifact("tiny-receipt", run, page, served)
    page.get_by_role("cell", name="papers").wait_for()
    rows = [row.inner_text().replace("\n", "").split("\t") for row in page.get_by_role("row").all()]
    assert [row[:4] for row in rows] == [
        ["source", "asked", "used", "rows"],
        ["news", "25.0 %", "25.0 %", "50"],
        ["social", "37.5 %", "37.5 %", "75"],
        ["papers", "37.5 %", "37.5 %", "75"],
    ]


def test_the_dag_of_the_run_is_drawn(run: dict[str, Any], page: Any, served: Any) -> None:
    open_artifact("tiny-dag", run, page, served)
    drawn = page.locator("svg[id^=mermaid]")
    drawn.wait_for()
    assert "train-model" in drawn.text_content().replace("\u200b", "")
