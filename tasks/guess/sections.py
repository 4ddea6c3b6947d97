"""A part of what was named, as the section of a recipe."""

from pathlib import PurePosixPath
from typing import Any

from tasks.guess.parts import Part
from tasks.guess.tables import OF_SUFFIX
from tasks.ingest.settings import SUFFIXES


def plain_section(part: Part) -> dict[str, Any]:
    """Give a source's settings without what its path tells."""
    paths = paths_of(part.section)
    if len(paths) > 1:
        return {key: value for key, value in part.section.items() if key != "kind"}
    name = paths[0].partition("?")[0].lower()
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix
    told = {"kind": SUFFIXES.get(suffix), "delimiter": OF_SUFFIX.get(suffix, ",")}
    return {key: value for key, value in part.section.items() if value != told.get(key)}


def paths_of(section: dict[str, Any]) -> list[str]:
    """List the paths of a source."""
    return list(section["path"].values()) if isinstance(section["path"], dict) else [section["path"]]
