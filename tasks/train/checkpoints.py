"""Checkpoints that outlive this machine: on a remote store they are copied there as they are saved."""

import contextlib
import shutil
from pathlib import Path
from typing import Self

from tasks.store.storage import Store

LAST_FILE = "trainer_state.json"
"""What the Trainer writes last; a checkpoint without it is not whole."""


class Mirror:
    """Keeps the checkpoints of a training in the store, when that is not on this machine anyway.

    Args:
        path: the product's folder in the store.
        folder: where the Trainer saves.
    """

    def __init__(self, store: Store, path: str, folder: Path) -> None:
        self.store, self.path, self.folder = store, f"{path}/checkpoints", folder
        self.pushed: set[str] = set()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for checkpoint in self.folder.glob("checkpoint-*"):
            if not (checkpoint / LAST_FILE).exists():
                shutil.rmtree(checkpoint)
        if not self.store.is_local and not any(self.folder.glob("checkpoint-*")):
            self._fetch()
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def _fetch(self) -> None:
        there = self.store.list(self.path)
        whole = {name.split("/")[0] for name in there if name.endswith(f"/{LAST_FILE}")}
        for name in there:
            if name.split("/")[0] in whole:
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.store.read_bytes(f"{self.path}/{name}"))

    def push(self) -> None:
        """Copy the newest checkpoint if it is new; the older one in the store goes.

        The training process removes checkpoints while this reads them; one that vanishes is left for the next call, and
        since `LAST_FILE` goes last, what was copied of it is no checkpoint.
        """
        if self.store.is_local:
            return
        whole = [checkpoint for checkpoint in self.folder.glob("checkpoint-*") if (checkpoint / LAST_FILE).exists()]
        newest = max(whole, key=lambda checkpoint: int(checkpoint.name.rpartition("-")[2]), default=None)
        if newest is None or newest.name in self.pushed:
            return
        with contextlib.suppress(FileNotFoundError):
            for file in sorted(newest.iterdir(), key=lambda file: file.name == LAST_FILE):
                self.store.write_bytes(f"{self.path}/{newest.name}/{file.name}", file.read_bytes())
            for older in self.pushed:
                self.store.remove(f"{self.path}/{older}")
            self.pushed = {newest.name}

    def clear(self) -> None:
        """Remove all checkpoints of a training that is done."""
        if not self.store.is_local:
            self.store.remove(self.path)
