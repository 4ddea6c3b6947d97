"""The demo's sources: the same bytes everywhere, the flaws that its text promises, and something to learn."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("news.csv", "social.jsonl", "papers.json")


@pytest.fixture(scope="module")
def sources(make_sources: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    make_sources(folder)
    return folder


@pytest.fixture(scope="module")
def texts(sources: Path) -> dict[str, list[tuple[str, int]]]:
    """Texts with a label that counts, 1 for positive, as they stand in the files."""
    lines = [line for line in (sources / "social.jsonl").read_text().splitlines() if line.endswith("}")]
    rows: dict[str, list[tuple[Any, Any]]] = {
        "news": [
            (row["headline"], row["tone"]) for row in csv.DictReader((sources / "news.csv").read_text().splitlines())
        ],
        "social": [(row["body"], row["mood"]) for row in map(json.loads, lines)],
        "papers": [
            (f"{row['title']}. {row['abstract']}", row.get("finding"))
            for row in json.loads((sources / "papers.json").read_text())["papers"]
        ],
    }
    sides = {"good": 1, "bad": 0, 1: 1, 0: 0, "positive result": 1, "negative result": 0}
    return {
        name: [(text, sides[label]) for text, label in found if text and text.strip() and label in sides]
        for name, found in rows.items()
    }


def test_the_same_bytes_in_another_process(sources: Path, tmp_path: Path) -> None:
    script = ROOT / "deployments/recipes/demo/make_sources.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, env={"PYTHONHASHSEED": "7"})
    assert all((tmp_path / name).read_bytes() == (sources / name).read_bytes() for name in FILES)


def test_another_seed_gives_other_sentences(sources: Path, make_sources: Callable[..., Any], tmp_path: Path) -> None:
    make_sources(tmp_path, seed=1)
    assert all((tmp_path / name).read_bytes() != (sources / name).read_bytes() for name in FILES)


def test_each_source_has_some_hundreds_of_different_texts(texts: dict[str, list[tuple[str, int]]]) -> None:
    assert all(500 < len({" ".join(text.split()) for text, _ in rows}) < 1000 for rows in texts.values())


def test_both_sides_are_about_as_common(texts: dict[str, list[tuple[str, int]]]) -> None:
    assert all(0.45 < sum(side for _, side in rows) / len(rows) < 0.55 for rows in texts.values())


def test_texts_repeat_within_and_across_sources(texts: dict[str, list[tuple[str, int]]]) -> None:
    plain = {name: [" ".join(text.split()) for text, _ in rows] for name, rows in texts.items()}
    assert all(10 < len(rows) - len(set(rows)) < 60 for rows in plain.values())
    assert 5 < len(set(plain["news"]) & set(plain["social"])) < 20


def test_every_slot_of_a_template_has_a_bank(texts: dict[str, list[tuple[str, int]]]) -> None:
    assert not [text for rows in texts.values() for text, _ in rows if set("{}<>") & set(text)]


def test_a_source_helps_another_and_no_source_is_trivial(texts: dict[str, list[tuple[str, int]]]) -> None:
    """A bag of words, trained on the other two, beats the majority; trained on all three, it beats that, and still
    errs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    kept = {name: [row for number, row in enumerate(rows) if number % 5 == 0] for name, rows in texts.items()}
    asked = {text for rows in kept.values() for text, _ in rows}
    for name, rows in kept.items():
        scores = []
        for sources in (set(texts) - {name}, set(texts)):
            learnt = [row for source in sorted(sources) for row in texts[source] if row[0] not in asked]
            model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=500)).fit(
                *zip(*learnt, strict=True)
            )
            scores.append(model.score(*zip(*rows, strict=True)))
        assert 0.6 < scores[0] < scores[1] < 0.97
