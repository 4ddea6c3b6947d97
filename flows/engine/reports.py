"""The reports of a store for a browser on this machine: over HTTP, read-only, on the loopback address.

A browser follows no link from a server's page to a file or a bucket, so that the Prefect UI alone cannot open a report.
CUVEE_REPORTS says where the reports of the store that CUVEE_STORE names can be read; `make serve` starts this server
and sets it. Anything else that serves the store's files over HTTP can stand there instead.
"""

import contextlib
import os
import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from flows.engine.home import store_uri
from tasks.core.errors import CuveeError
from tasks.store.storage import Store, open_store

ADDRESS = "CUVEE_REPORTS"
REPORT = re.compile(r"/(?:runs|comparisons|searches)/(?:[^/.][^/]*/){2}report\.html")
HERE = ("127.0.0.1", "localhost")


class ReportServer(ThreadingHTTPServer):
    """Serves the reports of one store, and nothing else of it.

    Args:
        port: 0 for any free one.
    """

    daemon_threads = True

    def __init__(self, store: Store, port: int) -> None:
        self.store = store
        super().__init__((HERE[0], port), _Answer)

    @property
    def address(self) -> str:
        """What CUVEE_REPORTS is to be."""
        return f"http://{HERE[0]}:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send a report."""
        store, path = cast("ReportServer", self.server).store, unquote(urlsplit(self.path).path)
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in HERE:
            # A page from elsewhere whose name was made to lead here must not read what is kept on this machine.
            self.send_error(HTTPStatus.FORBIDDEN, "Ask for 127.0.0.1")
            return
        try:
            page = store.read_bytes(path[1:]) if REPORT.fullmatch(path) and store.exists(path[1:]) else None
        except CuveeError as error:
            self.send_error(HTTPStatus.BAD_GATEWAY, "The store does not answer", str(error))
            return
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such report; open one from the page of its run")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        """Say nothing; the terminal is the runs'."""


def link_to(where: str) -> str | None:
    """Give the address at which a browser can read a report.

    Args:
        where: URI of the report.

    Returns:
        None where no server is named, or the report lies in another store than the one it serves.
    """
    served, root = os.environ.get(ADDRESS), open_store(store_uri(None)).where("")
    if not served or not where.startswith(root):
        return None
    return f"{served.rstrip('/')}/{quote(where.removeprefix(root))}"


def main() -> None:
    """Serve the reports of CUVEE_STORE at the port of CUVEE_REPORTS until interrupted."""
    address = os.environ[ADDRESS]
    try:
        server = ReportServer(open_store(store_uri(None)), urlsplit(address).port or 0)
    except (OSError, ValueError) as error:
        sys.exit(f"no reports at {address}: {error}; name another address: {ADDRESS}=http://127.0.0.1:4300")
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
