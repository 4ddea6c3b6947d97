"""Laws of content keys and of the tasks that are cached under them."""

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.submitted import as_prefect, may_mend
from tasks.core.errors import CuveeError, QualityGate, Unreachable
from tasks.core.records import Section, digest, flatten
from tasks.manifests.manifest import Facts, Manifest, Product
from tasks.store import products
from tasks.store.products import (
    Workbench,
    key_of,
    key_parts,
    stage_task,
)
from tasks.store.storage import Store


class Sum(Facts):
    sum: int


class Settings(Section):
    factor: int = 1
    note: str = "n"


def staged(work: Callable[..., Product[Any]]) -> Any:
    """The task of a function, as if it stood in a stage of its own."""
    work.__module__ = "tasks.clean.task"
    return stage_task("clean")(work)


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def numbers(calls: list[str]) -> Any:
    def write_numbers(work: Workbench, settings: Settings, base: str = "/anywhere") -> Product[Sum]:
        calls.append(work.subject)
        with work.writing("data.parquet") as path:
            pl.DataFrame({"n": [settings.factor * n for n in range(3)]}).write_parquet(path)
        return Product(rows=3, facts=Sum(sum=3 * settings.factor))

    return staged(write_numbers)


@pytest.fixture
def total(calls: list[str]) -> Any:
    def sum_numbers(work: Workbench, parts: list[Manifest[Sum]]) -> Product[Facts]:
        calls.append(work.subject)
        frames = [pl.read_parquet(work.open(part, "data.parquet")) for part in parts]
        with work.writing("sum.txt") as path:
            path.write_text(str(pl.concat(frames)["n"].sum()))
        return Product(rows=1, facts=Facts())

    return staged(sum_numbers)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "folder" else f"{request.getfixturevalue('bucket')}/prefix"


def test_a_product_is_its_files_and_a_manifest_that_says_what_they_hold(store: str, numbers: Any) -> None:
    made = numbers.of("news").run(store, Settings())
    assert made.path == f"snapshots/clean/{made.key}"
    assert set(Store(store).list(made.path)) == {"data.parquet", "manifest.json"}
    assert Store(store).lookup("clean", made.key, Sum) == made
    assert (made.rows, made.facts, made.subject, made.stage) == (3, Sum(sum=3), "news", "clean")


def test_the_same_arguments_do_the_work_once(store: str, numbers: Any, calls: list[str]) -> None:
    assert numbers.of("news").run(store, Settings()) == numbers.of("news").run(store, Settings())
    assert calls == ["news"]


@pytest.mark.parametrize("other", [("papers", Settings()), ("news", Settings(factor=2)), ("news", Settings(note="m"))])
def test_any_other_argument_makes_another_product(
    tmp_path: Path, numbers: Any, calls: list[str], other: tuple[str, Settings]
) -> None:
    first, second = numbers.of("news").run(str(tmp_path), Settings()), numbers.of(other[0]).run(str(tmp_path), other[1])
    assert first.key != second.key
    assert len(calls) == 2


def test_places_are_no_part_of_the_key(tmp_path: Path, numbers: Any) -> None:
    first = numbers.of("news").run(str(tmp_path / "a"), Settings(), base="/here")
    second = numbers.of("news").run(str(tmp_path / "b"), Settings(), base="/there")
    assert first.key == second.key
    assert not {name for name in first.parts if name.startswith(("store", "base"))}


def test_a_product_whose_file_is_gone_is_made_again(store: str, numbers: Any, calls: list[str]) -> None:
    made = numbers.of("news").run(store, Settings())
    Store(store).remove(f"{made.path}/data.parquet")
    again = numbers.of("news").run(store, Settings())
    assert calls == ["news", "news"]
    assert again.files == made.files
    assert Store(store).open(again, "data.parquet").exists()


