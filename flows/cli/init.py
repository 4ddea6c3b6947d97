"""Write a first recipe from files: guess, validate what was guessed, and put it where it was asked for."""

import os
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flows.cli.validate import validate_recipe
from tasks.core.access import reaching, usual_mode
from tasks.core.errors import CuveeError, RecipeError
from tasks.core.suggest import nearest
from tasks.guess.task import GuessedSources, guess_recipe
from tasks.objectives.parts import task_names


class GuessedRecipe(GuessedSources):
    """Where the recipe was written, and what to do next.

    Attributes:
        wrong: what `cuvee validate` says of it; empty where it passes.
    """

    recipe: str
    wrong: str
    next: str


def init_recipe(
    files: Sequence[str],
    out: str,
    name: str | None = None,
    text: str | None = None,
    label: str | None = None,
    task: str | None = None,
    *,
    force: bool = False,
) -> GuessedRecipe:
    """Guess a recipe, validate it and write it, whole or not at all; what the user must fill in is told.

    Args:
        task: what the user wants to learn; by default what the files fit best.

    Raises:
        RecipeError: there is such a file already, or the files cannot be understood.
        Unreachable: a file cannot be read, or the recipe not be written.
    """
    if task is not None and task not in task_names():
        raise RecipeError(f"--task {task}: there is no such task;{nearest(task, task_names())}")
    target = Path(out)
    if not target.parent.is_dir():
        raise RecipeError(f"--out {out}: there is no folder {target.parent}")
    if target.is_dir() or (target.exists() and not force):
        raise RecipeError(f"{out} is there already; --force overwrites a file, --out FILE takes another name")
    text_of_recipe, guessed = guess_recipe(files, out, name, text, label, task)
    with reaching(out):
        handle, draft = tempfile.mkstemp(prefix=".cuvee-init-", suffix=".yaml", dir=target.parent)
    try:
        with reaching(out), os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text_of_recipe)
        wrong = mistakes_in(draft, out)
        with reaching(out):
            Path(draft).chmod(usual_mode())
            _put(draft, target, force=force)
    finally:
        Path(draft).unlink(missing_ok=True)
    return {"recipe": out, **guessed, "wrong": wrong, "next": f"cuvee validate {shlex.quote(out)}"}


def mistakes_in(draft: str, out: str) -> str:
    """Say what a recipe lacks that only the user can tell, or the data."""
    try:
        validate_recipe(draft, {})
    except CuveeError as error:
        return str(error).replace(draft, out)
    return ""


def _put(draft: str, target: Path, *, force: bool) -> None:
    """Give the draft its name; without `force` never over a file that has come up meanwhile."""
    try:
        target.touch(exist_ok=force)
    except FileExistsError:
        raise RecipeError(f"{target} is there already; --force overwrites it, --out FILE takes another name") from None
    Path(draft).replace(target)
