"""Put more sources into a recipe that is there; its comments and its layout stay."""

import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flows.cli.init import GuessedRecipe, mistakes_in
from tasks.core.access import reaching
from tasks.core.errors import RecipeError
from tasks.guess.task import guess_additions
from tasks.recipe.model import load_recipe

RECIPES = (".yaml", ".yml")


def add_sources(files: Sequence[str], recipe: str, text: str | None, label: str | None) -> GuessedRecipe:
    """Guess what files hold, and write it into a recipe, whole or not at all.

    Args:
        files: of the sources; one that is a recipe is the one that they are put into.
        recipe: the one that they are put into else.

    Raises:
        RecipeError: there is no such recipe, or the files cannot be understood.
    """
    named = [file for file in files if file.lower().endswith(RECIPES)]
    target, data = (named[0] if named else recipe), [file for file in files if file not in named]
    if len(named) > 1 or not data:
        raise RecipeError("--add takes the files of new sources, and one recipe; by default recipe.yaml")
    loaded = load_recipe(target).recipe
    with reaching(target):
        before = Path(target).read_bytes().decode("utf-8")
    after, guessed = guess_additions(data, before, target, loaded.objective, loaded.sources, text, label)
    with reaching(target):
        handle = tempfile.NamedTemporaryFile(  # noqa: SIM115 (it is closed before it is read, and then takes a place)
            "wb", prefix=".cuvee-add-", suffix=".yaml", dir=Path(target).parent, delete=False
        )
    draft = Path(handle.name)
    try:
        with reaching(target), handle:
            handle.write(after.encode())
        wrong = mistakes_in(handle.name, target)
        with reaching(target):
            draft.chmod(Path(target).stat().st_mode)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return {"recipe": target, **guessed, "wrong": wrong, "next": f"cuvee validate {shlex.quote(target)}"}
