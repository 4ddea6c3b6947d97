"""Make the plan of a mix from what the pool holds, the weights and the settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.errors import NotEnoughData
from tasks.manifests.manifest import Account
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.weights import WeightsFacts
from tasks.mix.counts import Budget, large_enough, size_of_epochs
from tasks.mix.phases import Stretch, phase_quotas, whole_phases
from tasks.mix.plan import Plan, draw_rows, draw_tokens, generator, interleave, joined
from tasks.mix.receipt import Given, receipt
from tasks.mix.settings import PlanSettings


@dataclass(frozen=True)
class PlannedPhase:
    """What one phase holds.

    Attributes:
        share: of the budget, 0..1.
        rows: of each source.
    """

    share: float
    rows: dict[str, int]


@dataclass(frozen=True)
class PlannedMix:
    """A plan with what is to be said of it.

    Attributes:
        receipt: one line per source, in the recipe's order.
        phases: empty for a mix without phases.
    """

    plan: Plan
    receipt: list[ReceiptRow]
    phases: list[PlannedPhase]


@dataclass(frozen=True)
class Run:
    """What a plan has to know of the run it is for.

    Attributes:
        trainer_epochs: how often training goes through the mix; counts against `max_epochs`.
        spent: passes that earlier runs have made over each source; None = they do not count.
    """

    trainer_epochs: float
    seed: int
    spent: Mapping[str, float] | None = None


Rows = NDArray[np.uint32]
Tokens = Mapping[str, NDArray[np.uint32]]
"""Tokens of every row that may be trained on, by source."""


def make_plan(
    accounts: Sequence[Account],
    files: Mapping[str, Path],
    weighing: WeightsFacts,
    settings: PlanSettings,
    run: Run,
) -> PlannedMix:
    """Plan a mix.

    Args:
        accounts: of the pool, in the recipe's order.
        files: Parquet of the rows that may be trained on, with a column `tokens`, by source.
        weighing: the shares of the whole mix, and of its phases.

    Raises:
        NotEnoughData: the sources cannot fill the mix as asked.
    """
    order = [account.source for account in accounts]
    tokens = {name: tokens_of(files[name]) for name in order}
    held = {
        name: float(len(rows) if settings.unit == "rows" else rows.sum(dtype=np.int64)) for name, rows in tokens.items()
    }
    budget = _budget(held, weighing, settings, run)
    phases = [Stretch(phase.share, phase.weights) for phase in weighing.stretches]
    quota = phase_quotas(held, phases, budget)
    drawn = (_draw_rows if settings.unit == "rows" else _draw_tokens)(tokens, quota, budget, run.seed)
    sums = [math.fsum(phase.values()) for phase in quota]
    given = {
        name: _given(
            math.fsum(phase[name] for phase in quota) / math.fsum(sums), tokens[name], [part[name] for part in drawn]
        )
        for name in order
    }
    wished = {
        name: math.fsum(size * phase.weights[name] for size, phase in zip(sums, phases, strict=True)) / math.fsum(sums)
        for name in order
    }
    plan = joined([interleave([part[name] for name in order]) for part in drawn])
    planned = [
        PlannedPhase(phase.share, {name: len(rows) for name, rows in part.items()})
        for phase, part in zip(phases, drawn, strict=True)
    ]
    return PlannedMix(
        plan,
        receipt(accounts, given, weighing.model_copy(update={"weights": wished})),
        planned if len(planned) > 1 else [],
    )


def tokens_of(file: Path) -> NDArray[np.uint32]:
    """Read the tokens of every row of a source."""
    return pl.read_parquet(file, columns=["tokens"])["tokens"].to_numpy()


def _budget(held: Mapping[str, float], weighing: WeightsFacts, settings: PlanSettings, run: Run) -> Budget:
    size = size_of_epochs(held, weighing.weights, weighing.epochs) if weighing.epochs else None
    on_cap = [phase.method.get("on_cap", settings.on_cap) for phase in weighing.stretches]
    return Budget(
        size if settings.size == "all" else settings.size,
        settings.max_epochs,
        run.trainer_epochs,
        redistribute="redistribute" in on_cap,
        unit=settings.unit,
        max_total_epochs=settings.max_total_epochs,
        spent=run.spent or {},
        ceilings=weighing.ceilings,
    )


def _given(share: float, tokens: NDArray[np.uint32], parts: Sequence[Rows]) -> Given:
    return Given(share, sum(map(len, parts)), sum(int(tokens[rows].sum(dtype=np.int64)) for rows in parts))


def _draw_rows(
    tokens: Tokens, quota: Sequence[Mapping[str, float]], budget: Budget, seed: int
) -> list[dict[str, Rows]]:
    """Draw each source once for all phases, so that a later one has the rows that an earlier one has not."""
    counts = whole_phases(quota, {name: budget.cap(name, float(len(rows))) for name, rows in tokens.items()})
    drawn = {
        name: draw_rows(len(rows), sum(part[name] for part in counts), generator(seed, name))
        for name, rows in tokens.items()
    }
    cuts = {name: np.cumsum([part[name] for part in counts])[:-1] for name in tokens}
    return _by_phase({name: np.split(rows, cuts[name]) for name, rows in drawn.items()}, len(quota))


def _draw_tokens(
    tokens: Tokens, quota: Sequence[Mapping[str, float]], budget: Budget, seed: int
) -> list[dict[str, Rows]]:
    """Cut each source's one order of rows where it comes nearest to what the phases up to there want of it."""
    drawn: dict[str, list[Rows]] = {}
    for name, rows in tokens.items():
        cap, until, wanted = budget.cap(name, float(rows.sum(dtype=np.int64))), 0, 0.0
        drawn[name] = []
        for phase in quota:
            if not phase[name]:
                drawn[name].append(np.empty(0, dtype=np.uint32))
                continue
            wanted += phase[name]
            upto = draw_tokens(rows, wanted, max(wanted, cap), generator(seed, name))
            drawn[name].append(upto[until:])
            until = max(until, len(upto))
            if not len(drawn[name][-1]):
                raise _no_row(name, int(rows.max()), phase)
    return _by_phase(drawn, len(quota))


def _by_phase(drawn: Mapping[str, Sequence[Rows]], phases: int) -> list[dict[str, Rows]]:
    return [{name: parts[at] for name, parts in drawn.items()} for at in range(phases)]


def _no_row(name: str, longest: int, quota: Mapping[str, float]) -> NotEnoughData:
    total = math.fsum(quota.values())
    return NotEnoughData(
        f"source {name!r} gets {quota[name]:.0f} of {total:,.0f} tokens, less than one of its rows. "
        f"{large_enough(longest * total, quota[name])}",
        source=name,
    )
