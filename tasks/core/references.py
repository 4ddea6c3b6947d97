"""Types of texts that name something else of the recipe. The stages' settings say by them what a name means;
`tasks/recipe/references.py` follows them.

A name is looked up among the names of its `Reference`: the recipe's `source`s, `subject`s of checks (a source or the
whole `mix`), `label`s, `judge`s (what mixes are judged on: sources, and evaluation sets), and `member`s: what weights
are given to, which are sources but where `Among` says otherwise.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

To = Literal["source", "subject", "member", "label", "judge"]


@dataclass(frozen=True)
class Reference:
    """The text names one of these."""

    to: To


@dataclass(frozen=True)
class Among:
    """Inside this field, names of one kind are those of another field of the same section: its keys or its items.

    Attributes:
        field: the other field; while it is empty the names of the recipe hold.
        noun: what such a name is, for messages.
    """

    to: To
    field: str
    noun: str


@dataclass(frozen=True)
class Unchecked:
    """Inside this field, names of one kind may be any."""

    to: To


@dataclass(frozen=True)
class NamesAll:
    """Inside this field, every name of one kind stands somewhere.

    Attributes:
        otherwise: what is wrong, with `{noun}` and `{name}`.
    """

    to: To
    otherwise: str


@dataclass(frozen=True)
class NotAll:
    """What stands here does not name all of one kind.

    Attributes:
        otherwise: what is wrong then.
    """

    to: To
    otherwise: str


@dataclass(frozen=True)
class About:
    """The section is about the names in this list: without any of them left it goes, too."""


@dataclass(frozen=True)
class InMix:
    """Inside this field, sources are those of the recipe's mix: none that stays without labels."""


SourceName = Annotated[str, Reference("source")]
SubjectName = Annotated[str, Reference("subject")]
MemberName = Annotated[str, Reference("member")]
LabelName = Annotated[str, Reference("label")]
TargetName = Annotated[
    SourceName, NotAll("source", "the target is the only source: there is nothing to compare with it")
]
"""A source that others are compared with."""
JudgeName = Annotated[
    str, Reference("judge"), NotAll("judge", "the target is the only source: there is nothing to compare with it")
]
"""A source, or an evaluation set, whose rows mixes are judged on."""
