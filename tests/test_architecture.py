"""Who may import whom, and what a kind is: the rules that keep the core pure and a new kind one file."""

import ast
import importlib
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {
    "flows",
    "tasks",
    "tests",
    "deployments",
    "infra",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "Makefile",
    ".gitignore",
    ".ci",
    ".github",
    "prefect.toml",
    "docs",
}
MODULES = sorted(path for folder in ("flows", "tasks") for path in (ROOT / folder).rglob("*.py"))
ROOMS = {
    "core": 0,
    "manifests": 0.5,
    "text": 1,
    "store": 1,
    "rows": 2,
    "statistics": 2,
    "similarity": 3,
    "models": 3,
    "programs": 3,
    "objectives": 4,
    "recipe": 6,
}
"""Rooms that others stand on, and how high each lies; a module imports only what lies lower, but for its own room."""
SETTINGS, STAGE, FACE = 5.0, 7.0, 10.0
"""Where a stage's section of the recipe, its pure code and its tasks lie."""
ABOVE = {"guess": 8.0, "experiments": 8.0, "history": 8.0, "predict": 8.5, "report": 9.0}
"""Rooms that look at several stages."""
READ_THE_STORE = {"experiments", "history", "predict", "publish", "report"} | {
    ("mix", "replay"),
    ("train", "checkpoints"),
    ("rows", "pool"),
}
"""Pure code that may import records of runs, or knows that there is a store."""
VALUES = {
    ("experiments", "comparison"),
    ("experiments", "search_record"),
    ("experiments", "mixes"),
    ("experiments", "compare", "settings"),
}
"""Values of a room that flows hand from task to task, and their names."""
NAME_A_MEASURE = {
    "tasks/statistics/classification.py": "the figures themselves",
    "tasks/statistics/perplexity.py": "the figures themselves",
    "tasks/sift/methods/label_noise.py": "of the model that judges rows, not of the task's",
    "tasks/sift/methods/perplexity.py": "of the model that judges rows, not of the task's",
    "tasks/weigh/methods/score.py": "of the probes",
    "tasks/weigh/probes.py": "of the probes",
    "tasks/weigh/task.py": "of the probes",
    "tasks/experiments/comparison.py": "a field of the record of a comparison",
    "tasks/experiments/compare/predictions.py": "fills that field",
    "tasks/report/comparison.html.j2": "shows that field",
    "tasks/experiments/search_record.py": "a field of the record of a search",
    "tasks/experiments/search/record.py": "fills that field",
    "tasks/report/search.html.j2": "shows that field",
    "flows/cli/render_weights.py": "shows that field",
}
"""Files outside the tasks' folders that name what a task's models are measured by, and why they may."""
IMPURE = {"httpx", "random", "requests", "socket", "time", "urllib"}
CLOCKS = {"now", "today", "utcnow"}
WAITS = {("tasks", "train", "loop"), ("tasks", "train", "early_end"), ("tasks", "train", "usage")}
"""The training process sleeps while it watches that its parent is alive, knows when its time is up, and says how long
it took; nothing that it makes within its time depends on it."""
HEAVY = {
    "accelerate",
    "datasets",
    "faiss",
    "great_expectations",
    "matplotlib",
    "pandas",
    "presidio_analyzer",
    "scipy",
    "sklearn",
    "tokenizers",
    "torch",
    "transformers",
}


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


def broken(rule: str, found: list[tuple[Path, str]]) -> str:
    return f"{rule}\n" + "\n".join(f"  {path.relative_to(ROOT)} imports {name}" for path, name in found)


def test_nothing_imports_flows_but_flows() -> None:
    found = [
        (path, name)
        for path in MODULES
        if place(path)[0] != "flows"
        for name in imports(path)
        if name.split(".")[0] == "flows"
    ]
    assert not found, broken("tasks know nothing of flows", found)


def test_flows_import_of_a_stage_only_its_tasks() -> None:
    def may(other: tuple[str, ...]) -> bool:
        return other[0] in ROOMS or other[-1] == "task" or other in VALUES

    found = [
        (path, ".".join(other))
        for path in MODULES
        if place(path)[0] == "flows"
        for other in modules_of_tasks(path)
        if not may(other)
    ]
    assert not found, broken("flows call tasks; the pure code of a stage is its own", found)


def test_prefect_is_imported_only_by_flows() -> None:
    found = [
        (path, name)
        for path in MODULES
        if place(path)[0] != "flows"
        for name in imports(path)
        if name.split(".")[0] == "prefect"
    ]
    assert not found, broken("tasks are declared without Prefect; flows make Prefect tasks of them", found)


def height(parts: tuple[str, ...]) -> float:
    """Say how high a module of `tasks` lies, by the names after `tasks`."""
    if parts[-1] == "task":
        return FACE
    if parts[0] in ROOMS:
        return ROOMS[parts[0]]
    return SETTINGS if parts[-1] == "settings" else ABOVE.get(parts[0], STAGE)


