"""Make the plan of a mix from what the pool holds, the weights and the settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.errors import NotEnoughData
from tasks.mix.counts import Budget, quotas, whole
from tasks.mix.plan import Plan, draw_rows, draw_tokens, generator, interleave
from tasks.mix.receipt import Given, receipt
from tasks.mix.settings import PlanSettings
from tasks.records import Account, ReceiptRow


@dataclass(frozen=True)
class Made:
    """A plan with what is to be said of it.

    Attributes:
        receipt: one line per source, in the recipe's order.
        facts: what the plan was asked for.
    """

    plan: Plan
    receipt: list[ReceiptRow]
    facts: dict[str, Any]


Tokens = Mapping[str, NDArray[np.uint32]]
"""Tokens of every row that may be trained on, by source."""


def make_plan(
    accounts: Sequence[Account],
    files: Mapping[str, Path],
    weighing: Mapping[str, Any],
    settings: PlanSettings,
    trainer_epochs: float,
    seed: int,
) -> Made:
    """Plan a mix.

    Args:
        accounts: of the pool, in the recipe's order.
        files: Parquet of the rows that may be trained on, with a column `tokens`, by source.
        weighing: `weights`, `requested` and `reasons` by source, and the `method` with its settings.
        trainer_epochs: how often training goes through the mix; counts against `max_epochs`.

    Raises:
        NotEnoughData: the sources cannot fill the mix as asked.
    """
    order = [account.source for account in accounts]
    tokens = {name: pl.read_parquet(files[name], columns=["tokens"])["tokens"].to_numpy() for name in order}
    size = None if settings.size == "all" else settings.size
    on_cap = weighing["method"].get("on_cap", settings.on_cap)
    budget = Budget(size, settings.max_epochs, trainer_epochs, redistribute=on_cap == "redistribute", unit=settings.unit)
    held = {name: float(len(rows) if settings.unit == "rows" else rows.sum(dtype=np.int64)) for name, rows in tokens.items()}
    quota = quotas(held, weighing["weights"], budget)
    drawn = (_draw_rows if settings.unit == "rows" else _draw_tokens)(tokens, quota, budget, seed)
    total = math.fsum(quota.values())
    given = {name: Given(quota[name] / total, len(rows), int(tokens[name][rows].sum(dtype=np.int64))) for name, rows in drawn.items()}
    facts = {"unit": settings.unit, "size": settings.size, "max_epochs": settings.max_epochs, "on_cap": on_cap}
    return Made(interleave([drawn[name] for name in order]), receipt(accounts, given, weighing, trainer_epochs), facts)


def _draw_rows(tokens: Tokens, quota: Mapping[str, float], _budget: Budget, seed: int) -> dict[str, NDArray[np.uint32]]:
    counts = whole(quota, round(math.fsum(quota.values())))
    return {name: draw_rows(len(rows), counts[name], generator(seed, name)) for name, rows in tokens.items()}


def _draw_tokens(tokens: Tokens, quota: Mapping[str, float], budget: Budget, seed: int) -> dict[str, NDArray[np.uint32]]:
    drawn: dict[str, NDArray[np.uint32]] = {}
    for name, rows in tokens.items():
        if not quota[name]:
            drawn[name] = np.empty(0, dtype=np.uint32)
            continue
        most = max(quota[name], budget.cap(float(rows.sum(dtype=np.int64))))
        drawn[name] = draw_tokens(rows, quota[name], most, generator(seed, name))
        if not len(drawn[name]):
            enough = math.ceil(int(rows.max()) * math.fsum(quota.values()) / quota[name])
            raise NotEnoughData(
                f"source {name!r} gets {quota[name]:.0f} of {math.fsum(quota.values()):,.0f} tokens, less than one of its rows. "
                f"Set mix.size >= {enough}, or its weight to 0.",
                source=name,
            )
    return drawn
