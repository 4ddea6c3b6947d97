"""The pool with labels for all of its rows, and what is said of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tasks.core.layout import Layout
from tasks.ingest.settings import SourceLabelling
from tasks.label.rows import LabelledSource, label_source, without_rules
from tasks.label.teacher import Answers, AskedModel, taught
from tasks.manifests.dropped import Dropped, Figure
from tasks.manifests.labelled import Labelled
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.models.linear_training import Training
from tasks.rows.files import TRAIN, labels_file, pool_file
from tasks.rows.layout import RowFile
from tasks.rows.pool import account_after

STEP = "labelling"


@dataclass(frozen=True)
class LabelledPool:
    """What became of a pool.

    Attributes:
        notes: what is to be told of each source.
        warnings: rules that label nothing.
    """

    accounts: tuple[Account, ...]
    facts: PoolFacts
    notes: list[str]
    warnings: list[str]


def label_pool(
    pool: Manifest[PoolFacts],
    sides: Mapping[str, Mapping[str, RowFile]],
    writing: Callable[[str], AbstractContextManager[Path]],
    wanted: Mapping[str, SourceLabelling],
    asked: Mapping[str, AskedModel],
    layout: Layout,
    learning: Training,
    seed: int,
) -> LabelledPool:
    """Write the pool, its unlabelled rows labelled or left out.

    Args:
        sides: files of the pool.
        writing: gives a path to write a file of the new pool to, by its name.
        wanted: source -> how its rows are labelled.
        asked: source -> the published model that has been asked about its rows, where that labels them.
        layout: with the label set.
    """
    teachers: dict[str, Answers] = dict(asked)
    if learns := [source for source, one in wanted.items() if one.teacher and source not in asked]:
        own = [file for source, file in sides[TRAIN].items() if source not in wanted]
        teachers |= dict.fromkeys(learns, taught(own, layout.labels, learning, seed))
    done: dict[str, LabelledSource] = {}
    accounts: list[Account] = []
    for side, files in sides.items():
        for source, file in files.items():
            with writing(pool_file(side, source)) as path:
                if side != TRAIN or source not in wanted:
                    without_rules(file, path)
                    accounts += [pool.account(source)] if side == TRAIN else []
                    continue
                with writing(labels_file(source)) as origins:
                    given = (wanted[source], teachers.get(source), layout)
                    done[source] = label_source(source, file, (path, origins), *given)
                accounts.append(_account(pool.account(source), done[source], path))
    return LabelledPool(
        tuple(accounts),
        pool.facts.model_copy(
            update={
                "layout": layout,
                "dropped": (*pool.facts.dropped, _dropped(done)),
                "labelled": _labelled(done, wanted, teachers),
            }
        ),
        [f"{source}: {one.told()}" for source, one in done.items()],
        [f"{source}: {rule} is the first that holds of no row" for source, one in done.items() for rule in one.idle],
    )


def _account(before: Account, done: LabelledSource, left: Path) -> Account:
    by = {name: sum(labels.values()) for name, labels in done.counts.items() if labels}
    return account_after(before, done.left_out, left).model_copy(update={"labelled": by})


def _dropped(done: Mapping[str, LabelledSource]) -> Dropped:
    """Say what labelling leaves out, in the shape of all steps."""
    left: Mapping[str, Mapping[str, Figure]] = {
        source: {"labelled": sum(sum(labels.values()) for labels in one.counts.values())}
        for source, one in done.items()
    }
    counts = {source: dict(one.left_out) for source, one in done.items() if one.left_out}
    return Dropped(step=STEP, counts=counts, by_source={source: dict(figures) for source, figures in left.items()})


def _labelled(
    done: Mapping[str, LabelledSource], wanted: Mapping[str, SourceLabelling], teachers: Mapping[str, Answers]
) -> Labelled:
    measured = {
        source: teachers[source].measured_at(how.teacher.confidence) for source, how in wanted.items() if how.teacher
    }
    return Labelled(
        counts={source: one.counts for source, one in done.items()},
        left_out={source: one.left_out.total() for source, one in done.items()},
        teachers=measured,
        examples=tuple(row for one in done.values() for row in one.examples),
    )
