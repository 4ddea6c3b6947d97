"""Make a published mix again from what its lock file names, to the same bytes, or say what is no longer there."""

import itertools
from pathlib import Path
from typing import Any

import yaml

from tasks.core.errors import QualityGate, Unreachable
from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import PoolFacts
from tasks.mix.kept import MixMedia
from tasks.mix.lock import VERSIONS, versions
from tasks.mix.plan import load_plan
from tasks.mix.write import shards, write_shards
from tasks.rows.files import TRAIN, mix_aside, pool_file, sides_of
from tasks.store.published import inputs_of
from tasks.store.storage import Store, sha256_of


def replay(store: Store, folder: str, out: Path) -> dict[str, Any]:
    """Write the mix that `folder/lock.json` describes into `out/data`.

    Args:
        folder: of the published mix, relative to the store; its `lock.json`, `plan.npz` and `recipe.yaml` are read, its
            data is not.
        out: an empty folder.

    Raises:
        Unreachable: the pool of rows is no longer in the store.
        QualityGate: something that the lock names has other bytes now.
    """
    lock = inputs_of(store, folder)
    plan_file = _same(store.local_copy(f"{folder}/plan.npz"), lock["plan"]["sha256"], "plan.npz")
    pool = _pool(store, lock, folder)
    names = [row["source"] for row in lock["sources"]]
    files = [
        _same(store.open(pool, pool_file(TRAIN, row["source"])), row["train_sha256"], f"the rows of {row['source']}")
        for row in lock["sources"]
    ]
    shard_rows = yaml.safe_load(store.read_bytes(f"{folder}/recipe.yaml"))["mix"]["shard_rows"]
    plan = load_plan(plan_file)
    (out / "data").mkdir(parents=True)
    wanted = shards(len(plan.row), shard_rows)
    found = {
        source: _same(store.local_copy(one["file"]), one["sha256"], f"the media of {source}")
        for source, one in lock.get("media", {}).items()
    }
    media = MixMedia.of(pool, found)
    for number, path in write_shards(plan, files, shard_rows, range(len(wanted)), out / "scratch", media.save):
        path.replace(out / wanted[number])
    for side, name in itertools.product(sides_of(pool)[1:], names):
        media.copy(store.open(pool, pool_file(side, name)), out / mix_aside(side, name))
    (out / "scratch").rmdir()
    _compare(out, lock)
    return {"files": len(lock["files"]), "rows": len(plan.row), "sha256": lock["sha256"], "same_bytes": True}


def _pool(store: Store, lock: dict[str, Any], folder: str) -> Manifest[PoolFacts]:
    """Find the product that the rows were taken from by what it holds, whichever key it was made under."""
    wanted = lock["pool"]["fingerprint"]
    for path in store.list("snapshots"):
        stage, _, rest = path.partition("/")
        key, _, name = rest.partition("/")
        if name == "manifest.json" and stage not in ("ingest", "clean", "mix", "plan", "train"):
            found = store.lookup(stage, key, PoolFacts)
            if found and found.fingerprint == wanted:
                return found
    gone = ", ".join(f"{row['source']} (sha256 {row['train_sha256'][:12]}…)" for row in lock["sources"])
    raise Unreachable(
        f"the rows of this mix are no longer in {store.uri}/snapshots: {gone}. Run its recipe again "
        f"({store.where(folder)}/recipe.yaml says which); if the sources are unchanged, the same pool comes back, "
        "and this command works again"
    )


def _same(path: Path, wanted: str, what: str) -> Path:
    if not path.exists():
        raise Unreachable(f"{what} is no longer there: {path}")
    if (found := sha256_of(path)) != wanted:
        raise QualityGate(
            f"{what} ({path}) has sha256 {found[:12]}…, the lock file says {wanted[:12]}…: it was changed after "
            "the mix was made"
        )
    return path


def _compare(out: Path, lock: dict[str, Any]) -> None:
    differ = [
        name for name, wanted in lock["files"].items() if not (out / name).exists() or sha256_of(out / name) != wanted
    ]
    if differ:
        then, now = lock["versions"], versions()
        changed = ", ".join(
            f"{name} {then.get(name)} then, {now[name]} now" for name in VERSIONS if then.get(name) != now[name]
        )
        why = (
            f"other versions wrote it: {changed}"
            if changed
            else "the versions are the same; the code of the mixing stage has changed"
        )
        raise QualityGate(
            f"{len(differ)} of {len(lock['files'])} files have other bytes than the lock file says: "
            f"{', '.join(differ[:3])}; {why}"
        )
