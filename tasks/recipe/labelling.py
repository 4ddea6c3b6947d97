"""Sources whose labels the run makes: what of a recipe does not go with them."""

from typing import TYPE_CHECKING

from tasks.core.suggest import Problem

if TYPE_CHECKING:
    from tasks.recipe.model import Recipe


def labelling_problems(recipe: "Recipe") -> list[Problem]:
    """Say where labels are made that no row bears, or that are to be measured by, each with its place."""
    made = recipe.labelling
    named = {name: "label_rules" if how.rules else "label_by" for name, how in made.items()}
    problems: list[Problem] = []
    if made and recipe.layout.label is None:
        why = f"it gives a row one label, and the rows of task: {recipe.task} bear none such"
        problems += [(f"sources.{name}.{field}", why) for name, field in named.items()]
    elif made and len(made) == len(recipe.sources):
        why = "no source has labels of its own, and made labels are never measured on; name a source with labels"
        problems.append(("sources", why))
    for name in made.keys() & recipe.holdout.shares.keys():
        problems.append((f"holdout.shares.{name}", "its labels are made, so none of its rows is held out"))
    for place, target in {"compare.target": recipe.compare.target, "search.target": recipe.search.target}.items():
        if target in made:
            problems.append((place, f"the labels of {target!r} are made, so nothing is measured by them"))
    return problems
