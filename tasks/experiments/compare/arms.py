"""Which mixes are compared: names, shares, what is equal to what."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from tasks.core.errors import RecipeError
from tasks.core.suggest import nearest
from tasks.experiments.compare.settings import (
    ALL_ROWS,
    CONCATENATED,
    LEARNED,
    ONLY,
    OWN_LABELS,
    PROPORTIONAL,
    RECIPE,
    SINGLES,
    TARGET,
    UNAUGMENTED,
    UNIFORM,
)
from tasks.experiments.mixes import Mix

LACKING = {
    UNAUGMENTED: (
        "the recipe has no `augment` section, or its trials train linear classifiers, which do not see the rows that "
        "it makes; trials.full: true trains the recipe's own model"
    ),
    OWN_LABELS: "the recipe has no source with `label_rules` or `label_by`",
}
"""Why a recipe has no such arm."""


def arms_wanted(
    names: Sequence[str] | None,
    sources: Sequence[str],
    own: Iterable[str],
    target: str | None,
    without: Collection[str] = (),
) -> list[str]:
    """Say which arms are compared, in the order of tables; the recipe's mix always is.

    Args:
        names: asked for; None for all. `singles` stands for every source alone, `target` for the target alone,
            `concatenated` for each source by its size, at equal budget and with every row once.
        own: arms of the recipe's `compare` section.
        without: arms that are the recipe's mix without something that it has.

    Raises:
        RecipeError: a name that is none, with the nearest; or a `target` where the recipe has none.
    """
    singles = [f"{ONLY}{source}" for source in sources]
    known = [*singles, UNIFORM, PROPORTIONAL, RECIPE, LEARNED, ALL_ROWS, *without, *own]
    chosen: set[str] = set(known if names is None else [RECIPE])
    for name in names or ():
        if name == TARGET and target is None:
            raise RecipeError(
                "--arms target: the recipe names no target; write compare.target: SOURCE, or only-SOURCE here"
            )
        several = {SINGLES: singles, TARGET: [f"{ONLY}{target}"], CONCATENATED: [PROPORTIONAL, ALL_ROWS]}
        meant = several.get(name, [name])
        if unknown := [arm for arm in meant if arm not in known]:
            if why := LACKING.get(unknown[0]):
                raise RecipeError(f"--arms {unknown[0]}: {why}")
            hint = nearest(unknown[0], [*known, SINGLES, TARGET, CONCATENATED])
            raise RecipeError(f"--arms {unknown[0]}: no arm has this name;{hint}")
        chosen.update(meant)
    return [name for name in known if name in chosen]


def arms_merged(mixes: Mapping[str, Mix]) -> dict[str, tuple[str, ...]]:
    """Find names of equal mixes: the name to go by (the recipe's mix before all others) -> the other ones."""
    groups: dict[Mix, list[str]] = {}
    for name in sorted(mixes, key=lambda name: name != RECIPE):
        groups.setdefault(mixes[name], []).append(name)
    first = {names[0]: tuple(names[1:]) for names in groups.values()}
    return {name: first[name] for name in mixes if name in first}
