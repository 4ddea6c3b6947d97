"""Write two sources of tasks for a programmer, all invented, each with a program that does it and tests of that.

python make_sources.py [FOLDER]
"""

import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 600
"""Rows of each source, repeats included."""
SIGNS = {"add {n} to {x}": "+", "take {n} from {x}": "-", "multiply {x} by {n}": "*"}
NAMES = ("x", "y", "k", "m", "price", "weight", "size", "name")
WORDS = ("red", "cat", "sun", "log", "ink", "owl", "map", "jar", "sea", "hut", "fog", "ice", "oak", "pen", "rye", "ant")
METHODS = {"in capitals": "upper", "in small letters": "lower", "without blanks around it": "strip"}


def make_sources(folder: Path, seed: int = 0) -> None:
    """Write both sources into `folder`; it is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)  # noqa: S311 (nothing secret)
    for name, task in {"numbers": number_task, "words": word_task}.items():
        rows = [json.dumps(task(draw)) for _ in range(ROWS)]
        (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")


def number_task(draw: random.Random) -> dict[str, object]:
    """Draw a task about a number."""
    asked, name, number = draw.choice(list(SIGNS)), draw.choice(NAMES), draw.randint(2, 40)
    body = f"{name} {SIGNS[asked]} {number}"
    tests = [f"assert f({value}) == {value} {SIGNS[asked]} {number}" for value in (0, 1, 7)]
    program = f"def f({name}):\n    return {body}"
    return {"task": f"Write f: {asked.format(n=number, x=name)}.", "program": program, "tests": tests}


def word_task(draw: random.Random) -> dict[str, object]:
    """Draw a task about a text."""
    how, name, behind = draw.choice(list(METHODS)), draw.choice(NAMES), draw.choice(WORDS)
    program = f"def f({name}):\n    return {name}.{METHODS[how]}() + '{behind}'"
    asked = f"Write f: give {name} {how}, then {behind}."
    tests = [f"assert f({value!r}) == {value!r}.{METHODS[how]}() + {behind!r}" for value in ("Aha", " so ")]
    return {"task": asked, "program": program, "tests": tests}


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
