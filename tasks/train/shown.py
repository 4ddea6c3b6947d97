"""The first batch of a training as the model would see it: what is read, and what of it is learned; and of each source
that has nothing in it what is met first.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from transformers.utils import logging

from tasks.core.records import Objective
from tasks.manifests.batch import Part, ShownBatch, ShownExample
from tasks.models.examples import Examples
from tasks.models.targets import NOT_PREDICTED
from tasks.objectives.parts import columns_of, examples_of
from tasks.rows.layout import ROW_ID, SOURCE
from tasks.train.model import load
from tasks.train.order import planned_order
from tasks.train.reading import filled, texts_of
from tasks.train.settings import TrainSettings

WRITES, CHOOSES = "AutoModelForSeq2SeqLM", "AutoModelForSequenceClassification"
TAGS, POINTS = "AutoModelForTokenClassification", "AutoModelForQuestionAnswering"


def first_batch(
    mix: Sequence[Path],
    settings: TrainSettings,
    objective: Objective,
    seed: int,
    base: str,
    later: Sequence[Path] = (),
) -> ShownBatch:
    """Encode a mix and give the batch that training begins with; with online weights, that which it would without.

    Args:
        later: files of the mixes of later stages, whose texts a tokenizer that is built here learns, too.

    Raises:
        RecipeError: no such model.
    """
    logging.disable_progress_bar()
    layout, kind = columns_of(objective.task).layout(objective.labels), examples_of(objective.task)
    rows = pl.read_parquet(list(mix), columns=[*filled(layout), SOURCE, ROW_ID])
    _, tokenizer = load(settings, base, objective, texts_of(layout, rows, later))
    encoded = kind.examples(rows, tokenizer, settings.max_tokens, objective.labels)
    encoded.begin(0, seed)
    order = planned_order(settings, encoded.lengths, rows[SOURCE][encoded.row], seed).order()
    sources = rows[SOURCE].to_numpy()[encoded.row[order]]
    firsts = np.sort(np.unique(sources, return_index=True)[1])

    def shown(place: int) -> ShownExample:
        number = int(order[place])
        row = int(encoded.row[number])
        marked = _parts(kind.Model.__name__, tokenizer, encoded, number, objective.labels)
        step = place // settings.batch_size + 1
        return ShownExample(source=rows[SOURCE][row], row_id=rows[ROW_ID][row], step=step, parts=tuple(marked))

    chosen = order[: settings.batch_size].tolist()
    lengths = [int(encoded.lengths[number]) for number in chosen]
    return ShownBatch(
        examples=tuple(map(shown, range(len(chosen)))),
        later=tuple(shown(int(place)) for place in firsts if place >= len(chosen)),
        longest=max(lengths),
        tokens=sum(lengths),
        learned=sum(_learned(kind.Model.__name__, encoded.targets[number]) for number in chosen),
    )


def _learned(model: str, target: Any) -> int:
    """Count the tokens of an example that are learned; a label or a number is of none."""
    if model == CHOOSES:
        return 0
    return target[1] - target[0] + 1 if model == POINTS else sum(one != NOT_PREDICTED for one in target)


def _parts(model: str, tokenizer: Any, encoded: Examples, number: int, labels: Sequence[str]) -> Iterator[Part]:
    """Give an example in parts, each all learned or not: labels by their names, covered tokens as they are to be
    found.
    """
    ids, target = encoded.ids[number], encoded.targets[number]
    if model == WRITES:
        yield Part(text=tokenizer.decode(ids), learned=False)
        yield Part(text=tokenizer.decode(target), learned=True)
    elif model == CHOOSES:
        yield Part(text=f"{tokenizer.decode(ids)} ", learned=False)
        yield Part(text=_named(target, labels), learned=True)
    elif model == TAGS:
        special = {*tokenizer.all_special_ids}
        begins = [at for at, tag in enumerate(target) if at == 0 or tag != NOT_PREDICTED or ids[at] in special]
        for start, stop in zip(begins, [*begins[1:], len(ids)], strict=True):
            yield Part(text=f"{tokenizer.decode(ids[start:stop])} ", learned=False)
            if target[start] != NOT_PREDICTED:
                yield Part(text=labels[int(target[start])], learned=True)
                yield Part(text=" ", learned=False)
    elif model == POINTS:
        yield from _runs(tokenizer, ids, [target[0] <= at <= target[1] for at in range(len(ids))])
    else:
        asked = [one != NOT_PREDICTED for one in target]
        yield from _runs(
            tokenizer, [one if known else at for at, one, known in zip(ids, target, asked, strict=True)], asked
        )


def _named(target: Any, labels: Sequence[str]) -> str:
    if isinstance(target, list):
        return ", ".join(label for label, there in zip(labels, target, strict=True) if there) or "none of the labels"
    return labels[int(target)] if labels else f"{target:g}"


def _runs(tokenizer: Any, ids: list[int], asked: list[bool]) -> Iterator[Part]:
    """Give the runs of tokens that are learned and that are not, with the space that stands between them."""
    stop, before = 0, ""
    for learned, run in groupby(asked):
        stop += len([*run])
        text = tokenizer.decode(ids[:stop])
        yield Part(text=text[len(before) :], learned=learned)
        before = text
