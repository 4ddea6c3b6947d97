"""Labels for sources without any: the first rule that holds, then a teacher where it is sure; nothing is measured on
them, and every row is labelled or counted."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from transformers import set_seed

from flows.pipeline import pipeline as run
from tasks.core.errors import QualityGate, RecipeError
from tasks.core.records import Objective
from tasks.deduplicate.settings import HoldoutSettings
from tasks.experiments.trial.settings import LinearSettings
from tasks.history.task import trace_row
from tasks.ingest.asked import first_that_holds, rules_of
from tasks.ingest.settings import LabelRule, SourceLabelling, TeacherSettings
from tasks.label.rows import label_source
from tasks.label.teacher import taught
from tasks.manifests.labelled import Teacher
from tasks.objectives.parts import guess_of
from tasks.objectives.text_classification.columns import layout
from tasks.predict.task import predict_rows, probe_labeller
from tasks.recipe.model import load_recipe
from tasks.rows.layout import RULE, RowFile, cleaned_schema
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
RULES = (LabelRule(when="x >= 4", label="positive"), LabelRule(when="x >= 2", label="negative"))


class Sure:
    """A teacher that is as sure as the number in a text."""

    def asked(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select(label=pl.lit("positive"), confidence=pl.col("text").cast(pl.Float64))

    def measured_at(self, confidence: float) -> Teacher:
        raise AssertionError(confidence)


def unlabelled(folder: Path, rules: list[int | None], texts: list[str]) -> RowFile:
    """Rows of a source as they come to be labelled."""
    rows = {"row_id": [f"a:{n}" for n in range(len(rules))], "source": "a", "text": texts, "label": None}
    table = pl.DataFrame(rows | {"tokens": 1}, schema=cleaned_schema(LAYOUT), strict=False)
    table.with_columns(pl.Series(RULE, rules, pl.UInt16)).write_parquet(folder / "a.parquet")
    return RowFile(folder / "a.parquet", LAYOUT.without_labels)


@given(st.lists(st.one_of(st.integers(-9, 9), st.none()), min_size=1))
def test_a_row_gets_the_number_of_the_first_rule_that_holds(values: list[int | None]) -> None:
    frame = pl.DataFrame({"x": [None if value is None else str(value) for value in values]}, schema={"x": pl.String})
    wanted = [None if value is None or value < 2 else 1 if value >= 4 else 2 for value in values]
    assert first_that_holds(rules_of("sources.a", RULES), frame).to_list() == wanted


def test_what_cannot_be_read_meets_no_rule_and_a_rule_is_named_by_its_place() -> None:
    assert first_that_holds(rules_of("sources.a", RULES), pl.DataFrame({"x": ["n/a", "5"]})).to_list() == [None, 1]
    with pytest.raises(RecipeError, match=r"sources\.a\.label_rules\.0\.when: there is no column 'x'; did you mean"):
        first_that_holds(rules_of("sources.a", RULES), pl.DataFrame({"xx": ["1"]}))


@given(
    rows=st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.floats(0, 1)), min_size=1, max_size=20),
    least=st.floats(0, 1),
    asks=st.booleans(),
)
def test_every_row_is_labelled_by_a_rule_or_the_teacher_or_counted(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int | None, float]], least: float, asks: bool
) -> None:
    folder = tmp_path_factory.mktemp("labelled")
    file = unlabelled(folder, [rule for rule, _ in rows], [repr(sure) for _, sure in rows])
    wanted = SourceLabelling(rules=RULES, teacher=TeacherSettings(confidence=least) if asks else None)
    out = folder / "out.parquet", folder / "labels.parquet"
    done = label_source("a", file, out, wanted, Sure() if asks else None, LAYOUT)
    by_rule = {1: ("positive", "rule 1 (x >= 4)"), 2: ("negative", "rule 2 (x >= 2)")}
    by_teacher = ("positive", "teacher")
    expected = [
        (f"a:{n}", *(by_rule[rule] if rule else by_teacher))
        for n, (rule, sure) in enumerate(rows)
        if rule or (asks and sure >= least)
    ]
    written, origins = pl.read_parquet(out[0]), pl.read_parquet(out[1])
    assert written.columns == list(cleaned_schema(LAYOUT))
    assert written.select("row_id", "label").rows() == [row[:2] for row in expected]
    assert origins.select("row_id", "label", "by").rows() == expected
    assert {by: sum(labels.values()) for by, labels in done.counts.items() if labels} == Counter(r[2] for r in expected)
    assert done.left_out.total() == len(rows) - len(expected)
    assert {(row.row_id, row.label, row.by) for row in done.examples} <= {*expected}
    assert done.idle == [name for _, name in by_rule.values() if name not in {row[2] for row in expected}]


def test_a_teacher_learns_the_same_twice_and_is_measured_on_rows_it_has_not_seen(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = {"negative": ["bad", "dull", "rude"], "positive": ["good", "kind", "warm"]}
    labels = [LABELS[n % 2] for n in range(200)]
    texts = [" ".join([*rng.choice(words[label], 3), str(n)]) for n, label in enumerate(labels)]
    pl.DataFrame({"text": texts, "label": labels}).write_parquet(tmp_path / "rows.parquet")
    file = RowFile(tmp_path / "rows.parquet", LAYOUT)
    first, again = (taught([file], LABELS, LinearSettings(), 3) for _ in range(2))
    asked = pl.DataFrame({"row_id": ["a", "b"], "text": ["good kind 7", "rude bad 9"]})
    assert first.asked(asked)["label"].to_list() == ["positive", "negative"]
    assert first.asked(asked).equals(again.asked(asked))
    measured = first.measured_at(0.5)
    assert (measured.rows, measured.unseen, measured.right, measured.sure) == (200, 20, 1.0, 1.0)
    assert first.measured_at(1.0).right_where_sure is None
    pl.DataFrame({"text": texts, "label": "negative"}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(QualityGate, match="of their 200 all bear the label 'negative'; it needs two labels"):
        taught([file], LABELS, LinearSettings(), 3)


def test_nothing_is_kept_aside_of_a_source_whose_labels_are_made() -> None:
    holdout = HoldoutSettings(share=0.2, validation=0.1)
    shares = holdout.shares_of({"a": 1000, "b": 1000}, {"b"})
    assert shares == [(0.2, pytest.approx(0.08)), (0.0, 0.0)]
    assert shares[:1] == holdout.shares_of({"a": 1000})


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("sources.posts.label", "negative", "label gives the source labels of its own, and label_rules makes some"),
        ("sources.posts.columns", {"text": "body", "label": "x"}, r"columns\.label gives the source labels of its own"),
        ("sources.posts.label_rules.0.label", "good", "'good' is not one of the recipe's labels"),
        ("sources.posts.label_rules.0.whenn", "x", "whenn"),
        ("sources.posts.label_rules", [], "label_rules"),
        ("sources.posts.label_by.confidence", 1.5, "confidence"),
        ("sources.reviews.label_by", {}, "no source has labels of its own"),
        ("holdout.shares", {"posts": 0.2}, r"holdout\.shares\.posts: its labels are made"),
        ("compare.target", "posts", r"compare\.target: the labels of 'posts' are made"),
        ("task", "multi-label-classification", "bear none such"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, path: str, value: Any, told: str) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe()), "utf-8")
    with pytest.raises(RecipeError, match=told):
        load_recipe(str(file), {path: value})


def recipe() -> dict[str, Any]:
    """A source without labels, before one with labels."""
    posts: dict[str, Any] = {"path": "posts.jsonl", "columns": {"text": "body"}, "label_by": {"confidence": 0.8}}
    posts["label_rules"] = [
        {"when": "stars >= 4", "label": "positive"},
        {"when": "stars <= 2", "label": "negative"},
        {"when": "stars = 77", "label": "negative"},
    ]
    return {
        "name": "labelled",
        "labels": [*LABELS],
        "sources": {"posts": posts, "reviews": {"path": "reviews.csv"}},
        "mix": {"weights": {"posts": 0.4, "reviews": 0.6}},
        "near_duplicates": None,
    }


@pytest.mark.slow
def test_a_source_without_labels_goes_into_the_mix_and_is_never_measured_on(
    tmp_path: Path, prefect_server: str
) -> None:
    rng = np.random.default_rng(0)
    words = {"negative": ["bad", "dull", "rude"], "positive": ["good", "kind", "warm"]}
    labels = [LABELS[n % 2] for n in range(240)]
    texts = [" ".join([*rng.choice(words[label], 4), str(n)]) for n, label in enumerate(labels)]
    reviews = pl.DataFrame({"text": texts, "label": labels})
    reviews.write_csv(tmp_path / "reviews.csv")
    stars = [{0: 1, 1: 5, 2: None, 3: "n/a"}[n % 4] for n in range(120)]
    posts = [{"body": f"{text} again", "stars": star} for text, star in zip(texts, stars, strict=False)]
    posts += [
        {"body": text, "stars": 5} for text in texts[120:220]
    ]  # what stands in both has the label of the other source
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts), "utf-8")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe()), "utf-8")
    store = str(tmp_path / "store")
    done = run(recipe=str(tmp_path / "recipe.yaml"), store=store, until="mix")
    record = json.loads(next((tmp_path / "store/runs/labelled").glob("*/run.json")).read_text("utf-8"))
    account = record["accounts"][0]
    assert (account["source"], account["read"], account["holdout"], account["validation"]) == ("posts", 220, 0, 0)
    assert account["dropped"]["cross_source_duplicate"] + account["dropped"]["in_holdout"] == 100
    assert account["labelled"]["rule 1 (stars >= 4)"] == account["labelled"]["rule 2 (stars <= 2)"] == 30
    assert sum(account["labelled"].values()) == account["rows"]
    assert record["receipt"][0]["labelled"] == account["labelled"]
    assert "labelled" not in record["receipt"][1]
    counts = record["labelled"]["counts"]["posts"]
    assert counts["rule 3 (stars = 77)"] == {}
    assert record["labelled"]["left_out"]["posts"] == account["dropped"].get("unsure_label", 0)
    page = Path(record["report"]).read_text("utf-8")
    assert "What was labelled" in page
    assert "rule 1 (stars &gt;= 4)" in page
    mix = Path(done["mix"]["uri"])
    assert "posts, rule 3" in (mix / "README.md").read_text("utf-8")
    assert pl.read_parquet(mix / "data/holdout-posts.parquet").is_empty()
    rows = pl.read_parquet(mix / "data/train-*.parquet").filter(pl.col("source") == "posts")
    truth = {f"posts.jsonl:{n}": label for n, label in enumerate(labels[:120], 1)}
    right = [truth[row_id] == label for row_id, label in rows.select("row_id", "label").iter_rows()]
    assert np.mean(right) > 0.95
    named = dict.fromkeys(account["labelled"], "")
    for row_id in rows["row_id"]:
        by = trace_row(store, "labelled", f"posts/{row_id}").get("labelled_by", {})
        named.pop(str(by["by"]), None)
        if not named:
            break
    assert not named


def with_model(folder: Path, labels: tuple[str, ...] = LABELS, task: str = "text-classification") -> Path:
    """Put a model, its weights from chance, where a run would publish it."""
    set_seed(0)
    built = BuiltModel(vocabulary=300, **guess_of(task).model(16))
    objective = Objective(task=task, labels=labels)
    model, tokenizer = load(TrainSettings(model=built, max_tokens=16), ".", objective, ["good and bad"])
    home = folder / "store/models/reviewer/0123456789ab"
    for part in (model, tokenizer):
        part.save_pretrained(home)
    files = {path.name: {"bytes": path.stat().st_size, "sha256": ""} for path in home.iterdir()}
    written = {"name": "reviewer", "task": task, "labels": [*labels], "personal": {"kinds": [{"kind": "email"}]}}
    (home / "recipe.yaml").write_text(yaml.safe_dump(written))
    (home / "lock.json").write_text(json.dumps({"format": 2, "id": home.name, "mix": "0", "files": files}))
    (home.parent / "latest.json").write_text(json.dumps({"id": home.name, "path": f"models/reviewer/{home.name}"}))
    return home


@pytest.mark.slow
@pytest.mark.parametrize("named", ["reviewer", "reviewer/0123", "store/models/reviewer/0123456789ab"])
def test_a_published_model_labels_rows_as_predict_does(named: str, tmp_path: Path, prefect_server: str) -> None:
    home = with_model(tmp_path, LABELS[::-1])
    pl.DataFrame({"text": [f"good {n}" for n in range(60)], "label": [*LABELS] * 30}).write_csv(
        tmp_path / "reviews.csv"
    )
    posts = [{"body": f"bad {n} by a{n}@b.org", "stars": 5 if n % 3 else None} for n in range(40)]
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts), "utf-8")
    changed = recipe()
    changed["sources"]["posts"]["label_by"] = {"model": named, "confidence": 0.0}
    changed["checks"] = {"on_failure": "warn"}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(changed), "utf-8")
    done = run(recipe=str(tmp_path / "recipe.yaml"), store=str(tmp_path / "store"), until="deduplicate")
    record = json.loads(next((tmp_path / "store/runs/labelled").glob("*/run.json")).read_text("utf-8"))
    assert done["status"] == "completed"
    counts = record["labelled"]["counts"]["posts"]
    said: list[dict[str, Any]] = []
    (tmp_path / "asked.jsonl").write_text(
        "".join(json.dumps({"text": f"bad {n} by a{n}@b.org"}) + "\n" for n in range(0, 40, 3))
    )
    predict_rows(str(tmp_path / "store"), str(home), str(tmp_path / "asked.jsonl"), {}, io.BytesIO(), said.extend)
    assert counts["teacher"] == Counter(one["predicted"] for one in said)
    assert counts["rule 1 (stars >= 4)"] == {"positive": 26}
    teacher = record["labelled"]["teachers"]["posts"]
    assert (teacher["model"], teacher["rows"], teacher["sure"]) == (named, 0, 1.0)
    assert teacher["unseen"] > 40
    assert f"is the model <code>{named}</code>" in Path(record["report"]).read_text("utf-8")


@pytest.mark.parametrize(
    ("labels", "task", "told"),
    [
        (("bad", "good"), "text-classification", "labels are bad, good, and the recipe's are negative, positive"),
        (LABELS, "pair-classification", "was trained for task: pair-classification, and the recipe's is text-"),
    ],
)
def test_a_teacher_of_other_labels_or_another_task_is_refused(
    labels: tuple[str, ...], task: str, told: str, tmp_path: Path
) -> None:
    with_model(tmp_path, labels, task)
    asked = TeacherSettings(model="reviewer")
    with pytest.raises(RecipeError, match=told):
        probe_labeller.run(
            str(tmp_path / "store"),
            str(tmp_path / "store"),
            asked,
            Objective(task="text-classification", labels=LABELS),
            ".",
        )
    with pytest.raises(RecipeError, match="no model and no run 'reviewr'"):
        probe_labeller.run(
            str(tmp_path / "store"),
            str(tmp_path / "store"),
            TeacherSettings(model="reviewr"),
            Objective(task="text-classification", labels=LABELS),
            ".",
        )


def test_a_teacher_without_a_model_is_said_as_it_was() -> None:
    assert TeacherSettings().model_dump() == {"confidence": 0.9}
