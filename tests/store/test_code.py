"""Laws of the code part of a content key: what the work runs is in the key of its product, and nothing else."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.clean.settings import SourceCleaning
from tasks.core.records import Objective
from tasks.objectives.parts import task_names
from tasks.store import code, source
from tasks.store.code import LEFT_OUT, OTHERS, code_parts, left_out
from tasks.train.settings import TrainSettings

ROOT = Path(__file__).parents[2]
FACES = sorted((ROOT / "tasks").rglob("task.py"))
KINDS = (
    "augment/methods",
    "clean/filters",
    "ingest/kinds",
    "personal/detectors",
    "sift/methods",
    "train/online",
    "weigh/methods",
)
OBJECTIVES = tuple(f"objectives/{name.replace('-', '_')}" for name in task_names())
MAKE_BYTES = {"numpy", "polars", "pyarrow", "scipy", "sklearn", "tokenizers", "torch", "transformers", "xxhash"}
NO_PRODUCTS = {
    "ingest.preview": "shows how a source reads",
    "experiments": "searching and comparing read predictions; what a product holds is in the closure of its task",
    "guess": "writes a recipe",
    "history": "reads what is there",
    "predict.scoring": "scores a model on its user's files, and keeps nothing",
    "mix.readings": "shows what the weights of a plan mean, and keeps nothing",
    "train.shown": "shows a batch, and keeps nothing",
    "publish": "is never cached",
    "report": "is never cached",
}
"""Rooms, and modules, that no product is made by, and why."""

PROGRAM = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from tasks.clean.settings import SourceCleaning
from tasks.core.records import Objective
from tasks.ingest.settings import Source
from tasks.personal.settings import SourceProtection
from tasks.sift.settings import Sifting
from tasks.store import code, source
from tasks.train.settings import TrainSettings
from tasks.weigh.settings import WeighSettings, Weights
from pydantic import TypeAdapter

root = Path(sys.argv[1])
assert code.ROOT == root

def of(kind, section):
    return TypeAdapter(kind).validate_python(section)

def weights(kind):
    return WeighSettings(weights={"kind": kind})

def training(online=None):
    return TrainSettings(model="m", online=online)

cases = {
    "ingest delimited": ("ingest.ingest_source", [of(Source, {"path": "a.csv"})]),
    "ingest jsonl": ("ingest.ingest_source", [of(Source, {"path": "a.jsonl"})]),
    "ingest images": ("ingest.ingest_source", [of(Source, {"path": "a", "kind": "image-folder"})]),
    "clean": ("clean.clean_source", [SourceCleaning()]),
    "clean words": ("clean.clean_source", [SourceCleaning(filters=["words"])]),
    "clean language": ("clean.clean_source", [SourceCleaning(filters=["language"])]),
    "protect email": ("personal.protect_source", [SourceProtection(kinds=["email"])]),
    "protect card": ("personal.protect_source", [SourceProtection(kinds=["card"])]),
    "sift noise": ("sift.sift_pool", [of(Sifting, "label-noise")]),
    "deduplicate": ("deduplicate.deduplicate_sources", []),
    "near": ("deduplicate.drop_near_duplicates", []),
    "semantic": ("deduplicate.drop_semantic_duplicates", []),
    "decontaminate": ("decontaminate.decontaminate_pool", []),
    "weigh uniform": ("weigh.weigh_sources", [weights("uniform")]),
    "weigh unimax": ("weigh.weigh_sources", [weights("unimax")]),
    "appraise dsir": ("weigh.appraise_sources", [of(Weights, {"kind": "dsir", "target": "a"})]),
    "plan": ("mix.plan_mix", []),
    "mix": ("mix.write_mix", []),
    "check": ("check.check_source", []),
    "profile": ("profile.profile_mix", []),
    "hash": ("experiments.trial.hash_source", []),
    "train": ("train.train_model", [training(), Objective(task="text-classification")]),
    "train text": ("train.train_model", [training(), Objective(task="language-modelling")]),
    "train odm": ("train.train_model", [training("odm"), Objective(task="language-modelling")]),
    "evaluate": ("evaluate.evaluate_model", [Objective(task="text-classification")]),
    "evaluate text": ("evaluate.evaluate_model", [Objective(task="language-modelling")]),
}

def keys():
    for remembered in (code._parts, code._file, source.source_of):
        remembered.cache_clear()
    found = {}
    for case, (task, values) in cases.items():
        room, _, name = task.rpartition(".")
        assert f"def {name}(" in (root / "tasks" / room.replace(".", "/") / "task.py").read_text("utf-8")
        found[case] = code.code_parts(SimpleNamespace(__module__=f"tasks.{room}.task", __name__=name), values)
    return found

before = keys()
for line in sys.stdin:
    path, old, new = json.loads(line)
    file = root / "tasks" / path
    text = file.read_text("utf-8")
    assert old in text, (path, old)
    file.write_text(text.replace(old, new, 1) if old else text + new, "utf-8")
    after = keys()
    print(json.dumps({
        case: sorted(part for part in {*parts, *after[case]} if parts.get(part) != after[case].get(part))
        for case, parts in before.items() if parts != after[case]
    }), flush=True)
    file.write_text(text, "utf-8")
    assert keys() == before
"""
Edit = tuple[str, str, str]
"""File below `tasks`, what is replaced there (nothing: the end of the file), by what."""
LINE = "\nANOTHER_LINE = 1\n"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[Edit]], list[dict[str, list[str]]]]]:
    """Edit a copy of the tree, one edit at a time: for each, the keys that it changes and their parts that do."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "tasks", root / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {"PYTHONPATH": str(root), "XDG_CACHE_HOME": str(root / "cache")}
    command = [sys.executable, "-B", "-c", PROGRAM, str(root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=environment
    ) as process:
        given, told = process.stdin, process.stdout
        assert given
        assert told

        def edit(edits: list[Edit]) -> list[dict[str, list[str]]]:
            given.writelines(json.dumps(one) + "\n" for one in edits)
            given.flush()
            return [json.loads(told.readline()) for _ in edits]

        yield edit
        given.close()


INGEST = {"ingest delimited", "ingest jsonl", "ingest images"}
CLEAN = {"clean", "clean words", "clean language"}
TRAIN = {"train", "train text", "train odm"}
SIMILAR = {"near", "semantic", "decontaminate"}
ONE_LINE_MORE: dict[str, set[str]] = {
    "ingest/kinds/xml.py": set(),
    "ingest/kinds/jsonl.py": {"ingest jsonl", "ingest images"},  # metadata beside images is read by it
    "ingest/kinds/image_folder.py": {"ingest images"},
    "ingest/map.py": INGEST,
    "clean/filters/words.py": {"clean words"},
    "clean/filters/language.py": {"clean language"},
    "clean/normalise.py": CLEAN,
    "personal/detectors/card.py": {"protect card"},
    "sift/methods/label_noise.py": {"sift noise"},
    "sift/methods/perplexity.py": set(),
    "weigh/methods/unimax.py": {"weigh unimax"},
    "weigh/methods/dsir.py": {"appraise dsir"},
    "similarity/shingles.py": SIMILAR,
    "train/online/odm.py": {"train odm"},
    "train/online/bandit.py": set(),
    "train/steering.py": TRAIN,
    "train/loop.py": TRAIN,
    "objectives/text_classification/examples.py": {"train"},
    "objectives/language_modelling/examples.py": {"train text", "train odm"},
    "objectives/language_modelling/evaluate.py": {"evaluate text"},
    "objectives/language_modelling/measures.py": set(),
    "mix/counts.py": {"plan"},
    "mix/write.py": {"mix"},
    "mix/replay.py": set(),
}


def test_a_changed_file_makes_anew_what_it_shapes_and_nothing_else(changed: Any) -> None:
    found = changed([(path, "", LINE) for path in ONE_LINE_MORE])
    assert {path: set(cases) for path, cases in zip(ONE_LINE_MORE, found, strict=True)} == ONE_LINE_MORE


def test_a_shared_module_makes_anew_every_stage_that_uses_it(changed: Any) -> None:
    keys, records = changed([("rows/keys.py", "", LINE), ("core/records.py", "", LINE)])
    assert {*CLEAN, *INGEST, *SIMILAR, "deduplicate", "protect card"} <= keys.keys()
    assert not {"hash", "plan", *TRAIN} & keys.keys()
    assert all(parts == ["code.rows.keys"] for parts in keys.values())
    assert len(records) == 26


def test_what_shapes_no_byte_changes_no_key(changed: Any) -> None:
    quiet = [f"{room.removeprefix('tasks.').replace('.', '/')}.py" for room in LEFT_OUT if room != "tasks.store"]
    quiet += ["store/storage.py", "store/products.py", "store/runs.py", "recipe/model.py"]
    quiet += [
        "guess/sources.py",
        "history/ledger.py",
        "report/page.py",
        "publish/cards.py",
        "experiments/search/fit.py",
    ]
    assert changed([(path, "", LINE) for path in quiet]) == [{}] * len(quiet)


def test_words_for_people_change_no_key(changed: Any) -> None:
    edits = [
        ("clean/normalise.py", "", "# a remark\n"),
        ("clean/filter.py", "What cleaning did to one source.", "What cleaning has done."),
        ("clean/task.py", "rows stay; dropped", "rows are left; dropped"),
        ("train/settings.py", "Examples per optimiser step", "Rows per step of the optimiser"),
        ("clean/settings.py", "keep_lines: bool = False", "keep_lines: bool = (\n        False\n    )"),
    ]
    assert changed(edits) == [{}] * len(edits)


def one_step_more(path: str, function: str) -> Edit:
    """An edit that lets a function do one thing more at its end."""
    text = (ROOT / "tasks" / path).read_text("utf-8")
    found = next(one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name == function)
    last = ast.get_source_segment(text, found.body[-1]) or ""
    return path, last, f"another_step = 1\n    {last}"


def test_of_a_task_file_only_the_own_function_counts(changed: Any) -> None:
    found = changed(
        [
            one_step_more("clean/task.py", "clean_source"),
            one_step_more("deduplicate/task.py", "drop_near_duplicates"),
            one_step_more("train/task.py", "_collect"),  # beside the task's own function, which calls it
            one_step_more("train/task.py", "probe_model"),
        ]
    )
    assert [set(cases) for cases in found] == [CLEAN, {"near"}, TRAIN, set()]
    assert found[1] == {"near": ["code.deduplicate.task"]}


def functions(path: Path) -> Iterator[Any]:
    """The functions of a task file that make products, as `code_parts` wants them."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list and "work: Workbench" in ast.unparse(node.args):
            yield SimpleNamespace(__module__=module(path), __name__=node.name)


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def makes_no_product(path: Path) -> bool:
    return f"{module(path)}.".startswith(tuple(f"tasks.{one}." for one in NO_PRODUCTS))


