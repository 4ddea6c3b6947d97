"""The face of `cuvee init`. No task, since nothing is made of the data; the work is in sources.py and recipe.py."""

from collections.abc import Sequence
from pathlib import Path

from tasks.guess.recipe import GuessedSources, as_yaml, described, recipe_of
from tasks.guess.sources import guess_sources


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
