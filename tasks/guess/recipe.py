"""The first recipe: what was guessed as settings, and as YAML with the evidence beside them."""

import os
import posixpath
import re
from pathlib import PurePosixPath
from typing import Required, TypedDict, cast

import yaml
from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.core.naming import name_of
from tasks.core.suggest import NAME
from tasks.guess.guesses import Guess, Guesses, label_counts
from tasks.guess.labels import suggestion
from tasks.guess.names import words
from tasks.guess.sections import SourceSection, paths_of
from tasks.guess.vocabulary import GENERAL
from tasks.objectives.parts import DEFAULT, guess_of

SMALL, MIDDLE = 20_000, 100_000
"""Records below which training goes over the mix ten times, and four times."""
LONGEST_COMMENT = 200
MOST_TOLD = 20
"""Files left out that the recipe names."""


class FirstRecipe(TypedDict, total=False):
    """The sections that a first recipe has."""

    name: Required[str]
    task: str
    labels: list[str]
    sources: Required[dict[str, SourceSection]]
    clean: dict[str, dict[str, dict[str, bool]]]
    mix: Required[dict[str, str | int]]
    train: Required[dict[str, JsonValue]]


class _Dumper(yaml.SafeDumper):
    """Writes every text on one line."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Quote texts that have more than plain characters so that they stay on their line."""
        return self.represent_scalar(
            "tag:yaml.org,2002:str", text, style=None if text.isprintable() and len(text) < 100 else '"'
        )


_Dumper.add_representer(str, _Dumper.represent_text)


def recipe_of(guesses: Guesses, base: str, folder: str, name: str | None) -> FirstRecipe:
    """Make a recipe of guesses.

    Args:
        base: folder that the guessed paths start at.
        folder: the recipe's own.
        name: its name, if the user gives one.

    Raises:
        RecipeError: a name or path that no recipe can hold.
    """
    if name is not None and not re.match(NAME, name):
        raise RecipeError(f"--name {name!r}: a recipe's name is lower-case letters, digits, - and _")
    sources = {source: _section(guess, base, folder) for source, guess in guesses.sources.items()}
    task = guess_of(guesses.task)
    code = [source for source, guess in guesses.sources.items() if guess.section.get("kind") == "code"]
    rows = sum(guess.seen.rows for guess in guesses.sources.values())
    words = max(guess.seen.words for guess in guesses.sources.values())
    epochs = 10 if rows < SMALL else 4 if rows < MIDDLE else 2
    tokens = 64 if words < 40 else 128 if words < 90 else 256
    recipe = {
        "name": name or _common_name(guesses),
        **_learned(guesses),
        "sources": sources,
        **({"clean": {"sources": {source: {"keep_lines": True} for source in code}}} if code else {}),
        "mix": {"weights": "proportional"} | ({"max_epochs": epochs} if epochs > 4 else {}),
        "train": {"model": task.model(tokens), "epochs": epochs, "learning_rate": 0.001, "max_tokens": tokens},
    }
    return cast("FirstRecipe", recipe)


def _common_name(guesses: Guesses) -> str:
    """Name a recipe after its only source, or the folder that all lie in."""
    only = next(iter(guesses.sources)) if len(guesses.sources) == 1 else ""
    if re.match(NAME, only):
        return only
    folders = {
        PurePosixPath(path).parent.name for guess in guesses.sources.values() for path in paths_of(guess.section)
    }
    name = name_of(folders.pop()) if len(folders) == 1 else ""
    return name if re.match(NAME, name) and not set(words(name)) <= GENERAL else "first-mix"


def _section(guess: Guess, base: str, folder: str) -> SourceSection:
    path = guess.section.get("path", "")
    section = guess.section | {
        "path": _from(path, base, folder)
        if isinstance(path, str)
        else {name: _from(file, base, folder) for name, file in path.items()}
    }
    told = any(raw != label for raw, label in guess.mapping.items()) or (guess.open and guess.mapping)
    return section | {"labels": guess.mapping} if told else section


