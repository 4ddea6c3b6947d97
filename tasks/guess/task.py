"""The face of `cuvee init`. No task, since nothing is made of the data; the work is in sources.py and recipe.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.guess.insert import refuse_known, with_source
from tasks.guess.recipe import GuessedSources, as_yaml, described, described_sections, entries_of, recipe_of
from tasks.guess.sources import Known, guess_sources
from tasks.ingest.settings import SourceSettings
from tasks.objectives.parts import DEFAULT


def guess_recipe(
    files: Sequence[str], file: str, name: str | None, text: str | None, label: str | None
) -> tuple[str, GuessedSources]:
    """Understand files and write a first recipe of them; no task, since nothing is made of the data.

    Args:
        files: files, folders, globs and URLs; relative ones start at the current folder.
        file: path of the recipe.
        name: its name; by default that of its sources.
        text, label: columns that the user names.

    Returns:
        The recipe's YAML, and the guess with its evidence.
    """
    guesses = guess_sources(files, ".", text, label)
    recipe = recipe_of(guesses, ".", str(Path(file).parent), name)
    return as_yaml(recipe, guesses, file), described(recipe, guesses)


def guess_additions(
    files: Sequence[str],
    recipe: str,
    file: str,
    labels: list[str],
    there: Mapping[str, SourceSettings],
    text: str | None,
    label: str | None,
) -> tuple[str, GuessedSources]:
    """Understand files and write them into a recipe as more sources; no task, since nothing is made of the data.

    Args:
        recipe: its text.
        file: its path.
        labels: its label set.
        there: its sources.
        text, label: columns that the user names.

    Returns:
        The recipe's text with them, and the guess with its evidence.
    """
    refuse_known(files, there, Path(file).parent)
    guesses = guess_sources(files, ".", text, label, Known(labels, list(there)))
    guessed = recipe_of(guesses, ".", str(Path(file).parent), None)
    for name, section in (sections := guessed["sources"]).items():
        recipe = with_source(recipe, name, *entries_of(name, section, guesses))
    return recipe, described_sections(Path(file).stem, sections, guesses, guessed.get("task", DEFAULT))
