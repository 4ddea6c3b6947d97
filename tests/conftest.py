"""What every test gets: a machine of its own (home, environment, no network), and real servers on loopback."""

import compileall
import importlib.util
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import psutil
import pytest
import yaml

ROOT = Path(__file__).parents[1]
WARM = ROOT / "tests" / "warm"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")
DATABASE = "CUVEE_TESTS_DATABASE"
"""Variable with the path of an empty database of Prefect."""
SETTINGS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "HF_HUB_OFFLINE": "1",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_API_PORT": "1",  # nobody listens there: no test uses a server that happens to run on this machine
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "TOKENIZERS_PARALLELISM": "false",
}
LEASES = "prefect.server.concurrency.lease_storage.filesystem"
TINY_BERT = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
TRAINING = {  # as `tasks/train/launch.py` starts it
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "OMP_WAIT_POLICY": "passive",
    "PYTHONUNBUFFERED": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "TRANSFORMERS_VERBOSITY": "warning",
}
MAKING = [f"flows.cli.main {command}" for command in ("run", "compare", "search")]
FORKED = ((TRAINING, ["tasks.train.loop"]), ({}, [*MAKING, "flows.engine.temporary_server", "uvicorn"]))
UNSET = ("PREFECT_API_URL", "PREFECT_PROFILE", "CUVEE_STORE", "AWS_PROFILE", "AWS_ENDPOINT_URL", "FORCE_COLOR")


class NetworkRefusedError(Exception):
    """A test tried to leave this machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Give this process a home of its own before anything is imported that reads one."""
    home = tempfile.mkdtemp(prefix="cuvee-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ |= SETTINGS | {
        "PREFECT_HOME": f"{home}/prefect",
        "HF_HOME": f"{home}/hf",
        "MPLCONFIGDIR": f"{home}/matplotlib",
    }
    for name in UNSET:
        os.environ.pop(name, None)
    if not hasattr(config, "workerinput"):
        _compile()
    os.environ[DATABASE] = str(_database(config))
    prefect_home(Path(home, "prefect"))
    _warm(config, home)
    sys.addaudithook(_stay_here)
    hypothesis.settings.register_profile("house", deadline=None)  # a busy machine is no failure
    hypothesis.settings.load_profile("house")
    logging.raiseExceptions = (
        False  # Prefect's log handler keeps a stream that the capture of an earlier test has closed
    )


def _compile() -> None:
    """Compile our modules once: the tests start hundreds of processes, and an environment may keep these from it."""
    for room in ("flows", "tasks"):
        compileall.compile_dir(ROOT / room, quiet=2)


def _database(config: pytest.Config) -> Path:
    """Give an empty database of this Prefect: a server with a new home takes ten seconds to make its own."""
    kept = config.cache.mkdir(f"prefect-{version('prefect')}") / "prefect.db"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent) as home:
            command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
            subprocess.run(command, env=os.environ | {"PREFECT_HOME": home}, stdout=subprocess.DEVNULL, check=True)
            Path(home, kept.name).replace(kept)
    return kept


def prefect_home(folder: Path) -> str:
    """Make a home of Prefect whose database is there already."""
    folder.mkdir()
    shutil.copyfile(os.environ[DATABASE], folder / "prefect.db")
    return str(folder)


