"""Damaged files of the store are named, with what to do; none of them is a traceback."""

import json
import tarfile
from pathlib import Path

import pytest

from flows.cli.inspect import replay_lock
from flows.cli.listing import list_store, show_record
from tasks.core.errors import CuveeError, QualityGate
from tasks.history.task import diff_mixes
from tasks.store.published import inputs_of
from tasks.store.runs import find_run
from tasks.store.storage import Store

DAMAGES = [b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b"{}", b'{"inputs": 3}', b'"text"', b"[" * 100_000]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with tarfile.open(Path(__file__).parents[1] / "golden/old_store.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "store"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_lock_or_record_is_named(store: Path, damage: bytes) -> None:
    run = show_record(str(store), "latest")
    lock = store / f"mixes/old/{run.mix.id}/lock.json"
    lock.write_bytes(damage)
    for command in (
        lambda: replay_lock(str(store), "latest", None),
        lambda: diff_mixes(str(store), "latest", "latest"),
    ):
        with pytest.raises(QualityGate, match=r"lock\.json: damaged, no (JSON|lock of a mix)"):
            command()
    record = store / f"runs/old/{run.run}/run.json"
    record.write_bytes(damage)
    for look in (lambda: show_record(str(store), "latest"), lambda: list_store(str(store), None)):
        with pytest.raises(CuveeError, match=r"run\.json: no record of a run"):
            look()


def test_a_later_format_is_told_as_one_and_an_old_one_is_read(store: Path) -> None:
    home = Store(str(store))
    run = find_run(home, "latest")
    assert run.format == 2
    folder = f"mixes/old/{run.mix.id}"
    said = home.read_json(f"{folder}/lock.json")
    assert "format" not in said
    assert inputs_of(home, folder) == said["inputs"]
    home.write_json(f"{folder}/lock.json", said | {"format": 99})
    with pytest.raises(QualityGate, match="format 99 of a later version"):
        inputs_of(home, folder)
    record = json.loads((store / f"runs/old/{run.run}/run.json").read_bytes())
    home.write_json(f"runs/old/{run.run}/run.json", record | {"format": 99})
    with pytest.raises(QualityGate, match="no record of a run"):
        find_run(home, "latest")
