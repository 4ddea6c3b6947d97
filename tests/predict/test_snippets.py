"""Whoever copies the snippet of a model's card gets the answers that the card's numbers are of, on every text."""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sacrebleu
import torch
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score
from transformers import set_seed

from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.models.masked_lm import found, masked
from tasks.models.trained import Ready
from tasks.objectives.parts import (
    Trained,
    columns_of,
    evaluate_of,
    examples_of,
    generates,
    guess_of,
    losses_of,
    measures_of,
    task_names,
)
from tasks.objectives.question_answering.agreement import best, is_english, words
from tasks.objectives.token_classification.entities import entities
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

pytestmark = pytest.mark.slow

LABELS, LONGEST, STEPS = ("negative", "positive"), 24, 60
Answers = dict[str, float]
Snippet = dict[str, Any]


def trained(task: str, rows: pl.DataFrame, folder: Path) -> Trained:
    """Let a tiny model learn these rows."""
    set_seed(0)
    labels, kind = columns_of(task).layout(LABELS).label_set, examples_of(task)
    texts = [text for text in rows.select(pl.col(pl.String)).row(0, named=True).values() if text]
    built = BuiltModel(vocabulary=400, **guess_of(task).model(LONGEST))
    settings = TrainSettings(model=built, max_tokens=LONGEST)
    model, tokenizer = load(settings, ".", Objective(task=task, labels=labels), texts)
    learnt = kind.examples(rows, tokenizer, LONGEST, labels)
    batch = kind.Collator(tokenizer)([learnt[at] for at in range(len(learnt))])
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=5e-3)
    for _ in range(STEPS):
        optimiser.zero_grad()
        each, counts = losses_of(task).losses(model(**batch), batch)
        (each.sum() / counts.sum()).backward()
        optimiser.step()
    for part in (model, tokenizer):
        part.save_pretrained(folder)
    return Trained(folder, LONGEST, labels)


def of_labels(rows: pl.DataFrame, there: Snippet) -> Answers:
    asked = [{"text": row["text"], **({"text_pair": row["pair"]} if "pair" in row else {})} for row in rows.to_dicts()]
    said = [there["classify"](one)["label"] for one in asked]
    right = rows["label"].to_list()
    return {"accuracy": accuracy_score(right, said), "macro_f1": f1_score(right, said, average="macro")}


def of_label_sets(rows: pl.DataFrame, there: Snippet) -> Answers:
    said = [{*there["labels"](text)} for text in rows["text"]]
    right = [{*labels} for labels in rows["labels"]]
    table = [[[label in one for label in LABELS] for one in side] for side in (right, said)]
    f1 = {f"{mean}_f1": f1_score(*table, average=mean) for mean in ("micro", "macro")}
    return f1 | {"subset_accuracy": sum(map(set.__eq__, right, said)) / len(said)}


def of_numbers(rows: pl.DataFrame, there: Snippet) -> Answers:
    said, right = [one["score"] for one in there["rate"](rows["text"].to_list())], rows["value"].to_list()
    away = sum(abs(one - other) for one, other in zip(said, right, strict=True)) / len(said)
    correlated: Any = spearmanr(said, right)
    return {"mae": away, "spearmans_rho": float(correlated.statistic)}


def of_answers(rows: pl.DataFrame, there: Snippet) -> Answers:
    said = [there["answer"](row["question"], row["context"]) for row in rows.to_dicts()]
    right = [row["answers"]["text"][0] for row in rows.to_dicts()]
    english = is_english(rows["context"])
    scores = [
        best(given, [wanted])
        for given, wanted in (words([*pair], english=english) for pair in zip(said, right, strict=True))
    ]
    return dict(
        zip(("exact_match", "answer_f1"), (sum(one) / len(said) for one in zip(*scores, strict=True)), strict=True)
    )


