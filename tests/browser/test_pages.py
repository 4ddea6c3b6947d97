"""Pages of eight sources at 1280 pixels: nothing is cut off."""

import shutil
from pathlib import Path

import pytest

from tasks.experiments.comparison import Arm, AtHome, Budget, Comparison, Contrast, OneForEach, SourceScore, TrialCounts
from tasks.experiments.valuation import Estimate, ShapleyNote, SourceValue
from tasks.report.comparison import build_comparison
from tasks.report.comparison_text import VALUES
from tasks.statistics.paired_tests import PairedT

pytestmark = pytest.mark.browser
SOURCES = (
    "films",
    "books",
    "kitchen",
    "airline-tweets",
    "company-news",
    "developer-posts",
    "restaurant_reviews_of_2024_en",
    "mobileappstorereviewsinall",
)
NARROWER = """() => {
  document.querySelectorAll("details").forEach(one => one.open = true);
  return [...document.querySelectorAll(".wide")].filter(one => one.scrollWidth > one.clientWidth).length;
}"""


def arm(name: str, shares: dict[str, float]) -> Arm:
    score = SourceScore(score=0.712, loss=0.5, rows=1300, macro_f1=0.7)
    return Arm(
        name=name,
        kind="source" if len(shares) == 1 else "mix",
        seeds=5,
        score=0.712,
        low=0.69,
        high=0.73,
        sd=0.01,
        by_source=dict.fromkeys([*SOURCES, "all"], score),
        shares=dict.fromkeys(SOURCES, 0.0) | shares,
        epochs=shares,
    )


def comparison() -> Comparison:
    value = Estimate(estimate=-0.1234, low=-0.1456, high=-0.1012, rows=1300, seeds=5)
    apart = value.model_dump()
    contrast = Contrast(
        first="proportional",
        second=f"only-{SOURCES[-1]}",
        p=0.0123,
        holm=0.0123,
        detectable=0.123,
        by_source=dict.fromkeys(SOURCES, value),
        over_seeds=PairedT(mean=0.1, sd=0.01, t=3.0, p=0.001, low=0.1, high=0.2),
        over_rows=(-0.1456, -0.1012),
        outcome="none",
        **apart,
    )
    home = {"mix": 0.522, "alone": 0.62, **apart}
    return Comparison.model_validate(
        {
            "name": "eight",
            "run": "20261128-100000-abc",
            "started": "2026-11-28T10:00:00+00:00",
            "recipe": {"task": "text-classification"},
            "finished": "2026-11-28T10:10:00+00:00",
            "seconds": 600.0,
            "metric": "accuracy",
            "target": None,
            "judged": dict.fromkeys(SOURCES, 1300),
            "budget": Budget(size=1000, unit="rows", share=1.0, learner="a classifier", seeds=5),
            "confidence": 0.95,
            "arms": [
                *(arm(f"only-{source}", {source: 1.0}) for source in SOURCES),
                *(arm(name, dict.fromkeys(SOURCES, 0.125)) for name in ("uniform", "proportional", "recipe")),
            ],
            "contrasts": (contrast,),
            "at_home": [AtHome(source=source, word="cannot tell", **home) for source in SOURCES],
            "one_for_each": OneForEach(outcome="none", **home),
            "worth": [
                SourceValue(source=source, share=0.125, wanting=1470.1, **dict.fromkeys(VALUES, value))
                for source in SOURCES
            ],
            "shapley": ShapleyNote(),
            "outcome": "none",
            "sentence": "As one model for all sources, no detectable gain from combining.",
            "trials": TrialCounts(run=10, cached=0, failed=0, seconds=5.0),
        }
    )


def test_no_table_of_eight_sources_is_cut_off(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no Chromium here; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(build_comparison(comparison()), "utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        assert page.evaluate(NARROWER) == 0
        browser.close()
