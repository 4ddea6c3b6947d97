"""The documentation holds: each recipe on its pages and in `deployments/recipes/` runs, each link leads somewhere."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.programs.sandbox import why_not

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.joinpath("docs").glob("*.md"))
RECIPES = sorted(ROOT.joinpath("deployments/recipes").glob("*.yaml"))
TRAINED = {"training"}
"""Pages whose recipe is about what comes after the mix."""
LONG = {"cleaning"}
"""Pages whose recipe takes as long as a training."""


def recipes_on(page: Path) -> list[str]:
    return re.findall(r"```yaml\n(name: .*?)```", page.read_text("utf-8"), re.DOTALL)


RECIPES_ON_PAGES = [(page.stem, recipe) for page in PAGES for recipe in recipes_on(page)]


def param(name: str, *values: Any, slow: bool = False) -> Any:
    """A test of a recipe; one that runs programs needs the sandbox."""
    boxed = [pytest.mark.sandbox, pytest.mark.skipif(bool(why_not()), reason=why_not())]
    return pytest.param(*values, id=name, marks=[*boxed * (name == "programs"), *[pytest.mark.slow] * slow])


@pytest.fixture(scope="module")
def sources(
    make_sources: Callable[..., Any],
    make_chinese_sources: Callable[..., Any],
    make_translations: Callable[..., Any],
    make_hotels: Callable[..., Any],
    make_chats: Callable[..., Any],
    make_programs: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder as the pages ask for: `data/` beside the recipe."""
    folder = tmp_path_factory.mktemp("pages")
    make_sources(folder / "data")
    make_chinese_sources(folder / "data")
    make_translations(folder / "data")
    make_hotels(folder / "data")
    make_chats(folder / "data")
    make_programs(folder / "data")
    return folder


@pytest.mark.parametrize(
    ("page", "recipe"),
    [param(page, page, recipe, slow=page in LONG | TRAINED) for page, recipe in RECIPES_ON_PAGES],
)
def test_the_recipe_of_a_page_runs(page: str, recipe: str, sources: Path, tmp_path: Path, prefect_server: str) -> None:
    from flows.pipeline import pipeline

    shutil.copytree(sources / "data", tmp_path / "data")
    (tmp_path / "recipe.yaml").write_text(recipe, "utf-8")
    done = pipeline(
        recipe=str(tmp_path / "recipe.yaml"), store=str(tmp_path / "store"), until=None if page in TRAINED else "mix"
    )
    assert done["mix"]


def test_every_page_for_a_user_has_a_recipe() -> None:
    without = {"index", "recipe", "glossary", "decisions", "extending"}
    assert {page.stem for page in PAGES} - {page for page, _ in RECIPES_ON_PAGES} == without


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [param(path.stem, path) for path in RECIPES])
def test_a_recipe_of_the_deployments_runs(recipe: Path, sources: Path, tmp_path: Path, prefect_server: str) -> None:
    from flows.pipeline import pipeline

    for folder in ("demo", "chinese", "translation", "hotels", "assistant", "programs"):
        shutil.copytree(sources / "data", tmp_path / folder / "data")
    shutil.copy(recipe, tmp_path)
    done = pipeline(recipe=str(tmp_path / recipe.name), store=str(tmp_path / "store"))
    assert done["mix"]
    trains = "train" in yaml.safe_load(recipe.read_text("utf-8"))
    assert (done["model"] is not None) == trains


def test_every_link_of_a_page_leads_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))]
    assert links
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]


def test_the_readme_and_the_glossary_are_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1000
    words = re.findall(r"^\| (?!word|---)", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE)
    assert 0 < len(words) <= 20
