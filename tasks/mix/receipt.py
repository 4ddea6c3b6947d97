"""The receipt: what was asked of every source and what it got."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.manifests.manifest import Account
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.weights import WeightsFacts

SAME = 1e-9
"""Relative; shares this near are one."""


@dataclass(frozen=True)
class Given:
    """What the plan gives of one source.

    Attributes:
        share: of the mix after caps, in the recipe's unit, before rounding.
        rows: in the mix, repeats counted.
        tokens: likewise.
    """

    share: float
    rows: int
    tokens: int


def receipt(accounts: Sequence[Account], given: Mapping[str, Given], weighing: WeightsFacts) -> list[ReceiptRow]:
    """Write the receipt of a plan, one line per source in the recipe's order; a source that is left out has 0 rows.

    Args:
        accounts: of the pool.
    """
    rows, tokens = (sum(getattr(one, unit) for one in given.values()) for unit in ("rows", "tokens"))
    moved = {name for name, one in given.items() if not math.isclose(one.share, weighing.weights[name], rel_tol=SAME)}
    capped = [name for name in moved if given[name].share < weighing.weights[name]]
    return [
        ReceiptRow(
            source=(name := account.source),
            requested=weighing.requested[name],
            weight=given[name].share,
            reason=weighing.reasons[name] + (_why(name, name in capped, given[name].share) if name in moved else ""),
            available=account.rows,
            rows=given[name].rows,
            share_rows=given[name].rows / rows,
            tokens=given[name].tokens,
            share_tokens=given[name].tokens / tokens if tokens else 0.0,
            epochs=round(given[name].rows / account.rows, 4) if account.rows else 0.0,
            dropped=account.dropped | ({"quarantined": account.quarantined} if account.quarantined else {}),
            labelled=account.labelled,
        )
        for account in accounts
    ]


def _why(name: str, capped: bool, share: float) -> str:
    return f"; {name} is at its cap, so {share:.3g}" if capped else f"; other sources are at their cap, so {share:.3g}"


def headline(rows: Sequence[ReceiptRow]) -> str:
    """Say in one line what the mix holds."""
    total = sum(row.rows for row in rows)
    return f"{total:,} rows: " + ", ".join(
        f"{row.source} {row.rows:,} ({100 * row.share_rows:.1f} %, {row.epochs:.3g} epochs)" for row in rows
    )
