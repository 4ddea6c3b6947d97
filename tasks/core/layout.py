"""The layout of a task's rows: which columns they have and what each is for. Declared by the task, never inferred from
rows; it travels with settings and manifests.
"""

from typing import Literal

from tasks.core.records import Section


class Role(Section):
    """A column that a task gives a meaning."""

    name: str
    holds: Literal["text", "label", "nothing"] = "text"
    """`nothing`: the column is there, and null in every row."""
    values: tuple[str, ...] = ()
    """The label set; a label role without one is null in every row."""


class Layout(Section):
    """What a row of a task holds beside its id, its source and its tokens."""

    roles: tuple[Role, ...]
    texts: tuple[str, ...]
    """Roles that are normalised and filtered, each by itself, and whose tokens count."""
    compared: tuple[str, ...]
    """Roles whose words are compared: near duplicates, benchmarks, similarity to a target."""
    key: tuple[str, ...]
    """Roles that make a repetition when all of them are equal."""
    match: tuple[str, ...]
    """Roles of which one shared text, in whichever of them, puts two rows on one side of the hold-out, but for case and
    signs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the roles, in order."""
        return tuple(role.name for role in self.roles)

    @property
    def label(self) -> str | None:
        """The role that holds one of the recipe's labels."""
        return next((role.name for role in self.roles if role.holds == "label"), None)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label set; the order numbers the classes."""
        return next((role.values for role in self.roles if role.holds == "label"), ())

    @property
    def unlabelled(self) -> "Layout":
        """The layout of rows that are only compared with: their labels do not matter and are not read."""
        return self.model_copy(update={"roles": tuple(role.model_copy(update={"values": ()}) for role in self.roles)})
