"""What a probe saw of a source, and what was done about one that could not be reached."""

from typing import Any

from tasks.core.records import Section


class SeenFile(Section):
    """One file as the probe found it: a name that does not depend on the machine, and what identifies its content."""

    name: str
    bytes: int
    """Size; of a database's table or query, its rows."""
    tag: str
    """sha256 of a local file, ETag of an object, revision of a Hub dataset, highest watermark of a table."""


class Fingerprint(Section):
    """What a source held at the moment it was probed."""

    source: str
    files: tuple[SeenFile, ...]


class Unreached(Section):
    """A source that could not be reached, and what was done without it."""

    source: str
    why: str
    snapshot_of: str = ""
    """When the snapshot was made that stands in for it, ISO 8601; empty = the source is left out."""

    @property
    def done(self) -> str:
        """Say what was done, and why."""
        then = (
            f"its snapshot of {self.snapshot_of[:16].replace('T', ' ')} UTC was used"
            if self.snapshot_of
            else "left out"
        )
        return f"could not be reached ({self.why}); {then}"

    def told(self) -> dict[str, Any]:
        """Give it for programs, the words included."""
        return self.model_dump() | {"done": self.done}
