"""A full disk is told as what it is, whatever library finds it full."""

import contextlib
import errno
from collections.abc import Generator

from tasks.core.errors import CuveeError, NoSpace

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL_SIGNS = ("No space left on device", "disk is full", "PytorchStreamWriter failed writing file")
"""What libraries that do not pass the system's number on say of a full disk."""


@contextlib.contextmanager
def having_space(what: str) -> Generator[None]:
    """Map what anything raises that finds a disk full while `what` is made.

    Raises:
        NoSpace: with the remedy.
    """
    try:
        yield
    except CuveeError:
        raise
    except Exception as error:
        if why := no_space(error):
            remedy = "free some of the disk, or take another one (--store; TMPDIR for temporary files)"
            raise NoSpace(f"cannot write {what}: {why}; {remedy}") from error
        raise


def no_space(error: BaseException | None) -> str:
    """Say that a disk is full where an error, or what led to it, means that; else nothing."""
    seen = set[int]()  # libraries raise errors that lead to each other in a circle
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in FULL:
            return str(error.strerror)
        if any(sign in str(error) for sign in FULL_SIGNS):
            return "No space left on device"
        error = error.__cause__ or error.__context__
    return ""
