"""Pools that nothing can be learned from, or measured on: refused with the numbers and the way out."""

import math
from collections.abc import Mapping

from tasks.core.errors import QualityGate
from tasks.core.suggest import counted
from tasks.deduplicate.exact import Pool
from tasks.rows.emptied import refuse_all_empty


def refuse(pool: Pool, share: float) -> None:
    """Stop when there is nothing to learn or to measure on.

    Args:
        share: the recipe's `holdout.share`.

    Raises:
        QualityGate: no source with rows to train on, no hold-out, one class only, or a label that only training or
            only the hold-out has.
    """
    refuse_all_empty(pool.accounts)
    train, holdout = pool.labels["train"], pool.labels["holdout"]
    if not train:
        _refuse_nothing_held_out(pool, share)
        return
    if len({*train, *holdout}) < 2:
        label, rows = next(iter(train.items()))
        held = sum(holdout.values())
        raise QualityGate(
            f"all {rows + held:,} rows of all sources have the label {label!r} ({rows:,} to train on, {held:,} "
            "held out); "
            "a classifier needs two. Look at the sources' `labels` and `where`"
        )
    _refuse_labels(train, holdout, share)


def _refuse_nothing_held_out(pool: Pool, share: float) -> None:
    if not any(account.holdout for account in pool.accounts):
        rows = sum(account.rows for account in pool.accounts)
        raise QualityGate(
            f"no row of {rows:,} was held out, so that nothing could be measured; raise holdout.share ({share:g}), "
            "or add rows"
        )


def _refuse_labels(train: Mapping[str, int], holdout: Mapping[str, int], share: float) -> None:
    numbers = f"to train on: {counted(train)}; held out: {counted(holdout)}"
    if unmeasured := sorted(set(train) - set(holdout)):
        fewest = min(train[label] for label in unmeasured)
        # A share of 3/n leaves a label of n rows without one in the hold-out in 5 cases of 100: (1 - 3/n)^n ≈ e^-3.
        wanted = math.ceil(300 / fewest) / 100
        raised = f"raise holdout.share ({share:g}) to {wanted:g}, or add rows" if share < wanted <= 0.5 else "add rows"
        names = ", ".join(map(repr, unmeasured))
        raise QualityGate(
            f"the hold-out has no row with the label {names}: {numbers}. Nothing could be measured on it; {raised}"
        )
    if unlearned := sorted(set(holdout) - set(train)):
        names = ", ".join(map(repr, unlearned))
        raise QualityGate(
            f"no row is left to train on with the label {names}: {numbers}. Lower holdout.share ({share:g}), or "
            "add rows"
        )
