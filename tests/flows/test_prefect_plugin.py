"""`prefect flow run`: the command that the plugin adds, in a process of its own and in this one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.prefect_plugin import run_flow

ROOT = Path(__file__).parents[2]
FLOW = """
from pydantic import BaseModel
from prefect import flow, task
from tasks.core.errors import QualityGate

class Share(BaseModel):
    source: str
    weight: float

@task
def check(kind: str) -> None:
    if kind == "expected":
        raise QualityGate("films: 12 rows, at least 20 wanted")
    raise KeyError("a bug")

@flow
def tiny(size: int, name: str = "none", shares: list[Share] = [], fail: str = "") -> None:
    if fail:
        check(fail)
    print(f"size={size} name={name} shares={[(s.source, s.weight) for s in shares]}")

@flow
async def later() -> None:
    print("awaited")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "tiny_flow.py"
    file.write_text(FLOW)
    return file


def prefect(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prefect", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env | {"COLUMNS": "200"}, check=False)


def test_a_completed_run_gives_0_and_its_parameters_arrive_as_json_or_text(
    script: Path, prefect_env: dict[str, str]
) -> None:
    shares = 'shares=[{"source": "a", "weight": 0.5}]'
    done = prefect(prefect_env, "flow", "run", f"{script}:tiny", "--param", "size=3", "-p", "name=hello", "-p", shares)
    assert done.returncode == 0, done.stderr
    assert "size=3 name=hello shares=[('a', 0.5)]" in done.stdout


def test_an_expected_failure_gives_its_own_code_and_its_text_without_a_traceback(
    script: Path, prefect_env: dict[str, str]
) -> None:
    done = prefect(prefect_env, "flow", "run", f"{script}:tiny", "-p", "size=1", "-p", "fail=expected")
    assert done.returncode == 3
    assert "films: 12 rows, at least 20 wanted" in done.stderr.splitlines()
    assert "Traceback" not in done.stderr


def test_a_bug_gives_1_and_its_name(script: Path, prefect_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_flow(f"{script}:tiny", ["size=1", "fail=bug"]) == 1
    assert "the run ended as Failed: Flow run encountered an exception: KeyError: 'a bug'" in capsys.readouterr().err


def test_an_async_flow_runs_too(script: Path, prefect_env: dict[str, str]) -> None:
    done = prefect(prefect_env, "flow", "run", f"{script}:later")
    assert (done.returncode, done.stdout.strip()) == (0, "awaited")


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("tiny", ["size=many"], "size: Input should be a valid integer"),
        ("tiny", ["size=1", 'shares=[{"source": "a"}]'], "shares.0.weight: Field required"),
        ("tiny", ["size=1", "sise=2"], "'sise'"),
        ("tiny", [], "size: Field required"),
        ("tiny", ["size"], "want NAME=VALUE"),
        ("nowhere", [], "'nowhere' not found"),
        ("check", [], "not a flow"),
    ],
)
def test_a_wrong_parameter_or_name_gives_2_and_says_what_is_wrong(
    name: str, params: list[str], said: str, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_flow(f"{script}:{name}", params) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entrypoint", "said"),
    [
        ("no/such/file.py:flow", "cannot load 'no/such/file.py:flow': [Errno 2] No such file"),
        ("no_such_module:flow", "no flow at 'no_such_module:flow': No module named 'no_such_module'"),
        ("flow", "want path/to/file.py:function"),
    ],
)
def test_an_unknown_entrypoint_gives_2_and_says_which(
    entrypoint: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_flow(entrypoint, []) == 2
    assert said in capsys.readouterr().err


def test_no_answer_from_the_server_gives_4_and_the_remedy(script: Path) -> None:
    env = dict(os.environ) | {"PREFECT_API_URL": "http://127.0.0.1:1/api", "PREFECT_CLIENT_MAX_RETRIES": "0"}
    done = prefect(env, "flow", "run", f"{script}:tiny", "-p", "size=1")
    assert done.returncode == 4
    assert "no Prefect server answers at http://127.0.0.1:1/api" in done.stderr.splitlines()[-1]


def test_the_command_is_listed_by_prefect_itself() -> None:
    done = prefect(dict(os.environ), "flow", "--help")
    assert done.returncode == 0, done.stderr
    assert "Run a flow in this process." in done.stdout


def test_the_plugin_costs_nothing_where_prefect_is_only_imported() -> None:
    program = (
        "import sys, prefect; assert 'flows.cli.prefect_plugin' in sys.modules; print([m for m in "
        "sys.modules if m.startswith('prefect.cli.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