def modules_of_tasks(path: Path) -> Iterator[tuple[str, ...]]:
    """Give the modules below `tasks` that a file imports, by the names after `tasks`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tasks."):
            room = tuple((node.module or "").split(".")[1:])
            inner = [(*room, alias.name) for alias in node.names]
            found = [
                one
                for one in inner
                if ROOT.joinpath("tasks", *one).is_dir() or ROOT.joinpath("tasks", *one).with_suffix(".py").is_file()
            ]
            yield from found or [room]


def test_imports_go_one_way() -> None:
    def may(own: tuple[str, ...], other: tuple[str, ...]) -> bool:
        if own[0] == other[0]:
            return True
        if own[0] == "recipe":  # it reads the stages' settings and lists their kinds
            return other[-1] in {"settings", "kinds", "methods", "online", "filters", "presets", "detectors"} or height(
                other
            ) < height(own)
        return height(other) < height(own)

    below = [(path, place(path)[1:]) for path in MODULES if place(path)[0] == "tasks" and len(place(path)) > 2]
    found = [(path, ".".join(other)) for path, own in below for other in modules_of_tasks(path) if not may(own, other)]
    assert not found, broken(
        "core < text < rows < models < objectives < settings < a stage's pure code < task.py", found
    )


def test_pure_code_knows_neither_store_nor_recipe() -> None:
    pure = [
        (path, place(path)[1:])
        for path in MODULES
        if place(path)[0] == "tasks"
        and place(path)[-1] != "task"
        and place(path)[1] not in {"store", "recipe", *READ_THE_STORE}
    ]
    found = [
        (path, ".".join(other))
        for path, own in pure
        if own not in READ_THE_STORE
        for other in modules_of_tasks(path)
        if other[0] in {"store", "recipe"}
    ]
    assert not found, broken("bytes and settings are handed in", found)


def test_the_pure_core_has_no_clock_no_chance_and_no_network() -> None:
    pure = [
        path
        for path in MODULES
        if place(path)[0] == "tasks"
        and place(path)[1:2] not in [("store",), ("core",)]
        and place(path)[-1] != "task"
        and place(path) not in WAITS
    ]
    found = [(path, name) for path in pure for name in imports(path) if name.split(".")[0] in IMPURE]
    found += [(path, name) for path in pure for name in attributes(path) if name in CLOCKS]
    assert not found, broken("the same input gives the same output", found)


def words_said(path: Path) -> Iterator[str]:
    """Give the names and texts of a module, its docstrings aside; of a template all of it."""
    if path.suffix != ".py":
        yield path.read_text("utf-8")
        return
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.Name | ast.Attribute | ast.FunctionDef | ast.keyword):
            yield getattr(node, "id", "") or getattr(node, "attr", "") or getattr(node, "name", "") or str(node.arg)


def test_no_file_outside_the_tasks_folders_names_what_a_task_is_measured_by() -> None:
    from tasks.objectives.parts import measures_of, task_names

    measures = [measure for task in task_names() for measure in measures_of(task).measures]
    names = "|".join(re.escape(name) for measure in measures for name in (measure.key, measure.name))
    texts = [*MODULES, *(ROOT / "tasks").rglob("*.j2")]
    outside = [path for path in texts if place(path)[:2] != ("tasks", "objectives")]
    named = {
        path.relative_to(ROOT).as_posix()
        for path in outside
        if any(re.search(rf"\b({names})\b", word) for word in words_said(path))
    }
    assert named == NAME_A_MEASURE.keys()


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    files = [path for path in MODULES if path.name == "__init__.py"]
    packages = {path.parent for path in MODULES}
    assert {path.parent for path in files} == packages, "every folder of code is a package"
    full = [
        path
        for path in files
        if len(ast.parse(path.read_text("utf-8")).body) != 1
        or not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not full


def test_task_faces_are_thin() -> None:
    faces = [path for path in MODULES if path.name == "task.py"]
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in faces
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.body[0].lineno + 1 > 20
    ]
    assert not long, (
        "functions of task.py have at most 20 lines below their signature; the work belongs in the pure code"
    )


def test_task_names_are_the_functions_names_with_dashes_and_find_them_from_a_pickle() -> None:
    from tasks.core.tasks import Task

    found: list[tuple[str, str]] = []
    for path in MODULES:
        if path.name == "task.py":
            module = importlib.import_module(".".join(place(path)))
            found += [
                (name, one.name)
                for name, one in vars(module).items()
                if isinstance(one, Task)
                and one.function.__module__ == module.__name__
                and pickle.loads(pickle.dumps(one.of("it"))) == one.of("it")
            ]
    assert len(found) > 30
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) and shown == name.replace("_", "-") for name, shown in found), (
        found
    )


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.splitlines()
    assert {name.split("/")[0] for name in tracked} <= TOP


@pytest.mark.parametrize("module", ["flows.cli.main", "tasks.recipe.model", "tasks.recipe.schema"])
def test_the_command_line_and_the_recipe_load_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    assert not (HEAVY | {"prefect"}) & set(loaded)


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """A task's face, loaded by every run, loads none of them: a cached run needs none."""
    faces = ", ".join(".".join(place(path)) for path in MODULES if path.name == "task.py")
    program = f"import sys, {faces}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    assert not HEAVY & set(loaded)


def imports_with_threads_about(
    node: ast.AST, *, inside: bool = False, alone: bool = False
) -> Iterator[ast.Import | ast.ImportFrom]:
    """Give what is imported inside functions and not under the lock."""
    if isinstance(node, ast.Import | ast.ImportFrom) and inside and not alone:
        yield node
    inside = inside or isinstance(node, ast.FunctionDef)
    alone = alone or (
        isinstance(node, ast.With) and any(ast.unparse(item.context_expr) == "importing" for item in node.items)
    )
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
from tasks.core.imports import importing

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
    """What Great Expectations and scikit-learn do when a check and a profile start together; without the lock nearly
    every time fails."""
    told = subprocess.run(
        [sys.executable, "-c", CIRCLE], capture_output=True, text=True, cwd=ROOT, timeout=120, check=True
    )
    assert not told.stdout
