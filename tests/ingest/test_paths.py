"""A path is a path, whatever its name has; what keeps its reader waiting is given up with a message; links in archives
are no files.
"""

import contextlib
import json
import os
import socket
import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import s3fs
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.core import access
from tasks.core.errors import Unreachable
from tasks.ingest import files, web
from tasks.ingest.files import find, raw_stream
from tasks.ingest.read import batches
from tasks.ingest.settings import parse_source
from tasks.recipe.model import load_recipe
from tasks.store.links import without_pattern
from tasks.store.storage import Store

NAMES = ["a::b", "a*b[c]", "[work] 2026", "what?", "file::x", "s3: no"]


@pytest.mark.parametrize("name", NAMES)
def test_a_store_and_a_recipe_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    rows = "".join(f"some words of number {number},{('y', 'n')[number % 2]}\n" for number in range(80))
    (folder / "rows.csv").write_text(f"text,label\n{rows}")
    recipe = {"name": "r", "labels": ["y", "n"], "sources": {"a": {"path": "rows.csv"}}, "near_duplicates": {}}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    made, store = RunProducts(), str(folder / name)
    carry_out(blend(load_recipe(str(folder / "recipe.yaml")), Plain(store), made), "mix")
    assert made.mix.rows > 50
    assert (folder / name / made.mix.path / "manifest.json").exists()
    assert Store(store).uri == store


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=20))
def test_what_is_written_under_any_name_is_read_again(tmp_path: Path, name: str) -> None:
    if name.startswith("~") or name in (".", "..") or len(name.encode()) > 200:
        return
    store = Store(str(tmp_path / name))
    store.write_json("a/b.json", {"x": 1})
    assert Store(str(tmp_path / name)).read_json("a/b.json") == {"x": 1}
    assert store.list("a") == {"b.json": (tmp_path / name / "a/b.json").stat().st_size}
    assert not set("*?[") & set(without_pattern(store.uri))


def test_a_link_follows_the_folder_that_it_stands_for(tmp_path: Path) -> None:
    assert without_pattern(str(tmp_path / "plain")) == str(tmp_path / "plain")
    (tmp_path / "a[b]").mkdir()
    linked = without_pattern(str(tmp_path / "a[b]" / "store"))
    assert linked.endswith("/store")
    assert Path(linked).parent.resolve() == (tmp_path / "a[b]").resolve()
    Path(linked).parent.unlink()
    assert without_pattern(str(tmp_path / "a[b]" / "store")) == linked


def test_links_in_a_zip_are_no_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("rows.csv", "text,label\na,x\n")
        link = zipfile.ZipInfo("more.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    found = list(batches(parse_source({"kind": "delimited", "path": "a.zip"}), str(tmp_path)))
    assert [batch.file for batch in found] == ["a.zip!rows.csv"]


@pytest.mark.parametrize("many", [1, 3_000])
def test_a_key_that_comes_twice_is_its_last_in_every_reader(tmp_path: Path, many: int) -> None:
    line = '{"text": "first", "label": "x", "text": "last"}'
    plain = [f'{{"text": "t{number}", "label": "text"}}' for number in range(many)]
    (tmp_path / "a.jsonl").write_text("\n".join([*plain, line, *plain, ""]))
    (tmp_path / "a.json").write_text(f"[{line}]")
    for name in ("a.jsonl", "a.json"):
        texts = pl.concat([batch.frame["text"] for batch in batches(parse_source({"path": name}), str(tmp_path))])
        assert [text for text in texts.to_list() if not text.startswith("t")] == [json.loads(line)["text"]] == ["last"]


def test_a_file_that_says_it_is_empty_is_read_as_far_as_it_gives_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    [empty] = find("empty.csv", str(tmp_path))
    assert raw_stream(empty).read() == b""
    [version] = find("/proc/version", "/")
    assert raw_stream(version).read() == Path("/proc/version").read_bytes()
    monkeypatch.setattr(files, "PATIENCE", 0.01)
    pipe, _held = os.pipe()
    monkeypatch.setattr(files.os, "open", lambda *_: pipe)
    monkeypatch.setattr(files.os, "close", lambda _: None)
    os.set_blocking(pipe, False)
    with pytest.raises(Unreachable, match=r"it gives nothing for .* and does not end; is it a file"):
        raw_stream(empty)


@pytest.fixture(params=["silent", "a byte a time", "silent in the middle"])
def slow(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server that takes connections, and gives nothing or next to nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def answer(connection: socket.socket) -> None:
        asked = connection.recv(4096)
        if request.param == "silent" and not asked.startswith(b"HEAD"):
            ended.wait(20)
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        if asked.startswith(b"HEAD"):
            return
        if request.param == "silent in the middle":
            connection.sendall(b"text,label\n")
        while not ended.wait(0.05):
            if request.param == "a byte a time":
                connection.sendall(b"x")

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(answer, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/data.csv"
    ended.set()
    server.close()


def _quietly(answer: Any, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):  # the other side may have gone
        answer(connection)


def test_a_server_that_gives_next_to_nothing_is_given_up(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SILENCE", 0.4)
    with pytest.raises(Unreachable, match=r"cannot reach http.*(gave \d+ bytes|does not answer|imeout)") as caught:
        [place] = find(slow, ".")
        raw_stream(place)
    assert caught.value.transient


@pytest.mark.parametrize("as_store", [False, True])
def test_a_bucket_whose_server_is_silent_is_given_up(as_store: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = access.S3["config_kwargs"] | {"connect_timeout": 1, "read_timeout": 0.2}
    monkeypatch.setattr(access, "S3", {"config_kwargs": patience})
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system takes connections; nobody reads them
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "key")
        s3fs.S3FileSystem.clear_instance_cache()
        with pytest.raises(Unreachable, match=r"(?i)timeout|timed out") as caught:
            Store("s3://silent/x").ensure_writable() if as_store else find("s3://silent/*.csv", "")
        assert caught.value.transient
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("path", ["", "  ", {"text": "a.txt", "label": ""}])
def test_a_path_that_says_nothing_is_refused_in_words(path: Any) -> None:
    with pytest.raises(ValueError, match=r"it is empty; name a file, a glob such as data/\*\.csv, or a URL"):
        parse_source({"kind": "parallel" if isinstance(path, dict) else "delimited", "path": path})
