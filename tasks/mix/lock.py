"""The lock file: everything that made the mix, so that the same mix can be made again or its difference named.

It names content, not keys: a mix made again by changed code with the same bytes has the same lock file, and nothing
after it need run again.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from tasks.manifests.manifest import FileFact, Manifest
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import SnapshotFacts
from tasks.rows.files import HOLDOUT, TRAIN, VALIDATION, pool_file, sides_of

PLANNED = {"seed", "unit"}
"""What the plan was asked for and its rows hang on; facts of its manifest."""
ROWS_OF = {TRAIN: "rows", HOLDOUT: HOLDOUT, VALIDATION: VALIDATION}
"""Side -> how its rows are counted."""
VERSIONS = ("cuvee", "polars", "numpy", "pyarrow")
"""Packages whose version may show in the bytes."""


def versions() -> dict[str, str]:
    """Give the versions in use now."""
    return {name: version(name) for name in VERSIONS}


def lock(
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    files: list[FileFact],
    snapshots: Sequence[Manifest[SnapshotFacts]] = (),
) -> dict[str, Any]:
    """Put the lock of a mix together.

    Args:
        pool: what the rows were taken from; its parents are the snapshots of the sources, or the pool before this one.
        files: the mix's own files.
        snapshots: those that the mix's media were taken from.
    """
    data = sorted((file for file in files if file.name.startswith("data/")), key=lambda file: file.name)
    weights = {row.source: row.weight for row in plan.facts.receipt}
    media = {
        one.subject: {"file": f"{one.path}/media.arrow", "sha256": one.file("media.arrow").sha256} for one in snapshots
    }
    sides = sides_of(pool)
    return {
        "lock": 1,
        "sources": [
            {
                "source": account.source,
                "read": account.read,
                "weight": weights[account.source],
            }
            | {ROWS_OF[side]: getattr(account, ROWS_OF[side]) for side in sides}
            | {f"{side}_sha256": pool.file(pool_file(side, account.source)).sha256 for side in sides}
            for account in pool.accounts
        ],
        "pool": {"fingerprint": pool.fingerprint, "parents": list(pool.parents)},
        "plan": {"sha256": plan.file("plan.npz").sha256} | plan.facts.model_dump(mode="json", include=PLANNED),
        "files": {file.name: file.sha256 for file in data},
        "sha256": hashlib.sha256("".join(f"{file.sha256}  {file.name}\n" for file in data).encode()).hexdigest(),
        "versions": versions(),
    } | ({"media": media} if media else {})
