"""The server that Prefect's settings name is known without Prefect."""

from pathlib import Path

import pytest

from flows.engine.home import named_server

PROFILES = 'active = "work"\n[profiles.work]\nPREFECT_API_URL = "http://a/api"\n[profiles.own]\n'


def test_the_variable_goes_before_the_folder_and_the_folder_before_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert named_server() is None
    (tmp_path / "profiles.toml").write_text(PROFILES)
    assert named_server() == "http://a/api"
    monkeypatch.setenv("PREFECT_PROFILE", "own")
    assert named_server() is None
    (tmp_path / "prefect.toml").write_text('[api]\nurl = "http://b/api"\n')
    assert named_server() == "http://b/api"
    monkeypatch.setenv("PREFECT_API_URL", "http://c/api")
    assert named_server() == "http://c/api"


@pytest.mark.parametrize("text", ["not toml", "active = 3", "profiles = 3"])
def test_profiles_that_cannot_be_read_name_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (tmp_path / "profiles.toml").write_text(text)
    assert named_server() is None
