"""The face of `cuvee init`. No task, since nothing is made of the data; the work is in sources.py and recipe.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.core.records import Objective
from tasks.guess.described import GuessedSources, described
from tasks.guess.insert import refuse_known, with_source
from tasks.guess.recipe import as_yaml, entries_of, recipe_of
from tasks.guess.sources import Known, guess_sources
from tasks.ingest.settings import SourceSettings


def guess_recipe(
    files: Sequence[str], file: str, name: str | None, text: str | None, label: str | None, task: str | None = None
) -> tuple[str, GuessedSources]:
    """Understand files and write a first recipe of them; no task, since nothing is made of the data.

    Args:
        files: files, folders, globs and URLs; relative ones start at the current folder.
        file: path of the recipe.
        name: its name; by default that of its sources.
        text, label: columns that the user names.
        task: what the user wants to learn; by default what the files fit best.

    Returns:
        The recipe's YAML, and the guess with its evidence.
    """
    guesses = guess_sources(files, ".", text, label, task=task)
    recipe = recipe_of(guesses, ".", str(Path(file).parent), name)
    return as_yaml(recipe, guesses, file), described(recipe["name"], recipe["sources"], guesses)


def guess_additions(
    files: Sequence[str],
    recipe: str,
    file: str,
    learned: Objective,
    there: Mapping[str, SourceSettings],
    text: str | None,
    label: str | None,
) -> tuple[str, GuessedSources]:
    """Understand files and write them into a recipe as more sources; no task, since nothing is made of the data.

    Args:
        recipe: its text.
        file: its path.
        learned: its task and its label set.
        there: its sources.
        text, label: columns that the user names.

    Returns:
        The recipe's text with them, and the guess with its evidence.
    """
    refuse_known(files, there, Path(file).parent)
    guesses = guess_sources(files, ".", text, label, Known(learned.labels, list(there), learned.task))
    guessed = recipe_of(guesses, ".", str(Path(file).parent), None)
    for name, section in (sections := guessed["sources"]).items():
        recipe = with_source(recipe, name, *entries_of(name, section, guesses))
    return recipe, described(Path(file).stem, sections, guesses)
