"""What each source may be read for, and the one task that is learned from all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.core.errors import RecipeError
from tasks.guess.fits import Fit, fits_of, parallel_fits, plain_fits
from tasks.guess.media import KINDS, roles_of_media
from tasks.guess.parts import Part
from tasks.guess.roles import Roles
from tasks.guess.sample import first_values, values_of
from tasks.objectives.parts import guess_of


@dataclass(frozen=True)
class Understood:
    """Files that make one source, and the tasks that they fit, those first for which most speaks.

    Attributes:
        columns: names of its columns.
        doubts: what a person should look at.
    """

    part: Part
    fits: Sequence[Fit]
    columns: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    def fit(self, task: str) -> Fit | None:
        """Give how it is read for a task; None where it does not fit."""
        return next((fit for fit in self.fits if fit.task == task), None)

    def without_labels(self, why: str) -> "Understood":
        """Leave out the tasks that learn labels.

        Args:
            why: there are none, as a person should know.
        """
        return replace(self, fits=[fit for fit in self.fits if fit.label is None], doubts=(*self.doubts, why))


def understand(part: Part, base: str, text: str | None, label: str | None) -> Understood:
    """Look at the first records of a source.

    Args:
        base: folder that relative paths start at.
        text, label: columns that the user names.

    Raises:
        RecipeError: no record can be read, or no column holds anything to learn from.
    """
    if part.label in ("name", "folder", "file"):
        return Understood(part, plain_fits(Roles("text", "label", ())), ("text", "label"))
    together = part.kind in KINDS or not part.label
    values = values_of(part.section, base) if together else first_values(part.heads[0], part.section)
    if not any(len(column) for column in values.values()):
        raise RecipeError("none of its first records can be read")
    if not part.label:
        return Understood(part, parallel_fits([*values]), tuple(values))
    named = (text if text in values else None, label if label in values else None)
    if part.kind == "text" or (part.kind == "code" and not any(named)):
        by_line = part.kind == "text" and part.section.get("record") != "file"
        roles = Roles("text", None, ("text: each line" if by_line else "text: each file",))
        return Understood(part, plain_fits(roles), tuple(values))
    if part.kind in KINDS:
        roles, doubts = roles_of_media(part.kind, values, *named)
        return Understood(part, plain_fits(roles), tuple(values), tuple(doubts))
    fits = fits_of(values, *named)
    if not fits:
        columns = ", ".join(values) or "there is none"
        raise RecipeError(f"no column looks like text ({columns}); name it by --text")
    return Understood(part, fits, tuple(values))


def chosen_task(sources: Mapping[str, Understood]) -> str:
    """Choose what is learned from all sources: what most of them fit, of the tasks that one of them fits best. Sources
    without labels are left out for those with some; for other tasks they are only where these have half of the sources
    or more, else the texts of all are learned.
    """
    found = [one for one in sources.values() if one.fits]
    best = {one.fits[0].task: one.fits[0] for one in found}
    plain = {fit.task for one in found for fit in one.fits if fit.only_texts and not guess_of(fit.task).ASKED_FOR}

    def fitting(task: str) -> tuple[int, float]:
        fits = [fit for one in found if (fit := one.fit(task))]
        return len(fits), sum(fit.score for fit in fits)

    most = max(sorted(best), key=lambda task: (task not in plain, *fitting(task)))
    count, _ = fitting(most)
    enough = count == len(found) or (count > 1 and 2 * count >= len(found))
    return most if best[most].label or enough else max(sorted(plain or {most}), key=fitting)


def other_tasks(sources: Mapping[str, Understood], chosen: str) -> tuple[str, ...]:
    """Name the other tasks that all sources fit; those for texts alone only beside another such."""
    plain = all(fit.only_texts for source in sources.values() if (fit := source.fit(chosen)))
    shared = [{fit.task for fit in source.fits if fit.only_texts <= plain} for source in sources.values()]
    common = set[str].intersection(*shared) - {chosen} if shared else set[str]()
    return tuple(sorted(common, key=lambda task: (guess_of(task).ASKED_FOR, task)))
