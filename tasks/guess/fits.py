"""Which tasks a table fits, and which column is what in each: by the names that the tasks know, and by what columns
hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.core.layout import Layout, Role
from tasks.guess.first_rows import FirstRows, Values
from tasks.guess.names import weight
from tasks.guess.roles import ADDRESS, NUMBER, SURE, Column, Roles, roles_of
from tasks.guess.shapes import MANY_LABELS, MOSTLY, is_scale, several_labels, share_read, tagged
from tasks.guess.vocabulary import LABEL
from tasks.objectives import parts
from tasks.objectives.parts import guess_of, task_names
from tasks.objectives.ways import Way

LABELS = ("label", "labels", "tags")
"""What roles may hold that is of the label set."""
TOLD_BY_SHAPE = {"messages": 6.0, "answers": 6.0, "tags": 5.0, "words": 3.0, "text": 1.0, "value": 1.0}
"""How much speaks for a task where a column holds what it wants; what few other columns look like speaks more."""
NAMED, LABELLED, PERHAPS_LABELLED, SEVERAL = 2.0, 4.5, 1.5, 5.0
"""The same of a column with a telling name, of one that is a label by its name, too, of one that looks like a label,
and of one whose records have several labels."""


@dataclass(frozen=True)
class Fit:
    """A task that a table fits.

    Attributes:
        columns: role, or part of a chat -> column, or a template of several.
        score: how much speaks for it.
        evidence: what that is.
        others: columns that hold text, too.
    """

    task: str
    columns: Mapping[str, str]
    score: float
    evidence: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        """What a row of the task holds, its label set not known yet."""
        return parts.columns_of(self.task).layout(())

    @property
    def label(self) -> str | None:
        """The role that holds labels of a set."""
        return next((role.name for role in self.layout.roles if role.holds in LABELS), None)

    @property
    def only_texts(self) -> bool:
        """Whether the task wants nothing but a text."""
        return len(wanted(self.layout)) == 1 and self.layout.roles[0].holds == "text"


def wanted(layout: Layout) -> dict[str, Role]:
    """Give the roles that a source must fill, by name."""
    return {role.name: role for role in layout.roles if role.holds != "nothing"}


def fits_of(values: Values, text: str | None = None, label: str | None = None) -> list[Fit]:
    """Find the tasks that a table fits, those for which most speaks first; last those that are only asked for.

    Args:
        values: column -> values of the first records.
        text, label: columns that the user names; they are there.
    """
    table = FirstRows(values, text, label)
    return ranked(fit for task in task_names() if (fit := _fit(task, table)))


def ranked(fits: Iterable[Fit]) -> list[Fit]:
    """Put the tasks first for which most speaks."""
    return sorted(fits, key=lambda fit: (guess_of(fit.task).ASKED_FOR, -fit.score))


def plain_fits(roles: Roles) -> list[Fit]:
    """Find the tasks for texts, and perhaps a label, whose columns are known."""
    found: list[Fit] = []
    for task in task_names():
        layout = parts.columns_of(task).layout(())
        held = {role.holds: role.name for role in wanted(layout).values()}
        if len(held) < len(wanted(layout)) or not held.keys() <= {"text", "label"} or "text" not in held:
            continue
        if "label" not in held:
            found.append(Fit(task, {held["text"]: roles.text}, TOLD_BY_SHAPE["text"], roles.evidence[:1], roles.others))
        elif roles.label:
            columns = {held["text"]: roles.text, held["label"]: roles.label}
            found.append(Fit(task, columns, TOLD_BY_SHAPE["text"] + LABELLED, roles.evidence, roles.others))
    return ranked(found)


def parallel_fits(names: Sequence[str]) -> list[Fit]:
    """Find the tasks for files whose lines belong together: those for two texts, in the files' order."""
    found: list[Fit] = []
    for task in task_names():
        roles = wanted(parts.columns_of(task).layout(()))
        if len(roles) == 2 and all(role.holds == "text" for role in roles.values()):
            found.append(Fit(task, dict(zip(roles, names, strict=False)), 2 * NAMED, (), tuple(names[2:])))
    joined = Roles(" = ".join(f"{{{name}}}" for name in names), None, ())
    return ranked([*found, *plain_fits(joined)])


def _fit(task: str, table: FirstRows) -> Fit | None:
    layout = parts.columns_of(task).layout(())
    texts = [name for name, column in table.columns.items() if _is_text(column)]
    fits = [_Reading(task, layout, table).by(way) for way in guess_of(task).ways(texts)]
    return max((fit for fit in fits if fit), key=lambda fit: fit.score, default=None)


