"""A flow that is wired wrongly is refused twice: by the type checker, and before anything runs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.engine.calls import Promise
from flows.engine.lookup import LookedUp
from flows.engine.plain import Plain
from flows.engine.wiring import refuse_wrong
from tasks.core.tasks import Task, task
from tasks.manifests.manifest import Facts, Manifest, Product
from tasks.store.products import StageTask, Workbench, stage_task

ROOT = Path(__file__).parents[2]
WIRED = """
from flows.engine.calls import Call
from tasks.check.task import check_mix, gate_checks
from tasks.clean.task import clean_source
from tasks.deduplicate.task import deduplicate_sources
from tasks.ingest.task import ingest_source, probe_source
from tasks.mix.task import plan_mix, write_mix
from tasks.recipe.model import Recipe
from tasks.weigh.task import weigh_sources


def wired(call: Call, recipe: Recipe) -> None:
    source = recipe.sources["news"]
    seen = call(probe_source.of("news"), "news", source.reading, ".")
    raw = call(ingest_source.of("news"), seen, source.reading, recipe.layout, ".")
    cleaned = call(clean_source.of("news"), raw, recipe.clean.of("news"))
    pool = call(deduplicate_sources.of("pool"), [cleaned], recipe.holdout, 0)
    weights = call(weigh_sources.of("mix"), pool, (), recipe.mix.weighing, [])
    plan = call(plan_mix.of("mix"), pool, weights, recipe.mix.plan, 1.0, 0)
    mix = call(write_mix.of("mix"), pool, plan, recipe.mix.shard_rows)
    check = call(check_mix.of("mix"), mix, recipe.checks)
    call(gate_checks.of("mix"), "mix", [check], recipe.checks)
    {wrong}
"""
WRONG = {
    "an argument is missing": 'call(write_mix.of("mix"), pool, plan)',
    "the product of another stage": 'call(check_mix.of("mix"), pool, recipe.checks)',
    "the order is wrong": 'call(plan_mix.of("mix"), weights, pool, recipe.mix.plan, 1.0, 0)',
    "what was planned is not what was weighed": 'call(write_mix.of("mix"), pool, weights, recipe.mix.shard_rows)',
    "a list of another stage's": 'call(deduplicate_sources.of("pool"), [raw], recipe.holdout, 0)',
    "one argument too many": 'call(clean_source.of("news"), raw, recipe.clean.of("news"), 0)',
    "a product where a list of them is wanted": 'call(deduplicate_sources.of("pool"), cleaned, recipe.holdout, 0)',
    "settings of another stage": 'call(check_mix.of("mix"), mix, recipe.holdout)',
    "what is promised is another thing": "rows: str = mix",
}


def test_the_type_checker_refuses_what_is_wired_wrongly(tmp_path: Path) -> None:
    files = {"right": WIRED.format(wrong="")} | {
        name.replace(" ", "_"): WIRED.format(wrong=line) for name, line in WRONG.items()
    }
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--outputjson", *(str(tmp_path / f"{name}.py") for name in files)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    errors = [found for found in json.loads(done.stdout)["generalDiagnostics"] if found["severity"] == "error"]
    lines = {(Path(found["file"]).stem, found["range"]["start"]["line"]) for found in errors}
    last = len(WIRED.format(wrong="").rstrip().splitlines())
    assert lines == {(name, last) for name in files if name != "right"}, errors


class Pressed(Facts):
    litres: int


class Bottled(Facts):
    bottles: int


@stage_task("press")
def press_grapes(_work: Workbench, litres: int) -> Product[Pressed]:
    return Product(facts=Pressed(litres=litres))


@stage_task("bottle")
def bottle_wine(_work: Workbench, wines: list[Manifest[Pressed]], label: str = "") -> Product[Bottled]:
    return Product(facts=Bottled(bottles=sum(wine.facts.litres for wine in wines)), how=label)


@task()
def taste_wine(wine: Manifest[Pressed]) -> int:
    return wine.facts.litres


def manifest(facts: Facts) -> Manifest[Any]:
    return Manifest[type(facts)](stage="s", subject="x", key="k", path="p", files=(), facts=facts)


PRESS, BOTTLE = manifest(Pressed(litres=2)), manifest(Bottled(bottles=1))


@pytest.mark.parametrize(
    ("called", "arguments", "why"),
    [
        (bottle_wine, ([PRESS, BOTTLE],), "bottle-wine: `wines` takes Pressed, not Bottled"),
        (bottle_wine, ([PRESS], PRESS), "bottle-wine: `label` takes no product, not Pressed"),
        (taste_wine, (BOTTLE,), "taste-wine: `wine` takes Pressed, not Bottled"),
        (taste_wine, ("wine",), "taste-wine: `wine` takes Pressed, not 'wine'"),
        (taste_wine, (Promise(bottle_wine),), "taste-wine: `wine` takes Pressed, not Bottled"),
        (taste_wine, (), "missing a required argument: 'wine'"),
    ],
)
def test_a_wrong_product_is_refused_before_anything_runs(
    called: Task[..., Any], arguments: tuple[Any, ...], why: str
) -> None:
    with pytest.raises(TypeError, match=why):
        refuse_wrong(called, called.bind(*arguments))


def test_right_products_and_promises_of_them_are_taken() -> None:
    for called, argument in (
        (bottle_wine, [PRESS, Promise(press_grapes)]),
        (bottle_wine, []),
        (taste_wine, Promise(press_grapes)),
    ):
        refuse_wrong(called, arguments := called.bind(argument))
        assert argument in arguments.values()


@pytest.mark.parametrize(
    "look",
    [lambda one: one.rows, lambda one: one[0], list, len, bool, lambda one: one(), lambda one: "x" in one],
)
def test_a_promise_that_is_looked_into_raises(look: Any) -> None:
    with pytest.raises(TypeError, match="what press-grapes red will give> is only handed on"):
        look(Promise(press_grapes.of("red")))


def test_the_subject_is_no_argument(tmp_path: Path) -> None:
    call = Plain(str(tmp_path))
    red, white = (call(press_grapes.of(subject), 2) for subject in ("red", "white"))
    assert (red.subject, white.subject) == ("red", "white")
    assert red.key != white.key
    look = LookedUp(str(tmp_path))
    assert look(press_grapes.of("red"), 2) == red
    assert [(found.subject, found.hit) for found in look.found] == [("red", True)]
    assert isinstance(press_grapes.of("red"), StageTask)
