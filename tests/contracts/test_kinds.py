"""Laws of every file in every folder of kinds: what it defines, what it imports, and that its example is a recipe."""

import ast
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import tasks.clean.filters
import tasks.experiments.search.surrogates
import tasks.ingest.kinds
import tasks.personal.detectors
import tasks.sift.methods
import tasks.train.online
import tasks.weigh.methods
from tasks.core.registry import OneOf

KINDS = {
    tasks.ingest.kinds: {"batches", "batches_together", "part_of"},
    tasks.weigh.methods: {"propose", "propose_from"},
    tasks.clean.filters: {"reason"},
    tasks.train.online: {"update"},
    tasks.sift.methods: {"judge"},
    tasks.personal.detectors: {"spans", "spans_of"},
}
"""Folder of kinds that a recipe names -> the functions of which a file there defines one."""
FOLDERS = [*KINDS, tasks.experiments.search.surrogates]


def modules_of(packages: list[ModuleType]) -> list[tuple[ModuleType, str]]:
    return [
        (package, found.name)
        for package in packages
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_")
    ]


def named(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("package", "name"), modules_of([*KINDS]), ids=named)
def test_a_kind_is_a_file_with_params_a_function_and_a_recipe_that_loads(package: ModuleType, name: str) -> None:
    module = importlib.import_module(f"{package.__name__}.{name}")
    assert len({name for name, value in vars(module).items() if callable(value)} & KINDS[package]) == 1
    _, _, block = (module.__doc__ or "").partition("Recipe:\n")
    params = OneOf(package).parse(yaml.safe_load(block))
    assert isinstance(params, module.Params)
    assert params.kind == name.replace("_", "-")
    assert module.Params.model_config["extra"] == "forbid"
    assert module.Params.model_config["frozen"]


@pytest.mark.parametrize(("package", "name"), modules_of([*KINDS]), ids=named)
def test_every_setting_of_a_kind_says_what_it_is(package: ModuleType, name: str) -> None:
    schema = importlib.import_module(f"{package.__name__}.{name}").Params.model_json_schema()
    assert not [field for field, told in schema["properties"].items() if field != "kind" and "description" not in told]


@pytest.mark.parametrize(("package", "name"), modules_of(FOLDERS), ids=named)
def test_a_kind_imports_no_sibling_and_no_store(package: ModuleType, name: str) -> None:
    tree = ast.parse((Path(next(iter(package.__path__))) / f"{name}.py").read_text("utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    barred = (f"{package.__name__}.", "tasks.store", "tasks.recipe", "prefect", "flows")
    assert not [module for module in imported if module.startswith(barred)], (
        "bytes are handed in, one kind needs no other"
    )
