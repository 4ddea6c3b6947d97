"""The first batch of a training as the model would see it: what is read, and what of it is learned."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.manifests.batch import Part, ShownBatch, ShownExample
from tasks.models.examples import Examples
from tasks.models.targets import NOT_PREDICTED
from tasks.objectives.parts import columns_of, examples_of, measures_of
from tasks.rows.layout import ROW_ID, SOURCE
from tasks.train.model import load
from tasks.train.order import planned_order
from tasks.train.reading import filled, texts_of
from tasks.train.settings import TrainSettings


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
        RecipeError: no such model, or none that learns tokens.
    """
    layout, kind = columns_of(objective.task).layout(objective.labels), examples_of(objective.task)
    reads_apart = kind.Model.__name__ == "AutoModelForSeq2SeqLM"
    if not reads_apart and kind.Model.__name__ not in ("AutoModelForCausalLM", "AutoModelForMaskedLM"):
        raise RecipeError(
            f"task: a {measures_of(objective.task).model} learns no tokens, so that there is nothing to mark; "
            "leave --show-batch out"
        )
    rows = pl.read_parquet(list(mix), columns=[*filled(layout), SOURCE, ROW_ID])
    _, tokenizer = load(settings, base, objective, texts_of(layout, rows, later))
    encoded = kind.examples(rows, tokenizer, settings.max_tokens, objective.labels)
    order = planned_order(settings, encoded.lengths, rows[SOURCE][encoded.row], seed).order()
    chosen = order[: settings.batch_size].tolist()
    shown = [
        ShownExample(
            source=rows[SOURCE][row],
            row_id=rows[ROW_ID][row],
            parts=tuple(_parts(tokenizer, encoded, number, reads_apart=reads_apart)),
        )
        for number, row in zip(chosen, encoded.row[chosen].tolist(), strict=True)
    ]
    lengths = [int(encoded.lengths[number]) for number in chosen]
    learned = sum(target != NOT_PREDICTED for number in chosen for target in encoded.targets[number])
    return ShownBatch(examples=tuple(shown), longest=max(lengths), tokens=sum(lengths), learned=learned)


def _parts(tokenizer: Any, encoded: Examples, number: int, *, reads_apart: bool) -> Iterator[Part]:
    """Give an example in parts, each all learned or not; what is covered stands there as what is to be found."""
    ids, targets = encoded.ids[number], encoded.targets[number]
    if reads_apart:
        pairs = [*((token, False) for token in ids), *((token, True) for token in targets)]
    else:
        pairs = [
            (token, False) if target == NOT_PREDICTED else (target, True)
            for token, target in zip(ids, targets, strict=True)
        ]
    for learned, run in groupby(pairs, key=lambda pair: pair[1]):
        yield Part(text=tokenizer.decode([token for token, _ in run]), learned=learned)