def _warm(config: pytest.Config, home: str) -> None:
    """Have servers fork the processes that tests start: to import their libraries takes longer than all else they do.

    Without CUVEE_TESTS_WARM in its environment a process starts by itself, as a user's does.
    """
    path = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    os.environ |= {"CUVEE_TESTS_WARM": home, "PYTHONPATH": os.pathsep.join([str(WARM), *path])}
    for settings, modules in FORKED:
        command, environment = [sys.executable, WARM / "server.py", home, *modules], os.environ | settings
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, cwd=home)
        config.add_cleanup(server.communicate)


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not str(arguments[1][0]).startswith(LOOPBACK):
        raise NetworkRefusedError(f"a test tried to connect to {arguments[1]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip into a failure where CUVEE_DEMAND names the test's marker, so that CI cannot pass by skipping."""
    report = yield
    demanded = [
        name for name in os.environ.get("CUVEE_DEMAND", "").split(",") if name and item.get_closest_marker(name)
    ]
    if report.skipped and demanded and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = (
            "failed",
            f"skipped, but CUVEE_DEMAND wants {', '.join(demanded)}: {report.longrepr}",
        )
    return report


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """Put the environment back as it was before the test."""
    before = dict(os.environ)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process of the test starts by itself; for tests that kill it, or look for it among the children of another,
    or at what it reads and makes as it starts."""
    monkeypatch.delenv("CUVEE_TESTS_WARM", raising=False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data beside the checkout, or the one CUVEE_SHARED_DATA names."""
    folder = Path(os.environ.get("CUVEE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "sentiment").is_dir():
        pytest.skip(f"no public data at {folder}; set CUVEE_SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """One temporary Prefect server for the whole session; gives its API URL. Flows called in this process use it by
    themselves."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    folder = tempfile.mkdtemp(prefix="cuvee-prefect-")  # the harness removes it
    shutil.copyfile(os.environ[DATABASE], Path(folder, "prefect-test.db"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prefect.testing.utilities.mkdtemp", lambda: folder)
        with prefect_test_harness(server_startup_timeout=180):
            yield str(PREFECT_API_URL.value())


@pytest.fixture
def prefect_env(prefect_server: str) -> dict[str, str]:
    """The environment for a command in a process of its own that is to use the session's Prefect server."""
    return dict(os.environ) | {"PREFECT_API_URL": prefect_server}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 server on loopback, with conditional writes; gives its URL."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator["PostgresServer"]:
    """A PostgreSQL server on loopback, of the test's own, whose user `tester` has a password."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("no PostgreSQL server; apt-get install postgresql")
    server = PostgresServer(found[-1].parent)
    yield server
    server.stop()
    shutil.rmtree(server.folder)


class PostgresServer:
    """A PostgreSQL server in a folder of its own.

    Attributes:
        password: of the user `tester`, who may do all.
        port: its port on 127.0.0.1.
    """

    def __init__(self, programs: Path) -> None:
        self.programs, self.password = programs, "s3cret-" + uuid.uuid4().hex
        self.folder = Path(tempfile.mkdtemp(prefix="cuvee-postgresql-"))
        self.account = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
        (self.folder / "password").write_text(self.password)
        if self.account:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self.account)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = [
            "--auth=scram-sha-256",
            "--username=tester",
            f"--pwfile={self.folder / 'password'}",
            "--encoding=UTF8",
            "--no-sync",
        ]
        self.run("initdb", "--pgdata", str(self.folder / "data"), *options)
        self.start()

    def run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), *words]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, user=self.account, cwd=self.folder, check=True, **quiet)

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -F"
        self.run(
            "pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options
        )

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.folder / "data"))


@pytest.fixture
def bucket(s3_server: str) -> Iterator[str]:
    """A new empty bucket, as `s3://name`; AWS_* point to its server during the test, in child processes too."""
    import boto3
    import s3fs

    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= keys | {"AWS_ENDPOINT_URL": s3_server}
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"cuvee-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=name)
    yield f"s3://{name}"
    s3fs.S3FileSystem.clear_instance_cache()


def load_script(path: str) -> ModuleType:
    """Import a script of the repository that belongs to no package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_sources() -> Callable[..., Any]:
    """The generator of the demo's sources: `make_sources(folder, scale=1.0, seed=0)`."""
    return load_script("deployments/recipes/demo/make_sources.py").make_sources


@pytest.fixture(scope="session")
def make_chinese_sources() -> Callable[..., Any]:
    """The generator of the Chinese sources: `make_chinese_sources(folder, seed=0)`."""
    return load_script("deployments/recipes/chinese/make_sources.py").make_sources


@pytest.fixture(scope="session")
def make_translations() -> Callable[..., Any]:
    """The generator of the Chinese-English sources: `make_translations(folder, seed=0)`."""
    return load_script("deployments/recipes/translation/make_sources.py").make_sources


@pytest.fixture(scope="session")
def make_chats() -> Callable[..., Any]:
    """The generator of questions and answers: `make_chats(folder, seed=0)`."""
    return load_script("deployments/recipes/assistant/make_sources.py").make_sources


@pytest.fixture(scope="session")
def make_programs() -> Callable[..., Any]:
    """The generator of tasks with programs and tests: `make_programs(folder, seed=0)`."""
    return load_script("deployments/recipes/programs/make_sources.py").make_sources


@pytest.fixture(scope="session")
def make_hotels() -> Callable[..., Any]:
    """The generator of what guests say of hotels: `make_hotels(folder, seed=0)`."""
    return load_script("deployments/recipes/hotels/make_sources.py").make_sources


@pytest.fixture(scope="session")
def write_tiny_recipe(make_sources: Callable[..., Any]) -> Callable[[Path], Path]:
    """Write the demo in small into a folder, and give the recipe's path: a fifth of its rows, a model that trains in
    seconds."""

    def write(folder: Path) -> Path:
        recipe = yaml.safe_load((ROOT / "deployments/recipes/demo.yaml").read_text("utf-8"))
        make_sources(folder / "demo" / "data", scale=0.2)
        recipe["name"], recipe["mix"]["size"] = "tiny", 200
        for source in recipe["sources"].values():
            source["max_bad"] = 0.05  # the flaws are as many as in the whole demo
        recipe["train"] |= {"epochs": 1, "model": {"architecture": "bert", "vocabulary": 500, "config": TINY_BERT}}
        file = folder / "tiny.yaml"
        file.write_text(yaml.safe_dump(recipe, sort_keys=False), "utf-8")
        return file

    return write


@pytest.fixture
def tiny_recipe(tmp_path: Path, write_tiny_recipe: Callable[[Path], Path]) -> Path:
    """The demo in small, in a folder of the test's own."""
    return write_tiny_recipe(tmp_path)


@pytest.fixture(scope="session")
def serve() -> type["Served"]:
    """Start `python -m flows.engine.server` in a folder that has `deployments/prefect.yaml`."""
    return Served


class Served:
    """`python -m flows.engine.server` in a folder of its own.

    Attributes:
        api: the server's URL.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder, self.api, self.log = folder, f"http://127.0.0.1:{port}/api", folder / "serve.log"
        home = {
            "CUVEE_PORT": str(port),
            "PREFECT_HOME": prefect_home(folder / "prefect"),
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES,
        }
        self.env = dict(os.environ) | home
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "flows.engine.server"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.wait(lambda: "Serving" in self.log.read_text() or self.process.poll() is not None)
        except AssertionError:
            self.process.terminate()
            raise

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/{path}", data, {"Content-Type": "application/json"})
        for patience in (5, 4, 3, 2, 1, 0):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != 503 or not patience:  # its database is busy: Prefect's own client asks again, too
                    raise
                time.sleep(1)
        return None

    def start_run(self, deployment: str) -> str:
        found = self.ask(f"deployments/name/{deployment}")
        return self.ask(f"deployments/{found['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"]

    def state(self, run: str) -> str:
        return self.ask(f"flow_runs/{run}")["state"]["type"]

    def wait(self, until: Callable[[], Any], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)


def table(source: str, texts: Sequence[str | None], labels: Sequence[str] | None) -> Any:
    """Rows of a source as ingest leaves them."""
    import polars as pl

    named = labels or ["positive" if n % 2 else "negative" for n in range(len(texts))]
    ids = [f"{source}.csv:{n + 1}" for n in range(len(texts))]
    whole = {"row_id": ids, "source": [source] * len(texts), "text": texts, "label": named}
    return pl.DataFrame(whole, schema=dict.fromkeys(whole, pl.String))


@pytest.fixture(scope="session")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Any]]:
    """Clean a source of these texts: `cleaned(source, texts, labels, settings)`; gives the file and what was done."""

    from tasks.clean.filter import clean_file
    from tasks.clean.settings import SourceCleaning
    from tasks.manifests.manifest import Account
    from tasks.objectives.text_classification.columns import layout

    def clean(
        source: str, texts: Sequence[str | None], labels: Sequence[str] | None = None, settings: Any = None
    ) -> tuple[Path, Any]:
        folder = tmp_path_factory.mktemp("rows")
        table(source, texts, labels).write_parquet(folder / "raw.parquet")
        before = Account(source=source, read=len(texts), rows=len(texts))
        files = tuple(folder / name for name in ("raw.parquet", "data.parquet", "keys.parquet"))
        return files[1], clean_file(before, files, settings or SourceCleaning(), layout(()))

    return clean


@pytest.fixture(scope="session")
def pooled(cleaned: Callable[..., tuple[Path, Any]]) -> Callable[..., tuple[Any, dict[str, dict[str, list[str]]]]]:
    """Pool sources of these texts: `pooled({source: texts}, share, seed, validation)`; gives the pool, and
    side -> source -> texts."""

    import polars as pl

    from tasks.deduplicate.exact import deduplicate
    from tasks.objectives.text_classification.columns import layout

    def pool(
        sources: dict[str, list[str]], share: float = 0.3, seed: int = 0, validation: float = 0.0
    ) -> tuple[Any, dict[str, dict[str, list[str]]]]:
        parts = {name: cleaned(name, texts) for name, texts in sources.items()}
        found = deduplicate(
            [(file, file.with_name("keys.parquet")) for file, _ in parts.values()],
            [done.account for _, done in parts.values()],
            [(share, validation)] * len(parts),
            seed,
            layout(()),
        )
        sides: dict[str, dict[str, list[str]]] = {}
        for side, masks in found.sides.items():
            sides[side] = {
                source: pl.read_parquet(parts[source][0]).filter(kept)["text"].to_list()
                for source, kept in masks.items()
            }
        return found, sides

    return pool


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[..., Any]:
    """Put a source into a store at `tmp_path` as ingest would leave it: `snapshot(source, texts, labels)`."""

    from tasks.manifests.manifest import Account, Manifest
    from tasks.manifests.rows import SnapshotFacts

    def write(source: str, texts: Sequence[str], labels: Sequence[str] | None = None, **account: int) -> Manifest:
        folder = tmp_path / "snapshots" / "ingest" / source
        folder.mkdir(parents=True)
        table(source, texts, labels).write_parquet(folder / "data.parquet")
        before = Account(source=source, read=len(texts) + account.get("quarantined", 0), rows=len(texts), **account)
        path = f"snapshots/ingest/{source}"
        return Manifest[SnapshotFacts](
            stage="ingest",
            subject=source,
            key=source,
            path=path,
            files=(),
            accounts=(before,),
            facts=SnapshotFacts(),
        )

    return write
