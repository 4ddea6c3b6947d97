"""The lock of a published folder, by this version or an older one."""

from typing import Any

from tasks.core.errors import QualityGate
from tasks.store.storage import Store

FORMAT = 2
"""How locks are written; the first had no number."""
INPUTS = {"sources", "pool", "plan", "files", "sha256", "versions"}
"""What the lock of a mix says of what made it."""


def inputs_of(store: Store, folder: str) -> dict[str, Any]:
    """Read what made a published mix.

    Args:
        folder: of the mix, relative to the store.

    Raises:
        QualityGate: its lock is damaged, or one of a later version.
    """
    path = f"{folder}/lock.json"
    lock = store.read_json(path)
    inputs = lock.get("inputs") if isinstance(lock, dict) else None
    if isinstance(lock, dict) and lock.get("format", 1) not in (1, FORMAT):
        raise QualityGate(f"{store.where(path)}: format {lock['format']} of a later version; this one reads {FORMAT}")
    if not isinstance(inputs, dict) or not inputs.keys() >= INPUTS:
        raise QualityGate(f"{store.where(path)}: damaged, no lock of a mix; restore it, or run its recipe again")
    return inputs
