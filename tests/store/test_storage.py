"""Laws of the object store, the same for a folder and for a bucket over HTTP."""

import errno
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tasks.core.access import is_transient, reaching
from tasks.core.errors import RecipeError, Unreachable
from tasks.core.space import no_space
from tasks.manifests.manifest import Facts, FileFact, Manifest
from tasks.store.storage import Store, as_fact, open_store, overlay, sha256_of

THREADS = 8


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Store(str(tmp_path / "store"))
    return Store(f"{request.getfixturevalue('bucket')}/some/prefix")


def local_file(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def at_once(count: int, work: Callable[[int], Any]) -> list[BaseException]:
    gate = threading.Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(lambda number: gate.wait() * 0 or work(number), number) for number in range(count)]
    return [error for error in (one.exception() for one in running) if error]


def machines(store: Store, folder: Path, count: int = THREADS) -> list[Store]:
    """The same store as seen from machines that share no disk, so no lock either."""
    found = [Store(store.uri) for _ in range(count)]
    for number, one in enumerate(found):
        home = folder / f"machine-{number}"
        one.scratch = lambda name, home=home: (home / name).mkdir(parents=True, exist_ok=True) or home / name
    return found


def product(store: Store, folder: Path, key: str = "k", **files: bytes) -> Manifest:
    path = f"snapshots/clean/{key}"
    facts = [as_fact(store, path, name, local_file(folder, data, name)) for name, data in files.items()]
    manifest = Manifest[Facts](stage="clean", subject="news", key=key, path=path, files=tuple(facts), facts=Facts())
    store.write_json(f"{path}/manifest.json", manifest.model_dump(mode="json"))
    return manifest


def test_what_is_written_is_read(store: Store) -> None:
    store.write_bytes("a/b.bin", b"\x00\xff")
    store.write_json("a/c.json", {"é": [1, 2]})
    assert store.read_bytes("a/b.bin") == b"\x00\xff"
    assert store.read_json("a/c.json") == {"é": [1, 2]}


def test_a_lone_surrogate_does_not_stop_json(store: Store) -> None:
    store.write_json("odd.json", {"text": "a\ud800b"})
    assert "\\ud800" in store.read_bytes("odd.json").decode()
    assert store.read_json("odd.json") == {"text": "a\ud800b"}


def test_exists_tells_what_is_there_now(store: Store) -> None:
    other = Store(store.uri)
    assert not store.exists("x")
    other.write_bytes("x", b"1")
    assert store.exists("x")
    other.remove("x")
    assert not store.exists("x")


def test_list_gives_every_file_below_with_its_size(store: Store) -> None:
    assert store.list("a") == {}
    store.write_bytes("a/1", b"1")
    store.write_bytes("a/deep/er/2", b"22")
    store.write_bytes("ab/3", b"333")
    assert store.list("a") == {"1": 1, "deep/er/2": 2}
    assert store.list("") == {"a/1": 1, "a/deep/er/2": 2, "ab/3": 3}


def test_put_moves_the_local_file(store: Store, tmp_path: Path) -> None:
    local = local_file(tmp_path, b"data")
    store.put(local, "in/it.bin")
    assert not local.exists()
    assert store.read_bytes("in/it.bin") == b"data"


def test_copy_leaves_the_original(store: Store) -> None:
    store.write_bytes("from/it", b"data")
    store.copy("from/it", "to/there/it")
    assert store.read_bytes("from/it") == store.read_bytes("to/there/it") == b"data"


def test_remove_takes_files_and_folders_and_forgives_what_is_not_there(store: Store) -> None:
    for name in ("a/1", "a/2", "b"):
        store.write_bytes(name, b"")
    store.remove("a")
    store.remove("b")
    store.remove("never/was")
    assert store.list("") == {}


def test_writing_leaves_no_other_file(store: Store, tmp_path: Path) -> None:
    for _ in range(3):
        store.write_bytes("a/it", b"data")
        store.put(local_file(tmp_path, b"data"), "a/it")
        store.copy("a/it", "a/it2")
    store.ensure_writable()
    assert store.list("") == {"a/it": 4, "a/it2": 4}


def test_local_copy_has_the_content_of_now_even_when_the_size_is_the_same(store: Store) -> None:
    store.write_bytes("a/model.bin", b"one")
    assert store.local_copy("a/model.bin").read_bytes() == b"one"
    store.write_bytes("a/model.bin", b"two")
    assert store.local_copy("a/model.bin").read_bytes() == b"two"
    assert store.local_copy("a/model.bin").name == "model.bin"
    assert store.local_copy("a/model.bin") == store.local_copy("a/model.bin")


def test_a_read_of_what_is_not_there_says_where(store: Store) -> None:
    with pytest.raises(Unreachable, match=r"none\.json: it does not exist") as caught:
        store.read_json("none.json")
    assert not caught.value.transient


