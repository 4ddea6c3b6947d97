"""From files of predictions to everything that is said of a comparison but the words. Files in, records out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.core.errors import CuveeError
from tasks.core.records import Objective
from tasks.core.rng import generator
from tasks.experiments.compare.at_home import at_home
from tasks.experiments.compare.by_source import with_arms_by_source, with_contrasts_by_source
from tasks.experiments.compare.contrasts import TrialResults, arm_scores, contrasts
from tasks.experiments.compare.curves import learning_curves
from tasks.experiments.compare.disagreements import disagreements
from tasks.experiments.compare.inputs import NOTHING, ComparisonInputs
from tasks.experiments.compare.on_sets import on_sets
from tasks.experiments.compare.predictions import (
    HeldOutRows,
    Predictions,
    baseline_predictions,
    baselines_by_source,
    read_held_out,
    read_predictions,
)
from tasks.experiments.compare.repeats import leaks
from tasks.experiments.compare.valuations import source_values
from tasks.experiments.comparison import ArmScores, Findings
from tasks.experiments.mixes import Mix
from tasks.experiments.valuation import ShapleyNote
from tasks.objectives.measuring import Measured
from tasks.objectives.parts import measures_of
from tasks.rows.files import HOLDOUT, TRAIN
from tasks.rows.layout import RowFile
from tasks.rows.reading import Sides


def analyse(
    files: Sequence[Path],
    sides: Sides,
    inputs: ComparisonInputs,
    objective: Objective,
    guessed: float | None,
    guessed_by_source: Mapping[str, float],
    seed: int,
) -> Findings:
    """Work out scores, differences and values.

    Args:
        files: predictions of every trial, mix by mix as `inputs.trials` has them, seeds in order.
        sides: of the pool: side -> source -> rows.
        guessed: score of what the recipe's own models must beat; None where they are not trained.
        guessed_by_source: the same on the rows of each source.
    """
    measured, labels = measures_of(objective.task), objective.labels
    held_out = read_held_out(files[0], measured, labels, inputs.sets)
    counts = (
        {} if held_out.truth is None else {name: _label_counts(file, labels) for name, file in sides[TRAIN].items()}
    )
    predictions, errors = _predictions(files, inputs, measured, held_out)
    # What a model that has learned nothing would answer: Shapley values are measured from there.
    total = {label: sum(of_source[label] for of_source in counts.values()) for label in labels} if counts else {}
    baseline = baseline_predictions(held_out, total, guessed)
    rows = held_out.judged(inputs.target)
    if not rows.count:
        where = f"the target {inputs.target} has" if inputs.target else "there are"
        raise CuveeError(f"{where} no hold-out rows to judge on. Remedy: a larger holdout.share, or another target")
    results = TrialResults(held_out, predictions | ({NOTHING: baseline} if baseline else {}), rows, inputs)
    values, note, spare = (
        source_values(results, generator(seed, "compare", "worth"))
        if inputs.recipe in predictions
        else ((), ShapleyNote(), None)
    )
    homes, one_for_each = at_home(results, generator(seed, "compare", "home"))
    arms = arm_scores(results, generator(seed, "compare", "arms"))
    differences = contrasts(results, generator(seed, "compare", "contrasts"))
    return Findings(
        metric=measured.compared.key,
        judged={str(held_out.sources[int(group[0])]): len(group) for group in rows.groups},
        arms=with_arms_by_source(results, arms, generator(seed, "compare", "arms by source")) | errors,
        contrasts=with_contrasts_by_source(results, differences, generator(seed, "compare", "contrasts by source")),
        at_home=homes,
        one_for_each=one_for_each,
        curves=learning_curves(results, generator(seed, "compare", "curves")),
        on_sets=on_sets(results, generator(seed, "compare", "sets")),
        worth=values,
        spare=spare,
        shapley=note,
        disagreements=disagreements(results, sides[HOLDOUT], generator(seed, "compare", "disagreements")),
        leaks=leaks(results, sides[TRAIN], sides[HOLDOUT], generator(seed, "compare", "leaks")),
        baselines=baselines_by_source(held_out, counts) or dict(guessed_by_source),
        lacking={
            name: missing
            for name, of_source in counts.items()
            if (missing := tuple(label for label in labels if not of_source[label]))
        },
    )


def _label_counts(file: RowFile, labels: Sequence[str]) -> dict[str, int]:
    counts = dict(file.scan().group_by("label").len().collect().iter_rows())
    return {label: int(counts.get(label, 0)) for label in labels}


def _predictions(
    files: Sequence[Path], inputs: ComparisonInputs, measured: Measured, held_out: HeldOutRows
) -> tuple[dict[Mix, Predictions], dict[str, ArmScores]]:
    """Read predictions mix by mix; a mix whose losses are no numbers has none, and its arm says so."""
    read: dict[Mix, Predictions] = {}
    errors: dict[str, ArmScores] = {}
    start = 0
    for trials in inputs.trials:
        own, start = files[start : start + trials.seeds], start + trials.seeds
        try:
            read[trials.mix] = read_predictions(own, measured, held_out)
        except CuveeError as error:
            errors |= {trials.name: ArmScores(error=str(error))} if trials.name else {}
    return read, errors
