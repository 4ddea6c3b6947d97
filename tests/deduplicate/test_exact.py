"""No text twice, nothing of the hold-out in training, every row accounted for, and a hold-out that nothing else
moves."""

import itertools
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.clean.filter import clean_file
from tasks.clean.settings import SourceCleaning
from tasks.clean.task import clean_source
from tasks.core.errors import QualityGate
from tasks.core.layout import Layout, Role
from tasks.deduplicate.exact import deduplicate
from tasks.deduplicate.holdout import side_of
from tasks.deduplicate.refuse import refuse
from tasks.deduplicate.settings import HoldoutSettings
from tasks.deduplicate.task import deduplicate_sources
from tasks.manifests.manifest import Account
from tasks.rows.files import SIDES
from tasks.rows.keys import digests, match_keys
from tasks.rows.layout import FIRST

Pooled = Callable[..., tuple[Any, dict[str, dict[str, list[str]]]]]
WORDS = st.sampled_from(
    [one + sign for one in ("a", "A", "b", "B", "c", "d", "é", "É") for sign in ("", "!", " .")] + ["😀", "!!", "?"]
)
SOURCES = st.fixed_dictionaries({name: st.lists(WORDS, min_size=1, max_size=8) for name in ("one", "two", "three")})


def chosen(text: str, share: float, seed: int) -> bool:
    return xxhash.xxh3_64_intdigest(xxhash.xxh3_128_digest(text.encode()), seed) < share * 2**64


def in_holdout(keys: pl.Series, share: float, seed: int) -> pl.Series:
    return side_of(keys, share, 0, seed) == SIDES.index("holdout")


def by_hand(
    sources: dict[str, list[str]], share: float, seed: int, validation: float = 0
) -> dict[str, dict[str, list[str]]]:
    """The same, said plainly."""

    def key(text: str) -> str:
        return "".join(sign for sign in text.casefold() if sign.isalnum()) or text

    every = [text for texts in sources.values() for text in texts]
    held = {key(text) for text in every if chosen(text, share, seed)}
    beside = {key(text) for text in every if chosen(text, share + validation, seed) and not chosen(text, share, seed)}
    sides: dict[str, dict[str, list[str]]] = {"train": {}, "holdout": {}, "validation": {}}
    seen: set[str] = set()
    for source, texts in sources.items():
        for side in sides.values():
            side[source] = []
        for text in texts:
            if chosen(text, share, seed) and text not in seen:
                sides["holdout"][source].append(text)
            elif key(text) not in held and text not in seen:
                if chosen(text, share + validation, seed):
                    sides["validation"][source].append(text)
                elif key(text) not in beside:
                    sides["train"][source].append(text)
            seen.add(text)
    if not any(sides["validation"].values()):
        del sides["validation"]
    return sides


@settings(max_examples=40, deadline=None)
@given(sources=SOURCES, share=st.sampled_from([0.05, 0.3, 0.7]), seed=st.integers(0, 5))
def test_pool_is_what_the_rules_say(sources: dict[str, list[str]], share: float, seed: int, pooled: Pooled) -> None:
    assert pooled(sources, share, seed)[1] == by_hand(sources, share, seed)


@settings(max_examples=40, deadline=None)
@given(sources=SOURCES, validation=st.sampled_from([0.1, 0.5]), seed=st.integers(0, 5))
def test_validation_rows_leave_the_holdout_as_it_was_and_share_nothing_with_training(
    sources: dict[str, list[str]], validation: float, seed: int, pooled: Pooled
) -> None:
    (pool, sides), (_, before) = (pooled(sources, 0.3, seed, share) for share in (validation, 0.0))
    assert sides == by_hand(sources, 0.3, seed, validation)
    assert sides["holdout"] == before["holdout"]
    keys = {
        side: {*match_keys(pl.Series([text for texts in of.values() for text in texts], dtype=pl.String))}
        for side, of in sides.items()
    }
    assert not keys["train"] & keys.get("validation", set())
    assert not keys["holdout"] & keys.get("validation", set())
    for account in pool.accounts:
        assert account.validation == len(sides.get("validation", {}).get(account.source, []))
        assert account.read == account.quarantined + sum(account.dropped.values()) + account.usable


