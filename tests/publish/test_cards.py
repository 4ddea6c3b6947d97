"""Laws of the cards: the Hub's library reads them, and no text from outside becomes markup."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.manifests.dropped import Dropped, DroppedRow
from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Calibration, Measurement, Metrics
from tasks.publish.cards import HUB_LICENCES, dataset_card, escape, fenced, hub_licence, model_card, size_category
from tasks.store.runs import PublishedMix, RunStart

Start = Callable[..., RunStart]
HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "`code`",
    "---\nlicense: mit",
    "```\n# out",
    "a\\|b",
    "\\[x](y)",
]
hostile = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=40)
MIX = PublishedMix(id="abc", uri="mixes/x", rows=6, tokens=30, sha256="f" * 64)
METRICS = Metrics.model_validate(
    {
        "accuracy": 0.75,
        "macro_f1": 0.7,
        "accuracy_interval": [0.5, 1.0],
        "macro_f1_interval": [0.4, 1.0],
        "rows": 4,
        "by_source": {"news": {"accuracy": 1.0, "macro_f1": 1.0, "rows": 4}},
        "baseline": {"accuracy": 0.5, "macro_f1": 0.3},
    }
)


def receipt(reason: str = "given", source: str = "news") -> dict[str, Any]:
    shares = {"requested": 0.5, "weight": 0.5, "share_rows": 1.0, "share_tokens": 1.0}
    return {
        "source": source,
        "reason": reason,
        "available": 4,
        "rows": 6,
        "tokens": 30,
        "epochs": 1.5,
        "dropped": {},
    } | shares


def mix_manifest(reason: str = "given", code: str = "exact_duplicate", validation: tuple[str, ...] = ()) -> Manifest:
    account = Account(source="news", read=10, dropped={code: 2}, rows=6, tokens=30, holdout=2)
    row = DroppedRow(
        source=code, row_id=code, reason=code, text=code, other=f"holdout/{code}", other_text=code, score=0.9, why=code
    )
    step = Dropped(
        step=code,
        counts={code: {code: 1}},
        figures={code: code},
        by_source={code: {code: code}},
        score=code,
        examples=(row,),
    )
    facts = MixFacts.model_validate({"receipt": [receipt(reason)], "dropped": [step]})
    names = ("data/train-00000.parquet", "data/holdout-news.parquet", *validation)
    files = tuple(FileFact(name=name, bytes=1, sha256="") for name in names)
    return Manifest[MixFacts](
        stage="mix", subject="mix", key="k", path="p", files=files, rows=6, tokens=30, accounts=(account,), facts=facts
    )


def body(card: str) -> str:
    """The Markdown after the front matter, without code blocks and spans."""
    text = card.split("\n---\n", 1)[1]
    return re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$|`[^`\n]*`", "", text)


def test_the_hub_reads_the_dataset_card(start: Start) -> None:
    card = DatasetCard(dataset_card(start(licence="CC-BY-4.0", language=["en", "de"]), mix_manifest(), "f" * 64))
    data = card.data.to_dict()
    assert data["license"] == "cc-by-4.0"
    assert data["language"] == ["en", "de"]
    assert data["task_categories"] == ["text-classification"]
    assert data["size_categories"] == ["n<1K"]
    assert [one["split"] for one in data["configs"][0]["data_files"]] == ["train", "holdout"]
    chosen = dataset_card(start(), mix_manifest(validation=("data/validation-news.parquet",)), "f" * 64)
    splits = DatasetCard(chosen).data.to_dict()["configs"][0]["data_files"]
    assert [one["split"] for one in splits] == ["train", "holdout", "validation"]
    assert "and to choose the checkpoint by" in chosen
    assert "| dropped | hold-out | validation | may be mixed |" in chosen


def test_the_hub_reads_the_model_card_with_its_scores(start: Start) -> None:
    card = ModelCard(model_card(start(licence="MIT"), METRICS, [receipt()], MIX))
    found = {(result.dataset_config, result.metric_type): result.metric_value for result in card.data.eval_results}
    assert found == {("all", "accuracy"): 0.75, ("all", "f1"): 0.7, ("news", "accuracy"): 1.0, ("news", "f1"): 1.0}
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.license == "mit"
    assert card.data.base_model is None


def test_the_table_of_scores_is_one_table_with_the_linear_model_where_there_is_one(start: Start) -> None:
    linear = {"accuracy": 0.5, "macro_f1": 0.4, "gain": 0.25, "gain_interval": [-0.25, 0.75]}
    beside = METRICS.model_dump() | {"linear": linear}
    beside["by_source"]["news"] |= {"baselines": {"mix": {"accuracy": 0.25}}, "linear": linear | {"accuracy": 1.0}}
    card = model_card(start(), Metrics.model_validate(beside), [receipt()], MIX)
    assert card[card.index("| source | rows |") : card.index("\n\nTo beat is")].splitlines() == [
        "| source | rows | accuracy | macro-F1 | to beat | linear model |",
        "|---|--:|--:|--:|--:|--:|",
        "| news | 4 | 1.000 | 1.000 | 0.250 | 1.000 |",
        "| all | 4 | 0.750 (0.500 to 1.000) | 0.700 (0.400 to 1.000) | 0.500 | 0.500 |",
        "| majority class | 4 | 0.500 | 0.300 | | |",
    ]
    assert (
        "The model does not beat a linear model trained on the same mix (50.0 %): +25.0 points, −25.0 to +75.0." in card
    )
    alone = model_card(start(), METRICS, [receipt()], MIX)
    assert "linear model" not in alone
    assert "| source | rows | accuracy | macro-F1 | to beat |\n|---|--:|--:|--:|--:|\n| news |" in alone


def test_the_card_says_how_well_calibrated_a_classifier_is(start: Start) -> None:
    one = Measurement(value=0.25, interval=(0.125, 0.5))
    found = Calibration(error=one, by_chance=Measurement(value=0.1), log_loss=one, brier=one, bins=())
    card = model_card(start(), METRICS.model_copy(update={"calibration": found}), [receipt()], MIX)
    assert "Expected calibration error 0.250 (0.125 to 0.500), where chance alone makes 0.100 of a model" in card
    assert "calibration" not in model_card(start(), METRICS, [receipt()], MIX)


def test_the_card_says_that_training_was_cut(start: Start) -> None:
    told = "Its training was cut by its time limit at step 3 of 9."
    assert told in model_card(start(), METRICS, [receipt()], MIX, "cut by its time limit at step 3 of 9")
    assert "Its training was" not in model_card(start(), METRICS, [receipt()], MIX)


def test_cards_say_what_their_files_hold_and_how_the_mix_is_made_again(start: Start) -> None:
    card = model_card(start(), METRICS, [receipt()], MIX)
    assert "the scores with their intervals and the confusion matrix." in card
    assert "`cuvee replay abc --store ../../..`" in card
    assert "`cuvee replay lock.json --store ../../..`" in dataset_card(start(), mix_manifest(), "f" * 64)


@pytest.mark.parametrize(
    ("model", "named"), [("google/bert_tiny", True), ("bert-base", True), ("./folder/mine", False), ("/abs/x", False)]
)
def test_a_hub_model_is_named_as_the_base(start: Start, model: str, named: bool) -> None:
    begun = start()
    begun = begun.model_copy(update={"recipe": begun.recipe | {"train": {"model": model}}})
    assert (ModelCard(model_card(begun, METRICS, [receipt()], MIX)).data.base_model == model) is named


@pytest.mark.parametrize(
    ("licence", "front"),
    [
        (None, {"license": "unknown"}),
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("GPL-3.0-or-later", {"license": "gpl-3.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("Our own: ask Ann!", {"license": "other", "license_name": "our-own-ask-ann"}),
    ],
)
def test_licences_get_the_names_the_hub_knows(licence: str | None, front: dict[str, str]) -> None:
    assert hub_licence(licence) == front
    assert front["license"] in HUB_LICENCES


@pytest.mark.parametrize(
    ("rows", "name"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "n>100M")]
)
def test_size_categories(rows: int, name: str) -> None:
    assert size_category(rows) == name


@given(hostile)
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    found = escape(text)
    assert "\n" not in found
    assert not re.search(r"[<>]", found)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|{}]", found)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=30))
def test_escaped_text_still_says_the_same(text: str) -> None:
    assert html.unescape(re.sub(r"\\([\\`*_{}\[\]|~#])", r"\1", escape(text))) == " ".join(text.split())


@given(st.text(max_size=200))
def test_no_text_ends_its_code_block(text: str) -> None:
    block = fenced(text, "yaml")
    fence = block.partition("yaml")[0]
    assert block.splitlines()[-1] == fence
    assert fence not in text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(words=hostile, label=hostile, reason=hostile)
def test_no_card_takes_markup_or_front_matter_from_outside(start: Start, words: str, label: str, reason: str) -> None:
    begun = start(description=words, licence=words or None)
    begun = begun.model_copy(update={"recipe": begun.recipe | {"labels": [label, "other"]}})
    for card in (
        dataset_card(begun, mix_manifest(reason, code=words), "f" * 64),
        model_card(begun, METRICS, [receipt(reason)], MIX),
    ):
        front = yaml.safe_load(card.split("\n---\n", 1)[0].removeprefix("---"))
        assert front["license"] in HUB_LICENCES
        assert front["tags"] == ["cuvee"]
        assert not re.search(r"<\w|(?<!\\)!?\[[^\]]*(?<!\\)\]\(", body(card))


def test_every_table_has_as_many_cells_in_each_row(start: Start) -> None:
    for text in (
        dataset_card(start(), mix_manifest("a | b\nc"), "f" * 64),
        model_card(start(), METRICS, [receipt("|")], MIX),
    ):
        for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(cells) == 1, table


def test_templates_lie_beside_their_code() -> None:
    import tasks.publish.cards as module

    folder = Path(module.__file__).parent
    assert {path.name for path in folder.glob("*.j2")} == {"dataset_card.md.j2", "model_card.md.j2"}
