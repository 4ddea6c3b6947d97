"""What is said of rows that were made from the mix's own."""

from tasks.core.records import Section
from tasks.core.suggest import counted


class AugmentedRow(Section):
    """A new row to look at, beside the one it was made from."""

    source: str
    row_id: str
    text: str
    made_from: str
    """The text that was changed. Both are cut to what a page can show."""


class Augmented(Section):
    """What one way of making rows has made."""

    kind: str
    rows: dict[str, int]
    """Source -> new rows."""
    left_out: dict[str, dict[str, int]]
    """Reason code -> source -> rows that gave no new one."""
    examples: tuple[AugmentedRow, ...] = ()

    def told(self) -> str:
        """Say it in words."""
        left = {reason: sum(rows.values()) for reason, rows in self.left_out.items()}
        made = f"{sum(self.rows.values()):,} rows made by {self.kind}: {counted(self.rows) if self.rows else 'none'}"
        return f"{made}; gave none: {counted(left)}" if left else made
