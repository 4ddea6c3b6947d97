"""Near duplicates of files: who goes, who stays, and why."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tasks.rows.layout import FIRST, RowFile
from tasks.similarity.engine import NearDuplicates, find_near_duplicates
from tasks.similarity.settings import NearSettings

WORDS = np.array([f"word{n}" for n in range(400)])


def text(rng: np.random.Generator, size: int) -> str:
    return " ".join(rng.choice(WORDS, size=size))


def shingles(said: str, size: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", said.lower())
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))} if words else set()


def similar(a: str, b: str, size: int = 5) -> float:
    first, second = shingles(a, size), shingles(b, size)
    return len(first & second) / len(first | second)


class Case:
    """Files in a folder, and what is found in them."""

    def __init__(self, folder: Path, **sources: list[str] | dict[str, list]) -> None:
        self.folder = folder
        self.frames = {
            name: pl.DataFrame(rows if isinstance(rows, dict) else {"text": rows}, strict=False)
            for name, rows in sources.items()
        }
        self.frames = {name: frame.with_columns(pl.col("text").cast(pl.String)) for name, frame in self.frames.items()}
        self.paths = {name: folder / f"{name}.parquet" for name in sources}
        for name, frame in self.frames.items():
            frame.write_parquet(self.paths[name], row_group_size=1500)

    def find(self, settings: NearSettings | None = None, **options: object) -> NearDuplicates:
        (self.folder / "scratch").mkdir(exist_ok=True)
        files = {name: RowFile(path, FIRST) for name, path in self.paths.items()}
        return find_near_duplicates(files, settings or NearSettings(), self.folder / "scratch", **options)

    def gone(self, **options: object) -> list[tuple[str, int, str, int]]:
        return self.find(**options).dropped.drop("jaccard").rows()


LONG = (
    "the quick brown fox jumps over the lazy dog while nine brave wolves watch from the dark forest and wait "
    "for the night to come"
)
NEAR = LONG + " again"


def test_the_earlier_source_survives_then_the_earlier_row(tmp_path: Path) -> None:
    case = Case(
        tmp_path, second=["nothing alike here at all today"], first=[NEAR, LONG, LONG.upper()], third=["x", LONG + "!"]
    )
    assert case.gone() == [("first", 1, "first", 0), ("first", 2, "first", 0), ("third", 1, "first", 0)]
    assert case.find().dropped["jaccard"].to_list() == pytest.approx([similar(NEAR, LONG)] * 3)


def test_a_protected_source_loses_nothing_and_takes_from_the_others(tmp_path: Path) -> None:
    case = Case(tmp_path, holdout=[LONG, NEAR], train=["so what", NEAR, LONG])
    assert case.gone(protected=("holdout",)) == [("train", 1, "holdout", 0), ("train", 2, "holdout", 0)]


def test_short_texts_match_as_a_whole(tmp_path: Path) -> None:
    case = Case(tmp_path, a=["Good movie!", "good movie", "good", "movie good", "a b c d", "a b c d e", "A, b: c d"])
    assert case.gone() == [("a", 1, "a", 0), ("a", 6, "a", 4)]


def test_signs_tell_apart_what_shares_its_words(tmp_path: Path) -> None:
    apart = ["good :)", "good :(", "good", "+1", "-1", "C", "C++", "C#", "so 👍", "so 👎", "5.0", "50"]
    assert Case(tmp_path, a=apart).gone() == []
    (tmp_path / "again").mkdir()
    again = Case(tmp_path / "again", a=["good :)", "Good! :)", f"{LONG} :)", f"{LONG} :("])
    assert again.gone() == [("a", 1, "a", 0), ("a", 3, "a", 2)], "one sign of many words makes no other text"


def test_texts_without_words_are_left_alone(tmp_path: Path) -> None:
    case = Case(tmp_path, a=["", "", None, None, "?!", "?!", "...", "\u2764\ufe0f", "\u2764\ufe0f \u2764\ufe0f"])
    assert case.gone() == []


def test_scripts_without_spaces_are_compared_by_character(tmp_path: Path) -> None:
    chinese = "我们今天在公园里看到了许多美丽的花朵和可爱的小鸟它们在树上唱歌"
    case = Case(tmp_path, a=[chinese, chinese + "啊", chinese[:10], "他昨天去学校学习中文和数学并且见到老朋友"])
    assert case.gone() == [("a", 1, "a", 0)]


def test_empty_and_missing_sources(tmp_path: Path) -> None:
    case = Case(tmp_path, a=[], b=[LONG], c=[])
    result = case.find()
    assert result.dropped.is_empty()
    assert result.facts["rows"] == 1
    assert find_near_duplicates({}, NearSettings(), tmp_path).dropped.is_empty()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """2 sources, 3600 texts, of which 1200 are made of others with some words replaced, cut or added."""
    rng = np.random.default_rng(5)
    originals = [text(rng, int(rng.integers(20, 120))) for _ in range(2400)]
    copies = []
    for _ in range(1200):
        words = originals[rng.integers(2400)].split()
        for place in rng.integers(len(words), size=rng.integers(0, 4)):
            words[place] = "changed"
        copies.append(
            " ".join(words[: len(words) - int(rng.integers(0, 6))] + text(rng, int(rng.integers(1, 6))).split())
        )
    mixed = rng.permutation(originals + copies).tolist()
    return Case(tmp_path_factory.mktemp("planted"), a=mixed[:1700], b=mixed[1700:])


def truth(case: Case, threshold: float) -> tuple[list[str], set[tuple[int, int]]]:
    """All texts, and every pair of them that reaches the threshold, found by shared shingles."""
    texts = [said for frame in case.frames.values() for said in frame["text"]]
    holders: dict[tuple[str, ...], list[int]] = {}
    for number, said in enumerate(texts):
        for one in shingles(said):
            holders.setdefault(one, []).append(number)
    near = {(a, b) for rows in holders.values() for i, a in enumerate(rows) for b in rows[i + 1 :]}
    return texts, {(a, b) for a, b in near if similar(texts[a], texts[b]) >= threshold}


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9])
def test_all_pairs_are_found_and_none_below_the_threshold_is_merged(planted: Case, threshold: float) -> None:
    texts, pairs = truth(planted, threshold)
    result = planted.find(NearSettings(threshold=threshold))
    first = {"a": 0, "b": 1700}
    gone = {first[source] + row: first[other] + survivor for source, row, other, survivor, _ in result.dropped.rows()}
    for (row, survivor), share in zip(gone.items(), result.dropped["jaccard"], strict=True):
        assert share == similar(texts[row], texts[survivor]) >= threshold
        assert survivor not in gone
        assert survivor < row
    assert len(pairs) > 200
    left = {pair for pair in pairs if not gone.keys() & set(pair)}
    assert len(left) <= 0.005 * len(pairs)


def test_the_same_answer_every_time(planted: Case) -> None:
    assert planted.find(seed=7).dropped.equals(planted.find(seed=7).dropped)


def test_facts_add_up(planted: Case) -> None:
    result = planted.find()
    assert result.facts["rows"] == 3600
    assert result.facts["dropped"] == len(result.dropped)
    assert result.facts["clusters"] == result.dropped.select("survivor_source", "survivor_row").n_unique()
    assert result.facts["candidates"] >= result.facts["dropped"] + result.facts["clusters"]
    assert result.facts["bands"] * result.facts["height"] <= 128


def test_other_shingles_are_used_when_asked(tmp_path: Path) -> None:
    words = " ".join(f"w{n}" for n in range(20)).split()
    swapped = " ".join([*words[:9], "odd", *words[10:]])
    case = Case(tmp_path, a=[" ".join(words), swapped])
    assert case.find(NearSettings(threshold=0.8)).dropped.is_empty()
    assert case.find(NearSettings(threshold=0.8, words=1)).dropped["jaccard"].to_list() == [19 / 21]
