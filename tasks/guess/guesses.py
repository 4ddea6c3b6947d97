"""A source as it was understood, and all of them with the labels that they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tasks.guess.sample import Seen
from tasks.guess.sections import SourceSection
from tasks.guess.targets import Pair


@dataclass(frozen=True)
class Guess:
    """One source as it was understood.

    Attributes:
        section: its settings, without labels.
        label: where its labels come from: `column`, `name`, `folder` or `file`; empty where there are none.
        mapping: label in the data -> label of the recipe.
        sure: `certain`, `likely` or `unsure`.
        open: labels in the data that the recipe has no name for; the user says what they mean.
        evidence: what speaks for it.
        doubts: what a person should look at.
    """

    section: SourceSection
    label: str
    mapping: dict[str, str | None]
    sure: str
    evidence: tuple[str, ...]
    doubts: tuple[str, ...]
    seen: Seen = field(repr=False)
    pair: Pair | None = None
    """Columns of the text and of what is to be written from it, where there are such."""
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guesses:
    """All sources with the labels they share.

    Attributes:
        labels: the label set; empty where no source has labels.
        left_out: files that are no source, and why.
        paired: whether every source has a text and what is to be written from it.
    """

    labels: list[str]
    sources: dict[str, Guess]
    left_out: list[tuple[str, str]]
    paired: bool = False

    @property
    def roles(self) -> frozenset[str]:
        """What every source gives."""
        return frozenset({"text"} | ({"label"} if self.labels else set()) | ({"target"} if self.paired else set()))


@dataclass(frozen=True)
class Known:
    """A recipe that sources are put into: its label set, and the names that are taken."""

    labels: Sequence[str]
    taken: Sequence[str]


def with_known(guess: Guess, known: dict[str, str | None], labels: Sequence[str]) -> Guess:
    """Take over what the labels of a source are in the recipe; those that have no name there stay to be said."""
    left = tuple(raw for raw in guess.mapping if raw not in known)
    if not left:
        return replace(guess, mapping=known)
    doubt = f"its labels {', '.join(left)} are none of {', '.join(labels)}; say under `labels` what they mean"
    return replace(guess, mapping=known, doubts=(*guess.doubts, doubt), sure="unsure", open=left)
