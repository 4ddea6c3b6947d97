"""A source that cannot be reached stops the run, is left out, or its last snapshot stands in: as the recipe says, and
told in plain words."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flows.cli.inspect import explain_recipe, plan_recipe
from flows.cli.validate import validate_recipe
from flows.engine.calls import RunProducts, carry_out
from flows.engine.lookup import LookedUp
from flows.engine.plain import Plain
from flows.pipeline import pipeline
from flows.steps.blend import blend
from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.recipe.model import load_recipe
from tasks.store.runs import find_run
from tasks.store.storage import Store

WORDS = [f"word{number}" for number in range(2000)]
NAMES = ("news", "talk", "tweets")


def write_source(path: Path, seed: int, rows: int = 120) -> None:
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, size=12)) for _ in range(rows)]
    pl.DataFrame({"text": texts, "label": ["yn"[number % 2] for number in range(rows)]}).write_csv(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES):
        write_source(tmp_path / f"{name}.csv", number)
    return tmp_path


def write_recipe(folder: Path, on_failure: str = "stop", **more: Any) -> str:
    sources: dict[str, Any] = {name: {"path": f"{name}.csv"} for name in NAMES}
    sources["tweets"]["on_failure"] = on_failure
    mix = {"weights": {"news": 0.4, "talk": 0.3, "tweets": 0.3}, "size": 100}
    recipe = {"name": "gaps", "labels": ["y", "n"], "sources": sources, "mix": mix} | more
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(folder / "recipe.yaml")


def made_of(recipe: str, store: Path, **how: Any) -> RunProducts:
    made = RunProducts()
    carry_out(blend(load_recipe(recipe, **how), Plain(str(store)), made), "mix")
    return made


@pytest.mark.parametrize("way", ["stop", "skip", "last"])
def test_on_failure_changes_no_product(folder: Path, way: str) -> None:
    made = made_of(write_recipe(folder), folder / "store")
    assert made_of(write_recipe(folder, way), folder / "store").mix == made.mix


def test_stop_stops(folder: Path) -> None:
    (folder / "tweets.csv").unlink()
    with pytest.raises(Unreachable, match=r"tweets\.csv: there is no such file"):
        made_of(write_recipe(folder), folder / "store")


def test_a_source_that_is_skipped_was_never_named(folder: Path) -> None:
    without = made_of(write_recipe(folder, "skip"), folder / "store", without=["tweets"])
    (folder / "tweets.csv").unlink()
    made = made_of(write_recipe(folder, "skip"), folder / "store")
    assert made.mix == without.mix
    assert made.weights.facts.weights == pytest.approx({"news": 4 / 7, "talk": 3 / 7})
    assert [(one.source, one.snapshot_of) for one in made.unreached] == [("tweets", "")]


def test_the_last_snapshot_stands_in(folder: Path) -> None:
    before = made_of(write_recipe(folder), folder / "store")  # `last` finds what a run with another `on_failure` made
    (folder / "tweets.csv").unlink()
    made = made_of(write_recipe(folder, "last"), folder / "store")
    assert made.mix == before.mix
    assert made.unreached[0].snapshot_of.startswith("20")


def test_the_snapshot_made_last_is_taken(folder: Path) -> None:
    made_of(write_recipe(folder, "last"), folder / "store")
    write_source(folder / "tweets.csv", 9)
    before = made_of(write_recipe(folder, "last"), folder / "store")
    (folder / "tweets.csv").unlink()
    assert made_of(write_recipe(folder, "last"), folder / "store").mix == before.mix


@pytest.mark.parametrize("other", [{}, {"label": "y"}])
def test_without_a_snapshot_of_the_same_settings_last_says_so(folder: Path, other: dict[str, str]) -> None:
    recipe = write_recipe(folder, "last")
    if other:
        made_of(recipe, folder / "store")
    (folder / "tweets.csv").unlink()
    with pytest.raises(
        Unreachable, match=r"no such file\n.*no earlier snapshot of 'tweets' with the same settings.*on_failure: skip"
    ):
        made_of(recipe, folder / "store", overrides={f"sources.tweets.{name}": value for name, value in other.items()})


def test_no_source_at_all_cannot_be_mixed(folder: Path) -> None:
    recipe = write_recipe(folder, sources={"tweets": {"path": "gone.csv", "on_failure": "skip"}}, mix={"size": 10})
    with pytest.raises(Unreachable, match=r"no source is left to mix:\n  tweets: could not be reached"):
        made_of(recipe, folder / "store")
    with pytest.raises(Unreachable, match=r"sources\.tweets: cannot read gone\.csv"):
        validate_recipe(recipe, {})


def test_a_source_that_the_recipe_hangs_on_cannot_be_left_out(folder: Path) -> None:
    (folder / "tweets.csv").unlink()
    recipe = write_recipe(folder, "skip", mix={"weights": {"kind": "dsir", "target": "tweets"}, "size": 50})
    with pytest.raises(Unreachable, match=r"cannot be carried out without tweets:(?s:.)*no source has this name"):
        made_of(recipe, folder / "store")


def test_a_benchmark_cannot_be_left_out(folder: Path) -> None:
    against = {"quiz": {"path": "quiz.csv", "on_failure": "skip"}}
    with pytest.raises(
        RecipeError, match=r"decontaminate\.against\.quiz\.on_failure: a benchmark that cannot be reached stops the run"
    ):
        load_recipe(write_recipe(folder, decontaminate={"against": against}))


def test_looking_ahead_sees_what_a_run_would_do(folder: Path) -> None:
    store, recipe = str(folder / "store"), write_recipe(folder, "skip")
    (folder / "tweets.csv").unlink()
    assert validate_recipe(recipe, {})["unreached"] == {"tweets": "cannot read tweets.csv: there is no such file"}
    planned = plan_recipe(recipe, store, {})
    assert [one["done"] for one in planned["unreached"]] == [
        "could not be reached (cannot read tweets.csv: there is no such file); left out"
    ]
    assert [(row.source, round(row.requested, 3), row.rows) for row in planned["receipt"]] == [
        ("news", 0.4, 57),
        ("talk", 0.3, 43),
        ("tweets", 0.3, 0),
    ]
    carry_out(blend(load_recipe(recipe), Plain(store), RunProducts()), "mix")
    explained = explain_recipe(recipe, store, {})
    misses = [(row.task, row.subject) for row in explained["tasks"] if not row.hit]
    assert misses == [("probe-source", "tweets"), ("ingest-source", "tweets")], (
        "all else is found as it is without the source"
    )
    look, made = LookedUp(str(store)), RunProducts()
    carry_out(blend(load_recipe(recipe), look, made))
    assert made.mix.rows == 100


class Cut(SimpleHTTPRequestHandler):
    """Sends half of every file."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        data = source.read()
        outputfile.write(data[: len(data) // 2])

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def cutting(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Cut, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_source_that_breaks_off_while_it_is_read_was_not_reached(folder: Path, cutting: str) -> None:
    made = made_of(
        write_recipe(folder, "skip"), folder / "store", overrides={"sources.tweets.path": f"{cutting}/tweets.csv"}
    )
    assert [one.source for one in made.unreached] == ["tweets"]
    assert "tweets" not in {account.source for account in made.pool.accounts}


def test_every_place_tells_of_it_and_its_return_reads_only_that_source(folder: Path, prefect_server: str) -> None:
    store, recipe, tweets = str(folder / "store"), write_recipe(folder, "skip"), (folder / "tweets.csv").read_bytes()
    (folder / "tweets.csv").unlink()
    summary = pipeline(recipe=recipe, store=store)
    said = "could not be reached (cannot read tweets.csv: there is no such file); left out"
    assert summary["status"] == "completed"
    assert summary["unreached"] == [
        {"source": "tweets", "why": "cannot read tweets.csv: there is no such file", "snapshot_of": "", "done": said}
    ]
    assert [(row["source"], round(row["requested"], 3), row["rows"], row["reason"]) for row in summary["receipt"]] == [
        ("news", 0.4, 57, "given: 0.57 asked; 0.4 in the recipe, but tweets could not be reached"),
        ("talk", 0.3, 43, "given: 0.43 asked; 0.3 in the recipe, but tweets could not be reached"),
        ("tweets", 0.3, 0, said),
    ]
    assert f"tweets</b> <bdi>{said}" in Path(summary["report"]).read_text()
    mix = Path(summary["mix"]["uri"])
    assert f"- tweets: {said}" in (mix / "README.md").read_text()
    assert json.loads((mix / "lock.json").read_text())["unreached"][0]["source"] == "tweets"
    assert "tweets" not in yaml.safe_load((mix / "recipe.yaml").read_text())["sources"], (
        "the recipe beside the data is the one that made them"
    )
    record = find_run(Store(store), "latest")
    assert "tweets" in record.recipe["sources"]
    assert {note.subject for note in record.tasks if note.state == "unreached"} == {"tweets"}

    (folder / "tweets.csv").write_bytes(tweets)
    again = pipeline(recipe=recipe, store=store)
    assert again["unreached"] == []
    per_source = [note for note in find_run(Store(store), again["run"]).tasks if note.subject in NAMES and note.key]
    assert {
        note.subject for note in per_source if note.state == "run" and note.name in ("ingest-source", "clean-source")
    } == {"tweets"}

    (folder / "tweets.csv").unlink()
    last = pipeline(recipe=recipe, store=store, overrides={"sources.tweets.on_failure": "last"})
    assert last["mix"] == again["mix"]
    assert "UTC was used" in last["receipt"][2]["reason"]
    assert "its snapshot of" in (mix.parent / last["mix"]["id"] / "README.md").read_text()
    with pytest.raises(Unreachable, match="there is no such file"):
        pipeline(recipe=recipe, store=store, overrides={"sources.tweets.on_failure": "stop"})


def test_a_plan_names_no_file_that_is_gone_when_it_has_failed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "a,good\n" * 30 + "b,good,more\n" * 10)
    (tmp_path / "r.yaml").write_text("name: bad\nlabels: [good, bad]\nsources: {s: {path: a.csv}}\n")
    with pytest.raises(QualityGate, match="all of them: a run keeps them and says where") as error:
        plan_recipe(str(tmp_path / "r.yaml"), str(tmp_path / "store"), {})
    assert "cuvee show" not in str(error.value)
