"""A published folder: its files, the lock file last, and only then the pointer. Nobody is led to half of one."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from tasks.core.errors import QualityGate
from tasks.core.records import digest
from tasks.manifests.manifest import FileFact, Manifest
from tasks.store.published import FORMAT
from tasks.store.runs import RunStart
from tasks.store.storage import Store

ID_DIGITS = 12


def edition(product: Manifest) -> str:
    """Name a published product by its content, so that the same one published twice is one folder."""
    return product.fingerprint[:ID_DIGITS]


def data_sha256(files: Mapping[str, FileFact]) -> str:
    """Hash data files together, as `sha256sum data/* | sha256sum` does.

    Args:
        files: name in the published folder -> what it holds.
    """
    lines = (f"{fact.sha256}  {name}\n" for name, fact in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def lock_of(start: RunStart, product: Manifest, files: Mapping[str, FileFact], **facts: object) -> dict[str, object]:
    """Say what a published folder holds and what it was made from; the same for the same product and recipe."""
    return {
        "format": FORMAT,
        "id": edition(product),
        "fingerprint": product.fingerprint,
        "made_from": list(product.parents),
        "recipe": digest(start.recipe),
        **({"unreached": [source.model_dump(mode="json") for source in start.unreached]} if start.unreached else {}),
        **facts,
        "files": {name: {"bytes": fact.bytes, "sha256": fact.sha256} for name, fact in sorted(files.items())},
    }


def lay_out(
    store: Store, folder: str, copies: Mapping[str, tuple[str, int]], texts: Mapping[str, str], lock: dict[str, object]
) -> None:
    """Fill a published folder; what is there already in full stays as it is.

    Args:
        copies: name in the folder -> path of a product's file in the store, and its size in bytes.
        texts: name in the folder -> content.
        lock: content of `lock.json`, which is written last.
    """
    there = store.list(folder)
    missing = [name for name, (_, size) in copies.items() if there.get(name) != size]
    if not missing and there.keys() >= {*texts, "lock.json"} and _is_there(store, f"{folder}/lock.json", lock):
        return
    for name in missing:
        store.copy(copies[name][0], f"{folder}/{name}")
    for name, text in texts.items():
        store.write_bytes(f"{folder}/{name}", text.encode("utf-8", "backslashreplace"))
    store.write_json(f"{folder}/lock.json", lock)


def _is_there(store: Store, path: str, value: object) -> bool:
    try:
        return store.read_json(path) == value
    except QualityGate:  # damaged, so that it is written anew
        return False


def move_latest(store: Store, kind: str, start: RunStart, identity: str) -> None:
    """Let `<kind>/<name>/latest.json` name this edition, unless a run that started later has published one.

    Args:
        kind: `mixes` or `models`.
        identity: the edition's id.
    """
    mine = {"id": identity, "path": f"{kind}/{start.name}/{identity}", "run": start.run, "started": start.started}

    def newest(current: dict[str, str] | None) -> dict[str, str]:
        return mine if current is None or _rank(current) <= _rank(mine) else current

    store.move_pointer(f"{kind}/{start.name}/latest.json", newest)


def _rank(pointer: dict[str, str]) -> tuple[datetime, str]:
    return datetime.fromisoformat(pointer["started"]), pointer["run"]


def as_json(value: object) -> str:
    """Write JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
