"""Checkpoints that outlive this machine: on a remote store they are copied there as they are saved."""

import contextlib
import shutil
from pathlib import Path
from typing import Self

from tasks.store.storage import Store

CHECKPOINT, BEST = "checkpoint-", "best-"
"""Beginnings of the folders that the Trainer saves, and of the one with the best weights so far; the step follows."""
LAST_FILE, BEST_FILE = "trainer_state.json", "best.json"
"""What is written last; a folder without it is not whole."""
LAST = {CHECKPOINT: LAST_FILE, BEST: BEST_FILE}


class Mirror:
    """Keeps the checkpoints of a training in the store, when that is not on this machine anyway.

    Args:
        path: the product's folder in the store.
        folder: where the Trainer saves.
    """

    def __init__(self, store: Store, path: str, folder: Path) -> None:
        self.store, self.path, self.folder = store, f"{path}/checkpoints", folder
        self.pushed: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for kind, last in LAST.items():
            for saved in self.folder.glob(f"{kind}*"):
                if not (saved / last).exists():
                    shutil.rmtree(saved)
        if not self.store.is_local and not any(self.folder.glob(f"{CHECKPOINT}*")):
            self._fetch()
        return self

    def __exit__(self, why: object, *_: object) -> None:
        if why is not None:  # a training that was asked to end has just saved one
            self.push()

    def _fetch(self) -> None:
        there = self.store.list(self.path)
        whole = {name.split("/")[0] for name in there if name.endswith(tuple(f"/{last}" for last in LAST.values()))}
        for name in there:
            if name.split("/")[0] in whole:
                target = self.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.store.read_bytes(f"{self.path}/{name}"))

    def push(self) -> None:
        """Copy the best weights and the newest checkpoint if they are new; the older ones in the store go.

        The training process removes folders while this reads them; one that vanishes is left for the next call, and
        since its last file goes last, what was copied of it counts for nothing.
        """
        if not self.store.is_local:
            self._push(BEST)
            self._push(CHECKPOINT)

    def _push(self, kind: str) -> None:
        last, older = LAST[kind], self.pushed.get(kind)
        whole = [saved for saved in self.folder.glob(f"{kind}*") if (saved / last).exists()]
        newest = max(whole, key=lambda saved: int(saved.name.rpartition("-")[2]), default=None)
        if newest is None or newest.name == older:
            return
        with contextlib.suppress(FileNotFoundError):
            for file in sorted(newest.iterdir(), key=lambda file: file.name == last):
                self.store.write_bytes(f"{self.path}/{newest.name}/{file.name}", file.read_bytes())
            if older:
                self.store.remove(f"{self.path}/{older}")
            self.pushed[kind] = newest.name

    def clear(self) -> None:
        """Remove all checkpoints of a training that is done."""
        if not self.store.is_local:
            self.store.remove(self.path)
