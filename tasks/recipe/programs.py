"""Programs that are to be run: what of a recipe does not go with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tasks.core.suggest import Problem
from tasks.objectives.labels import redacting
from tasks.objectives.parts import generates
from tasks.programs.sandbox import why_not

if TYPE_CHECKING:
    from tasks.recipe.model import Recipe

PLACE = "evaluate.run_code"


def program_problems(recipe: "Recipe") -> Iterator[Problem]:
    """Say where no program could be run that the model writes, or none that could pass, each with its place."""
    if recipe.evaluate.run_code is None:
        return
    if not generates(recipe.task):
        yield PLACE, f"models of task: {recipe.task} write no programs; take it out"
        return
    read = [*recipe.sources.values(), *recipe.sets.values()]
    if not any("tests" in source.columns for source in read):
        why = "no source and no evaluation set has tests; say in which column they are, as columns.tests"
        yield PLACE, f"{why}, such as {{tests: test_list}}"
    flat = [name for name in recipe.sources if not recipe.layout.role(recipe.layout.texts[-1]).is_chat]
    flat = [name for name in flat if not recipe.clean.of(name).keep_lines]
    if flat:
        yield PLACE, f"the programs of {', '.join(flat)} would lose their lines; say clean.keep_lines: true"
    yield from redacting(recipe.model_dump(include={"personal"}), "programs that tests are held against")
    if why := why_not():
        yield PLACE, why.removeprefix(f"{PLACE}: ")
