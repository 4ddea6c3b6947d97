"""Who may import whom, and what a kind is: the rules that keep the core pure and a new kind one file."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import tasks.clean.filters
import tasks.ingest.kinds
import tasks.personal.detectors
import tasks.sift.methods
import tasks.train.online
import tasks.weigh.methods
from tasks.caching import ASIDE

ROOT = Path(__file__).parents[1]
TOP = {
    "flows", "tasks", "tests", "deployments", "infra", "pyproject.toml", "README.md",
    "LICENSE", "Makefile", ".gitignore", ".ci", ".github", "prefect.toml", "docs",
}  # fmt: skip
MODULES = sorted(path for folder in ("flows", "tasks") for path in (ROOT / folder).rglob("*.py"))
KINDS = {
    tasks.ingest.kinds: {"batches", "batches_together", "part_of"}, tasks.weigh.methods: {"propose", "propose_from"},
    tasks.clean.filters: {"reason"},
    tasks.train.online: {"update"}, tasks.sift.methods: {"judged"}, tasks.personal.detectors: {"spans", "spans_of"},
}  # fmt: skip
"""Folder of kinds -> the functions of which a file there defines one."""
READ_THE_RECIPE = {"recipe", "schema", "mistakes"}
"""Shared modules that know the stages' settings, and nothing else of them."""
IMPURE = {"httpx", "random", "requests", "socket", "time", "urllib"}
CLOCKS = {"now", "today", "utcnow"}
WAITS = {("tasks", "train", "loop")}
"""The training process sleeps while it watches that its parent is alive; nothing it makes depends on it."""
HEAVY = {
    "accelerate", "datasets", "faiss", "great_expectations", "lightgbm", "matplotlib", "pandas", "presidio_analyzer", "scipy", "sklearn",
    "tokenizers", "torch", "transformers",
}  # fmt: skip


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def attributes(path: Path) -> Iterator[str]:
    return (node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute))


def place(path: Path) -> tuple[str, ...]:
    return path.relative_to(ROOT).with_suffix("").parts


