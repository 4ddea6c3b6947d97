"""A teacher beside the model that learned from it, both asked about the same rows."""

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.core.records import Objective
from tasks.core.rng import generator
from tasks.manifests.scores import BaselineScore, Metrics
from tasks.models.linear import numbered
from tasks.models.positions import longest, positions_in
from tasks.models.teachers import labels_of, place_of
from tasks.objectives.parts import Trained
from tasks.statistics.bootstrap import RowGroups, bca_interval
from tasks.statistics.classification import resampled_gain
from tasks.statistics.resampling import Resampling
from tasks.train.settings import DistilSettings

LONGEST = 512
"""Tokens that a teacher reads which does not say how many it can."""
NATS = "the difference is in nats of the target's loss, per row"


def teacher_of(distil: DistilSettings, objective: Objective, base: str) -> Trained:
    """Give a teacher as what was trained, with its labels in its own order.

    Raises:
        RecipeError: its labels are not the recipe's.
    """
    with importing:
        from transformers import AutoConfig, AutoTokenizer

    place = place_of(distil.teacher, base)
    config = AutoConfig.from_pretrained(place, revision=distil.revision or "main", trust_remote_code=False)
    tokenizer = AutoTokenizer.from_pretrained(place, revision=distil.revision or "main", trust_remote_code=False)
    most = longest(tokenizer, positions_in(config.to_dict()), LONGEST)
    return Trained(place, most, labels_of(config, objective.labels) if objective.labels else ())


def beside_teacher(
    metrics: Metrics,
    student: pl.DataFrame,
    teacher: tuple[pl.DataFrame, Metrics],
    labels: tuple[str, ...],
    settings: Resampling,
    seed: int,
) -> Metrics:
    """Put a teacher's scores beside the model's, with what the model gains over it on the same rows.

    Args:
        metrics: of the model.
        student: a line for each row kept aside: `row_id`, `source`, `loss`, and where rows have a label, `label` and
            `predicted`.
        teacher: the same of the teacher, and its metrics.
    """
    rng = generator(seed, "teacher")
    lines = student.join(teacher[0], on=["source", "row_id"], how="left", maintain_order="left", suffix="_taught")
    if "predicted" in student.columns:
        right, ours, theirs = (numbered(lines[name], labels) for name in ("label", "predicted", "predicted_taught"))
        gain = float((ours == right).mean() - (theirs == right).mean())
        ends, note = resampled_gain(right, ours, theirs, settings, rng), ""
    else:
        fewer = (lines["loss_taught"] - lines["loss"]).to_numpy()
        rows = RowGroups((np.arange(len(fewer)),), np.ones(len(fewer)))
        gain, note = float(fewer.mean()), NATS
        ends = bca_interval(fewer, rows, settings.confidence, settings.resamples, rng)
    low, high = (round(end, 6) for end in ends)
    beside = BaselineScore(measures=teacher[1].measures, gain=round(gain, 6), gain_interval=(low, high), note=note)
    return metrics.model_copy(update={"teacher": beside})
