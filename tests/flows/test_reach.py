"""Prefect out of reach is exit 4 with a remedy, by `cuvee` and by `prefect flow run`, and no process is left."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from flows.engine.reach import refuse_silent
from tasks.core.errors import Unreachable

pytestmark = pytest.mark.usefixtures("cold")

ROOT = Path(__file__).parents[2]
RECIPE = """
name: small
labels: [neg, pos]
sources: {a: {path: a.csv}}
mix: {weights: {a: 1}}
checks: {min_rows: 1}
"""
WAYS = ["cuvee", "prefect", "python"]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(RECIPE)
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"words number {n},neg\n" for n in range(20)))
    return file


def call(way: str, recipe: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the pipeline in one of the three ways."""
    store = str(recipe.parent / "store")
    words = {
        "cuvee": ["-m", "flows.cli.main", "run", str(recipe), "--store", store, "--until", "ingest", "--json"],
        "prefect": ["-m", "prefect", "flow", "run", "flows/pipeline.py:pipeline"]
        + [f"-p{name}={value}" for name, value in {"recipe": recipe, "store": store, "until": "ingest"}.items()],
        "python": ["-c", f"from flows.pipeline import pipeline; pipeline({str(recipe)!r}, {store!r}, until='ingest')"],
    }
    env = dict(os.environ) | settings | {"COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words[way]], cwd=ROOT, env=env, capture_output=True, text=True, timeout=200, check=False
    )


def check_told(way: str, done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 4, and the words in the last line that is told; of Python the error's."""
    told = done.stderr.strip().splitlines()[-1]
    assert all(word in told for word in words), done.stderr
    if way == "cuvee":
        assert json.loads(done.stdout)["exit_code"] == 4
    assert done.returncode == (1 if way == "python" else 4)
    assert ("Traceback" in done.stderr) == (way == "python")
    if way == "python":
        assert told.startswith("tasks.core.errors.Unreachable: ")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_closed_port(way: str, recipe: Path) -> None:
    done = call(way, recipe, PREFECT_API_URL="http://127.0.0.1:1/api")
    check_told(way, done, "no Prefect server answers at http://127.0.0.1:1/api", "refused", "unset it to use a temp")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_home_that_is_a_file(way: str, recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    done = call(way, recipe, PREFECT_HOME=str(tmp_path / "home"))
    check_told(way, done, f"{tmp_path / 'home'} cannot be written: it is a file", "set PREFECT_HOME to a folder")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_starts_too_slowly_is_ended(way: str, recipe: Path, tmp_path: Path) -> None:
    home = {"PREFECT_HOME": str(tmp_path / "home"), "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "1"}
    done = call(way, recipe, **home)
    check_told(way, done, "did not start within 1 s", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS")
    assert not left_with(tmp_path / "home")


@pytest.mark.slow
def test_a_server_that_cannot_start_says_why(recipe: Path, tmp_path: Path) -> None:
    wrong = {"PREFECT_HOME": str(tmp_path), "PREFECT_API_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////proc/x/y.db"}
    check_told("cuvee", call("cuvee", recipe, **wrong), "ended as it started", "unable to open database file")
    assert not left_with(tmp_path)


def test_a_temporary_server_that_is_forbidden(recipe: Path) -> None:
    done = call("cuvee", recipe, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE="false")
    check_told("cuvee", done, "forbids a temporary Prefect server", "PREFECT_API_URL")


def left_with(home: Path) -> list[psutil.Process]:
    """Give the processes that use a home of Prefect's."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize(
    "url",
    ["nonsense", "127.0.0.1:4200/api", "ftp://127.0.0.1/api", "http://", "http://[::1"],
)  # fmt: skip
def test_nonsense_for_an_address(url: str) -> None:
    with pytest.raises(Unreachable, match=r"and no address.*want one such as http://127"):
        refuse_silent(url)


def test_a_password_in_the_address_is_not_told() -> None:
    with pytest.raises(Unreachable, match=r"at http://127.0.0.1:1/api:") as caught:
        refuse_silent("http://me:s3cret@127.0.0.1:1/api")
    assert "s3cret" not in str(caught.value)


ANSWERS = {"html": (200, b"<html>"), "text": (200, b'"hello"'), "list": (200, b"[1]")}


class Another(BaseHTTPRequestHandler):
    """A web server that is no Prefect server: the path says how it answers."""

    def do_GET(self) -> None:
        name = self.path.split("/")[1]
        status, text = ANSWERS[name] if name in ANSWERS else (int(name), b"no")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:  # type: ignore[override]
        """Say nothing."""


@pytest.fixture
def another() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Another)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("html", "is no Prefect server; start"),
        ("text", "is no Prefect server; start"),
        ("list", "is no Prefect server; start"),
        ("404", "is no Prefect server: it says 404"),
        ("500", "is no Prefect server: it says 500"),
        ("503", "is no Prefect server: it says 503"),
        ("401", "asks for credentials"),
    ],
)
def test_another_server(another: str, path: str, said: str) -> None:
    with pytest.raises(Unreachable, match=said):
        refuse_silent(f"{another}/{path}")


def test_a_server_of_prefects_is_let_be(prefect_server: str) -> None:
    refuse_silent(prefect_server)
    assert prefect_server


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("PREFECT_API_URL", "http://[bad/api", "Invalid IPv6 URL"), ("PREFECT_SERVER_API_PORT", "abc", "port: ")],
)
def test_settings_that_prefect_does_not_take(name: str, value: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: r\nlabels: [a, b]\nsources: {s: {path: s.csv}}\n")
    command = [sys.executable, "-m", "flows.cli.main", "run", str(tmp_path / "r.yaml"), "--store", str(tmp_path / "s")]
    done = subprocess.run(command, env=os.environ | {name: value}, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("cuvee: Prefect does not take its settings (")
    assert told in last
    assert "Traceback" not in done.stderr
