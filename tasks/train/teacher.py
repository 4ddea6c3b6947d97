"""What the model learns from its teacher: logits of every row of the mix, or targets that the teacher has written."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.records import Objective
from tasks.manifests.seen import Fingerprint
from tasks.models.classifier import outputs
from tasks.models.encoder_decoder import write
from tasks.models.folders import seen_folder
from tasks.models.positions import longest, positions_of
from tasks.models.teachers import labels_of, open_teacher
from tasks.objectives.parts import columns_of, examples_of
from tasks.train.settings import DistilSettings

TARGET = "target"
"""The role of what a model writes."""


def seen_teacher(distil: DistilSettings, base: str) -> Fingerprint:
    """Identify a teacher: by the content of its folder, or by its revision on the Hub."""
    return seen_folder("teacher", distil.teacher, distil.revision, base)


def teacher_logits(
    distil: DistilSettings, base: str, objective: Objective, mix: pl.DataFrame, max_tokens: int
) -> NDArray[np.float32]:
    """Give the teacher's logits of every row, shape (rows, labels), in the order of the recipe's labels.

    Raises:
        RecipeError: a teacher with other labels.
    """
    ready = open_teacher(distil.teacher, distil.revision, base, examples_of(objective.task).Model)
    own = labels_of(ready.model.config, objective.labels)
    texts = [mix[role].to_list() for role in columns_of(objective.task).layout(objective.labels).texts]
    logits = outputs(ready, texts, longest(ready.tokenizer, positions_of(ready.model), max_tokens))
    return logits[:, [own.index(label) for label in objective.labels]].astype(np.float32)


def with_targets_written(
    distil: DistilSettings, base: str, objective: Objective, mix: pl.DataFrame, max_tokens: int
) -> pl.DataFrame:
    """Put what the teacher writes in place of the targets (sequence-level distillation: Kim & Rush 2016); where it
    writes nothing the target stays.
    """
    ready = open_teacher(distil.teacher, distil.revision, base, examples_of(objective.task).Model)
    ready.model.generation_config.update(max_new_tokens=max_tokens, max_length=None, do_sample=False)
    written = pl.Series(write(ready, mix["text"].to_list(), max_tokens), dtype=pl.String).str.strip_chars()
    return mix.with_columns(written.zip_with(written != "", mix[TARGET]).alias(TARGET))
