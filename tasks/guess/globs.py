"""Names of files, and the patterns that they share."""

import glob
import os
from collections.abc import Sequence

from tasks.core.errors import Unreachable
from tasks.ingest.files import find


def matched(pattern: str, base: str) -> list[str]:
    """List the files that a pattern finds; none where it cannot be read."""
    try:
        return sorted(place.path for place in find(pattern, base))
    except Unreachable:
        return []


def unescaped(path: str) -> str:
    """Give the path that an escaped pattern stands for."""
    return path.replace("[[]", "[").replace("[*]", "*").replace("[?]", "?")


def patterns_for(names: Sequence[str]) -> list[str]:
    """Propose patterns for names: the shorter, the earlier."""
    if len(names) == 1:
        return ["*", glob.escape(names[0])]
    start, end = shared_start(names), shared_start([name[::-1] for name in names])[::-1]
    folder, suffix = start[: start.rfind("/") + 1], end[end.find(".") :] if "." in end else ""
    deep = max(name[len(folder) :].count("/") for name in names)
    middle = "/".join(["*"] * (deep + 1))
    safe = glob.escape(folder)
    return [
        "*",
        f"{safe}{middle}{glob.escape(suffix)}",
        f"{glob.escape(start)}*{glob.escape(suffix)}",
        f"{glob.escape(start)}*{glob.escape(end)}",
        f"{safe}**/*{glob.escape(suffix)}",
    ]


def shared_start(names: Sequence[str]) -> str:
    """Give the characters that all names begin with."""
    return os.path.commonprefix(names)  # noqa: RUF071 (characters, not folders)