def test_lookup_finds_a_whole_product_only(store: Store, tmp_path: Path) -> None:
    manifest = product(store, tmp_path, data=b"rows", other=b"more")
    assert store.lookup("clean", "k", Facts) == manifest
    assert store.lookup("clean", "another", Facts) is None
    store.write_bytes(f"{manifest.path}/data", b"row")
    assert store.lookup("clean", "k", Facts) is None
    store.write_bytes(f"{manifest.path}/data", b"rows")
    store.remove(f"{manifest.path}/other")
    assert store.lookup("clean", "k", Facts) is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"stage": "clean"}', b"[]"])
def test_a_broken_manifest_is_a_miss(store: Store, tmp_path: Path, text: bytes) -> None:
    manifest = product(store, tmp_path, data=b"rows")
    store.write_bytes(f"{manifest.path}/manifest.json", text)
    assert store.lookup("clean", "k", Facts) is None


def test_as_fact_tells_what_lies_in_the_store(store: Store, tmp_path: Path) -> None:
    fact = as_fact(store, "snapshots/x", "data/1.bin", local_file(tmp_path, b"abc"))
    there = store.local_copy("snapshots/x/data/1.bin")
    assert fact == FileFact(name="data/1.bin", bytes=3, sha256=sha256_of(there))


def test_move_pointer_gives_update_the_current_value(store: Store) -> None:
    seen: list[Any] = []
    for value in ({"id": 1}, {"id": 2}):
        store.move_pointer("mixes/a/latest.json", lambda current, value=value: seen.append(current) or value)
    assert seen == [None, {"id": 1}]
    assert store.read_json("mixes/a/latest.json") == {"id": 2}


def count_up(current: dict[str, Any] | None) -> dict[str, Any]:
    return {"count": (current or {"count": 0})["count"] + 1}


def test_concurrent_pointer_moves_lose_nothing(store: Store) -> None:
    assert at_once(THREADS, lambda number: Store(store.uri).move_pointer("p/latest.json", count_up)) == []
    assert store.read_json("p/latest.json") == {"count": THREADS}


def test_machines_that_share_only_a_bucket_lose_no_pointer_move(bucket: str, tmp_path: Path) -> None:
    store = Store(f"{bucket}/prefix")
    fleet = machines(store, tmp_path)
    assert at_once(THREADS, lambda number: fleet[number].move_pointer("p/latest.json", count_up)) == []
    assert store.read_json("p/latest.json") == {"count": THREADS}


def test_a_pointer_removed_during_the_move_is_made_again(bucket: str) -> None:
    store = Store(bucket)
    store.write_json("latest.json", {"count": 7})

    def remove_once(current: dict[str, Any] | None) -> dict[str, Any]:
        if current == {"count": 7}:
            store.remove("latest.json")
        return count_up(current)

    assert store.move_pointer("latest.json", remove_once) == {"count": 1}


def test_processes_on_one_folder_lose_no_pointer_move(tmp_path: Path) -> None:
    code = (
        "import sys; from tasks.store.storage import Store\n"
        "for _ in range(20): Store(sys.argv[1]).move_pointer('latest.json', lambda c: {'count': (c or {'count': "
        "0})['count'] + 1})"
    )
    root = Path(__file__).parents[2]
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=root) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert Store(str(tmp_path)).read_json("latest.json") == {"count": 60}


def test_holding_lets_one_in_at_a_time_and_survives_removal(store: Store) -> None:
    inside, most = 0, 0

    def enter(number: int) -> None:
        nonlocal inside, most
        with store.holding("some-product") as folder:
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1
            if number % 2:
                folder.rmdir()

    assert at_once(THREADS, enter) == []
    assert most == 1


def test_a_scratch_folder_that_its_holder_removes_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path / "store"))
    folder, is_dir, removed = store.scratch("work"), Path.is_dir, list[Path]()

    def late(path: Path, **how: Any) -> bool:
        if path == folder and not removed:
            removed.append(path)
            path.rmdir()
        return is_dir(path, **how)

    monkeypatch.setattr(Path, "is_dir", late)  # `mkdir` asks for it when the folder was there
    assert is_dir(store.scratch("work"))
    assert removed


def test_a_file_where_a_scratch_folder_should_be_is_an_error(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    store.scratch("work").rmdir()
    (tmp_path / "store" / "scratch" / "work").write_text("")
    with pytest.raises(FileExistsError):
        store.scratch("work")


def test_holding_passes_on_what_the_block_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="mine"), Store(str(tmp_path)).holding("x"):
        raise FileNotFoundError("mine")