def of_tags(rows: pl.DataFrame, there: Snippet) -> Answers:
    said, right = [there["tags"](words) for words in rows["words"].to_list()], rows["tags"].to_list()
    both = [[entities(tags) for tags in side] for side in (right, said)]
    same = sum(len(one & other) for one, other in zip(*both, strict=True))
    each = [tag == own for one, other in zip(right, said, strict=True) for tag, own in zip(one, other, strict=True)]
    return {"entity_f1": 2 * same / sum(map(len, itertools.chain(*both))), "tag_accuracy": sum(each) / len(each)}


def of_written(rows: pl.DataFrame, there: Snippet) -> Answers:
    return _agreement(there["write"](rows["text"].to_list()), rows["target"].to_list())


def of_chats(rows: pl.DataFrame, there: Snippet) -> Answers:
    chats = rows["messages"].to_list()
    return _agreement([there["answer"](chat[:-1]) for chat in chats], [chat[-1]["content"] for chat in chats])


def _agreement(said: list[str], right: list[str]) -> Answers:
    bleu, chrf = (getattr(sacrebleu, f"corpus_{name}")(said, [right]).score for name in ("bleu", "chrf"))
    return {"bleu": bleu, "chrf": chrf, "exact_match": sum(map(str.__eq__, said, right)) / len(said)}


def of_texts(rows: pl.DataFrame, there: Snippet) -> Answers:
    """Ask the model that the pipeline holds how likely each token of each text is, and its end."""
    model, tokenizer = there["generate"].model, there["generate"].tokenizer
    loss, tokens, end = 0.0, 0, tokenizer.eos_token_id
    for text in rows["text"]:
        whole = [end, *tokenizer(text, add_special_tokens=False)["input_ids"], end]
        for at in range(0, len(whole) - 1, tokenizer.model_max_length - 1):
            ids = torch.tensor([whole[at : at + tokenizer.model_max_length]])
            with torch.inference_mode():
                loss += float(model(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
            tokens += ids.shape[1] - 1
    size = sum(len(text.encode()) for text in rows["text"])
    return {"perplexity": math.exp(loss / tokens), "bits_per_byte": loss / math.log(2) / size}


def of_covered(rows: pl.DataFrame, there: Snippet) -> Answers:
    """Ask the model that the pipeline holds for the tokens that are covered when it is measured."""
    fill = there["fill"]
    asked = masked(fill.tokenizer, rows["text"].to_list(), fill.tokenizer.model_max_length)
    said, count = found(Ready(fill.model, fill.tokenizer, "cpu"), asked), Counter(itertools.chain(*asked.targets))
    tokens = count.total() - count[-100]
    return {"masked_perplexity": math.exp(said.loss.sum() / tokens), "masked_accuracy": said.right.sum() / tokens}


BY_TASK: dict[str, Callable[[pl.DataFrame, Snippet], Answers]] = {
    "text-classification": of_labels,
    "pair-classification": of_labels,
    "multi-label-classification": of_label_sets,
    "regression": of_numbers,
    "question-answering": of_answers,
    "token-classification": of_tags,
    "sequence-to-sequence": of_written,
    "instruction-tuning": of_chats,
    "language-modelling": of_texts,
    "masked-language-modelling": of_covered,
}


@pytest.mark.parametrize("task", task_names())
def test_the_snippet_gives_what_the_card_says(
    task: str, labelled: Callable[[str], pl.DataFrame], tmp_path: Path
) -> None:
    rows = labelled(task)
    model = trained(task, rows, tmp_path / "model")
    rows.write_parquet(tmp_path / "rows.parquet")
    files = [tmp_path / "rows.parquet"]
    _, metrics = evaluate_of(task).score(model, files, files, EvaluateSettings(resamples=100), 0)
    there: Snippet = {}
    exec(measures_of(task).use.replace("path/to/this/folder", str(model.folder)), there)
    given = BY_TASK[task](rows, there)
    on_card = {measure.key: metrics.value(measure.key) for measure in measures_of(task).measures}
    assert {*given} <= {*on_card}
    assert measures_of(task).main.key in given or generates(task), "what is written has no perplexity"
    assert given == pytest.approx({name: on_card[name] for name in given}, abs=1e-4, rel=1e-4)
