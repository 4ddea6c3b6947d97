"""The stages of a training, one behind the other."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from tasks.store.runs import RunRecord

Point = Mapping[str, float]


def whole_curve(record: RunRecord) -> tuple[Sequence[Point], tuple[float, ...]]:
    """Give the learning curve of a run, and the steps after which a stage ends: those of all stages in one, their steps
    counted on. Only where the last one was chosen is marked, since its weights are published.
    """
    trained = [(stage, stage.training.steps) for stage in record.stages if stage.training]
    if len(trained) < 2:
        return record.curve, ()
    ends = [*accumulate(steps for _, steps in trained)]
    points = [
        {name: value for name, value in point.items() if name != "kept" or end == ends[-1]}
        | {"step": point["step"] + end - steps}
        for (stage, steps), end in zip(trained, ends, strict=True)
        for point in stage.curve
    ]
    return points, tuple(map(float, ends[:-1]))
