"""JSON files of the store that somebody or something has damaged: named, with what to do."""

import json
from typing import Any

from tasks.core.errors import QualityGate


def parsed(text: bytes, where: str) -> Any:
    """Read JSON.

    Args:
        where: the file's URI.

    Raises:
        QualityGate: it is damaged.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise QualityGate(
            f"{where}: damaged, no JSON ({str(error)[:100]}); restore it, or remove it and run again"
        ) from None
