"""What repeats a row of an evaluation set is neither trained on nor chosen by, and still measured on."""

import json
import random
from pathlib import Path

import polars as pl

from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.recipe.model import load_recipe
from tasks.rows.files import HOLDOUT, TRAIN, VALIDATION, open_pool
from tasks.store.storage import open_store


def test_rows_of_a_set_go_from_training_and_validation_and_stay_in_the_hold_out(tmp_path: Path) -> None:
    chance = random.Random(0)
    words = [f"{first}{second}{last}" for first in "bdgklmn" for second in "aeiou" for last in "rstx"]
    texts = [" ".join(chance.sample(words, 12)) for _ in range(900)]
    lines = [{"text": text, "label": ("good", "bad")[number % 2]} for number, text in enumerate(texts)]
    for name, rows in (("a", lines), ("held", lines[::2])):
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    said = "name: r\nlabels: [good, bad]\nsources: {a: {path: a.jsonl}}\nholdout: {share: 0.2, validation: 0.2}\n"
    (tmp_path / "recipe.yaml").write_text(said + "evaluate: {sets: {held: {path: held.jsonl}}}\n")
    store, made = str(tmp_path / "store"), RunProducts()
    carry_out(blend(load_recipe(str(tmp_path / "recipe.yaml")), Plain(store), made), "plan")
    assert made.pool is not None
    held, found = {*texts[::2]}, dict[str, set[str]]()
    for side in (TRAIN, HOLDOUT, VALIDATION):
        found[side] = {*pl.read_parquet(open_pool(open_store(store), made.pool, side)["a"])["text"]}
    assert not held & (found[TRAIN] | found[VALIDATION])
    assert len(held & found[HOLDOUT]) > 50
    (account,) = made.pool.accounts
    assert (account.rows, account.validation) == (len(found[TRAIN]), len(found[VALIDATION]))
    (step,) = [one for one in made.pool.facts.dropped if one.step == "contamination"]
    gone = held - found[HOLDOUT]
    assert step.counts == {"a": {"in_benchmark": len(gone)}}
    assert account.dropped == {"in_benchmark": len(gone)}
    assert 50 < step.figures["validation rows"] < len(gone)
