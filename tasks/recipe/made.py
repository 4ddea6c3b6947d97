"""Labels and rows that the run makes itself: what of a recipe does not go with them."""

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
    elif made and len(made) == len(recipe.mixed):
        why = "no source has labels of its own, and made labels are never measured on; name a source with labels"
        problems.append(("sources", why))
    for name in made.keys() & recipe.holdout.shares.keys():
        problems.append((f"holdout.shares.{name}", "its labels are made, so none of its rows is held out"))
    for place, target in {"compare.target": recipe.compare.target, "search.target": recipe.search.target}.items():
        if target in made:
            problems.append((place, f"the labels of {target!r} are made, so nothing is measured by them"))
    return problems


MODELS = ("model", "there", "back")
"""Fields of ways to augment that name a model."""
ANSWERS = ("label", "labels", "value")
"""What a row may be asked for that stays true when its text is put a little differently."""


def augment_problems(recipe: "Recipe") -> list[Problem]:
    """Say where rows are to be made from others of which the answer would be lost, each with its place."""
    if recipe.augment is None:
        return []
    holds = {role.holds for role in recipe.layout.roles}
    if recipe.layout.label_set and not recipe.labels:
        return []  # that labels are missing is told already
    problems: list[Problem] = []
    if not holds & {*ANSWERS} or holds - {"text", *ANSWERS}:
        lost = f"a changed text would not keep its answer, and in task: {recipe.task} the answer is in the text"
        problems.append(("augment", f"{lost}; take the section out"))
    if media := next((name for name, source in recipe.sources.items() if source.media), None):
        problems.append(("augment", f"source {media!r} has media, which no new text would belong to"))
    return problems


def helping_models(recipe: "Recipe") -> dict[str, str]:
    """Give the models that new rows are made with, and the model's teacher, by their places."""
    ways = enumerate(recipe.augment or ())
    fields = ((f"augment.{number}.{name}", value) for number, way in ways for name, value in way if name in MODELS)
    named = {place: str(value) for place, value in fields}
    teachers = {stage.place: stage.settings.distil for stage in recipe.stages if stage.settings}
    return named | {f"{place}.distil.teacher": distil.teacher for place, distil in teachers.items() if distil}