def _from(path: str, base: str, folder: str) -> str:
    """Say a path from the recipe's folder."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise RecipeError(f"{path!a}: a recipe is UTF-8, which cannot say this name; rename the file") from None
    if "${" in path:
        raise RecipeError(f"{path!r}: a recipe would take ${{…}} for a variable of the environment; rename the file")
    return path if "://" in path or posixpath.isabs(path) else os.path.relpath(posixpath.join(base, path), folder)


def as_yaml(recipe: FirstRecipe, guesses: Guesses, file: str) -> str:
    """Write a recipe with comments that say what was guessed, from what, and how sure."""
    parts = [
        "# A first recipe, guessed from the files by `cuvee init`; what each guess rests on stands beside it.",
        _comment(f"Next: cuvee validate {file}, then cuvee run {file}"),
        "",
        _entry("name", recipe["name"]),
        *_why_learned(guesses),
        "",
        "sources:",
    ]
    for name, section in recipe["sources"].items():
        guess = guesses.sources[name]
        parts += [f"  {_one_line(name)}: {_comment(f'{guess.sure}; {_size(guess)}')}"]
        parts += [f"    {line}" for line in _lines_of(guess, section, guesses)]
    parts += [_comment(f"left out: {path}: {why}") for path, why in guesses.left_out[:MOST_TOLD]]
    if len(guesses.left_out) > MOST_TOLD:
        parts += [f"# left out: {len(guesses.left_out) - MOST_TOLD:,} files more"]
    parts += ["", "# Lines and their indentation stay.", _entry("clean", recipe["clean"])] if "clean" in recipe else []
    parts += [
        "",
        (
            "# Every record once, so a source weighs what its size is of all; `uniform` gives each the same share, "
            "{NAME: 0.7, …} any other."
        ),
    ]
    parts += [_entry("mix", recipe["mix"])]
    parts += [
        "",
        (
            "# A small model made from nothing but the mix. Where a hub can be reached, a pretrained one learns more "
            "from few records:"
        ),
    ]
    parts += [f"# train: {{model: {guess_of(guesses.task).PRETRAINED}}}"]
    parts += ["train:", *(f"  {_entry(key, value)}" for key, value in recipe["train"].items())]
    return "\n".join(parts) + "\n"


def _lines_of(guess: Guess, section: SourceSection, guesses: Guesses) -> list[str]:
    """Write a source's settings, what each rests on above them."""
    told = [*(_comment(line) for line in guess.evidence), *(_comment(f"look: {line}") for line in guess.doubts)]
    return [*told, *(_entry(key, value) for key, value in section.items()), *_suggested(guess, guesses)]


def entries_of(name: str, section: SourceSection, guesses: Guesses) -> tuple[list[str], str]:
    """Write a source as lines, and on one line."""
    guess = guesses.sources[name]
    return [_comment(f"{guess.sure}; {_size(guess)}"), *_lines_of(guess, section, guesses)], _one_line(section)


def _learned(guesses: Guesses) -> dict[str, JsonValue]:
    """Say what is learned: the task, where it is not that of every recipe which names none, and its labels."""
    told: dict[str, JsonValue] = {} if guesses.task == DEFAULT else {"task": guesses.task}
    if guesses.labels:
        told["labels"] = [*guesses.labels]
    return told


def _why_learned(guesses: Guesses) -> list[str]:
    why = guess_of(guesses.task).WHY
    told = [_comment(why)] if why else []
    if guesses.others:
        told.append(_comment(f"By `cuvee init --task NAME` they may be read for another: {', '.join(guesses.others)}."))
    return [*told, *(_entry(key, value) for key, value in _learned(guesses).items())]


def _size(guess: Guess) -> str:
    counts = ", ".join(f"{label} {count:,}" for label, count in label_counts(guess).most_common(8))
    return f"{'' if guess.seen.all else 'more than '}{guess.seen.rows:,} records" + (f": {counts}" if counts else "")


def _suggested(guess: Guess, guesses: Guesses) -> list[str]:
    if guess.open:
        meant = suggestion(guess.open, guesses.labels) or {**dict.fromkeys(guess.open), **guess.slips}
        line = _entry("labels", guess.mapping | meant)
        return [_comment("To fill in: what they mean; null leaves rows out. Perhaps:"), _comment(line)]
    names = suggestion(guess.mapping, guesses.labels)
    if not names or any(raw != label for raw, label in guess.mapping.items()):
        return []
    take = (
        "then take this line, and those labels out of the list above"
        if set(names.values()) <= set(guesses.labels)
        else "then take this line, and put its names into the list above"
    )
    return [_comment(f"If the matter is sentiment, {take}:"), _comment(_entry("labels", names))]


def _entry(key: str, value: object) -> str:
    return f"{_one_line(key)}: {_one_line(value)}"


def _one_line(value: object) -> str:
    return yaml.dump(
        [value], Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=True, width=2**31
    )[1:-2]


def _comment(text: str) -> str:
    """Make one line of comment, whatever the text holds."""
    plain = (
        "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )
    return f"# {plain}" if len(plain) <= LONGEST_COMMENT else f"# {plain[: LONGEST_COMMENT - 1]}…"
