"""How large a trial is, and the pool that it draws from."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl

from tasks.core.rng import generator
from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import PoolFacts
from tasks.rows.dropping import REMOVED
from tasks.rows.layout import RowFile

MOST_ROWS = 5_000
LEFT_OUT = "left_out_of_trials"


def trial_budget(
    pool: Manifest[PoolFacts], mix: int | Literal["all"], asked: int | None, unit: str
) -> tuple[int, float]:
    """Give a trial's budget in `unit`, and the share of the pool's rows that it draws from.

    Under the budget B a row of source i is drawn w_i B / n_i times. From s n_i rows under the budget s B it is drawn as
    often, so that a small trial repeats the small sources as the mix will; where it does not, trials mislead (arXiv
    2606.07597).

    Args:
        pool: rows and tokens that may be trained on.
        mix: budget of the mix itself, in `unit`; `all` = about the whole pool.
        asked: budget that the recipe wants for trials, in `unit`.
    """
    held = pool.rows if unit == "rows" else pool.tokens
    whole = held if mix == "all" else mix
    most = MOST_ROWS if unit == "rows" else round(MOST_ROWS * pool.tokens / max(pool.rows, 1))
    budget = asked or min(whole, most)
    return budget, min(1.0, budget / whole)


def left_out(files: Mapping[str, RowFile], share: float, seed: int) -> pl.DataFrame:
    """Choose the training rows that trials do without: of every source all but ⌈share · n⌉.

    Returns:
        `source`, `row` (number in the source's file) and `reason`.
    """
    parts: list[pl.DataFrame] = []
    for name, file in files.items():
        rows = file.rows
        gone = np.sort(generator(seed, "trials", name).permutation(rows)[int(np.ceil(share * rows)) :])
        parts.append(
            pl.DataFrame({"source": [name] * len(gone), "row": gone, "reason": [LEFT_OUT] * len(gone)}, schema=REMOVED)
        )
    return pl.concat(parts)