def stage_of(module: str) -> str:
    """Name the stage that a dotted name below `tasks` belongs to; empty for shared modules."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "tasks" and (ROOT / "tasks" / parts[1]).is_dir() else ""


def broken(rule: str, found: list[tuple[Path, str]]) -> str:
    return f"{rule}\n" + "\n".join(f"  {path.relative_to(ROOT)} imports {name}" for path, name in found)


def test_nothing_imports_flows_but_flows() -> None:
    found = [(path, name) for path in MODULES if place(path)[0] != "flows" for name in imports(path) if name.split(".")[0] == "flows"]
    assert not found, broken("tasks know nothing of flows", found)


def test_flows_import_of_a_stage_only_its_tasks() -> None:
    found = [
        (path, name)
        for path in MODULES
        if place(path)[0] == "flows"
        for name in imports(path)
        if stage_of(name) and name.count(".") > 1 and name.split(".")[2] != "task"
    ]
    assert not found, broken("flows call tasks; the pure code of a stage is its own", found)


def test_prefect_is_imported_only_by_flows_and_task_faces() -> None:
    def may(parts: tuple[str, ...]) -> bool:
        return parts[0] == "flows" or parts[-1] == "task" or parts in {("tasks", "ui"), ("tasks", "caching")}

    found = [(path, name) for path in MODULES if not may(place(path)) for name in imports(path) if name.split(".")[0] == "prefect"]
    assert not found, broken("only flows, task.py, ui.py and caching.py know Prefect", found)


def test_a_stage_imports_no_other_stage() -> None:
    found = [
        (path, name) for path in MODULES if (own := stage_of(".".join(place(path)))) for name in imports(path) if stage_of(name) not in ("", own)
    ]
    assert not found, broken("stages meet in the shared modules", found)


def test_shared_modules_know_no_stage_but_for_the_settings_in_a_recipe() -> None:
    def may(parts: tuple[str, ...], name: str) -> bool:
        return parts[1] in READ_THE_RECIPE and name.split(".")[2:3] in (
            [],
            ["settings"],
            ["kinds"],
            ["methods"],
            ["online"],
            ["filters"],
            ["presets"],
            ["detectors"],
        )

    shared = [path for path in MODULES if place(path)[0] == "tasks" and len(place(path)) == 2]
    found = [(path, name) for path in shared for name in imports(path) if stage_of(name) and not may(place(path), name)]
    assert not found, broken("what all stages share depends on none of them", found)


def test_code_that_no_content_key_hangs_on_makes_no_product() -> None:
    found = [
        (path, name)
        for path in MODULES
        if ASIDE not in place(path)[:-1] and place(path)[-1] != "task"
        for name in imports(path)
        if stage_of(name) and ASIDE in name.split(".")
    ]
    assert not found, broken(f"only a task's face may call what lies in `{ASIDE}`", found)
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        asides = {
            alias.name for node in tree.body if isinstance(node, ast.ImportFrom) and ASIDE in (node.module or "").split(".") for alias in node.names
        }
        makers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and "stage_task" in map(called, node.decorator_list)]
        if ASIDE not in place(path)[:-1]:
            assert not asides & {node.id for maker in makers for node in ast.walk(maker) if isinstance(node, ast.Name)}


def test_the_pure_core_has_no_clock_no_chance_and_no_network() -> None:
    pure = [path for path in MODULES if stage_of(".".join(place(path))) and place(path)[-1] != "task" and place(path) not in WAITS]
    found = [(path, name) for path in pure for name in imports(path) if name.split(".")[0] in IMPURE]
    found += [(path, name) for path in pure for name in attributes(path) if name in CLOCKS]
    assert not found, broken("the same input gives the same output", found)


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    files = [path for path in MODULES if path.name == "__init__.py"]
    packages = {path.parent for path in MODULES}
    assert {path.parent for path in files} == packages, "every folder of code is a package"
    full = [path for path in files if len(ast.parse(path.read_text("utf-8")).body) != 1 or not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not full


def test_task_faces_are_thin() -> None:
    faces = [path for path in MODULES if path.name == "task.py"]
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in faces
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 15
    ]
    assert not long, "functions of task.py have at most 15 lines; the work belongs in the pure code"


def test_task_names_are_the_functions_names_with_dashes() -> None:
    from prefect import Task

    found: list[tuple[str, str]] = []
    for path in MODULES:
        if path.name == "task.py":
            module = importlib.import_module(".".join(place(path)))
            found += [(name, one.name) for name, one in vars(module).items() if isinstance(one, Task) and one.fn.__module__ == module.__name__]
    assert found
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) and shown == name.replace("_", "-") for name, shown in found), found


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.splitlines()
    assert {name.split("/")[0] for name in tracked} <= TOP


def kind_files() -> list[tuple[ModuleType, str]]:
    return [(package, found.name) for package in KINDS for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")]


@pytest.mark.parametrize(("package", "name"), kind_files(), ids=lambda value: getattr(value, "__name__", value))
def test_a_kind_is_a_file_with_params_a_function_and_a_recipe_that_loads(package: ModuleType, name: str) -> None:
    module = importlib.import_module(f"{package.__name__}.{name}")
    assert len({name for name, value in vars(module).items() if callable(value)} & KINDS[package]) == 1
    _, _, block = (module.__doc__ or "").partition("Recipe:\n")
    params = module.Params.model_validate(yaml.safe_load(block))
    assert params.kind == name.replace("_", "-")
    assert module.Params.model_config["extra"] == "forbid"
    assert module.Params.model_config["frozen"]


@pytest.mark.parametrize(("package", "name"), kind_files(), ids=lambda value: getattr(value, "__name__", value))
def test_a_kind_imports_no_sibling_and_no_store(package: ModuleType, name: str) -> None:
    path = Path(next(iter(package.__path__))) / f"{name}.py"
    found = [(path, one) for one in imports(path) if one.startswith((f"{package.__name__}.", "tasks.storage"))]
    assert not found, broken("bytes are handed in, and one kind does not need another", found)


@pytest.mark.parametrize("module", ["flows.cli", "tasks.recipe", "tasks.schema"])
def test_the_command_line_and_the_recipe_load_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    assert not (HEAVY | {"prefect"}) & set(loaded)


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """A task's face, loaded by every run, loads none of them: a cached run needs none."""
    faces = ", ".join(".".join(place(path)) for path in MODULES if path.name == "task.py")
    program = f"import sys, {faces}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def imports_with_threads_about(node: ast.AST, *, inside: bool = False, alone: bool = False) -> Iterator[ast.Import | ast.ImportFrom]:
    """Give what is imported inside functions and not under the lock."""
    if isinstance(node, ast.Import | ast.ImportFrom) and inside and not alone:
        yield node
    inside = inside or isinstance(node, ast.FunctionDef)
    alone = alone or (isinstance(node, ast.With) and any(ast.unparse(item.context_expr) == "importing" for item in node.items))
    for child in ast.iter_child_nodes(node):
        yield from imports_with_threads_about(child, inside=inside, alone=alone)


def test_heavy_packages_are_imported_by_one_thread_at_a_time() -> None:
    found = [
        (path, ast.unparse(node))
        for path in MODULES
        for node in imports_with_threads_about(ast.parse(path.read_text("utf-8")))
        if (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name or "").split(".")[0] in HEAVY
    ]
    assert not found, broken("tasks are threads, and two imports in one circle of modules end in a deadlock", found)


CIRCLE = """
import sys, threading, warnings
import numpy, pandas, polars
from tasks.imports import importing

def first():
    with importing:
        import altair

def second():
    while "narwhals" not in sys.modules:
        pass
    with importing:
        import narwhals.stable.v2

threading.excepthook = lambda failed: print(failed.exc_value)
warnings.simplefilter("ignore")
sys.setswitchinterval(1e-6)
both = [threading.Thread(target=one) for one in (first, second)]
for one in both:
    one.start()
for one in both:
    one.join()
"""


def test_two_threads_may_enter_one_circle_of_modules_at_different_places() -> None:
    """What Great Expectations and scikit-learn do when a check and a profile start together; without the lock nearly every time fails."""
    told = subprocess.run([sys.executable, "-c", CIRCLE], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    assert not told.stdout
