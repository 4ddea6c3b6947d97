"""Every reading of a weight: what part of a mix a source is by rows, by tokens and by compute, and how often its rows
are seen. Numbers in, numbers out.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.plan import ReceiptRow, WeightReading
from tasks.mix.plan import Plan


def readings(
    plan: Plan, tokens: Mapping[str, NDArray[np.uint32]], receipt: Sequence[ReceiptRow], longest: int | None
) -> tuple[WeightReading, ...]:
    """Read the weight of every source in each way.

    Compute of a row is c · N · L: c by what learns (6 all of it, 4 with LoRA, 2 nothing below the head), N parameters,
    L positions. A mix is trained by one model, so that c · N is the same for all rows, and a source's part of the
    compute is its part of the positions: its tokens, as far as the model reads them.

    Args:
        tokens: of every row that may be trained on, by source, in the order of the plan.
        receipt: of that plan, with the trainer's epochs counted in; sources without a row in it may be among it.
        longest: tokens after which a row is cut; None where nothing is cut.
    """
    positions = {
        name: int(_cut(held[plan.row[plan.source == number]], longest).sum(dtype=np.int64))
        for number, (name, held) in enumerate(tokens.items())
    }
    whole = sum(positions.values()) or 1
    return tuple(
        WeightReading(
            source=row.source,
            asked=row.requested,
            rows=row.share_rows,
            tokens=row.share_tokens,
            compute=positions.get(row.source, 0) / whole,
            positions=positions.get(row.source, 0),
            epochs=round(row.rows / row.available, 4) if row.available else 0.0,
            seen=row.epochs,
        )
        for row in receipt
    )


def _cut(tokens: NDArray[np.uint32], longest: int | None) -> NDArray[np.uint32]:
    return tokens if longest is None else np.minimum(tokens, np.uint32(longest))
