"""The layout of a task's rows: which columns they have and what each is for. Declared by the task, never inferred from
rows; it travels with settings and manifests.
"""

from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from tasks.core.records import Section

Holds = Literal["text", "label", "labels", "value", "words", "tags", "answers", "messages", "asked", "tests", "nothing"]
"""What a role may hold: a text; one of the label set, or any number of them; a number; the words of a text; a tag of
the label set for each word; pieces of a text, each with its place; the messages of a chat with its answers, or of one
whose last answer is wanted; the tests, if any, of a program that is to be written. `nothing`: null in every row."""
CHATS = frozenset({"messages", "asked"})
"""What holds the messages of a chat."""
TEXTS = frozenset({"text", "words"}) | CHATS
"""What is read as text: normalised, filtered, counted, compared."""


class Role(Section):
    """A column that a task gives a meaning."""

    name: str
    holds: Holds = "text"
    values: tuple[str, ...] = ()
    """The label set; a label role without one is null in every row."""
    of: str = ""
    """The role that it belongs to: that of the words which tags are of, or of the text in which answers stand."""

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Content keys of layouts without such a role are older than the field.
        fields = dump(self)
        return fields if self.of else {name: value for name, value in fields.items() if name != "of"}

    @property
    def is_text(self) -> bool:
        """Whether it is read as text."""
        return self.holds in TEXTS

    @property
    def is_chat(self) -> bool:
        """Whether it holds the messages of a chat."""
        return self.holds in CHATS

    @property
    def is_read(self) -> bool:
        """Whether a source must give it, and it is more than a text or a label: read from a cell by rules of its
        own.
        """
        return self.holds in {"labels", "value", "words", "tags", "answers", "tests"} | CHATS


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
        """The label set of rows that bear one label; the order numbers the classes."""
        return next((role.values for role in self.roles if role.holds == "label"), ())

    @property
    def label_set(self) -> tuple[str, ...]:
        """All labels there are, whether a row bears one, several, or one a word."""
        return next((role.values for role in self.roles if role.values), ())

    @property
    def unlabelled(self) -> "Layout":
        """The layout of rows that are only compared with: what is not compared does not matter and is not read."""
        idle: dict[str, object] = {"holds": "nothing", "values": (), "of": ""}
        roles = tuple(
            role.model_copy(
                update={"values": ()} if role.holds == "label" or role.name in self.compared else idle,
            )
            for role in self.roles
        )
        rest = {name: self.compared for name in ("texts", "key", "match") if {*getattr(self, name)} - {*self.compared}}
        return self.model_copy(update={"roles": roles, **rest})

    @property
    def without_labels(self) -> "Layout":
        """The layout of rows that are labelled later: their label is null."""
        roles = (role.model_copy(update={"values": ()}) if role.holds == "label" else role for role in self.roles)
        return self.model_copy(update={"roles": tuple(roles)})

    @property
    def with_tests(self) -> "Layout":
        """The layout of rows that may also have tests, which programs that are written for them must pass."""
        return self.model_copy(update={"roles": (*self.roles, Role(name="tests", holds="tests"))})

    def role(self, name: str) -> Role:
        """Give the role of this name."""
        return next(role for role in self.roles if role.name == name)