def test_equal_content_made_in_another_way_stops_the_change_there(
    tmp_path: Path, numbers: Any, total: Any, calls: list[str]
) -> None:
    store = str(tmp_path)
    first = numbers.of("news").run(store, Settings(note="one"))
    downstream = total.of("sum").run(store, [first])
    second = numbers.of("news").run(store, Settings(note="two"))
    assert first.key != second.key
    assert first.fingerprint == second.fingerprint
    assert total.of("sum").run(store, [second]) == downstream
    assert calls == ["news", "sum", "news"]


def test_other_content_goes_on_downstream(tmp_path: Path, numbers: Any, total: Any) -> None:
    store = str(tmp_path)
    sums = [total.of("sum").run(store, [numbers.of("news").run(store, Settings(factor=factor))]) for factor in (1, 2)]
    assert sums[0].key != sums[1].key
    assert sums[0].parents == (numbers.of("news").run(store, Settings()).fingerprint,)


def test_failed_work_leaves_no_product_and_goes_on_where_it_was(store: str, calls: list[str]) -> None:
    broken = threading.Event()
    broken.set()

    def write_shards(work: Workbench) -> Product[Facts]:
        for shard in ("0", "1"):
            if work.has(shard):
                continue
            if shard == "1" and broken.is_set():
                raise CuveeError("stopped")
            calls.append(shard)
            with work.writing(shard) as path:
                path.write_text(shard)
        return Product(facts=Facts())

    task = staged(write_shards)
    with pytest.raises(CuveeError):
        task.of("mix").run(store)
    key = key_of("clean", task.of("mix").parts())
    assert Store(store).lookup("clean", key, Facts) is None
    broken.clear()
    whole = task.of("mix").run(store)
    assert calls == ["0", "1"]
    assert [file.name for file in whole.files] == ["0", "1"]
    assert whole.fingerprint == task.of("mix").run(f"{store}-other").fingerprint


def test_a_file_whose_writing_failed_is_not_in_the_store(tmp_path: Path) -> None:
    bench = Workbench(Store(str(tmp_path)), "clean", "mix", "k", {})
    with pytest.raises(CuveeError), bench.writing("data") as path:
        path.write_text("half")
        raise CuveeError("stopped")
    assert bench.files == []
    assert not bench.has("data")
    assert list(bench.scratch.iterdir()) == []


def test_two_at_once_do_the_work_once_and_both_get_it(store: str, calls: list[str]) -> None:
    def write_slowly(work: Workbench) -> Product[Facts]:
        calls.append(work.subject)
        with work.writing("data") as path:
            time.sleep(0.2)
            path.write_text("x")
        return Product(facts=Facts())

    task = staged(write_slowly)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: task.of("news").run(store), range(4)))
    assert calls == ["news"]
    assert all(one == made[0] for one in made)


@pytest.mark.parametrize(("stage", "at_once"), [("clean", 2), ("ingest", 6)])
def test_as_much_computes_at_once_as_there_are_cores_and_waiting_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, at_once: int
) -> None:
    monkeypatch.setattr(products, "_cores", threading.BoundedSemaphore(2))
    together, counting, inside, most = threading.Barrier(at_once), threading.Lock(), [0], [0]

    def work_on(work: Workbench) -> Product[Facts]:
        with counting:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        together.wait(30)  # breaks when fewer are let in
        with counting:
            inside[0] -= 1
        return Product(facts=Facts())

    work_on.__module__ = "tasks.clean.task"
    task = stage_task(stage)(work_on)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: task.of(f"source {number}").run(str(tmp_path / "store")), range(6)))
    assert most == [at_once]


def test_no_scratch_stays_behind(tmp_path: Path, numbers: Any) -> None:
    made = numbers.of("news").run(str(tmp_path), Settings())
    assert set(Store(str(tmp_path)).list("")) == {f"{made.path}/data.parquet", f"{made.path}/manifest.json"}
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_key_is_the_name_under_which_the_store_and_prefect_keep_it(tmp_path: Path, numbers: Any) -> None:
    made = numbers.of("news").run(str(tmp_path), Settings())
    arguments = {"at_store": str(tmp_path), "subject": "news", "settings": Settings(), "base": "/anywhere"}
    assert as_prefect(numbers).cache_key_fn(None, arguments) == made.key
    assert key_of("clean", made.parts) == made.key


