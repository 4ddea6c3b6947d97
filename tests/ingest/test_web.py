"""A source on a web server: its ETag says whether it changed; an answer that is an error or cut short is never fewer
rows."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.engine.submitted import as_prefect, result_storage
from tasks.core.errors import Unreachable
from tasks.ingest.settings import parse_source
from tasks.ingest.task import ingest_source, probe_source
from tasks.manifests.manifest import Manifest
from tasks.objectives.text_classification.columns import layout

LAYOUT = layout(("negative", "positive"))

BODY = b"text,label\n" + b"".join(f"row {n},positive\n".encode() for n in range(2_000))

PAGE = b"\n<!DOCTYPE html><html><body>Please log in.</body></html>"


class Server:
    """Answers as it is told to, one plan a request; then 200 with the whole body.

    Attributes:
        plans: a status; `cut`: the body ends half-way through what Content-Length announced; `page`: a web page says
            that all is well.
        asked: the methods of all requests.
        modified: what it says of the time of the last change.
    """

    def __init__(self) -> None:
        self.plans: list[str] = []
        self.asked: list[str] = []
        self.body, self.etag, self.modified = BODY, '"one"', ""
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}/data.csv"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                server.asked.append(self.command)
                plan = server.plans.pop(0) if server.plans else "200"
                self.send_response(int(plan) if plan.isdigit() else 200)
                body = {"200": server.body, "cut": server.body, "page": PAGE}.get(plan, b"")
                if plan == "302":
                    self.send_header("Location", server.url)
                self.send_header("Content-Length", str(len(body)))
                if server.etag:
                    self.send_header("ETag", server.etag)
                if server.modified:
                    self.send_header("Last-Modified", server.modified)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body[: len(body) // 2] if plan == "cut" else body)
                    self.close_connection = plan == "cut"

            do_GET = do_HEAD = answer  # noqa: N815 (the names that http.server calls)

            def log_message(self, *_: Any) -> None:
                return None

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    import fsspec

    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()
    fsspec.get_filesystem_class("http").clear_instance_cache()


def ingest(store: Path, server: Server) -> Manifest:
    section = parse_source({"path": server.url})
    return ingest_source.of("s").run(str(store), probe_source.function("s", section, "."), section, LAYOUT, ".")


def test_the_etag_says_whether_a_file_changed(tmp_path: Path, server: Server) -> None:
    first = ingest(tmp_path, server)
    assert first.rows == 2_000
    server.asked.clear()
    assert ingest(tmp_path, server) == first
    assert "HEAD" in server.asked
    server.body, server.etag = BODY + b"more,negative\n", '"two"'
    assert ingest(tmp_path, server).rows == 2_001


def test_without_an_etag_the_content_says_it(tmp_path: Path, server: Server) -> None:
    server.etag = ""
    first = ingest(tmp_path, server)
    assert ingest(tmp_path, server) == first
    server.body = BODY.replace(b"row 7,", b"ROW 7,")
    assert ingest(tmp_path, server).key != first.key


def test_the_time_of_the_last_change_says_it_too_and_nothing_is_fetched_twice(tmp_path: Path, server: Server) -> None:
    server.etag, server.modified = "", "Thu, 29 Feb 2024 12:00:00 GMT"
    first = ingest(tmp_path, server)
    assert server.asked.count("GET") == 1
    assert ingest(tmp_path, server) == first
    assert server.asked.count("GET") == 1, "unchanged, it is not downloaded again"
    server.body, server.modified = BODY + b"more,negative\n", "Thu, 29 Feb 2024 12:00:01 GMT"
    assert ingest(tmp_path, server).rows == 2_001


def test_a_server_may_send_to_another_address(tmp_path: Path, server: Server) -> None:
    server.plans = ["302", "200"] * 2
    assert ingest(tmp_path, server).rows == 2_000


def test_a_server_that_sends_to_a_file_of_this_machine_is_told_as_that(tmp_path: Path, server: Server) -> None:
    section = parse_source({"path": server.url})
    server.plans, server.url = ["302"] * 4, "file:///etc/passwd"
    with pytest.raises(Unreachable, match=r"sends on to file:///etc/passwd, which is no address on the web"):
        probe_source.function("s", section, str(tmp_path))


@pytest.mark.parametrize(
    ("plans", "told"),
    [
        (["401"] * 4, r"the server asks for credentials \(401\)"),
        (["200", "200", "200", "403"], r"the server refuses access \(403\)"),
        (["200", "200", "200", "404"], r"there is no such file \(404\)"),
        (["410"] * 4, r"no such file any more \(410\)"),
        (["302"] * 60, "without an end"),
        (["page"] * 4, "the server gives a web page in its place"),
    ],
)
def test_what_a_server_refuses_is_said_and_not_tried_again(
    tmp_path: Path, server: Server, plans: list[str], told: str
) -> None:
    server.plans = plans
    with pytest.raises(Unreachable, match=told) as caught:
        ingest(tmp_path, server)
    assert not caught.value.transient
    assert server.url in str(caught.value)
    assert not list(tmp_path.glob("snapshots/ingest/*/manifest.json"))


@pytest.mark.parametrize(
    "plans", [["503", "503"], ["200", "503", "503"], ["200", "200", "503", "503"], ["200", "200", "200", "cut"]]
)
def test_an_error_on_the_way_is_worth_a_retry_and_never_fewer_rows(
    tmp_path: Path, server: Server, plans: list[str]
) -> None:
    server.plans = plans
    with pytest.raises(Unreachable) as caught:
        ingest(tmp_path, server)
    assert caught.value.transient
    assert server.url in str(caught.value)
    assert not list(tmp_path.glob("snapshots/ingest/*/manifest.json"))
    assert ingest(tmp_path, server).rows == 2_000


def test_prefect_tries_again_until_the_body_is_whole(tmp_path: Path, server: Server, prefect_server: str) -> None:
    from prefect import flow

    section = parse_source({"path": server.url + ".gz"})
    server.body = gzip.compress(BODY)
    server.plans = ["503", "503", "503", "503", "200", "200", "200", "cut"]

    @flow
    def read() -> Manifest:
        at_once = {"retry_delay_seconds": 0.1, "result_storage": result_storage(str(tmp_path))}
        place = (str(tmp_path), "s")
        seen = as_prefect(probe_source).with_options(retry_delay_seconds=0.1)(*place, "s", section, ".")
        return as_prefect(ingest_source).with_options(**at_once)(*place, seen, section, LAYOUT, ".")

    assert prefect_server
    assert read().rows == 2_000
    assert not server.plans


def test_a_file_that_is_not_there_is_no_matter_of_trying_again(tmp_path: Path, server: Server) -> None:
    server.plans = ["404"] * 9
    with pytest.raises(Unreachable, match="no such file") as caught:
        ingest(tmp_path, server)
    assert not caught.value.transient


def test_nobody_listens_is_worth_a_retry(tmp_path: Path, server: Server) -> None:
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(Unreachable) as caught:
        ingest(tmp_path, server)
    assert caught.value.transient
