"""A tagger, measured by the entities that it finds, its words, and how likely it finds their tags; against each word's
commonest tag.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.objectives.parts import Trained
from tasks.objectives.token_classification.baseline import lookups
from tasks.objectives.token_classification.entities import entities
from tasks.objectives.token_classification.measures import MEASURED
from tasks.objectives.token_classification.predict import chances, load, tags
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, share, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats

LEAST = np.finfo(float).tiny
Tagged = Sequence[Sequence[str]]


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Tag every word of every hold-out row.

    Returns:
        Predictions (row_id, source, tags, predicted, loss = −Σ log p(tag) over the words in nats, words), and the
        metrics.
    """
    labels, columns = trained.labels, ["row_id", "source", "words", "tags"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)])
    words, truth, sources = rows["words"].to_list(), rows["tags"].to_list(), rows["source"].to_list()
    number = {label: at for at, label in enumerate(labels)}
    wanted = [[number[tag] for tag in row] for row in truth]
    likely = chances(load(trained.folder), rows, trained)
    answers = tags(likely, trained)
    right = (row[np.arange(len(row)), own] for row, own in zip(likely, wanted, strict=True))
    losses = np.array([-np.log(np.maximum(own, LEAST)).sum() for own in right])
    mix, by_source = lookups(train, labels)
    own = [by_source.get(source, mix) for source in sources]
    judged = Judged(
        model=figures(truth, answers, losses),
        mix=figures(truth, [mix.answer(row) for row in words], np.array([mix.prices[row].sum() for row in wanted])),
        own=figures(
            truth,
            [one.answer(row) for one, row in zip(own, words, strict=True)],
            np.array([one.prices[row].sum() for one, row in zip(own, wanted, strict=True)]),
        ),
        learned=frozenset(by_source),
    )
    rng = np.random.default_rng(seed)
    metrics = evaluated(judged, sources, np.arange(len(rows)), Look(MEASURED.main.key), settings, rng)
    table = rows.drop("words").with_columns(
        pl.Series("predicted", answers, pl.List(pl.String)),
        pl.Series("loss", losses),
        pl.Series("words", [len(row) for row in words], pl.Int64),
    )
    return table, metrics


def figures(truth: Tagged, answers: Tagged, losses: Floats) -> Figures:
    """Measure tags: F1 = 2TP / (entities there + entities found), over all types together; the share of words whose tag
    is right; and the perplexity of a tag.
    """
    there, found = ([entities(tags) for tags in side] for side in (truth, answers))
    right = [2 * len(one & other) for one, other in zip(there, found, strict=True)]
    either = [len(one) + len(other) for one, other in zip(there, found, strict=True)]
    words = np.array([len(tags) for tags in truth], float)
    same = [sum(map(str.__eq__, one, other)) for one, other in zip(truth, answers, strict=True)]

    def of(right: Floats, either: Floats, same: Floats, losses: Floats, words: Floats) -> dict[str, Floats]:
        return {
            "entity_f1": share(right, either),
            "tag_accuracy": same / words,
            "tag_perplexity": np.exp(losses / words),
        }

    return sums_of([np.array(right), np.array(either), np.array(same), losses, words], of)
