"""The section of a recipe that a source gets, and what of it stands there."""

from pathlib import PurePosixPath
from typing import TypedDict, cast

from tasks.ingest.settings import SUFFIXES

OF_SUFFIX = {".csv": ",", ".tsv": "\t", ".psv": "|"}


class SourceSection(TypedDict, total=False):
    """A source's settings, as a recipe says them."""

    kind: str
    path: str | dict[str, str]
    member: str
    encoding: str
    delimiter: str
    header: bool
    quoting: bool
    overflow: str
    fields: int
    record: str
    records: str
    columns: dict[str, str | int]
    label_from: str
    labels: dict[str, str | None]
    max_bad: float


def plain_section(section: SourceSection) -> SourceSection:
    """Give a source's settings without what its path tells."""
    paths = paths_of(section)
    if len(paths) > 1:
        return but(section, "kind")
    name = paths[0].partition("?")[0].lower()
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix
    by_path = {"kind": SUFFIXES.get(suffix), "delimiter": OF_SUFFIX.get(suffix, ",")}
    return but(section, *(key for key, value in section.items() if value == by_path.get(key)))


def but(section: SourceSection, *keys: str) -> SourceSection:
    """Give a section without some of its keys."""
    return cast("SourceSection", {key: value for key, value in section.items() if key not in keys})


def paths_of(section: SourceSection) -> list[str]:
    """List the paths of a source."""
    path = section.get("path", "")
    return [path] if isinstance(path, str) else list(path.values())