def test_parts_hold_digests_never_values(numbers: Any) -> None:
    parts = numbers.of("news").parts(Settings(note="a-secret"))
    assert not any("a-secret" in value for value in parts.values())
    assert parts["settings.note"] == digest("a-secret")[:16]


names = st.text("abcdef", min_size=1, max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
trees = st.dictionaries(st.sampled_from("abcde"), values, min_size=1, max_size=5)


@given(trees)
def test_the_order_of_keys_does_not_matter(tree: dict[str, Any]) -> None:
    turned = dict(reversed(list(tree.items())))
    assert flatten(tree) == flatten(turned)
    assert digest(tree) == digest(turned)


@given(trees, st.data())
def test_a_changed_leaf_changes_its_own_part_only(tree: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(tree)))
    changed = tree | {name: "something else entirely"}

    def parts(arguments: dict[str, Any]) -> dict[str, str]:
        return key_parts(Workbench.open, {"settings": arguments} | {"store": "x"})

    before, after = parts(tree), parts(changed)
    differing = {part for part in {*before, *after} if before.get(part) != after.get(part)}
    assert differing
    assert all(part == f"settings.{name}" or part.startswith(f"settings.{name}.") for part in differing)


def test_list_items_of_the_same_name_all_count() -> None:
    twins = [{"name": "x", "value": 1}, {"name": "x", "value": 2}]
    assert flatten({"all": twins}) == {"all.0.name": "x", "all.0.value": 1, "all.1.name": "x", "all.1.value": 2}
    assert flatten({"all": [{"name": "x"}, {"name": "y"}]}) == {"all.x.name": "x", "all.y.name": "y"}


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Unreachable("x", transient=True), True),
        (Unreachable("x"), False),
        (QualityGate("x"), False),
        (ValueError("timeout"), False),
    ],
)
def test_only_a_transient_failure_is_tried_again(error: Exception, again: bool) -> None:
    from prefect.states import Failed

    assert may_mend(None, None, Failed(data=error)) is again


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_under_prefect_a_lost_product_is_a_miss_and_a_found_one_is_cached(
    kind: str, request: pytest.FixtureRequest, prefect_server: str, tmp_path: Path, numbers: Any, calls: list[str]
) -> None:
    from prefect import flow
    from prefect.filesystems import LocalFileSystem, RemoteFileSystem

    store = str(tmp_path / "store") if kind == "folder" else f"{request.getfixturevalue('bucket')}/prefix"
    block = (LocalFileSystem if kind == "folder" else RemoteFileSystem)(basepath=f"{store}/results")
    block.save(f"test-caching-{kind}", overwrite=True)
    task = as_prefect(numbers).with_options(result_storage=block)

    @flow
    def once() -> tuple[str | None, Any]:
        state = task(store, "news", Settings(), return_state=True)
        return state.name, state.result()

    first, made = once()
    assert (first, once()) == ("Completed", ("Cached", made))
    assert Store(store).exists(f"results/{made.key}")
    Store(store).remove(f"{made.path}/data.parquet")
    assert once() == ("Completed", made.model_copy(update={"seconds": once()[1].seconds}))
    assert calls == ["news", "news"]
    Store(store).remove("results")
    assert once()[0] == "Cached"
    assert calls == ["news", "news"]


def test_a_manifest_is_unpickled_where_nobody_spoke_of_its_class_yet() -> None:
    from tasks.manifests.rows import CleanedFacts

    said = {"stage": "clean", "subject": "a", "key": "k", "path": "p", "files": ()}
    manifest = Manifest[CleanedFacts].model_validate(said | {"facts": CleanedFacts.model_construct()})
    script = "import pickle, sys; print(pickle.load(sys.stdin.buffer).fingerprint)"
    there = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(manifest), capture_output=True, check=False
    )
    assert there.stdout.decode().strip() == manifest.fingerprint, there.stderr.decode()
    assert pickle.loads(pickle.dumps(manifest)) == manifest
