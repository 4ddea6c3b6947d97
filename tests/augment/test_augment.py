"""Rows made from the mix's own: each names the one it comes from, none comes from or into what is kept aside, and the
same seed makes the same."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, BertConfig, T5Config

from flows.pipeline import pipeline as run
from tasks.augment.methods import back_translation, eda, masked_model
from tasks.augment.rows import augmented, chosen
from tasks.core.errors import RecipeError
from tasks.history.task import trace_row
from tasks.models.vocabularies import ended_byte_pairs, word_pieces
from tasks.objectives.pair_classification.columns import layout as pairs
from tasks.objectives.text_classification.columns import layout as texts_with_labels
from tasks.recipe.model import load_recipe
from tasks.text.words import split_words
from tasks.train.order import interleaved

LAYOUT = texts_with_labels(("a", "b"))
TEXTS = ["the room was clean and quiet", "房间很干净，早餐也好吃。", "ห้องสะอาดมากและเงียบ", "word", "", "a  b\tc d!"]
OPERATIONS: tuple[eda.Operation, ...] = ("swap", "delete", "insert")


def words(text: str) -> Counter[str]:
    return Counter(split_words(pl.Series([text]))[0].to_list())


@given(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1), st.floats(0.01, 3), st.sets(st.sampled_from(["x", "y"])))
def test_every_source_gives_its_share_and_no_row_is_preferred(sources: list[str], share: float, only: set[str]) -> None:
    places = chosen(pl.Series(sources), share, only, 7, "eda-1")
    assert places.tolist() == chosen(pl.Series(sources), share, only, 7, "eda-1").tolist()
    found = Counter(sources[place] for place in places)
    for source in set(sources):
        rows = [number for number, name in enumerate(sources) if name == source]
        wanted = round(share * len(rows)) if not only or source in only else 0
        assert found[source] == wanted
        often = Counter(places.tolist())
        assert {often[row] for row in rows} <= {wanted // len(rows), -(-wanted // len(rows))}


@given(st.lists(st.one_of(st.sampled_from(TEXTS), st.text()), min_size=1, max_size=6), st.sampled_from(OPERATIONS))
def test_words_are_swapped_deleted_or_inserted_and_nothing_else_is(texts: list[str], operation: eda.Operation) -> None:
    texts = [text.strip() for text in texts]
    params = eda.Params(changed=0.3, operations=(operation,))
    keys = [str(number) for number in range(len(texts))]
    made = eda.rewritten(texts, keys, params, "", 5)
    assert made == eda.rewritten(texts, keys, params, "", 5)
    for text, new in zip(texts, made, strict=True):
        if sum(words(text).values()) < 2:
            assert new == text
        elif operation == "swap":
            assert Counter(new) == Counter(text)
        elif operation == "delete" and text.isascii():
            assert words(new) < words(text)
            assert words(new)
        elif operation == "insert" and text.isascii():
            assert words(new) > words(text)
            assert set(words(new)) == set(words(text))


def test_chance_hangs_on_the_row_and_the_seed_and_scripts_without_spaces_get_none() -> None:
    text, params = TEXTS[0], eda.Params()
    alone = eda.rewritten([text], ["7"], params, "", 1)
    assert eda.rewritten([TEXTS[1], text], ["3", "7"], params, "", 1)[1:] == alone
    assert len({*eda.rewritten([text] * 20, [str(n) for n in range(20)], params, "", 1)}) > 5
    new = eda.rewritten([TEXTS[1]] * 9, [str(n) for n in range(9)], eda.Params(operations=("insert",)), "", 0)
    assert all(" " not in text for text in new)
    assert all(len(text) == len(TEXTS[1]) + 1 for text in new)


def rows(count: int, text: Callable[[int], str]) -> pl.DataFrame:
    """Rows of a mix."""
    table = {"row_id": [f"a.csv:{n}" for n in range(count)], "source": "a", "text": [text(n) for n in range(count)]}
    return pl.DataFrame(table | {"label": ["a", "b"] * (count // 2)}).with_columns(tokens=pl.lit(3, pl.UInt32))


def test_a_new_row_names_its_origin_keeps_its_label_and_is_none_that_is_kept_aside(tmp_path: Path) -> None:
    mix = pl.concat([rows(4, lambda n: f"text {n}")] * 2)
    rows(2, lambda n: f"TEXT {n} new!").write_parquet(tmp_path / "aside.parquet")

    def rewrite(texts: Sequence[str], keys: Sequence[str]) -> list[str]:
        return [text if key == "a.csv:3~eda-1.1" else f"{text} new" for text, key in zip(texts, keys, strict=True)]

    made = augmented(mix, [tmp_path / "aside.parquet"], LAYOUT, "eda-1", rewrite, np.random.default_rng(0))
    assert made.rows.columns == mix.columns
    assert made.rows.rows() == [
        ("a.csv:2~eda-1.0", "a", "text 2 new", "a", 3),
        ("a.csv:3~eda-1.0", "a", "text 3 new", "b", 3),
    ]
    assert made.facts.rows == {"a": 2}
    assert made.facts.left_out == {"in_holdout": {"a": 4}, "made_before": {"a": 1}, "unchanged": {"a": 1}}
    assert made.facts.examples[0].made_from == "text 2"


def test_of_a_pair_one_text_is_changed(tmp_path: Path) -> None:
    mix = rows(20, lambda n: f"text {n}").with_columns(pair=pl.format("pair {}", "row_id"))
    mix.clear().write_parquet(tmp_path / "aside.parquet")
    made = augmented(
        mix,
        [tmp_path / "aside.parquet"],
        pairs(("a", "b")),
        "eda-1",
        lambda texts, _: [text + "!" for text in texts],
        np.random.default_rng(0),
    )
    both = made.rows.select(pl.col("text", "pair").str.ends_with("!")).rows()
    assert {*both} == {(True, False), (False, True)}
    assert made.rows["tokens"][0] == 2 + 1 + len(["pair", "a", ".", "csv", ":", "0"])


@given(st.lists(st.booleans(), min_size=1))
def test_new_rows_stand_anywhere_among_the_others_which_keep_their_order(made: list[bool]) -> None:
    order = interleaved(np.array(made), 3)
    assert sorted(order.tolist()) == [*range(len(made))]
    own = [row for row in order.tolist() if not made[row]]
    assert own == sorted(own)


@pytest.mark.parametrize(
    ("task", "value", "told"),
    [
        ("language-modelling", ["eda"], r"augment: a changed text would not keep its answer, and in task: language"),
        ("token-classification", ["eda"], "augment: a changed text would not keep its answer"),
        ("question-answering", ["eda"], "augment: a changed text would not keep its answer"),
        ("sequence-to-sequence", ["eda"], "augment: a changed text would not keep its answer"),
        ("text-classification", ["edda"], "unknown kind 'edda'"),
        ("text-classification", [{"kind": "eda", "changd": 0.1}], "changd"),
        ("text-classification", [{"kind": "eda", "share": 0}], "share"),
        ("text-classification", [{"kind": "eda", "operations": []}], "operations"),
        ("text-classification", [{"kind": "eda", "sources": ["b"]}], "no source has this name"),
        ("text-classification", ["masked-model"], "model"),
        (
            "text-classification",
            [{"kind": "masked-model", "model": "./gone"}],
            r"augment\.0\.model: there is no folder",
        ),
    ],
)
def test_what_would_lose_the_answer_or_is_mistaken_is_refused(tmp_path: Path, task: str, value: Any, told: str) -> None:
    recipe: dict[str, Any] = {"name": "r", "task": task, "sources": {"a": {"path": "a.csv"}}, "augment": value}
    recipe |= {"labels": ["O", "B-x"]} if "classification" in task else {}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe | {"mix": {"weights": "uniform"}}), "utf-8")
    with pytest.raises(RecipeError, match=told):
        load_recipe(str(tmp_path / "r.yaml"))


def test_a_masked_model_replaces_whole_words_and_leaves_the_rest(tmp_path: Path) -> None:
    texts = [f"The room was {word}, and clean." for word in ("warm", "cold", "large", "small")] * 3
    tokenizer = word_pieces(400, texts)
    config = BertConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    AutoModelForMaskedLM.from_config(config).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    params = masked_model.Params(model="model", changed=0.2)
    keys = [str(number) for number in range(len(texts))]
    made = masked_model.rewritten(texts, keys, params, str(tmp_path), 0)
    assert made == masked_model.rewritten(texts, keys, params, str(tmp_path), 0)
    for text, new in zip(texts, made, strict=True):
        before, after = text.replace(",", "").split(), new.replace(",", "").split()
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
        assert new.count(",") == 1
        assert all(word[:1].isupper() == other[:1].isupper() for word, other in zip(before, after, strict=True))
    seen = masked_model.seen(params, str(tmp_path))
    assert "model.safetensors" in {file.name for file in seen.files}


def test_a_masked_model_whose_tables_begin_behind_padding_reads_no_more_than_they_hold(tmp_path: Path) -> None:
    text = "warm and cold rooms " * 20
    tokenizer = word_pieces(400, [text])
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 20}
    config = AutoConfig.for_model("roberta", vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **sizes)
    AutoModelForMaskedLM.from_config(config).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    (new,) = masked_model.rewritten([text], ["0"], masked_model.Params(model="model", changed=0.5), str(tmp_path), 0)
    assert new.split()[:8] != text.split()[:8]
    assert new.split()[20:] == text.split()[20:], "behind what it reads nothing is replaced"


def test_two_translators_write_a_text_anew(tmp_path: Path) -> None:
    texts = ["the room was warm", "the bed was cold"]
    tokenizer = ended_byte_pairs(300, texts * 30)
    config = T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    config.decoder_start_token_id = 0
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    params = back_translation.Params(there="model", back="./model", there_prefix="to German: ", max_tokens=16)
    made = back_translation.rewritten(texts, ["0", "1"], params, str(tmp_path), 0)
    assert made == back_translation.rewritten(texts, ["0", "1"], params, str(tmp_path), 0)
    assert len(back_translation.seen(params, str(tmp_path)).files) == 2 * len({*tmp_path.glob("model/*.*")})


@pytest.mark.slow
def test_a_mix_is_trained_on_with_its_new_rows_which_are_counted_apart(tiny_recipe: Path, prefect_server: str) -> None:
    recipe = yaml.safe_load(tiny_recipe.read_text("utf-8"))
    ways = [{"kind": "eda", "share": 0.5, "sources": ["news"]}, {"kind": "eda", "share": 0.1, "operations": ["swap"]}]
    tiny_recipe.write_text(yaml.safe_dump(recipe | {"augment": ways}, sort_keys=False), "utf-8")
    store = tiny_recipe.parent / "store"
    done = run(recipe=str(tiny_recipe), store=str(store))
    mix = Path(done["mix"]["uri"])
    own, made = (pl.read_parquet(mix / f"data/train-{name}*.parquet") for name in ("0", "augmented-"))
    assert own.schema == made.schema
    news = own.filter(pl.col("source") == "news").height
    counts = {row["source"]: row.get("augmented", {}) for row in done["receipt"]}
    assert 0.4 * news <= made.filter(pl.col("source") == "news").height <= 0.6 * news + 0.1 * news
    assert sum(sum(ways.values()) for ways in counts.values()) == made.height
    assert made["row_id"].is_unique().all()
    assert sum(row["rows"] for row in done["receipt"]) == own.height == 200
    assert done["mix"]["rows"] == own.height + made.height
    record = json.loads(next(store.glob("runs/tiny/*/run.json")).read_text("utf-8"))
    assert record["training"]["examples"] == own.height + made.height
    first = made.row(0, named=True)
    traced = trace_row(str(store), "tiny", f"{first['source']}/{first['row_id']}")
    assert traced.get("made_from") == f"{first['source']}/{first['row_id'].partition('~')[0]}"
    assert traced["as_read"]
    aside = pl.read_parquet(mix / "data/holdout-*.parquet")
    assert not {*made["row_id"].str.replace("~.*", "")} & {*aside["row_id"]}
    assert "What was made" in Path(record["report"]).read_text("utf-8")
    assert "rows made by eda" in (mix / "README.md").read_text("utf-8")