def test_overlay_reads_through_and_keeps_writes_to_itself(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    manifest = product(store, tmp_path, data=b"rows")
    before = store.list("")
    with overlay(store.uri) as uri:
        above = open_store(uri)
        assert above.lookup("clean", "k", Facts) == manifest
        assert above.open(manifest, "data").read_bytes() == b"rows"
        above.write_bytes("new", b"1")
        assert above.exists("new")
        assert set(above.list("")) == {*before, "new"}
    assert store.list("") == before


def test_overlay_reads_through_to_a_bucket(bucket: str, tmp_path: Path) -> None:
    manifest = product(Store(bucket), tmp_path, data=b"rows")
    with overlay(bucket) as uri:
        assert open_store(uri).lookup("clean", "k", Facts) == manifest
        assert open_store(uri).open(manifest, "data").read_bytes() == b"rows"


@pytest.mark.parametrize("uri", ["gs://bucket/x", "memory://x", "https://example.org/x"])
def test_a_store_without_conditional_writes_is_refused(uri: str) -> None:
    with pytest.raises(RecipeError, match="want a folder or s3://"):
        Store(uri)


def test_a_bucket_that_is_not_there_says_so(bucket: str) -> None:
    with pytest.raises(
        Unreachable, match=r"cannot write to the store s3://no-such-bucket-here/x: the bucket does not exist"
    ) as caught:
        Store("s3://no-such-bucket-here/x").ensure_writable()
    assert not caught.value.transient


def test_a_store_inside_a_file_says_so(tmp_path: Path) -> None:
    local_file(tmp_path, b"", "plain")
    with pytest.raises(Unreachable, match="cannot write to the store"):
        Store(str(tmp_path / "plain" / "store")).ensure_writable()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "call", [Store.ensure_writable, lambda store: store.exists("x"), lambda store: store.move_pointer("p", count_up)]
)
def test_a_server_that_refuses_is_given_up_soon(bucket: str, monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    import s3fs

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(Unreachable, match="Could not connect") as caught:
        call(Store(f"{bucket}/x"))
    assert caught.value.transient


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (FileNotFoundError("x"), False),
        (PermissionError("x"), False),
        (ConnectionResetError("x"), True),
        (TimeoutError("x"), True),
        (OSError("please Slow Down"), True),
        (OSError("column 500 of part-503.csv"), False),
        (ValueError("bad"), False),
    ],
)
def test_only_what_may_pass_is_transient(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient
    with pytest.raises(Unreachable) as caught, reaching("a source"):
        raise error
    assert caught.value.transient is transient


def answered(status: int, code: str) -> OSError:
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    response: Any = {"Error": {"Code": code, "Message": "told so"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return translate_boto_error(ClientError(response, "PutObject"))


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [
        (503, "SlowDown", True),
        (500, "InternalError", True),
        (429, "TooMany", True),
        (400, "InvalidRequest", False),
        (403, "AccessDenied", False),
    ],
)
def test_what_a_bucket_answers_decides(status: int, code: str, transient: bool) -> None:
    assert is_transient(answered(status, code)) is transient


def test_every_network_failure_of_botocore_and_aiohttp_is_mapped() -> None:
    import aiohttp
    from botocore import exceptions

    url: Any = {"endpoint_url": "http://x"}
    failures = [
        exceptions.EndpointConnectionError(**url, error="e"),
        exceptions.ConnectTimeoutError(**url),
        exceptions.ReadTimeoutError(**url),
        exceptions.ConnectionClosedError(**url),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("timeout"),
    ]
    for failure in failures:
        with pytest.raises(Unreachable) as caught, reaching("a source"):
            raise failure
        assert caught.value.transient, failure
    with pytest.raises(Unreachable, match="credentials") as caught, reaching("a source"):
        raise exceptions.NoCredentialsError
    assert not caught.value.transient


def test_a_mistake_of_ours_is_not_called_unreachable() -> None:
    with pytest.raises(KeyError), reaching("a source"):
        raise KeyError("ours")


def test_a_product_can_be_read_back_as_json_by_others(store: Store, tmp_path: Path) -> None:
    manifest = product(store, tmp_path, data=b"rows")
    assert Manifest.model_validate(json.loads(store.read_bytes(f"{manifest.path}/manifest.json"))) == manifest


def test_a_bucket_that_is_not_there_is_told_from_one_that_is_empty(bucket: str) -> None:
    from tasks.ingest.files import find

    assert Store(f"{bucket}/p").list("runs") == {}
    with pytest.raises(Unreachable, match=r"no file matches"):
        find(f"{bucket}/*.csv", ".")
    gone = f"{bucket}-gone"
    with pytest.raises(
        Unreachable, match=r"cannot write to the store s3://\S+-gone/p: the bucket does not exist; create"
    ):
        Store(f"{gone}/p").ensure_writable()
    with pytest.raises(Unreachable, match=r"s3://\S+-gone/p/runs: the bucket does not exist"):
        Store(f"{gone}/p").list("runs")
    for path in ("*.csv", "a.csv"):
        with pytest.raises(Unreachable, match=r"the bucket does not exist"):
            find(f"{gone}/{path}", ".")


def test_errors_that_lead_to_each_other_in_a_circle_are_looked_through_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert no_space(first) == ""
    second.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert no_space(first) == "No space left on device"