@settings(max_examples=25, deadline=None)
@given(sources=SOURCES, seed=st.integers(0, 5))
def test_sums_agree_and_training_repeats_neither_itself_nor_the_holdout(
    sources: dict[str, list[str]], seed: int, pooled: Pooled
) -> None:
    pool, sides = pooled(sources, seed=seed)
    train, aside = ([text for texts in sides[side].values() for text in texts] for side in ("train", "holdout"))
    assert len({*train}) == len(train)
    assert len({*aside}) == len(aside)
    assert not {*match_keys(pl.Series(train, dtype=pl.String))} & {*match_keys(pl.Series(aside, dtype=pl.String))}
    for account in pool.accounts:
        assert (
            account.read
            == len(sources[account.source])
            == account.quarantined + sum(account.dropped.values()) + account.rows + account.holdout
        )
        assert (account.rows, account.holdout) == (
            len(sides["train"][account.source]),
            len(sides["holdout"][account.source]),
        )


@settings(max_examples=12, deadline=None)
@given(sources=SOURCES, order=st.permutations(["one", "two", "three"]), seed=st.integers(0, 5))
def test_held_out_texts_are_the_same_in_any_order_and_with_any_other_source(
    sources: dict[str, list[str]], order: list[str], seed: int, pooled: Pooled
) -> None:
    def held(names: list[str]) -> set[str]:
        return set(itertools.chain(*pooled({name: sources[name] for name in names}, seed=seed)[1]["holdout"].values()))

    assert held(order) == held(["one", "two", "three"])
    assert held(order[:2]) <= held(order)
    assert {text for text in held(order) if text in {*sources[order[0]]}} == held(order[:1])


PAIRS = Layout(
    roles=(Role(name="text"), Role(name="pair")),
    texts=("text", "pair"),
    compared=("text", "pair"),
    key=("text", "pair"),
    match=("text", "pair"),
)


def sides_of_pairs(folder: Path, sources: list[list[tuple[str, str]]], seed: int) -> dict[str, list[tuple[str, str]]]:
    """Clean and pool sources of pairs: side -> the pairs there."""
    files: list[tuple[Path, Path]] = []
    accounts: list[Account] = []
    for number, pairs in enumerate(sources):
        read, rows, keys = (folder / f"{name}{number}.parquet" for name in ("read", "rows", "keys"))
        columns = {"text": [first for first, _ in pairs], "pair": [second for _, second in pairs]}
        ids = {"row_id": list(map(str, range(len(pairs)))), "source": [str(number)] * len(pairs)}
        pl.DataFrame(ids | columns).write_parquet(read)
        before = Account(source=str(number), read=len(pairs), rows=len(pairs))
        accounts.append(clean_file(before, (read, rows, keys), SourceCleaning(min_chars=1), PAIRS).account)
        files.append((rows, keys))
    pool = deduplicate(files, accounts, [(0.4, 0.0)] * len(files), seed, PAIRS)
    return {
        side: [
            pair
            for (rows, _), kept in zip(files, masks.values(), strict=True)
            for pair in pl.read_parquet(rows, columns=["text", "pair"]).filter(kept).rows()
        ]
        for side, masks in pool.sides.items()
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sources=st.lists(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6), min_size=1, max_size=3),
    seed=st.integers(0, 5),
)
def test_pairs_that_share_either_text_are_on_one_side(
    sources: list[list[tuple[str, str]]], seed: int, tmp_path: Path
) -> None:
    sides = sides_of_pairs(tmp_path, sources, seed)
    train, aside = (
        {*match_keys(pl.Series([text for pair in pairs for text in pair], dtype=pl.String))} for pairs in sides.values()
    )
    assert not train & aside
    every = [pair for pairs in sources for pair in pairs]
    assert len(sides["train"]) + len(sides["holdout"]) == len({*every}), "none is dropped but repetitions"


def test_pairs_that_hang_together_by_others_are_on_one_side(tmp_path: Path) -> None:
    chain = [(f"link {number}", f"link {number + 1}") for number in range(40)]
    for seed in range(4):
        sides = sides_of_pairs(tmp_path, [chain[::2], chain[1::2]], seed)
        assert sorted(map(len, sides.values())) == [0, 40]


@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=30), unique=True, min_size=1, max_size=30))
def test_side_of_a_text_hangs_on_nothing_but_text_and_seed(texts: list[str]) -> None:
    assert in_holdout(digests(pl.Series(texts)), 0.3, 7).to_list() == [chosen(text, 0.3, 7) for text in texts]


