"""One file where it lies."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """One file where it lies.

    Attributes:
        name: its name within the source; the same on every machine.
        uri: what people call it.
    """

    fs: Any
    path: str
    name: str
    uri: str

    @property
    def on_the_web(self) -> bool:
        """Whether a web server gives it."""
        return self.path.startswith(("http://", "https://"))
