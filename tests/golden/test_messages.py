"""What is said of bad input, and the exit code: a table of mistakes, each in a recipe that is right but for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

GOOD: dict[str, Any] = {
    "name": "good",
    "labels": ["bad", "good"],
    "sources": {
        "reviews": {"path": "reviews.csv", "labels": {"bad": "bad", "good": "good", "mixed": None}, "max_bad": 0.1},
        "comments": {"path": "comments.jsonl", "columns": {"text": "body", "label": "mood"}},
    },
    "mix": {"weights": {"reviews": 0.5, "comments": 0.5}, "size": 100},
}
# Command, dotted path, value put there (or `...` to take the key out).
MISTAKES: dict[str, tuple[str, str, Any]] = {
    "unknown key": ("validate", "mixx", {}),
    "unknown key of a section": ("validate", "mix.sizes", 3),
    "unknown key of a source": ("validate", "sources.reviews.colums", {}),
    "unknown kind of source": ("validate", "sources.reviews.kind", "csvv"),
    "kind that cannot be told": ("validate", "sources.reviews.path", "reviews.unknown"),
    "missing name": ("validate", "name", ...),
    "missing sources": ("validate", "sources", ...),
    "no sources": ("validate", "sources", {}),
    "missing labels": ("validate", "labels", ...),
    "bad name": ("validate", "name", "Good Name"),
    "bad name of a source": ("validate", "sources.My Reviews", {"path": "reviews.csv"}),
    "wrong type": ("validate", "mix.size", "many"),
    "out of range": ("validate", "holdout.share", 1.5),
    "wrong choice": ("validate", "mix.unit", "words"),
    "weight of a stranger": ("validate", "mix.weights", {"reviews": 0.5, "comment": 0.5}),
    "weights below 0": ("validate", "mix.weights", {"reviews": -0.5, "comments": 0.5}),
    "weights of 0": ("validate", "mix.weights", {"reviews": 0, "comments": 0}),
    "unknown method": ("validate", "mix.weights", {"kind": "dsirr", "target": "comments"}),
    "target that is a stranger": ("validate", "mix.weights", {"kind": "dsir", "target": "comment"}),
    "method without its target": ("validate", "mix.weights", "dsir"),
    "source in no group": ("validate", "mix.weights", {"kind": "groups", "groups": {"a": {"sources": ["reviews"]}}}),
    "unknown source in a group": (
        "validate",
        "mix.weights",
        {"kind": "groups", "groups": {"a": {"sources": ["reviews", "comments", "x"]}}},
    ),
    "floor of a stranger": ("validate", "mix.floors", {"commments": 0.1}),
    "policy of a stranger": ("validate", "checks.policies", {"review": "warn"}),
    "cleaning of a stranger": ("validate", "clean.sources", {"review": {"min_chars": 3}}),
    "share of a stranger": ("validate", "holdout.shares", {"review": 0.3}),
    "arm of a stranger": ("validate", "compare.arms", {"mine": {"reviews": 1, "x": 1}}),
    "arm with a taken name": ("validate", "compare.arms", {"uniform": "uniform"}),
    "search for a stranger": ("validate", "search.target", "review"),
    "subject that is a stranger": (
        "validate",
        "checks.expectations",
        [{"type": "expect_column_to_exist", "kwargs": {"column": "text"}, "subjects": ["x"]}],
    ),
    "unknown expectation": (
        "validate",
        "checks.expectations",
        [{"type": "expect_column_to_exit", "kwargs": {"column": "text"}}],
    ),
    "label that is a stranger": ("validate", "sources.comments.labels", {"good": "goood", "bad": "bad"}),
    "unknown filter": ("validate", "clean.filters", ["word"]),
    "unknown preset": ("validate", "clean.filters", "webs"),
    "filter that needs lines": ("validate", "clean.filters", ["c4-lines"]),
    "unknown detector": ("validate", "personal", {"kinds": ["mail"]}),
    "unknown judge": ("validate", "sift", ["label-noises"]),
    "unknown online method": ("validate", "train", {"online": "oddm"}),
    "phases that do not sum to 1": (
        "validate",
        "mix.phases",
        [{"share": 0.5, "weights": "uniform"}, {"share": 0.2, "weights": "uniform"}],
    ),
    "benchmark with a source's name": ("validate", "decontaminate", {"against": {"reviews": {"path": "reviews.csv"}}}),
    "benchmark that is missing": ("validate", "decontaminate", {"against": {"exam": {"path": "none.csv"}}}),
    "unset variable": ("validate", "sources.reviews.path", "${NO_SUCH_VARIABLE}/reviews.csv"),
    "open password": ("validate", "sources.reviews", {"sql": "postgresql://me:secret@host/base", "table": "t"}),
    "language model with labels": ("validate", "task", "language-modelling"),
    "unknown task": ("validate", "task", "text-classifying"),
    "missing file": ("validate", "sources.reviews.path", "none.csv"),
    "glob without a file": ("validate", "sources.reviews.path", "none*.csv"),
    "empty file": ("validate", "sources.reviews.path", "empty.csv"),
    "header only": ("validate", "sources.reviews.path", "no_rows.csv"),
    "missing column": ("validate", "sources.comments.columns", {"text": "bodi", "label": "mood"}),
    "labels of no use": ("validate", "sources.reviews.labels", {"nice": "good"}),
    "where that cannot be asked": ("validate", "sources.reviews.where", "stars > 3"),
    "where that is no condition": ("validate", "sources.reviews.where", "stars >"),
    "wrong encoding": ("validate", "sources.reviews.encoding", "utf-99"),
    "two sources missing": ("validate", "sources", {"a": {"path": "a.csv"}, "b": {"path": "b.csv"}}),
    "size larger than the data": ("plan", "mix.size", 100_000),
    "floors above 1": ("plan", "mix.floors", {"reviews": 0.7, "comments": 0.7}),
    "floor above its ceiling": ("plan", "mix", {"floors": {"reviews": 0.7}, "ceilings": {"reviews": 0.2}}),
    "too many bad rows": ("plan", "sources.reviews.max_bad", 0.0),
    "nothing left after cleaning": ("plan", "clean.min_chars", 19_000),
    "too few rows for the check": ("plan", "checks.min_rows", 1_000),
    "file that is gone": ("plan", "sources.reviews.path", "none.csv"),
    "weights never learned": ("plan", "mix.weights", "learned"),
    "encoder that is missing": ("validate", "semantic_duplicates", {"model": "no-such-folder"}),
}
COMMANDS: dict[str, list[str]] = {
    "set on a missing path": ["validate", "good.yaml", "--set", "mix.wieghts.reviews=1"],
    "set on a stranger": ["validate", "good.yaml", "--set", "sources.none.where=1"],
    "set below a value": ["validate", "good.yaml", "--set", "name.first=x"],
    "set without a value": ["validate", "good.yaml", "--set", "mix.size"],
    "set that is no YAML": ["validate", "good.yaml", "--set", "mix.size=[1"],
    "until a stranger": ["run", "good.yaml", "--until", "mixing"],
    "unknown runner": ["run", "good.yaml", "--runner", "spark"],
    "missing recipe": ["validate", "none.yaml"],
    "recipe that is a folder": ["validate", "code"],
    "recipe that is no YAML": ["validate", "broken.yaml"],
    "recipe that is empty": ["validate", "empty.csv"],
    "recipe with a key twice": ["validate", "twice.yaml"],
    "unknown command": ["vlaidate", "good.yaml"],
    "unknown option": ["validate", "good.yaml", "--sets", "a=1"],
    "no recipe": ["validate"],
    "store of an unknown protocol": ["runs", "--store", "nothing://here"],
    "store that is a file": ["plan", "good.yaml", "--store", "reviews.csv"],
    "empty store": ["show", "latest", "--store", "nowhere"],
    "unknown mix": ["diff", "a", "b", "--store", "nowhere"],
    "unknown source": ["impact", "reviews", "--store", "nowhere"],
    "unknown ledger": ["ledger", "good", "--store", "nowhere"],
    "missing parquet file": ["show", "none.parquet", "--store", "nowhere"],
    "unknown lock": ["replay", "none/lock.json", "--store", "nowhere"],
    "runs without a table": ["fit", "--mixtures", "none.csv", "--scores", "none.csv", "--target", "loss"],
    "init without a file": ["init", "none.csv"],
    "init over a file": ["init", "reviews.csv", "--out", "good.yaml"],
    "init of an empty file": ["init", "empty.csv", "--out", "new.yaml"],
}


def written(folder: Path, path: str, value: Any) -> None:
    """Write the good recipe with one mistake."""
    recipe = json.loads(json.dumps(GOOD))
    tree, (*parents, last) = recipe, path.split(".")
    for name in parents:
        tree = tree.setdefault(name, {})
    if value is ...:
        del tree[last]
    else:
        tree[last] = value
    (folder / "bad.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False), "utf-8")


@pytest.fixture
def bad_place(place: Path) -> Path:
    (place / "good.yaml").write_text(yaml.safe_dump(GOOD, sort_keys=False), "utf-8")
    (place / "broken.yaml").write_text("name: [x\nsources: {", "utf-8")
    (place / "twice.yaml").write_text("name: x\nname: y\n", "utf-8")
    return place


def test_every_mistake_is_told_as_it_was(
    looker: Callable[..., dict[str, Any]], golden: Any, mask: Callable[[str], str], bad_place: Path
) -> None:
    found: dict[str, Any] = {}

    def note(name: str, *words: str) -> None:
        answer = looker(bad_place, *words)
        told = answer["stderr"][max(answer["stderr"].find("cuvee: "), 0) :]
        found[name] = {
            "exit": answer["exit"],
            "stderr": mask(told.replace(f"{bad_place}/", "").replace(str(bad_place), ".")).splitlines(),
        }

    for name, (command, path, value) in MISTAKES.items():
        written(bad_place, path, value)
        note(name, command, "bad.yaml")
    for name, words in COMMANDS.items():
        note(name, *words)
    golden.check("messages", found)
    assert not [name for name, one in found.items() if "Traceback" in "".join(one["stderr"])]
