"""The guess with its evidence, for programs and for people to look at."""

from collections.abc import Mapping
from typing import TypedDict

from pydantic import JsonValue

from tasks.guess.guesses import Guess, Guesses, label_counts
from tasks.guess.sections import SourceSection


class LeftOut(TypedDict):
    """A file that is no source."""

    file: str
    why: str


class GuessedSource(TypedDict):
    """A source as it was understood.

    Attributes:
        bad: records that cannot be used.
        whole: whether all records were looked at.
        labels: label -> records.
        fill_in: labels in the data that the user must say the meaning of.
        sample: its first rows.
    """

    settings: SourceSection
    label_from: str | None
    sure: str
    evidence: list[str]
    doubts: list[str]
    rows: int
    bad: int
    whole: bool
    labels: dict[str, int]
    fill_in: list[str]
    sample: list[dict[str, JsonValue]]


class GuessedSources(TypedDict):
    """All sources, each with its evidence."""

    name: str
    task: str
    labels: list[str]
    sources: dict[str, GuessedSource]
    left_out: list[LeftOut]


def described(name: str, sections: Mapping[str, SourceSection], guesses: Guesses) -> GuessedSources:
    """Give the guess with its evidence, for programs and for people to look at.

    Args:
        name: of the recipe.
        sections: its sources, those that are guessed.
    """
    sources: dict[str, GuessedSource] = {
        source: {
            "settings": sections[source],
            "label_from": guess.label or None,
            "sure": guess.sure,
            "evidence": list(guess.evidence),
            "doubts": list(guess.doubts),
            "rows": guess.seen.rows,
            "bad": guess.seen.bad,
            "whole": guess.seen.all,
            "labels": dict(label_counts(guess)),
            "fill_in": list(guess.open),
            "sample": [_shown(guess, row) for row in guess.seen.first],
        }
        for source, guess in guesses.sources.items()
    }
    left_out: list[LeftOut] = [{"file": path, "why": why} for path, why in guesses.left_out]
    return {"name": name, "task": guesses.task, "labels": guesses.labels, "sources": sources, "left_out": left_out}


def _shown(guess: Guess, row: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Give a row with the labels that the recipe has for it."""
    held = row.get(guess.role)
    told = guess.mapping.get(held, held) if isinstance(held, str) else held
    return {**row, **({guess.role: told} if guess.role in row else {})}
