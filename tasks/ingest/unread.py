"""Why a cell cannot be used."""

from collections.abc import Mapping


class UnreadError(Exception):
    """A cell that cannot be used.

    Attributes:
        reason: a code.
        detail: what of it, in words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def told(row: Mapping[str, object]) -> str:
    """Write a bad row in a line: where it stands, the reason's code and what of it, where there is more to say."""
    detail = f" ({row['detail']})" if row["detail"] else ""
    return f"{row['file']}:{row['line']}: {row['reason']}{detail}"
