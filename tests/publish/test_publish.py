"""What is published can be used as it is, is whole or not there, and the newest run's edition is the latest."""

import hashlib
import itertools
import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tasks.core.errors import Unreachable
from tasks.manifests.scores import Metrics
from tasks.publish.folder import move_latest
from tasks.publish.task import begin_run, publish_mix, publish_model, record_run
from tasks.store.runs import PublishedMix, RunRecord, RunStart
from tasks.store.storage import Store

Start = Callable[..., RunStart]
MIX_FILES = {
    "README.md",
    "croissant.json",
    "recipe.yaml",
    "lock.json",
    "receipt.json",
    "plan.npz",
    "data/train-00000.parquet",
    "data/train-00001.parquet",
    "data/holdout-news.parquet",
    "data/holdout-papers.parquet",
}


def put_out(products: Any, start: RunStart) -> PublishedMix:
    return publish_mix.function(products.store.uri, start, products.mix, products.plan)


def test_a_published_mix_has_the_layout_of_the_store(store: Store, start: Start, make_products: Any) -> None:
    products = make_products(store)
    found = put_out(products, start())
    assert set(store.list(f"mixes/sentiment/{found.id}")) == MIX_FILES
    assert found.uri == store.where(f"mixes/sentiment/{found.id}")
    assert (found.rows, found.tokens, found.id) == (6, 30, products.mix.fingerprint[:12])
    latest = store.read_json("mixes/sentiment/latest.json")
    assert latest == {
        "id": found.id,
        "path": f"mixes/sentiment/{found.id}",
        "run": start().run,
        "started": start().started,
    }


def test_the_sha256_is_what_sha256sum_prints(folder_store: Store, start: Start, make_products: Any) -> None:
    found = put_out(make_products(folder_store), start())
    listing = subprocess.run(
        ["sha256sum", *sorted(map(str, Path(found.uri).glob("data/*")))], capture_output=True, check=True, text=True
    )
    shown = listing.stdout.replace(f"{found.uri}/", "")
    assert hashlib.sha256(shown.encode()).hexdigest() == found.sha256


