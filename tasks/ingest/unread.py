"""Why a cell cannot be used."""


class UnreadError(Exception):
    """A cell that cannot be used.

    Attributes:
        reason: a code.
        detail: what of it, in words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail
