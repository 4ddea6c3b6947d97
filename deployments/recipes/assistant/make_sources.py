"""Write three sources of questions and answers, all invented.

    python make_sources.py [FOLDER]

They come as such files do: chats as lists of messages in JSON Lines, instructions with an input and an output in one
JSON document, and a table of tasks and the programs that do them.
"""

import csv
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 700
"""Rows of each source, repeats included."""
GOODS = ("lamp", "kettle", "chair", "clock", "radio", "blanket", "mirror", "ladder")
CITIES = ("Aldmoor", "Brenfield", "Castelow", "Dunmere", "Eastry")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
NAMES = ("Ana", "Bram", "Chidi", "Dana", "Emeka", "Farid", "Greta", "Hiro")
SIGNS = {"the sum of": "+", "the product of": "*", "the difference of": "-"}


def make_sources(folder: Path, seed: int = 0) -> None:
    """Write all sources into `folder`; it is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)  # noqa: S311 (nothing secret)
    chats = [json.dumps({"messages": chat(draw)}) for _ in range(ROWS)]
    (folder / "desk.jsonl").write_text("\n".join(chats) + "\n", "utf-8")
    (folder / "letters.json").write_text(json.dumps([letter(draw) for _ in range(ROWS)], indent=1) + "\n", "utf-8")
    with (folder / "code.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["task", "program"])
        table.writerows(task(draw) for _ in range(ROWS))


def chat(draw: random.Random) -> list[dict[str, str]]:
    """Draw what is said at a desk: when a thing comes, and sometimes what it costs."""
    thing, city, day, price = draw.choice(GOODS), draw.choice(CITIES), draw.choice(DAYS), draw.randint(2, 9)
    said = [f"When does my {thing} come to {city}?", f"Your {thing} comes to {city} on {day}."]
    if draw.random() < 0.5:
        said += ["What does it cost?", f"The {thing} costs {price}0 crowns."]
    system = [{"role": "system", "content": f"Deliveries are on {day}; a {thing} costs {price}0."}]
    return system + [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)]


def letter(draw: random.Random) -> dict[str, str]:
    """Draw an instruction about a sentence."""
    name, thing, city = draw.choice(NAMES), draw.choice(GOODS), draw.choice(CITIES)
    text = f"{name} sent a {thing} to {city}."
    asked = {
        "Who sent it?": name,
        "Where did it go?": city,
        "Say it in capitals.": text.upper(),
        "Ask whether it is so.": f"Did {name} send a {thing} to {city}?",
    }
    instruction = draw.choice(list(asked))
    return {"instruction": instruction, "input": text, "output": asked[instruction]}


def task(draw: random.Random) -> tuple[str, str]:
    """Draw a task and the program that does it."""
    words, factor = draw.choice(list(SIGNS)), draw.randint(2, 12)
    name = f"{draw.choice(GOODS)}_{draw.choice(GOODS)}"
    body = f"def {name}(a, b):\n    return {factor} * (a {SIGNS[words]} b)"
    return f"Write a function {name} that gives {factor} times {words} a and b.", body


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