def test_datasets_loads_the_folder_with_both_splits(
    folder_store: Store, start: Start, make_products: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    found = put_out(make_products(folder_store), start())
    mix = datasets.load_dataset(found.uri, cache_dir=str(tmp_path / "cache"))
    assert {name: split.num_rows for name, split in mix.items()} == {"train": 6, "holdout": 4}
    assert mix["train"].column_names == ["row_id", "source", "text", "label", "tokens"]
    assert mix["train"]["source"][:] == ["news"] * 3 + ["papers"] * 3
    assert mix["train"].features["label"] == datasets.ClassLabel(names=["negative", "positive"])
    assert mix["train"]["label"][:2] == [0, 1]


def test_polars_reads_the_folder_as_it_is(folder_store: Store, start: Start, make_products: Any) -> None:
    found = put_out(make_products(folder_store), start())
    assert pl.read_parquet(f"{found.uri}/data/train-*.parquet").height == 6


def test_transformers_loads_the_model_folder(folder_store: Store, start: Start, make_products: Any) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    products = make_products(folder_store)
    found = publish_model.function(
        folder_store.uri, start(), products.model, products.scores.facts.metrics, put_out(products, start())
    )
    model = AutoModelForSequenceClassification.from_pretrained(found.uri)
    tokens = AutoTokenizer.from_pretrained(found.uri)("sentence one", return_tensors="pt")
    assert model(input_ids=tokens["input_ids"]).logits.shape == (1, 2)
    assert model.config.id2label == {0: "negative", 1: "positive"}


def test_the_card_of_a_model_whose_training_was_cut_counts_the_epochs_that_were(
    folder_store: Store, start: Start, make_products: Any
) -> None:
    products = make_products(folder_store)
    mix = put_out(products, start())
    often = [row["epochs"] for row in folder_store.read_json(f"mixes/sentiment/{mix.id}/receipt.json")]
    facts = products.model.facts.model_copy(update={"planned": 8, "epochs": 0.25})
    model = products.model.model_copy(update={"facts": facts})
    found = publish_model.function(folder_store.uri, start(), model, products.scores.facts.metrics, mix)
    card = (Path(found.uri) / "README.md").read_text()
    assert "Its training was cut by its time limit at step 2 of 8." in card
    assert all(f" {row / 4:.2f} |" in card for row in often)


def test_a_published_model_has_the_layout_of_the_store(store: Store, start: Start, make_products: Any) -> None:
    products = make_products(store)
    mix = put_out(products, start())
    found = publish_model.function(store.uri, start(), products.model, products.scores.facts.metrics, mix)
    there = set(store.list(f"models/sentiment/{found.id}"))
    assert there >= {"model.safetensors", "config.json", "tokenizer.json", "training-curve.json"}
    assert there >= {"README.md", "metrics.json", "recipe.yaml", "lock.json"}
    assert not [name for name in there if "/" in name]
    scores = store.read_json(f"models/sentiment/{found.id}/metrics.json")
    assert Metrics.model_validate(scores) == products.scores.facts.metrics
    assert scores["accuracy_interval"] == [0.5, 1.0]
    assert store.read_json(f"models/sentiment/{found.id}/lock.json")["mix"] == mix.id
    assert store.read_json("models/sentiment/latest.json")["id"] == found.id


def contents(store: Store) -> dict[str, bytes]:
    return {name: store.read_bytes(f"mixes/{name}") for name in store.list("mixes")}


def test_the_same_mix_published_twice_is_one_folder_untouched(store: Store, start: Start, make_products: Any) -> None:
    products = make_products(store)
    first = put_out(products, start(0))
    before = contents(store)
    assert put_out(products, start(9)) == first
    after = contents(store)
    assert {name for name in after if after[name] != before.get(name)} == {"sentiment/latest.json"}
    assert after.keys() == before.keys()


def test_another_description_renews_the_card_of_the_same_folder(store: Store, start: Start, make_products: Any) -> None:
    products = make_products(store)
    first, second = put_out(products, start(0)), put_out(products, start(1, description="Now with words."))
    assert first.id == second.id
    assert "Now with words." in store.read_bytes(f"mixes/sentiment/{first.id}/README.md").decode()


def test_a_lost_file_of_a_published_folder_comes_back(store: Store, start: Start, make_products: Any) -> None:
    products = make_products(store)
    first = put_out(products, start())
    before = contents(store)
    for name in ("data/train-00000.parquet", "README.md"):
        store.remove(f"mixes/sentiment/{first.id}/{name}")
        put_out(products, start())
        assert contents(store) == before


def breaking(store: Store, after: int) -> Store:
    """The same store, whose link breaks after some writes."""
    broken, left = Store(store.uri), itertools.count(after, -1)

    def guarded(write: Callable[..., Any]) -> Callable[..., Any]:
        def go(*args: Any) -> Any:
            if next(left) <= 0:
                raise Unreachable("the link is down", transient=True)
            return write(*args)

        return go

    broken.copy, broken.write_bytes, broken.move_pointer = map(
        guarded, (broken.copy, broken.write_bytes, broken.move_pointer)
    )
    return broken


def test_whatever_write_fails_the_old_pointer_stays_and_the_next_try_ends_well(
    folder_store: Store, start: Start, make_products: Any
) -> None:
    from tasks.publish.editions import put_out_mix

    products = make_products(folder_store)
    folder_store.write_json(
        "mixes/sentiment/latest.json",
        old := {"id": "old", "path": "p", "run": "r", "started": "2020-01-01T00:00:00+00:00"},
    )
    for writes in range(100):
        try:
            put_out_mix(breaking(folder_store, writes), start(), products.mix, products.plan)
        except Unreachable:
            assert folder_store.read_json("mixes/sentiment/latest.json") == old
            continue
        break
    assert writes == len(MIX_FILES) + 1 - writes_saved(folder_store)
    assert folder_store.read_json("mixes/sentiment/latest.json")["id"] == products.mix.fingerprint[:12]


def writes_saved(store: Store) -> int:
    """How many of the writes the last try was spared, because an earlier try had made them."""
    return len([name for name in store.list("mixes") if name.endswith((".parquet", "plan.npz"))])


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_the_run_that_started_last_is_the_latest_whoever_ends_last(
    folder_store: Store, start: Start, order: tuple[int, ...]
) -> None:
    for second in order:
        move_latest(folder_store, "mixes", start(second), f"edition-{second}")
    assert folder_store.read_json("mixes/sentiment/latest.json")["id"] == "edition-3"


def test_concurrent_publishers_all_succeed_and_the_newest_is_latest(
    store: Store, start: Start, make_products: Any
) -> None:
    products = make_products(store)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda second: put_out(products, start(second)), range(6)))
    assert len(set(found)) == 1
    assert store.read_json("mixes/sentiment/latest.json")["run"] == start(5).run
    assert set(store.list(f"mixes/sentiment/{found[0].id}")) == MIX_FILES


