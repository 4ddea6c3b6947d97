"""What file systems and servers raise becomes `Unreachable` here, and nowhere else."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import fsspec.core

from tasks.core.errors import CuveeError, Unreachable
from tasks.core.space import having_space

NO_BUCKET = "the bucket does not exist"
TRANSIENT = ("timeout", "timed out", "slow down", "slowdown", "connection reset", "temporarily")
NETWORK = {"ConnectionError", "HTTPClientError", "ClientConnectionError", "ClientPayloadError"}
"""Classes of botocore and aiohttp for what happens on the way to a server."""

S3: dict[str, Any] = {
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 20, "retries": {"mode": "standard", "max_attempts": 2}}
}
S3_ROUNDS = 3
"""A server that is silent is given up after 20 s, twice in each of three rounds; one that answers with an error is
asked again at once.
"""


def file_system_of(uri: str, **settings: object) -> tuple[Any, str]:
    """Give the file system of a URL, and what that calls it; no call of it waits for ever."""
    if not uri.startswith(("s3://", "s3a://")):
        return fsspec.core.url_to_fs(uri, **settings)
    from botocore.handlers import add_expect_header

    fs, path = fsspec.core.url_to_fs(uri, **S3)
    fs.retries = S3_ROUNDS
    # Asked whether it wants what will be sent, a silent server is waited for without any limit (aiohttp).
    fs.connect().meta.events.unregister("before-call.s3", add_expect_header)
    return fs, path


@contextlib.contextmanager
def reaching(what: str) -> Generator[None]:
    """Map what a file system raises while `what` is read or written.

    Raises:
        Unreachable: transient when the same call may go through later.
        NoSpace: a disk is full.
    """
    try:
        with having_space(what):
            yield
    except CuveeError:
        raise
    except (OSError, ValueError, ImportError) as error:
        raise Unreachable(
            f"cannot reach {what}: {_reason(error)}", transient=is_transient(error), reason=_reason(error)
        ) from error
    except Exception as error:
        # botocore, aiohttp and gcsfs share no base class; what they raise is known by where it comes from.
        if type(error).__module__.split(".")[0] not in {"botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec"}:
            raise
        raise Unreachable(
            f"cannot reach {what}: {_reason(error)}", transient=is_transient(error), reason=_reason(error)
        ) from error


def refuse_no_bucket(fs: Any, path: str, what: str) -> None:
    """Tell a bucket that holds nothing of the kind from one that is not there.

    Args:
        path: in the bucket, the bucket's name first.

    Raises:
        Unreachable: there is no such bucket.
    """
    if "s3" not in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)):
        return
    try:
        fs.call_s3("head_bucket", Bucket=path.partition("/")[0])
    except FileNotFoundError:
        raise Unreachable(f"cannot reach {what}: {NO_BUCKET}", reason=NO_BUCKET) from None
    except Exception as error:  # noqa: BLE001 (botocore's share no base class)
        if answer(error).get("Error", {}).get("Code") not in {"404", "NoSuchBucket"}:
            return  # who may not ask for the bucket may still list it
        raise Unreachable(f"cannot reach {what}: {NO_BUCKET}", reason=NO_BUCKET) from None


def is_transient(error: BaseException) -> bool:
    """Say whether trying again may help: time-outs, refused or cut connections, a server's 5xx and 429."""
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)):
        return False
    if isinstance(error, (TimeoutError, ConnectionError)) or NETWORK & {kind.__name__ for kind in type(error).__mro__}:
        return True
    status = getattr(error, "status", None) or answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    if isinstance(status, int):
        return status >= 500 or status == 429
    return any(sign in str(error).lower() for sign in TRANSIENT)


def answer(error: BaseException | None) -> dict[str, Any]:
    """Give what S3 answered, as botocore kept it somewhere in the chain of causes."""
    while error is not None and not isinstance(getattr(error, "response", None), dict):
        error = error.__cause__
    return getattr(error, "response", {})


def _reason(error: Exception) -> str:
    if answer(error).get("Error", {}).get("Code") == "NoSuchBucket":
        return NO_BUCKET
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    if isinstance(error, PermissionError):
        return "permission denied"
    return str(error) or type(error).__name__


def usual_mode() -> int:
    """Give the permissions of a file that is made here as any other; a temporary one has fewer."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def folder_of_store(path: str) -> str:
    """Give the absolute path of a folder that is there, or can be made.

    Raises:
        Unreachable: it is a file, or would lie in one.
    """
    folder = Path(path).absolute()
    with reaching(f"the store {path}"):
        there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
        is_file = there.is_file()
    if is_file:
        what = "it" if there == folder else str(there)
        named = "name a folder with --store, or s3://BUCKET/PREFIX"
        raise Unreachable(f"cannot write to the store {folder}: {what} is a file; {named}")
    return str(folder)
