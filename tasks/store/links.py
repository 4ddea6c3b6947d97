"""Folders whose names libraries would take for patterns, under names that they do not."""

import hashlib
import os
import tempfile
import uuid
from pathlib import Path

PATTERN = "*?["
"""Signs that Polars takes for a pattern, in whatever folder of a path."""


def without_pattern(folder: str) -> str:
    """Give a path of the same folder without such signs, by a link to as much of it as there is; the path itself where
    it has none, or where nothing is there yet that could be read.
    """
    if not any(sign in folder for sign in PATTERN):
        return folder
    there = next(path for path in (Path(folder), *Path(folder).parents) if path.is_dir())
    rest = Path(folder).relative_to(there)
    return folder if any(sign in str(rest) for sign in PATTERN) else str(_link_to(there) / rest)


def _link_to(folder: Path) -> Path:
    links = Path(tempfile.gettempdir()) / f"cuvee-{os.getuid()}" / "links"
    links.mkdir(parents=True, exist_ok=True)
    link = links / hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    if not link.is_symlink() or link.readlink() != folder:
        fresh = links / f".{link.name}.{uuid.uuid4().hex}"
        fresh.symlink_to(folder)
        fresh.replace(link)
    return link
