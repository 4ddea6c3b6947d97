"""Write three sources of Chinese sentences with their English translations, all invented.

    python make_sources.py [FOLDER]

They come as such files do: a table with a column for each language, two files whose lines belong together, and JSON
Lines.
"""

import csv
import json
import random
import re
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROWS = {"travel": 900, "talk": 900, "news": 600}
"""Rows of each source, repeats included."""
Pair = tuple[str, str]


def make_sources(folder: Path, seed: int = 0) -> None:
    """Write all sources into `folder`; it is made if it is not there."""
    phrases = yaml.safe_load((HERE / "phrases.yaml").read_text("utf-8"))
    rows = {name: sentences(name, phrases, count, seed) for name, count in ROWS.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "旅行.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["中文", "英文"])
        table.writerows(rows["travel"])
    for at, language in enumerate(("zh", "en")):
        (folder / f"talk.{language}").write_text("".join(f"{pair[at]}\n" for pair in rows["talk"]), "utf-8")
    lines = [json.dumps({"zh": zh, "en": en}, ensure_ascii=False) for zh, en in rows["news"]]
    (folder / "news.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def sentences(name: str, phrases: dict[str, dict[str, list[Pair]]], count: int, seed: int) -> list[Pair]:
    """Draw sentences of a source, each in both languages."""
    draw = random.Random(f"{seed} {name}")  # noqa: S311 (nothing secret)
    made: list[Pair] = []
    for _ in range(count):
        template = draw.choice(phrases["sources"][name])
        drawn = {bank: draw.choice(phrases["banks"][bank]) for bank in re.findall(r"\{(\w+)\}", template[0])}
        zh, en = (template[at].format(**{bank: entry[at] for bank, entry in drawn.items()}) for at in range(2))
        made.append((zh, en[:1].upper() + en[1:]))
    return made


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