def test_the_lock_says_what_is_there_and_what_it_was_made_from(
    folder_store: Store, start: Start, make_products: Any
) -> None:
    products = make_products(folder_store)
    found = put_out(products, start())
    lock = folder_store.read_json(f"mixes/sentiment/{found.id}/lock.json")
    for name, fact in lock["files"].items():
        data = Path(found.uri, name).read_bytes()
        assert fact == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert lock["inputs"] == {"pool": "f" * 64}
    assert lock["fingerprint"] == products.mix.fingerprint
    assert lock["recipe"] != publish_lock_recipe(folder_store, products, start(description="other"))


def publish_lock_recipe(store: Store, products: Any, start: RunStart) -> str:
    return store.read_json(f"mixes/sentiment/{put_out(products, start).id}/lock.json")["recipe"]


def test_the_recipe_beside_the_mix_is_the_whole_recipe(folder_store: Store, start: Start, make_products: Any) -> None:
    found = put_out(make_products(folder_store), start())
    assert yaml.safe_load(Path(found.uri, "recipe.yaml").read_text()) == start().recipe


def test_a_run_is_named_by_its_start_and_recorded(store: Store, start: Start) -> None:
    first, second = begin_run(start().recipe), begin_run(start().recipe)
    assert first.run != second.run
    assert first.run[:15] == first.started[:19].replace("-", "").replace(":", "").replace("T", "-")
    record = RunRecord(**first.model_dump(), status="failed", finished=first.started, seconds=0.1, error="no")
    uri = record_run.function(store.uri, record)
    assert uri == store.where(f"runs/sentiment/{first.run}/run.json")
    assert RunRecord.model_validate(store.read_json(f"runs/sentiment/{first.run}/run.json")) == record


def test_nothing_published_names_this_machine(folder_store: Store, start: Start, make_products: Any) -> None:
    products = make_products(folder_store)
    mix = put_out(products, start())
    publish_model.function(folder_store.uri, start(), products.model, products.scores.facts.metrics, mix)
    for folder, name in itertools.product(("mixes", "models"), ("README.md", "lock.json", "recipe.yaml")):
        for path in Path(folder_store.uri, folder).rglob(name):
            assert folder_store.uri not in path.read_text(), path
            assert os.uname().nodename not in path.read_text(), path


def test_croissant_names_every_column_and_file_that_is_there(
    folder_store: Store, start: Start, make_products: Any
) -> None:
    found = put_out(make_products(folder_store), start())
    described = json.loads(Path(found.uri, "croissant.json").read_text())
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert described["@type"] == "sc:Dataset"
    sets = {entry["@id"]: entry["includes"] for entry in described["distribution"]}
    for record in described["recordSet"]:
        frame = pl.read_parquet(f"{found.uri}/{sets[record['field'][0]['source']['fileSet']['@id']]}")
        assert [field["source"]["extract"]["column"] for field in record["field"]] == frame.columns
        assert all(field["@id"] == f"{record['@id']}/{field['name']}" for field in record["field"])
    assert {"name", "description", "license", "url", "datePublished", "creator"} <= described.keys()