def test_a_larger_share_keeps_what_a_smaller_one_chose_and_a_share_is_met() -> None:
    keys = digests(pl.Series([f"text {n}" for n in range(20_000)]))
    small, large = in_holdout(keys, 0.1, 0), in_holdout(keys, 0.2, 0)
    assert not (small & ~large).any()
    assert large.sum() == pytest.approx(4_000, abs=4 * (20_000 * 0.16) ** 0.5)
    assert in_holdout(digests(pl.Series(["a", "b", "c", "d", "e", "f"])), 0.5, 1).to_list() == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]


def test_first_source_of_the_recipe_keeps_a_shared_text(pooled: Pooled) -> None:
    pool, sides = pooled({"b": ["shared", "only b"], "a": ["only a", "shared"]}, share=1e-9)
    assert sides["train"] == {"b": ["shared", "only b"], "a": ["only a"]}
    assert pool.accounts[1].dropped == {"cross_source_duplicate": 1}


def test_what_equals_a_held_out_row_but_for_case_and_signs_is_no_training_row(pooled: Pooled) -> None:
    held, other = next(
        (f"text {n}", f"TEXT, {n}!")
        for n in range(100)
        if chosen(f"text {n}", 0.2, 0) and not chosen(f"TEXT, {n}!", 0.2, 0)
    )
    pool, sides = pooled({"a": [other, "rest"], "b": [held]}, share=0.2)
    assert (sides["train"]["a"], sides["holdout"]["b"]) == (["rest"], [held])
    assert pool.accounts[0].dropped == {"in_holdout": 1}


def test_same_text_with_two_labels_is_counted_and_the_first_source_wins(cleaned: Callable[..., Any]) -> None:
    parts = [
        cleaned("a", ["same", "x"], ["positive", "positive"]),
        cleaned("b", ["same", "x"], ["negative", "positive"]),
    ]
    pool = deduplicate(
        [(file, file.with_name("keys.parquet")) for file, _ in parts],
        [done.account for _, done in parts],
        [(1e-9, 0.0)] * len(parts),
        0,
        FIRST,
    )
    assert pool.label_conflicts == 1
    assert pool.labels == {"train": {"positive": 2}, "holdout": {}}


def test_tasks_clean_and_pool_through_the_store(tmp_path: Path, snapshot: Callable[..., Any]) -> None:
    store = str(tmp_path)
    raw = [snapshot(name, [f"{name} text {n % 90}" for n in range(100)]) for name in ("a", "b")]
    clean = [clean_source.of(one.subject).run(store, one, SourceCleaning()) for one in raw]
    pool = deduplicate_sources.of("pool").run(store, clean, HoldoutSettings(share=0.2), 0)
    assert [account.dropped for account in pool.accounts] == [{"exact_duplicate": 10}] * 2
    assert (pool.rows, pool.tokens) == tuple(
        sum(getattr(account, name) for account in pool.accounts) for name in ("rows", "tokens")
    )
    cleaning, exact = pool.facts.dropped
    assert cleaning.counts == {"a": {"exact_duplicate": 10}, "b": {"exact_duplicate": 10}}
    assert (exact.rows, exact.figures) == (0, {"texts with different labels": 0})
    for account, (side, rows) in itertools.product(pool.accounts, {"train": "rows", "holdout": "holdout"}.items()):
        frame = pl.read_parquet(tmp_path / pool.path / side / f"{account.source}.parquet")
        assert frame.height == getattr(account, rows)
        assert frame.columns == ["row_id", "source", "text", "label", "tokens"]
        assert frame["row_id"].to_list() == sorted(frame["row_id"], key=lambda name: int(name.rpartition(":")[2]))


def test_equal_rows_are_equal_bytes_whatever_the_threads_and_the_blocks_they_come_in(tmp_path: Path) -> None:
    texts = [f"row {n}  with {'many ' * (n % 7)}words" for n in range(150_000)]
    frame = pl.DataFrame({"row_id": map(str, range(len(texts))), "source": "s", "text": texts, "label": "x"})
    program = (
        "import sys; from pathlib import Path; from tasks.clean.filter import clean_file; from "
        "tasks.clean.settings import SourceCleaning; from tasks.rows.layout import FIRST;"
        "from tasks.manifests.manifest import Account; a = Path(sys.argv[1]); b = Path(sys.argv[2]);"
        "clean_file(Account(source='s', read=150000, rows=150000), (a, b, Path(f'{b}.keys')), "
        "SourceCleaning(min_chars=15), FIRST)"
    )
    for threads, block in {"1": 40_000, "4": 11_000}.items():
        frame.write_parquet(tmp_path / "raw.parquet", row_group_size=block)
        words = [sys.executable, "-c", program, str(tmp_path / "raw.parquet"), str(tmp_path / threads)]
        subprocess.run(
            words, check=True, env=dict(os.environ) | {"POLARS_MAX_THREADS": threads}, cwd=Path(__file__).parents[2]
        )
    assert (tmp_path / "1").read_bytes() == (tmp_path / "4").read_bytes()
    assert pl.read_parquet(tmp_path / "1")["row_id"].cast(pl.Int64).is_sorted()


