"""What of an answer is a program."""

import re
from typing import NamedTuple

MOST_CHARS = 100_000
PYTHON = frozenset({"", "python", "python3", "py", "py3"})
"""What a block of Python is called."""
BLOCK = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
"""A fenced block of Markdown; the last one may lack its end, as where an answer was cut."""


class Answer(NamedTuple):
    """A program, or why there is none."""

    program: str
    refused: str = ""


def program_in(answer: str) -> Answer:
    """Find the Python in an answer: its first block that is called so or nothing; all of it where it has no blocks."""
    blocks = [(match[2].lower(), match[3]) for match in BLOCK.finditer(answer)]
    python = [text for language, text in blocks if language in PYTHON]
    if blocks and not python:
        return Answer("", f"no Python: {blocks[0][0][:40]}")
    program = python[0] if python else answer
    if not program.strip():
        return Answer("", "no program")
    if len(program) > MOST_CHARS:
        return Answer("", f"{len(program):,} characters; at most {MOST_CHARS:,} are run")
    return Answer(program)
