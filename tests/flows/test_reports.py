"""Reports over HTTP: those of one store, read-only, for this machine, and nothing else of what lies there."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.engine.reports import ADDRESS, ReportServer, link_to
from tasks.store.storage import Store, open_store

PLACE = "runs/评论 a&b/20260101-1/report.html"


def written(store: Store) -> Store:
    store.write_bytes(PLACE, "<p>数据组合</p>".encode())
    store.write_bytes("runs/评论 a&b/20260101-1/run.json", b"{}")
    store.write_bytes("mixes/a/1/report.html", b"a file of a mix")
    return store


@pytest.fixture(params=["folder", "bucket"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReportServer]:
    uri = str(tmp_path / "store") if request.param == "folder" else f"{request.getfixturevalue('bucket')}/kept"
    with ReportServer(written(open_store(uri)), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def answer(server: ReportServer, path: str, host: str = "", method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    answered = connection.getresponse()
    found = answered.status, answered.read().decode()
    connection.close()
    return found


def test_the_link_to_a_report_leads_to_it(server: ReportServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, server.address)
    monkeypatch.setenv("CUVEE_STORE", server.store.uri)
    link = link_to(server.store.where(PLACE))
    assert link is not None
    assert link.startswith(f"{server.address}/runs/")
    assert answer(server, link.removeprefix(server.address)) == (200, "<p>数据组合</p>")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/runs/%E8%AF%84%E8%AE%BA%20a&b/20260101-1/run.json",
        "/mixes/a/1/report.html",
        "/runs/../../../../../../etc/passwd",
        "/runs/..%2f..%2fmixes/a/1/report.html",
        "/runs/../mixes/a/report.html",
        "/runs/none/such/report.html",
        "/runs/%00/x/report.html",
    ],
)
def test_nothing_else_is_told(server: ReportServer, path: str) -> None:
    assert answer(server, path)[0] == 404


def test_nobody_reads_by_another_name_or_writes(server: ReportServer) -> None:
    path = "/runs/%E8%AF%84%E8%AE%BA%20a&b/20260101-1/report.html"
    assert answer(server, path, host="evil.example:4201")[0] == 403
    assert answer(server, path, host=f"localhost:{server.server_port}")[0] == 200
    assert answer(server, path, method="PUT")[0] == 501


def test_no_link_where_none_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUVEE_STORE", str(tmp_path))
    monkeypatch.delenv(ADDRESS, raising=False)
    place = open_store(str(tmp_path)).where(PLACE)
    assert link_to(place) is None
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:4201/")
    assert link_to(place) == "http://127.0.0.1:4201/runs/%E8%AF%84%E8%AE%BA%20a%26b/20260101-1/report.html"
    assert link_to(f"{tmp_path}-other/{PLACE}") is None
