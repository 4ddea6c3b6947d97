"""Small pools and weighings, as the stages before leave them in a store."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.manifests.weights import WeightsFacts
from tasks.store.storage import sha256_of

Weighing = Callable[..., WeightsFacts]
Pool = Callable[..., Manifest]


@pytest.fixture(scope="session")
def weighing() -> Weighing:
    """What the weigh stage says: `weighing({"a": 0.5, "b": 0.5}, kind="given")`."""

    def say(shares: Mapping[str, float], **method: str) -> WeightsFacts:
        shares = dict(shares)
        return WeightsFacts(
            weights=shares,
            requested=shares,
            reasons=dict.fromkeys(shares, "given"),
            method={"kind": "given"} | method,
        )

    return say


@pytest.fixture(scope="session")
def weighed(weighing: Weighing) -> Callable[..., Manifest]:
    """The manifest of the weigh stage."""

    def make(shares: Mapping[str, float], **method: str) -> Manifest[WeightsFacts]:
        return Manifest[WeightsFacts](
            stage="weigh", subject="mix", key="w", path="snapshots/weigh/w", files=(), facts=weighing(shares, **method)
        )

    return make


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Write a pool into a store: `pool(store, {"a": 50}, tokens={"a": [3, 5, …]})`; its texts have all kinds of
    characters."""

    def make(
        store: Path, sizes: Mapping[str, int], tokens: Mapping[str, Sequence[int]] | None = None, **parquet: Any
    ) -> Manifest:
        folder = store / "snapshots/deduplicate/p"
        accounts, files = [], []
        for name, size in sizes.items():
            counts = pl.Series("tokens", (tokens or {}).get(name, [5] * size), pl.UInt32)
            for side in ("train", "holdout"):
                texts = [f"{name} {n} é\N{PILE OF POO}\x00{'long ' * (n % 7)}" for n in range(size)]
                frame = pl.DataFrame(
                    {
                        "row_id": [f"{name}.csv:{n}" for n in range(size)],
                        "source": name,
                        "text": texts,
                        "label": "positive",
                    }
                )
                path = folder / side / f"{name}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                frame.with_columns(counts).write_parquet(path, **parquet)
                files.append(FileFact(name=f"{side}/{name}.parquet", bytes=path.stat().st_size, sha256=sha256_of(path)))
            accounts.append(
                Account(
                    source=name,
                    read=size + 3,
                    dropped={"too_short": 1},
                    quarantined=2,
                    rows=size,
                    tokens=int(counts.sum()),
                )
            )
        where = {"key": "p", "path": "snapshots/deduplicate/p", "parents": ("f" * 64,)}
        return Manifest[PoolFacts](
            stage="deduplicate",
            subject="pool",
            files=tuple(files),
            accounts=tuple(accounts),
            facts=PoolFacts(),
            **where,
        )

    return make
