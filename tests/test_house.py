"""The house rules that a program can see: sizes, names, words, pins, recipes, and that the README tells the truth."""

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tasks.recipe.model import load_recipe

ROOT = Path(__file__).parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked(pattern: str = "*") -> tuple[Path, ...]:
    """List the files that are in the repository, or about to be: git knows them and does not ignore them."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    names = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True).stdout.splitlines()
    return tuple(path for name in sorted(names) if (path := ROOT / name).is_file())


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


CODE = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in {"flows", "tasks"}]
SCRIPTS = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] == "deployments"]
TESTS = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] == "tests"]


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def length(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_file_is_longer_than_300_lines_and_no_test_file_longer_than_500() -> None:
    long = [path for path in CODE + SCRIPTS if length(path) > 300] + [path for path in TESTS if length(path) > 500]
    assert not names(long)


def test_half_of_the_files_have_at_most_120_lines() -> None:
    assert statistics.median(length(path) for path in CODE if path.name != "__init__.py") <= 120


def test_functions_are_short() -> None:
    sizes = sorted(lines(node) for path in CODE + SCRIPTS for node in functions(path))
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in CODE + SCRIPTS
        for node in functions(path)
        if lines(node) > 60
    ]
    assert not long
    assert statistics.median(sizes) <= 12
    assert sizes[int(0.9 * len(sizes))] <= 40


def test_a_function_takes_at_most_eight_arguments() -> None:
    def count(node: Function) -> int:
        return len(
            [
                one
                for one in node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                if one.arg not in ("self", "cls", "work")
            ]
        )

    assert not [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in CODE
        for node in functions(path)
        if count(node) > 8
    ]


def test_every_function_says_what_it_returns() -> None:
    assert not [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in CODE + SCRIPTS
        for node in functions(path)
        if not node.returns
    ]


def test_every_module_says_what_it_is_for() -> None:
    assert not names([path for path in CODE + SCRIPTS + TESTS if not ast.get_docstring(parsed(path))])


def test_every_test_asserts_something() -> None:
    def asserts(node: ast.AST) -> bool:
        named = getattr(node, "attr", "") or getattr(node, "id", "")
        return (
            isinstance(node, ast.Assert)
            or named in {"raises", "fail"}
            or named.startswith(("assert_", "check", "expect"))
        )

    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in TESTS
        for node in functions(path)
        if node.name.startswith("test_") and not any(map(asserts, ast.walk(node)))
    ]
    assert not silent


def test_no_exception_is_swallowed_and_no_body_is_empty() -> None:
    def empty(body: list[ast.stmt]) -> bool:
        return all(isinstance(node, ast.Pass) for node in body)

    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in CODE + SCRIPTS + TESTS
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ExceptHandler) and (node.type is None or empty(node.body)))
        or (isinstance(node, Function) and empty(node.body))
    ]
    assert not found


# Written so that this file does not match itself.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b|NotImplemented[E]rror")
UNSAFE = re.compile(
    r"trust_remote_code\s*=\s*True|pickle\.load|torch\.load\((?!.*weights_only=True)|yaml\.load\((?!.*Safe)|shell\s*=\s*True"
    r"|(?<![.\w])eval\(|(?<![.\w])exec\(|allow_pickle\s*=\s*True"
)
MACHINE = re.compile(r"/wor[k]/|/tm[p]/[a-z]+/|/hom[e]/|/roo[t]/|/User[s]/")


def matches(pattern: re.Pattern[str], paths: list[Path] | tuple[Path, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished() -> None:
    assert not matches(UNFINISHED, CODE + SCRIPTS + TESTS)


def test_nothing_runs_what_the_data_says() -> None:
    assert not matches(UNSAFE, CODE + SCRIPTS)


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert not matches(MACHINE, [path for path in tracked() if path.name != "LICENSE" and path.suffix != ".gz"])


@pytest.mark.parametrize("recipe", names(list(tracked("deployments/recipes/*.yaml"))))
def test_every_recipe_loads(recipe: str) -> None:
    if recipe.count("/") == 2:
        assert load_recipe(str(ROOT / recipe)).recipe.name


def test_every_dependency_is_pinned_exactly_once() -> None:
    rows = [
        line for line in (ROOT / "infra/constraints.txt").read_text().splitlines() if line and not line.startswith("#")
    ]
    assert not [row for row in rows if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", row)]
    pinned = [canonicalize_name(row.partition("==")[0]) for row in rows]
    assert sorted(set(pinned)) == sorted(pinned)
    assert not needed() - set(pinned), "not pinned"


def needed() -> set[str]:
    """Walk from the project and its extras to everything they need on this machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [
        Requirement(text)
        for text in [
            *project["dependencies"],
            *(one for extra in project["optional-dependencies"].values() for one in extra),
        ]
    ]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            found = [Requirement(text) for text in requires(one.name) or []]
        except PackageNotFoundError:
            continue
        waiting += [
            inner
            for inner in found
            if not inner.marker or any(inner.marker.evaluate({"extra": extra}) for extra in one.extras or {""})
        ]
    return {name for name, _ in seen}


README = ROOT / "README.md"


def commands() -> list[str]:
    blocks = (
        re.findall(r"```(?:sh|bash|console|shell)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
        if README.is_file()
        else []
    )
    found = [line.removeprefix("$ ").partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in found if line.startswith(("cuvee ", "make ", "prefect "))]


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_readme_is_there(command: str) -> None:
    from flows.cli.main import app

    program, *words = command.split()
    known = {
        "cuvee": {one.name or one.callback.__name__ for one in app.registered_commands if one.callback},
        "make": set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)),
        "prefect": {"flow", "deploy", "worker", "work-pool", "server", "deployment"},
    }
    assert next(word for word in words if not word.startswith("-") and "=" not in word) in known[program]


def test_every_file_that_the_readme_names_is_there() -> None:
    text = README.read_text("utf-8") if README.is_file() else ""
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not link.startswith("<")]
    paths = re.findall(
        r"(?<![\w/{}<>-])((?:flows|tasks|tests|deployments|infra)/[\w./-]+\.(?:py|yaml|md|sh|txt))\b", text
    )
    assert not [name for name in links + paths if not (ROOT / name).exists()]


def test_this_file_finds_what_it_looks_for() -> None:
    assert len(CODE) > 20
    assert len(TESTS) > 5
