"""`cuvee compare` as a user calls it: the verdict, what is cached, what time cuts off, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.compare import compare
from tasks.errors import CuveeError

Write = Callable[..., Path]


def said(recipe: Path, store: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    done = CliRunner().invoke(app, ["compare", str(recipe), "--store", str(store), "--json", *more])
    return done, json.loads(done.stdout) if done.stdout.startswith("{") else {}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, write_recipe: Write, prefect_server: str) -> tuple[Path, Path, dict[str, Any]]:
    """A recipe, a store, and the first comparison in it."""
    folder = tmp_path_factory.mktemp("compare")
    asked = {"target": "noise", "values": ["add-one"]}
    recipe = write_recipe(tmp_path, rows={"food": 200, "film": 200, "noise": 40}, one_class="film", compare=asked)
    found = compare(str(recipe), str(tmp_path / "store"))
    assert found["outcome"] == "no claim"
    assert "labelled hold-out row" in found["sentence"]
    assert any("film has no row labelled bad" in note for note in found["notes"])
    copied = [line.rpartition(",") for line in (tmp_path / "noise.csv").read_text().splitlines()]
    (tmp_path / "film.csv").write_text("\n".join(["text,label", *(f"{text.upper()}!,{label}" for text, _, label in copied[1:])]) + "\n")
    with pytest.raises(CuveeError, match=r"100 % of its texts stand in film") as error:
        compare(str(recipe), str(tmp_path / "store"))
    assert "noise 0 w" in str(error.value)