def kinds(folders: tuple[str, ...]) -> set[str]:
    return {module(path) for folder in folders for path in (ROOT / "tasks" / folder).glob("[!_]*.py")}


@pytest.fixture(scope="module")
def reached() -> dict[str, set[str]]:
    """Task -> the modules that its product hangs on whatever is chosen."""
    return {
        one.__name__: {f"tasks.{part.removeprefix('code.')}" for part in code_parts(one, []) if part[:5] == "code."}
        for path in FACES
        for one in functions(path)
    }


def test_every_product_hangs_on_its_own_room_and_on_no_room_that_is_left_out(reached: dict[str, set[str]]) -> None:
    assert len(reached) > 20
    for task, modules in reached.items():
        assert any(one.endswith(".task") for one in modules), task
        assert len(modules) > 1, task
        assert not [one for one in modules if left_out(one)], task
        assert not [one for one in modules if one.split(".")[1] in {"guess", "history", "publish", "report"}], task


def test_what_is_left_out_is_there_and_makes_no_bytes() -> None:
    """The store moves what others made; the rest imports nothing that tables, arrays or models are made with."""
    for room, why in LEFT_OUT.items():
        files = [path for path in (ROOT / "tasks").rglob("*.py") if f"{module(path)}.".startswith(f"{room}.")]
        assert files, f"{room} is no longer there"
        assert why
        imported = {name.partition(".")[0] for path in files for name in source.source_of(path).imports}
        assert not imported & MAKE_BYTES, f"{room} is left out of keys ({why}), and may shape bytes"


