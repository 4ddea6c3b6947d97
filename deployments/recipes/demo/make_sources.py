"""Write the demo's three sources: news headlines, social-media comments and paper abstracts, all invented.

    python make_sources.py [FOLDER]

Every choice is a hash of the seed and of the sentence's number, so the files are the same, byte for byte, on every
machine. The sources have the flaws that sources have: repeats within and across, empty texts, a broken line, a label
nobody knows, labels that say neither, and a few sentences that were labelled wrongly.
"""

import csv
import datetime
import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROWS = {"news": 960, "social": 720, "papers": 720}
"""Rows of each source, flaws included."""
WRONG, NEUTRAL, REPEATED = 0.015, 0.03, 0.03
"""Shares of rows: labelled wrongly, on neither side, word for word a row that was there before."""
LABELS = {
    "news": {"good": "good", "bad": "bad", "neutral": "mixed"},
    "social": {"good": 1, "bad": 0},
    "papers": {"good": "positive result", "bad": "negative result", "neutral": "inconclusive"},
}
OTHER = {"good": "bad", "bad": "good"}
Row = tuple[str, str]
"""A text and its side: good, bad or neutral. The text of a paper is title, tab, abstract."""


class Dice:
    """Chance that depends on nothing but its name.

    Args:
        name: all that tells this sequence of throws from others.
    """

    def __init__(self, *name: object) -> None:
        self.name, self.throws = "/".join(map(str, name)), 0

    def throw(self) -> float:
        """Give the next number in [0, 1)."""
        self.throws += 1
        return int.from_bytes(hashlib.sha256(f"{self.name}/{self.throws}".encode()).digest()[:6], "big") / 2**48

    def pick(self, options: Sequence[Any]) -> Any:
        """Give one of the options, each as likely."""
        return options[int(self.throw() * len(options))]

    def prefer(self, options: Sequence[str]) -> str:
        """Give one of the options, the first ones more often: the k-th of n with a chance of about 1 / (k ln n)."""
        return options[int((len(options) + 1) ** self.throw()) - 1]


def favourites(source: str, words: Sequence[str]) -> list[str]:
    """Order a shared bank as this source likes its words best."""
    return sorted(words, key=lambda word: Dice(source, word).throw())


def banks_of(source: str, phrases: dict[str, Any]) -> dict[str, Any]:
    """Give a source its banks: its own, and the shared ones in its order."""
    shared = {
        name: {side: favourites(source, words) for side, words in sides.items()}
        for name, sides in phrases["shared"].items()
    }
    return shared | phrases[source]


def fill(template: str, banks: dict[str, Any], side: str, dice: Dice) -> str:
    """Fill a template's slots and mend `a` before a vowel."""
    case = dice.pick(banks.get("cases", [{}]))

    def word(slot: re.Match[str]) -> str:
        bank = case.get(slot[2]) or banks[slot[2]]
        if isinstance(bank, str):
            return bank
        if isinstance(bank, dict):
            return dice.prefer(bank[OTHER[side] if slot[1] else side])
        return dice.pick(bank)

    text = re.sub(r"\{(!?)(\w+)\}", word, template)
    return re.sub(r"\b([Aa]) (?=[aeio]|u(?!se|ni))", r"\1n ", text)


def sentences(source: str, banks: dict[str, Any], count: int, seed: int) -> list[Row]:
    """Write a source's texts, repeats included."""
    rows: list[Row] = []
    for number in range(count):
        dice = Dice(seed, source, number)
        if rows and dice.throw() < REPEATED:
            text, side = rows[int(dice.throw() * len(rows))]
            rows.append((text.replace(" ", "  ", 1), side))
            continue
        side = "neutral" if dice.throw() < NEUTRAL and "neutral" in banks else dice.pick(["good", "bad"])
        template = dice.pick(banks["neutral" if side == "neutral" else "templates"])
        title = dice.pick(banks["title"]) + "\t" if "title" in banks else ""
        text = fill(title + template, banks, side, dice)
        if side != "neutral" and dice.throw() < WRONG:
            side = OTHER[side]
        rows.append((text, side))
    return rows


def capital(text: str) -> str:
    """Give the text a capital at its start."""
    return text[:1].upper() + text[1:]


def write_news(file: Path, rows: list[Row]) -> None:
    """Comma-separated, with a header; one line has lost its end, one tone is a slip of the pen."""
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["date", "headline", "tone"])
        for number, (text, side) in enumerate(rows):
            day = datetime.date(2026, 1, 1) + datetime.timedelta(days=number // 3)
            if number == 40:
                table.writerow([day])
            else:
                table.writerow(
                    [day, "" if number in (17, 61) else capital(text), "godo" if number == 52 else LABELS["news"][side]]
                )


def write_social(file: Path, rows: list[Row]) -> None:
    """JSON Lines; one line was cut off, one mood is on another scale."""
    lines = [
        json.dumps(
            {
                "id": number,
                "body": " " if number in (9, 33) else text,
                "mood": 5 if number == 71 else LABELS["social"][side],
            }
        )
        for number, (text, side) in enumerate(rows)
    ]
    lines[28] = lines[28][: len(lines[28]) // 2]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def write_papers(file: Path, rows: list[Row]) -> None:
    """One JSON document with the records inside; one record has no finding, one a finding of its own."""
    papers: list[dict[str, str]] = []
    for number, (text, side) in enumerate(rows):
        title, abstract = map(capital, text.split("\t"))
        papers.append({"id": f"P{number:04}", "title": title, "abstract": abstract, "finding": LABELS["papers"][side]})
    del papers[21]["finding"]
    papers[47]["finding"] = "retracted"
    file.write_text(json.dumps({"collection": "invented abstracts", "papers": papers}, indent=1) + "\n", "utf-8")


WRITERS: dict[str, Callable[[Path, list[Row]], None]] = {
    "news.csv": write_news,
    "social.jsonl": write_social,
    "papers.json": write_papers,
}


def make_sources(folder: Path, scale: float = 1.0, seed: int = 0) -> None:
    """Write all sources.

    Args:
        folder: where to; made if it is not there.
        scale: part of the usual number of rows; at least 0.15, so that the flaws have room.
        seed: other sentences for another seed.
    """
    phrases = yaml.safe_load((HERE / "phrases.yaml").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    headlines: list[Row] = []
    for name, write in WRITERS.items():
        source = Path(name).stem
        banks = banks_of(source, phrases)
        rows = sentences(source, banks, int(ROWS[source] * scale), seed)
        if source == "news":
            headlines = [(capital(text), side) for text, side in rows if side != "neutral"]
        if source == "social":
            rows += headlines[:: len(headlines) // 12]
        write(folder / name, rows)


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
