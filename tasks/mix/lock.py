"""The lock file: everything that made the mix, so that the same mix can be made again or its difference named."""

import hashlib
from importlib.metadata import version
from typing import Any

from tasks.records import FileFact, Manifest


def lock(pool: Manifest, plan: Manifest, files: list[FileFact]) -> dict[str, Any]:
    """Put the lock of a mix together.

    Args:
        files: the mix's own files.
    """
    data = sorted((file for file in files if file.name.startswith("data/")), key=lambda file: file.name)
    return {
        "lock": 1,
        "sources": [{"source": account.source, "read": account.read, "rows": account.rows} for account in pool.accounts],
        "pool": {"fingerprint": pool.fingerprint, "parents": list(pool.parents)},
        "plan": {"sha256": plan.file("plan.npz").sha256, "weights": {row["source"]: row["weight"] for row in plan.facts["receipt"]}},
        "files": {file.name: file.sha256 for file in data},
        "sha256": hashlib.sha256("".join(f"{file.sha256}  {file.name}\n" for file in data).encode()).hexdigest(),
        "versions": {name: version(name) for name in ("cuvee", "polars", "numpy")},
    }
