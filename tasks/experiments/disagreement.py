"""What a comparison says of single rows: those that one mix gets right and another does not."""

from tasks.core.records import Section


class Disagreement(Section):
    """A row that only one of two mixes gets right, and what most of their models answer."""

    source: str
    row_id: str
    text: str
    """Cut to what a page can show."""
    label: str
    mix: str
    single: str


class Disagreements(Section):
    """Where the recipe's mix and the best single source disagree, among the rows that are judged on."""

    arm: str
    """The best single source."""
    mix: int
    single: int
    """Rows that only the recipe's mix gets right, and only the single source."""
    rows: tuple[Disagreement, ...]
    """A few of either, drawn by chance."""
