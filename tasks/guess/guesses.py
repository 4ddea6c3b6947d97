"""A source as it was understood, and all of them with the labels that they share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.guess.sample import Seen
from tasks.guess.sections import SourceSection
from tasks.objectives.parts import DEFAULT


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
    role: str = "label"
    """The role that holds its labels, where it has any."""
    open: tuple[str, ...] = ()
    slips: Mapping[str, str] = field(default_factory=dict)
    """Of these, labels that may be slips of the pen -> the label that may be meant."""


@dataclass(frozen=True)
class Guesses:
    """All sources with the labels they share.

    Attributes:
        labels: the label set; empty where no source has labels.
        left_out: files that are no source, and why.
        task: what is learned from all of them.
        others: tasks that they all fit as well.
    """

    labels: list[str]
    sources: dict[str, Guess]
    left_out: list[tuple[str, str]]
    task: str = DEFAULT
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A recipe that sources are put into: its label set, the names that are taken, and its task."""

    labels: Sequence[str]
    taken: Sequence[str]
    task: str = DEFAULT


def with_known(
    guess: Guess, known: dict[str, str | None], labels: Sequence[str], slips: Mapping[str, str] | None = None
) -> Guess:
    """Take over what the labels of a source are in the recipe; those that have no name there stay to be said.

    Args:
        slips: labels that may be slips of the pen -> the label that may be meant.
    """
    left = tuple(raw for raw in guess.mapping if raw not in known)
    written = {raw: (slips or {})[raw] for raw in left if raw in (slips or {})}
    unknown = [raw for raw in left if raw not in written]
    told = [
        f"its label {raw!r}, {guess.seen.labels[raw]:,} of its records, may be {meant!r}; its rows are left out until "
        "`labels` says what it means"
        for raw, meant in written.items()
    ]
    if unknown:
        told.append(
            f"its labels {', '.join(unknown)} are none of {', '.join(labels)}; say under `labels` what they mean"
        )
    if not left:
        return replace(guess, mapping=known)
    doubts, sure = (*guess.doubts, *told), "unsure" if unknown else "likely"
    return replace(guess, mapping=known, doubts=doubts, sure=sure, open=left, slips=written)


def label_counts(guess: Guess) -> Counter[str]:
    """Count a source's records by the recipe's labels."""
    counts: Counter[str] = Counter()
    for raw, count in guess.seen.labels.items():
        counts["(label still to be mapped)" if raw in guess.open else guess.mapping[raw] or "(left out)"] += count
    return counts
