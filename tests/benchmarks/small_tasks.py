"""Tasks on real data, a tiny encoder from nothing for each: what it reaches, what it must beat, and how long it takes.

    python tests/benchmarks/small_tasks.py DATA [TASK …] [--store FOLDER]

DATA is the folder of the shared public data (see tests/conftest.py). Prints a line a task and measure, for the table in
RESULTS.md. Words of presidio's texts are runs without white space; a word in a marked span bears its type.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from tasks.objectives.parts import measures_of

MODEL = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256}
TAB = {"kind": "delimited", "delimiter": "\t", "header": False, "quoting": False, "columns": {"value": 1, "text": 2}}
EMOTIONS = ["ambiguous", "negative", "neutral", "positive"]
EPOCHS = {"regression": 4, "pair-classification": 6, "question-answering": 6, "token-classification": 12}


def tagged(data: Path, folder: Path) -> list[str]:
    """Write presidio's texts as words with tags; give the tags there are."""
    rows: list[dict[str, list[str]]] = []
    for record in json.loads((data / "messy/pii_synth_dataset_v2.json").read_text("utf-8")):
        text, words, tags, at = record["full_text"], list[str](), list[str](), 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            inside = [s for s in record["spans"] if s["start_position"] < at and s["end_position"] > start]
            first = inside and text[inside[0]["start_position"] : start].strip() == ""
            words.append(word)
            tags.append(f"{'B' if first else 'I'}-{inside[0]['entity_type']}" if inside else "O")
        rows.append({"words": words, "tags": tags})
    (folder / "presidio.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return sorted({tag for row in rows for tag in row["tags"]}, key=lambda tag: (tag != "O", tag))


def recipes(data: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Give by task the sources of its recipe, and its labels."""
    vader, coarse = data / "sentiment/vader", data / "sentiment/reddit_goemotions"
    emotions = {str(number): name for number, name in enumerate(EMOTIONS)}
    comments = {"kind": "delimited", "delimiter": "\t", "header": False, "quoting": False, "labels": emotions}
    return {
        "regression": {
            "sources": {
                "tweets": TAB | {"path": str(vader / "tweets_GroundTruth.txt")},
                "products": TAB | {"path": str(vader / "amazonReviewSnippets_GroundTruth.txt")},
            }
        },
        "pair-classification": {
            "labels": ["unfit", "fit"],
            "sources": {
                "cosqa": {
                    "path": str(data / "code/codexglue_cosqa_dev.json"),
                    "columns": {"text": "doc", "pair": "code", "label": "label"},
                    "labels": {"0": "unfit", "1": "fit"},
                }
            },
        },
        "multi-label-classification": {
            "labels": EMOTIONS,
            "sources": {"reddit": comments | {"path": str(coarse / "dev.tsv"), "columns": {"text": 0, "labels": 1}}},
        },
        "question-answering": {
            "sources": {"xquad": {"path": str(data / "qa/xquad.en.json"), "records": "data.paragraphs.qas"}}
        },
        "token-classification": {
            "labels": tagged(data, folder),
            "sources": {"presidio": {"path": str(folder / "presidio.jsonl")}},
        },
    }


def recipe_of(task: str, said: dict[str, Any]) -> dict[str, Any]:
    """Give the whole recipe of a task."""
    model = {"architecture": "bert", "vocabulary": 4000, "config": MODEL}
    longest = {"question-answering": 192, "pair-classification": 160}.get(task, 64)
    epochs = EPOCHS.get(task, 4)
    train = {"model": model, "epochs": epochs, "learning_rate": 1e-3, "max_tokens": longest}
    mix = {"weights": "proportional", "max_epochs": epochs}
    return {"name": task, "task": task, "near_duplicates": None, "mix": mix, "train": train, **said}


def main() -> None:
    """Run the recipes one after another, and print what they reach."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=Path)
    arguments.add_argument("tasks", nargs="*")
    arguments.add_argument("--store", default="")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for task, said in recipes(asked.data, Path(folder)).items():
            if asked.tasks and task not in asked.tasks:
                continue
            file = Path(folder, f"{task}.yaml")
            file.write_text(yaml.safe_dump(recipe_of(task, said), allow_unicode=True), "utf-8")
            started = time.perf_counter()
            command = [sys.executable, "-m", "flows.cli.main", "run", str(file), "--json"]
            command += ["--store", asked.store or str(Path(folder, "store"))]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            print(*lines(task, json.loads(done), (time.perf_counter() - started) / 60), sep="\n", flush=True)


def lines(task: str, done: dict[str, Any], minutes: float) -> list[str]:
    """Write rows of the table."""
    metrics, written = done["metrics"], list[str]()
    for measure in measures_of(task).measures:
        low, high = metrics[f"{measure.key}_interval"]
        cells = [f"{metrics[measure.key]:.3f} ({low:.3f} to {high:.3f})", f"{metrics['baseline'][measure.key]:.3f}"]
        written.append(f"| {task} | {measure.name} | {' | '.join(cells)} | {metrics['rows']:,} | {minutes:.1f} |")
    return written


if __name__ == "__main__":
    main()