def test_what_makes_bytes_is_reached_by_a_task_or_serves_what_makes_no_product(reached: dict[str, set[str]]) -> None:
    others = {module(path) for path in (ROOT / "tasks").rglob("*.py") if makes_no_product(path)}
    chosen, _ = code._closure({}, kinds(KINDS + OBJECTIVES) | others, ())
    known = {*chosen, *(one for modules in reached.values() for one in modules)}
    missed = [
        module(path)
        for path in (ROOT / "tasks").rglob("*.py")
        if {name.partition(".")[0] for name in source.source_of(path).imports} & MAKE_BYTES
        and module(path) not in known
        and path.name != "task.py"
        and not makes_no_product(path)
    ]
    assert missed == []


def test_what_is_loaded_by_name_is_a_kind_that_its_settings_name_or_an_objective() -> None:
    """Nothing else can be found by reading; `Params` of a kind stand in its file (tests/test_architecture.py)."""
    allowed = {one.rpartition("/")[2] for one in KINDS + OBJECTIVES} | {"online"}
    files = [path for path in (ROOT / "tasks").rglob("*.py") if not makes_no_product(path)]
    loaded = {
        (module(path), ast.unparse(node.args[0]).removeprefix("source_"))
        for path in files
        if module(path).split(".")[1] not in {"core", "recipe"}
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"registry.load", "import_module"}
    }
    assert loaded
    assert {(path, package) for path, package in loaded if package not in allowed} == set()


