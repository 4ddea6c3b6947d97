"""Commands that only look import no Prefect: its import took most of the time that a look-up took."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNTED = """
import sys
from flows.cli.main import main
try:
    main()
except SystemExit as end:
    print("exit", end.code or 0, file=sys.stderr)
print("imported", sum(name.split(".")[0] == "prefect" for name in sys.modules), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that holds two runs, and a recipe of one source."""
    found = tmp_path_factory.mktemp("looked")
    with tarfile.open(ROOT / "tests/golden/old_store.tar.gz") as archive:
        archive.extractall(found, filter="data")
    rows = "".join(f"text {number} of many,{('good', 'bad')[number % 2]}\n" for number in range(60))
    (found / "rows.csv").write_text(f"text,label\n{rows}")
    recipe = "name: one\nlabels: [good, bad]\nsources: {rows: {path: rows.csv}}\nmix: {weights: uniform, size: 20}\n"
    (found / "recipe.yaml").write_text(recipe)
    return found


@pytest.mark.parametrize(
    "command",
    [
        "plan recipe.yaml",
        "explain recipe.yaml",
        "validate recipe.yaml",
        "init rows.csv --out first.yaml",
        "runs",
        "show latest",
        "diff latest latest",
        "trace latest 3",
        "impact reviews",
        "ledger old",
    ],
)
def test_a_look_up_imports_no_prefect(folder: Path, command: str) -> None:
    words = command.split()
    store = [] if words[0] in ("validate", "init") else ["--store", str(folder / "store")]
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, *words, *store], capture_output=True, text=True, cwd=folder, check=True
    )
    assert done.stderr.splitlines()[-2:] == ["exit 0", "imported 0"], done.stderr
