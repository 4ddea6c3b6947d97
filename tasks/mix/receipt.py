"""The receipt: what was asked of every source and what it got."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.mix.plan import Plan
from tasks.records import Account, ReceiptRow


def receipt(
    accounts: Sequence[Account],
    plan: Plan,
    tokens: Mapping[str, NDArray[np.uint32]],
    weighing: Mapping[str, Mapping[str, float]],
    reasons: Mapping[str, str],
    trainer_epochs: float,
) -> list[ReceiptRow]:
    """Count a plan by source.

    Args:
        tokens: tokens of every row that may be trained on, by source.
        weighing: `requested` and `weights` by source.
        trainer_epochs: how often training goes through the mix.
    """
    counted: list[tuple[Account, int, int]] = []
    for index, account in enumerate(accounts):
        rows = plan.row[plan.source == index]
        counted.append((account, len(rows), int(tokens[account.source][rows].sum(dtype=np.int64))))
    all_rows, all_tokens = len(plan.row), sum(count for _, _, count in counted)
    return [
        ReceiptRow(
            source=account.source,
            requested=weighing["requested"][account.source],
            weight=weighing["weights"][account.source],
            reason=reasons[account.source],
            available=account.rows,
            rows=rows,
            share_rows=rows / all_rows,
            tokens=count,
            share_tokens=count / all_tokens if all_tokens else 0.0,
            epochs=round(rows / account.rows * trainer_epochs, 4) if account.rows else 0.0,
            dropped=account.dropped | ({"quarantined": account.quarantined} if account.quarantined else {}),
        )
        for account, rows, count in counted
    ]
