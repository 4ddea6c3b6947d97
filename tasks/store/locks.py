"""One process at a time: locks on folders."""

import contextlib
import fcntl
import os
from pathlib import Path


def lock(folder: Path) -> int | None:
    """Wait for a folder and lock it; None when it was removed meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), folder.stat()):
                return handle
        os.close(handle)
    return None
