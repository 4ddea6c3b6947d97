"""A store made before the house was rebuilt (`make_old_store.py`): what is read from it, then and now."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
COMMANDS: dict[str, list[str]] = {
    "runs": ["runs"],
    "runs of one": ["runs", "old"],
    "show latest": ["show", "latest"],
    "trace a place": ["trace", "latest", "17"],
    "impact": ["impact", "reviews"],
    "ledger": ["ledger", "old"],
}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(HERE / "old_store.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def told(looker: Callable[..., dict[str, Any]], mask: Callable[[str], str], old: Path) -> Callable[..., dict[str, Any]]:
    """Ask a command about the old store, once for people and once as JSON."""

    def asked(*words: str) -> dict[str, Any]:
        plain, as_json = (looker(old, *words, "--store", str(old / "store"), *more) for more in ([], ["--json"]))
        said = mask(as_json["stdout"].replace(str(old), "")).strip()
        return {
            "exit": [plain["exit"], as_json["exit"]],
            "stderr": mask(plain["stderr"].replace(str(old), "")).splitlines(),
            "lines": len(plain["stdout"].splitlines()),
            "json": json.loads(said) if said else None,
        }

    return asked


def test_what_is_read_from_an_old_store_is_what_was(
    told: Callable[..., dict[str, Any]], golden: Any, old: Path
) -> None:
    first, second = sorted(path.name for path in (old / "store/runs/old").iterdir())
    mixes = [
        json.loads((old / f"store/runs/old/{run}/run.json").read_text("utf-8"))["mix"]["id"] for run in (first, second)
    ]
    found = {name: told(*words) for name, words in COMMANDS.items()}
    found["show the first"] = told("show", first)
    found["trace in the first"] = told("trace", mixes[0], "3")
    found["diff"] = told("diff", mixes[0], mixes[1])
    found["diff of runs"] = told("diff", first, second)
    for number, mix in enumerate(mixes):
        found[f"replay {number}"] = told("replay", f"mixes/old/{mix}/lock.json")
    assert {tuple(one["exit"]) for one in found.values()} == {(0, 0)}, {
        name: one["stderr"] for name, one in found.items()
    }
    golden.check("old-store", found)
