"""The whole profile, as plain values and as a stage."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tasks.manifests.manifest import Account, Facts, Manifest, Product
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.profile import Cleaning, LabelCounts, ProfileFacts, SampledRows, rounded
from tasks.manifests.rows import SnapshotFacts
from tasks.profile.figures import common_size, profile
from tasks.profile.tables import headline, rows_of
from tasks.profile.task import profile_mix
from tasks.rows.layout import FIRST
from tasks.store.products import Workbench, stage_task

SUBJECTS = {
    "kitchen": "pan oven salt pepper knife soup onion bread",
    "sea": "sail ship wind harbour wave anchor tide fish",
}


def rows(subject: str, count: int, labels: list[str | None]) -> pl.DataFrame:
    made = np.random.default_rng(len(subject))
    texts = [
        f"The {' '.join(made.choice(SUBJECTS[subject].split(), 8))} of number {made.integers(50)} is here."
        for _ in range(count)
    ]
    label = pl.Series([labels[number % len(labels)] for number in range(count)], dtype=pl.String)
    return pl.DataFrame({"text": texts, "label": label, "tokens": pl.Series([13] * count, dtype=pl.UInt32)})


def junk() -> pl.DataFrame:
    return rows("sea", 40, ["good"]).with_columns(text=pl.lit("### 404 ### … …"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("profile")
    frames = {"kitchen": rows("kitchen", 300, ["good", "bad"]), "sea": rows("sea", 200, ["good"])}
    frames |= {f"raw-{name}": pl.concat([frame, junk()]) for name, frame in frames.items()}
    frames["mix"] = pl.concat([frames["kitchen"], frames["sea"]])
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    accounts = [
        Account(source="kitchen", read=400, quarantined=20, dropped={"exact_duplicate": 40}, rows=300, holdout=40),
        Account(source="sea", read=200, rows=200),
    ]
    raw, sources = ({name: folder / f"{kind}{name}.parquet" for name in ("kitchen", "sea")} for kind in ("raw-", ""))
    return {
        "raw": raw,
        "sources": sources,
        "mix": [folder / "mix.parquet"],
        "accounts": accounts,
        "seed": 3,
        "layout": FIRST,
    }


@pytest.fixture(scope="module")
def facts(case: dict[str, Any]) -> ProfileFacts:
    return profile(**case)


def test_the_same_figures_every_time_and_json(case: dict[str, Any], facts: ProfileFacts) -> None:
    assert profile(**case) == facts
    told = json.dumps(facts.model_dump(mode="json"), allow_nan=False)
    assert ProfileFacts.model_validate_json(told) == facts


def test_every_source_and_the_mix_are_measured_alike(facts: ProfileFacts) -> None:
    everyone = [*facts.sources.values(), facts.mix]
    assert list(facts.sources) == ["kitchen", "sea"]
    measures = {
        "distinct",
        "mtld",
        "compression_ratio",
        "vendi",
        "topics",
        "labels",
        "lengths",
        "languages",
        "characters",
        "quality",
    }
    assert all({*own.model_dump(exclude_none=True)} - {"cleaning"} == measures for own in everyone)
    assert all({*own.model_dump(exclude_none=True)} == measures - {"lengths"} for own in facts.raw.values()), (
        "tokens are counted while cleaning"
    )
    assert facts.sample.rows == SampledRows(sources={"kitchen": 300, "sea": 200}, mix=500)


def test_the_mix_is_more_varied_than_its_sources(facts: ProfileFacts) -> None:
    mix, sources = facts.mix, facts.sources.values()
    assert all(mix.vendi > told.vendi for told in sources)
    assert all(mix.topics.entropy > told.topics.entropy for told in sources)
    assert all(mix.distinct[1].mean > told.distinct[1].mean for told in sources)


def test_sources_of_other_subjects_are_far_apart_and_near_to_the_mix(facts: ProfileFacts) -> None:
    assert facts.between.names == ("kitchen", "sea", "mix")
    apart = np.array(facts.between.js[1])
    assert np.allclose(apart, apart.T)
    assert np.allclose(np.diag(apart), 0)
    assert apart[0, 1] > max(apart[0, 2], apart[1, 2])


def test_what_cleaning_did_shows(facts: ProfileFacts) -> None:
    for name, size in (("kitchen", 300), ("sea", 200)):
        before, after = facts.raw[name], facts.sources[name]
        assert (round(before.quality, 3), after.quality) == (round(size / (size + 40), 3), 1.0)
        assert before.compression_ratio > after.compression_ratio
        assert sum(before.characters.counts) == size + 40


def test_labels_of_all_rows_are_told(facts: ProfileFacts) -> None:
    assert facts.sources["kitchen"].labels == LabelCounts(
        counts={"bad": 150, "good": 150}, balance=1.0, imbalance=1.0, distance_to_mix=0.2
    )
    assert facts.sources["sea"].labels.balance is None
    assert facts.mix.labels.counts == {"bad": 150, "good": 350}


def test_cleaning_is_told_from_the_accounts(facts: ProfileFacts) -> None:
    assert facts.sources["kitchen"].cleaning == Cleaning(
        before=400, after=340, left={"exact_duplicate": 0.1, "quarantined": 0.05}
    )
    assert facts.sources["sea"].cleaning == Cleaning(before=200, after=200, left={})


def test_sources_without_rows_labels_or_words_are_profiled_too(tmp_path: Path) -> None:
    frames = {
        "empty": rows("sea", 0, ["x"]),
        "single": rows("sea", 1, [None]),
        "wordless": rows("sea", 30, ["x"]).with_columns(text=pl.lit("?!")),
        "missing": rows("sea", 5, ["x"]).with_columns(text=pl.lit(None, pl.String)),
    }
    for name, frame in frames.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    paths = {name: tmp_path / f"{name}.parquet" for name in frames}
    told = profile(paths, paths, [paths["empty"]], [], 0, FIRST)
    json.dumps(told.model_dump(), allow_nan=False)
    assert told.sources["empty"].mtld is None
    assert told.sources["single"].labels is None
    assert [row["of"] for row in rows_of(told)] == [*(name for name in frames for _ in range(2)), "the mix"]
    assert headline(told).startswith("On samples of up to 30 rows")


def test_a_source_may_be_called_mix(case: dict[str, Any]) -> None:
    told = profile({"mix": case["raw"]["sea"]}, {"mix": case["sources"]["sea"]}, case["mix"], [], 0, FIRST)
    assert told.sample.rows == SampledRows(sources={"mix": 200}, mix=500)


def test_the_table_has_a_line_a_source_and_the_headline_the_farthest_pair(facts: ProfileFacts) -> None:
    assert [(row["of"], row["state"]) for row in rows_of(facts)] == [
        ("kitchen", "as read"),
        ("kitchen", "cleaned"),
        ("sea", "as read"),
        ("sea", "cleaned"),
        ("the mix", ""),
    ]
    assert "kitchen and sea" in headline(facts)


def test_a_tiny_source_does_not_set_the_size_for_all() -> None:
    assert common_size([5, 3000, 1200, 0], 1000) == 1200
    assert common_size([5, 30], 1000) == 30
    assert common_size([], 10) == 0


def test_a_tiny_source_has_no_figure_that_depends_on_size(case: dict[str, Any], tmp_path: Path) -> None:
    rows("sea", 3, ["good"]).write_parquet(tmp_path / "tiny.parquet")
    tiny = {"tiny": tmp_path / "tiny.parquet"}
    told = profile(case["raw"] | tiny, case["sources"] | tiny, case["mix"], [], 0, FIRST)
    assert told.sample.words_per_draw > 1000
    tiny = told.sources["tiny"]
    assert tiny.mtld is tiny.vendi is tiny.distinct[2].mean is None
    assert tiny.compression_ratio > 1
    assert told.between.js[1][2][:2] == [None, None]
    assert None not in [told.sources[name].vendi for name in ("kitchen", "sea")]


def test_figures_have_4_digits_and_what_is_no_number_is_none() -> None:
    given = (np.float64(0.12345678), float("nan"), float("inf"), 3, None)
    assert [rounded(figure) for figure in given] == [0.1235, None, None, 3, None]


def staged(
    name: str, files: dict[str, pl.DataFrame], store: str, accounts: tuple[Account, ...], facts: Facts
) -> Manifest[Facts]:
    def write_files(work: Workbench) -> Product[Facts]:
        for file, frame in files.items():
            with work.writing(file) as path:
                frame.write_parquet(path)
        return Product(accounts=accounts, facts=facts)

    write_files.__module__ = "tasks.profile.task"
    write_files.__annotations__["return"] = Product[type(facts)]
    return stage_task(name)(write_files).of(name).run(store)


def test_the_task_profiles_pool_and_mix(tmp_path: Path, facts: ProfileFacts, case: dict[str, Any]) -> None:
    kitchen, sea = rows("kitchen", 300, ["good", "bad"]), rows("sea", 200, ["good"])
    pool = staged(
        "deduplicate",
        {"train/kitchen.parquet": kitchen, "train/sea.parquet": sea},
        str(tmp_path),
        tuple(case["accounts"]),
        PoolFacts(),
    )
    mix = staged(
        "mix",
        {"data/train-00000.parquet": kitchen, "data/train-00001.parquet": sea, "data/holdout-sea.parquet": sea},
        str(tmp_path),
        (),
        MixFacts(receipt=()),
    )
    read = {"kitchen": pl.concat([kitchen, junk()]), "sea": pl.concat([sea, junk()])}
    raw = [
        staged(f"raw-{name}", {"data.parquet": frame}, str(tmp_path), (), SnapshotFacts()).model_copy(
            update={"subject": name}
        )
        for name, frame in read.items()
    ]
    made = profile_mix.of("mix").run(str(tmp_path), raw, pool, mix, 3)
    assert made.facts == facts
    assert profile_mix.of("mix").run(str(tmp_path), raw, pool, mix, 3) == made
    assert made.parents == (*(one.fingerprint for one in raw), pool.fingerprint, mix.fingerprint)
