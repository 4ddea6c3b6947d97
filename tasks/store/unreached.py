"""What a receipt tells of sources that could not be reached."""

import math
from collections.abc import Mapping, Sequence

from tasks.manifests.plan import ReceiptRow
from tasks.manifests.seen import Unreached


def with_unreached(
    rows: Sequence[ReceiptRow], unreached: Sequence[Unreached], order: Sequence[str], asked: Mapping[str, float]
) -> tuple[ReceiptRow, ...]:
    """Tell in a receipt of the sources that could not be reached: one left out has a line with 0 rows.

    Args:
        rows: of the sources in the mix, their shares normalised without those left out.
        order: all sources of the recipe.
        asked: weight by source, where the recipe says them; shares asked for are then those of the recipe, of the
            whole.
    """
    if not rows or not unreached:
        return tuple(rows)
    total = math.fsum(asked.values()) or 1.0
    gone = {one.source: one for one in unreached if not one.snapshot_of}
    old = {one.source: one for one in unreached if one.snapshot_of}
    lost = math.fsum(asked.get(name, 0) for name in gone) / total
    found = {name: ReceiptRow.left_out(name, asked.get(name, 0) / total, one.done) for name, one in gone.items()}
    for row in rows:
        share = row.requested * (1 - lost)
        why = f"; {share:.3g} in the recipe, but {', '.join(gone)} could not be reached" if lost else ""
        stale = f"; {old[row.source].done}" if row.source in old else ""
        found[row.source] = row.model_copy(update={"requested": share, "reason": f"{row.reason}{why}{stale}"})
    return tuple(found[name] for name in order)
