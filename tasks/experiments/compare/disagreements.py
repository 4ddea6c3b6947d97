"""Rows on which the recipe's mix and the best single source disagree: one is right, the other is not."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.disagreement import Disagreement, Disagreements
from tasks.experiments.mixes import Mix
from tasks.rows.dropping import cut
from tasks.rows.layout import ROW_ID, RowFile
from tasks.text.hashing import Ints

SHOWN = 4
"""Rows of either kind that are shown."""


def disagreements(
    results: TrialResults, holdout: Mapping[str, RowFile], rng: np.random.Generator
) -> Disagreements | None:
    """Find the rows that most of the mix's models get right and most of the best single source's get wrong, and the
    reverse; None where no answer is right or wrong, or there is no single source beside the mix.

    Args:
        holdout: source -> its rows kept aside.
    """
    singles = {name: mix for name, mix in results.arms().items() if len(mix) == 1}
    ours, held_out = results.inputs.recipe, results.held_out
    if held_out.truth is None or ours not in results.predictions or len(ours) == 1 or not singles:
        return None
    best = max(singles, key=lambda name: results.score(singles[name]))
    right = {mix: results.predictions[mix].amounts.mean(0) > 0.5 for mix in (ours, singles[best])}
    judged = np.sort(np.concatenate(results.rows.groups))
    ways = {
        "mix": judged[(right[ours] & ~right[singles[best]])[judged]],
        "single": judged[(right[singles[best]] & ~right[ours])[judged]],
    }
    shown = {way: np.sort(rng.permutation(rows)[:SHOWN]) for way, rows in ways.items()}
    texts = _texts(results, np.concatenate([*shown.values()]), holdout)
    return Disagreements(
        arm=best,
        mix=len(ways["mix"]),
        single=len(ways["single"]),
        rows=tuple(
            Disagreement(
                source=held_out.sources[int(row)],
                row_id=held_out.ids[int(row)],
                text=texts[int(row)],
                label=held_out.labels[held_out.truth[row]],
                mix=_answer(results, ours, int(row)),
                single=_answer(results, singles[best], int(row)),
            )
            for rows in shown.values()
            for row in rows
            if int(row) in texts
        ),
    )


def _answer(results: TrialResults, mix: Mix, row: int) -> str:
    """Give what most of a mix's models answer."""
    predicted = results.predictions[mix].predicted
    return "" if predicted is None else results.held_out.labels[int(np.bincount(predicted[:, row]).argmax())]


def _texts(results: TrialResults, rows: Ints, holdout: Mapping[str, RowFile]) -> dict[int, str]:
    """Give the texts of a few rows, cut; rows of evaluation sets, which are not in the pool, have none."""
    texts: dict[int, str] = {}
    wanted = pl.DataFrame({"at": rows, "source": results.held_out.sources[rows], ROW_ID: results.held_out.ids[rows]})
    for (source,), few in wanted.group_by("source"):
        if file := holdout.get(str(source)):
            found = file.scan(ROW_ID).join(few.lazy(), on=ROW_ID).select("at", "text").collect()
            texts |= {at: cut(text) for at, text in found.iter_rows()}
    return texts