def test_libraries_are_parts_of_their_own() -> None:
    def libraries(name: str, *values: Any) -> dict[str, str]:
        found = code_parts(SimpleNamespace(__module__=f"tasks.{name}.task", __name__=f"{name}_source"), values)
        return {part: value for part, value in found.items() if part.startswith("library.")}

    plain, language = libraries("clean", SourceCleaning()), libraries("clean", SourceCleaning(filters=["language"]))  # type: ignore[arg-type]
    assert plain["library.polars"] == version("polars")
    assert {*language} - {*plain} == {"library.py3langid"}
    assert not {f"library.{name}" for name in {"prefect", "tasks", "json", *OTHERS}} & language.keys()


def test_a_library_of_another_name_than_its_distribution_has_its_version(tmp_path: Path) -> None:
    assert code._release("sklearn") == version("scikit-learn")
    assert code._release("torch") == version("torch").partition("+")[0]
    assert code._release("no_such_library") == "absent"


def test_parts_of_a_key_that_tell_of_code_are_told_from_those_of_settings() -> None:
    parts = {"code": "a", "polars": "1", "code.rows.keys": "b", "library.numpy": "2", "settings.code": "c", "seen": "d"}
    assert code.code_of(parts) == {name: parts[name] for name in ("code", "polars", "code.rows.keys", "library.numpy")}


def test_what_was_read_is_remembered_and_a_broken_memory_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = (code._parts, source.source_of, source.memory)
    train = SimpleNamespace(__module__="tasks.train.task", __name__="train_model")
    values = [TrainSettings(model="m"), Objective(task="text-classification")]

    def parts() -> dict[str, str]:
        for one in fresh:
            one.cache_clear()
        return code_parts(train, values)  # type: ignore[arg-type]

    first = parts()
    kept = source.place()
    assert kept.is_relative_to(tmp_path)
    monkeypatch.setattr(source, "_read", lambda *_: pytest.fail("it was read before"))
    assert parts() == first
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept.write_text("{")
    assert parts() == first
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert parts() == first
    for one in fresh:
        one.cache_clear()
