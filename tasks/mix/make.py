"""Make the plan of a mix from what the pool holds, the weights and the settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.errors import NotEnoughData
from tasks.mix.counts import Budget, quotas, whole
from tasks.mix.plan import Plan, draw_rows, draw_tokens, generator, interleave
from tasks.mix.receipt import receipt
from tasks.mix.settings import PlanSettings
from tasks.records import Account, ReceiptRow


def make_plan(
    accounts: Sequence[Account],
    files: Mapping[str, Path],
    weighing: Mapping[str, Mapping[str, Any]],
    settings: PlanSettings,
    trainer_epochs: float,
    seed: int,
) -> tuple[Plan, list[ReceiptRow]]:
    """Plan a mix.

    Args:
        files: Parquet of the rows that may be trained on, with a column `tokens`, by source.
        weighing: `weights`, `requested` and `reasons` by source.
        trainer_epochs: how often training goes through the mix; counts against `max_epochs`.

    Raises:
        NotEnoughData: the sources cannot fill the mix as asked.
    """
    order = [account.source for account in accounts]
    tokens = {name: pl.read_parquet(files[name], columns=["tokens"])["tokens"].to_numpy() for name in order}
    drawn = _drawn(tokens, weighing["weights"], settings, trainer_epochs, seed)
    plan = interleave(drawn, order, seed)
    return plan, receipt(accounts, plan, tokens, weighing, weighing["reasons"], trainer_epochs)


def _drawn(
    tokens: Mapping[str, NDArray[np.uint32]], weights: Mapping[str, float], settings: PlanSettings, trainer_epochs: float, seed: int
) -> dict[str, NDArray[np.uint32]]:
    repeats = settings.max_epochs / trainer_epochs
    if repeats < 1:
        raise NotEnoughData(
            f"mix.max_epochs is {settings.max_epochs:g}, but training alone goes through the mix {trainer_epochs:g} times. "
            f"Set mix.max_epochs >= {trainer_epochs:g}, or train.epochs <= {settings.max_epochs:g}."
        )
    budget = Budget(None if settings.size == "all" else settings.size, repeats, settings.on_cap == "redistribute", settings.unit)
    if settings.unit == "rows":
        counts = whole(quotas({name: float(len(rows)) for name, rows in tokens.items()}, weights, budget), budget.size)
        return {name: draw_rows(len(rows), counts[name], generator(seed, name)) for name, rows in tokens.items()}
    quota = quotas({name: float(rows.sum(dtype=np.int64)) for name, rows in tokens.items()}, weights, budget)
    drawn = {name: draw_tokens(rows, quota[name], generator(seed, name)) for name, rows in tokens.items() if quota[name]}
    lost = [name for name, rows in drawn.items() if not len(rows)]
    if lost:
        raise NotEnoughData(f"source {lost[0]!r} gets {quota[lost[0]]:.0f} tokens, less than one row. Set mix.size higher, or its weight to 0.")
    return {name: drawn.get(name, np.empty(0, np.uint32)) for name in tokens}
