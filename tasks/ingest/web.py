"""Files on web servers: what a server says of one, and one fetched whole. A download may take its time, silence may
not.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Generator
from typing import Any, BinaryIO, cast

import fsspec
from fsspec.asyn import sync

from tasks.core.errors import Unreachable
from tasks.ingest.place import Place

REFUSALS = {
    401: "the server asks for credentials",
    403: "the server refuses access",
    404: "there is no such file",
    410: "there is no such file any more",
}
"""What a web server means that it answers with; no other try helps."""
NO_WEB = {
    "InvalidURL",
    "InvalidUrlClientError",
    "InvalidUrlRedirectClientError",
    "NonHttpUrlClientError",
    "NonHttpUrlRedirectClientError",
}
"""Errors of aiohttp for an address that a server sends on to."""
SILENCE = 60.0
"""Seconds in which something must come."""
LEAST_BYTES = 6_000
"""Of a file, in so many seconds."""


def settings() -> dict[str, object]:
    """Give the settings of the file system."""
    import aiohttp

    return {"client_kwargs": {"timeout": aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)}}


def details(place: Place) -> dict[str, Any]:
    """Give what the server says of a file.

    Raises:
        Unreachable: it refuses, or does not answer in time.
    """
    with _answering(place):
        return cast("dict[str, Any]", sync(place.fs.loop, _in_time, place.fs._info(place.path)))


async def _in_time(answer: Any) -> Any:
    try:
        return await asyncio.wait_for(answer, SILENCE)
    except TimeoutError:
        raise TimeoutError(f"it does not answer within {SILENCE:g} s") from None


def fetched(place: Place) -> BinaryIO:
    """Fetch a file whole, in one answer, so that it is one version of it.

    Raises:
        Unreachable: the server refuses, gives a web page in its place, or falls silent.
    """
    with contextlib.ExitStack() as until_whole:
        local = until_whole.enter_context(tempfile.TemporaryFile())
        with _answering(place):
            sync(place.fs.loop, _paced, place, local)
        local.seek(0)
        begins_as_page = local.read(100).lstrip().lower().startswith((b"<!doctype html", b"<html"))
        if begins_as_page and not place.name.lower().endswith((".html", ".htm", ".xhtml")):
            raise Unreachable(
                f"cannot read {place.uri}: the server gives a web page in its place; has it moved, or does it ask "
                "for a login?"
            )
        local.seek(0)
        until_whole.pop_all()
        return cast("BinaryIO", local)


async def _paced(place: Place, local: object) -> None:
    """Fetch a file, as long as enough of it comes."""
    came = fsspec.callbacks.Callback()
    fetching = asyncio.ensure_future(place.fs._get_file(place.path, local, callback=came))
    while not fetching.done():
        before = came.value
        await asyncio.wait({fetching}, timeout=SILENCE)
        if not fetching.done() and came.value - before < LEAST_BYTES:
            fetching.cancel()
            raise TimeoutError(f"it gave {came.value - before:,} bytes within {SILENCE:g} s, after {before:,} before")
    fetching.result()


@contextlib.contextmanager
def _answering(place: Place) -> Generator[None]:
    """Say what a web server refuses."""
    try:
        yield
    except Exception as error:
        cause = (
            error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
        )  # fsspec says so of whatever it answers
        status = 404 if isinstance(cause, FileNotFoundError) else getattr(cause, "status", None)
        if type(cause).__name__ == "TooManyRedirects":
            raise Unreachable(
                f"cannot read {place.uri}: the server sends from one address to the next without an end"
            ) from None
        if type(cause).__name__ in NO_WEB:
            raise Unreachable(
                f"cannot read {place.uri}: the server sends on to {str(cause)[:200]}, which is no address on the web"
            ) from None
        if status in REFUSALS:
            raise Unreachable(f"cannot read {place.uri}: {REFUSALS[status]} ({status})") from None
        if cause is error:
            raise
        raise cause from None