class _Reading:
    """One attempt to read a table in the roles of a task."""

    def __init__(self, task: str, layout: Layout, table: FirstRows) -> None:
        self.task, self.layout, self.table = task, layout, table
        self.columns: dict[str, str] = {}
        self.evidence: list[str] = []
        self.score = 0.0
        self.others: tuple[str, ...] = ()

    def by(self, way: Way) -> Fit | None:
        """Find a column for every role; None where one has none, or another than the user names."""
        roles = wanted(self.layout)
        in_parts = way.named.keys() - roles.keys()
        rest = [role for role in roles.values() if role.name not in way.named and not (role.is_chat and in_parts)]
        if not all(self._by_name(part, names, roles.get(part)) for part, names in way.named.items()):
            return None
        for part, names in way.perhaps.items():
            if found := self._texts(names):
                self.columns[part] = found[0].name
        for part, names in way.behind.items():
            if found := self._texts(names):
                self.columns[part] = f"{{{self.columns[part]}}}\n{{{found[0].name}}}"
                self.evidence.append(f"{part}: and behind it column {found[0].name!r}, where that is filled")
                self.score += NAMED / 4
        if not all(self._by_shape(role) for role in sorted(rest, key=lambda role: role.holds != "text")):
            return None
        asked = {self.table.text, self.table.label} - {None}
        if asked - {*self.columns.values()}:
            return None
        return Fit(self.task, self.columns, self.score, tuple(self.evidence), self.others)

    def _by_name(self, part: str, names: str, role: Role | None) -> bool:
        suitable = self._texts(names) if role is None or role.holds == "text" else self._named(names, role)
        if not suitable:
            return False
        self._take(part, suitable[0].name, "by its name", NAMED + TOLD_BY_SHAPE[role.holds if role else "text"] / 2)
        return True

    def _named(self, names: str, role: Role) -> list[Column]:
        found = self.table.named(names, self.columns.values())
        return [column for column in found if self._holds(role, column, by_name=True)]

    def _texts(self, names: str) -> list[Column]:
        return [column for column in self.table.named(names, self.columns.values()) if _is_text(column)]

    def _holds(self, role: Role, column: Column, *, by_name: bool) -> bool:
        """Say whether a column may have a role that is more than a text."""
        cells = self.table.values[column.name]
        beside = self.table.values.get(self.columns.get(role.of, ""))
        if role.holds in ("messages", "answers"):
            return column.share > 0.5 and share_read(role, cells, beside) >= MOSTLY
        if role.holds == "value":
            return is_scale(column, by_name=by_name)
        if not by_name and column.nested < MOSTLY:
            return False
        if role.holds == "tags":
            return beside is not None and tagged(beside, cells, by_name=by_name)
        if role.holds == "words":
            tags = [other for name, other in self.table.values.items() if name != column.name]
            return any(tagged(cells, other, by_name=by_name) for other in tags)
        return False

    def _by_shape(self, role: Role) -> bool:
        if role.holds == "text":
            return self._text(role)
        if role.holds == "label":
            return self._label(role)
        if role.holds == "labels":
            return self._labels(role)
        free = [column for name, column in self.table.columns.items() if name not in self.columns.values()]
        fitting = [column.name for column in free if self._holds(role, column, by_name=False)]
        if self.table.label in fitting and not role.is_text:
            fitting = [self.table.label]
        alone = [name for name in fitting if name.isdigit() or name == self.table.label]
        fitting = (alone if len(alone) == 1 else []) if role.holds == "value" else fitting
        if fitting:
            self._take(role.name, fitting[0], "by what it holds", TOLD_BY_SHAPE[role.holds])
        return bool(fitting)

    def _text(self, role: Role) -> bool:
        """Take what looks most like a text; only names tell two texts apart."""
        if any(self.layout.role(name).holds == "text" for name in self.columns):
            return False
        found = self.table.roles(self.columns.values(), self.table.label)
        if found is None:
            return False
        self.columns[role.name], self.others = found.text, found.others
        self.evidence.append(found.evidence[0].replace("text:", f"{role.name}:", 1))
        self.score += TOLD_BY_SHAPE["text"]
        return True

    def _label(self, role: Role) -> bool:
        texts = {*self.columns.values()}
        first = next(iter(self.columns.values()), None)
        left = {name: column for name, column in self.table.values.items() if name not in texts or name == first}
        found = roles_of(left, first, self.table.label) if first in left else None
        if found is None or found.label is None:
            return False
        sure = found.label == self.table.label or weight(found.label, LABEL) >= SURE
        self.columns[role.name] = found.label
        self.score += LABELLED if sure else PERHAPS_LABELLED
        return True

    def _labels(self, role: Role) -> bool:
        free = [column for name, column in self.table.columns.items() if name not in self.columns.values()]
        shares = {column.name: several_labels(column) for column in free}
        several = {
            name: share for name, share in shares.items() if share is not None and (share or name == self.table.label)
        }
        best = self.table.label or max(several, key=lambda name: several[name], default="")
        if best not in several:
            return False
        told = f"{100 * several[best]:.0f} % of its records have several"
        sure = best == self.table.label or weight(best, LABEL) >= SURE
        self._take(role.name, best, told, SEVERAL if several[best] >= MANY_LABELS else PERHAPS_LABELLED / 2 * sure)
        return True

    def _take(self, part: str, column: str, why: str, score: float) -> None:
        self.columns[part] = column
        self.evidence.append(f"{part}: column {column!r}, {why}")
        self.score += score


def _is_text(column: Column) -> bool:
    """Say whether most records have a text there that is no mark or address; short ones must not be few that come
    again, as labels are.
    """
    fresh = len(column.counts) / max(1, len(column.filled))
    said = column.words > 3 or fresh > 0.3
    strange = max(column.part(NUMBER), column.part(ADDRESS))
    return column.share > 0.2 and said and strange < 0.5 and max(column.nested, column.records) < 0.1
