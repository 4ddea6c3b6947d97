"""What is said of rows that the run labelled itself: by rules, or by a teacher that learned from the other sources."""

from pydantic import Field

from tasks.core.records import Section
from tasks.manifests.manifest import Facts


class LabelledRow(Section):
    """A labelled row to look at."""

    source: str
    row_id: str
    label: str
    by: str
    confidence: float | None = None
    """Probability that the teacher gives the label; null of a rule's."""
    text: str
    """Cut to what a page can show."""


class Teacher(Section):
    """How good the teacher is, measured on rows of the labelled sources that it had not learned from; a published
    model, on some of their rows to train on, which it may have learned from.
    """

    model: str = ""
    """The published model, as the recipe names it; empty of a linear classifier."""
    confidence: float
    """Least probability of a label that it gives."""
    rows: int
    """That it learned from here."""
    unseen: int
    """Rows that it is measured on."""
    right: float | None
    """Share of them whose label it gives; null where there are none."""
    sure: float | None
    """Share of them that it would label."""
    right_where_sure: float | None
    """Share of these whose label it gives; null where there are none."""


class AnswersFacts(Facts):
    """What a published model says of the rows of a source without labels."""

    teacher: Teacher


class Labelled(Section):
    """What labelling made of the sources without labels."""

    counts: dict[str, dict[str, dict[str, int]]]
    """Source -> rule, or `teacher` -> label -> rows; every rule is there, also one that never held."""
    left_out: dict[str, int]
    """Source -> rows that got no label."""
    teachers: dict[str, Teacher] = Field(default_factory=dict)
    """Source -> its teacher, where it has one."""
    examples: tuple[LabelledRow, ...] = ()