@pytest.mark.parametrize(
    ("sources", "share", "told"),
    [
        ({"a": ["only"]}, 1e-9, "all 1 rows of all sources have the label 'negative'"),
        (
            {"a": [f"text {n}" for n in range(40)]},
            0.01,
            "the hold-out has no row with the label 'negative', 'positive': to train on: "
            "negative 20, positive 20; held out: none. Nothing could be measured on it; raise holdout.share (0.01) "
            "to 0.15, or add rows",
        ),
        ({"a": [f"text {n}" for n in range(4)]}, 1e-9, "Nothing could be measured on it; add rows"),
        (
            {"a": ["text 2", "text 0", "text 4", "text 6"]},
            0.5,
            "no row is left to train on with the label 'negative': "
            "to train on: positive 1; held out: negative 2, positive 1. Lower holdout.share (0.5)",
        ),
    ],
)
def test_pools_that_cannot_be_learned_or_measured_stop(
    sources: dict[str, list[str]], share: float, told: str, pooled: Pooled
) -> None:
    with pytest.raises(QualityGate, match=re.escape(told)):
        refuse(pooled(sources, share)[0], share)


def test_a_source_may_keep_a_share_of_its_own_aside() -> None:
    shares = HoldoutSettings(share=0.1, shares={"small": 0.9})
    assert [shares.of(name) for name in ("small", "large")] == [0.9, 0.1]
    keys = digests(pl.Series([f"text {number}" for number in range(2_000)]))
    kept = {name: in_holdout(keys, shares.of(name), 0) for name in ("small", "large")}
    assert kept["small"].mean() == pytest.approx(0.9, abs=0.03)
    assert (kept["large"] <= kept["small"]).all(), "what is kept aside under a small share is so under a larger one"


def test_small_sources_give_no_validation_rows_nor_do_all_where_they_are_too_few() -> None:
    shares = HoldoutSettings(shares={"large": 0.5}, validation=0.1)
    assert shares.shares_of({"small": 99, "large": 1_000}) == [(0.1, 0), (0.5, 0.05)]
    assert shares.shares_of({"small": 99, "large": 999}) == [(0.1, 0), (0.5, 0)]
    assert HoldoutSettings(validation=0).shares_of({"large": 10**6}) == [(0.1, 0)]


@pytest.mark.shared_data
def test_reviews_that_two_real_sources_share_do_not_leak_into_the_holdout(
    cleaned: Callable[..., Any], shared_data: Path
) -> None:
    lines = (shared_data / "sentiment/vader/amazonReviewSnippets_GroundTruth.txt").read_text("utf-8").splitlines()
    folder = zipfile.ZipFile(shared_data / "sentiment/product_reviews/product_reviews_1.zip")
    texts = [
        folder.read(name).decode("latin-1")
        for name in folder.namelist()
        if name.endswith(".txt") and "readme" not in name.lower()
    ]
    products = [line.partition("##")[2] for text in texts for line in text.splitlines() if "##" in line]
    parts = [cleaned("products", products), cleaned("vader", [line.split("\t")[2] for line in lines])]
    pool = deduplicate(
        [(file, file.with_name("keys.parquet")) for file, _ in parts],
        [done.account for _, done in parts],
        [(0.1, 0.0)] * len(parts),
        0,
        FIRST,
    )
    frames = {name: pl.read_parquet(file)["text"] for name, (file, _) in zip(("products", "vader"), parts, strict=True)}
    plain = {name: {re.sub(r"[^a-z0-9]", "", text.lower()) for text in found} for name, found in frames.items()}
    assert len(plain["products"] & plain["vader"]) > 2_638
    train, aside = (
        {
            re.sub(r"[^a-z0-9]", "", text.lower())
            for name, kept in pool.sides[side].items()
            for text in frames[name].filter(kept)
        }
        for side in ("train", "holdout")
    )
    assert not train & aside
    assert [account.dropped["in_holdout"] for account in pool.accounts] == [297, 283]
