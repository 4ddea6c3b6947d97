"""Commands that only look import no Prefect, nor what learns, checks or draws: imports took most of the time that a
look-up took.
"""

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
tops = {name.split(".")[0] for name in sys.modules}
print("imported", *sorted(tops | {"tasks.recipe"} & {*sys.modules}), file=sys.stderr)
"""
HEAVY = {"prefect", "torch", "transformers", "datasets", "matplotlib", "great_expectations"}
TABLES = {"numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn"}


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
def test_a_look_up_imports_nothing_that_makes_or_draws(folder: Path, command: str) -> None:
    words = command.split()
    store = [] if words[0] in ("validate", "init") else ["--store", str(folder / "store")]
    # A plan hangs on the checks, and makes those that no run has made yet.
    allowed = {"great_expectations"} if words[0] == "plan" else set[str]()
    assert not (HEAVY - allowed) & imported(folder, *words, *store)


@pytest.mark.parametrize("command", ["runs", "show latest"])
def test_a_record_is_read_without_tables_and_recipes(folder: Path, command: str) -> None:
    found = imported(folder, *command.split(), "--store", str(folder / "store"))
    assert not (HEAVY | TABLES | {"tasks.recipe"}) & found


@pytest.mark.parametrize("command", ["--help", "--version", "run --help"])
def test_help_imports_no_recipes_and_no_records(folder: Path, command: str) -> None:
    assert not (HEAVY | TABLES | {"tasks.recipe", "fsspec", "yaml"}) & imported(folder, *command.split())


def imported(folder: Path, *words: str) -> set[str]:
    """Run a command that ends well; gives the packages that it imported, and `tasks.recipe` if that is among them."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, *words], capture_output=True, text=True, cwd=folder, check=True
    )
    told, found = done.stderr.splitlines()[-2:]
    assert told == "exit 0", done.stderr
    return {*found.split()[1:]}
