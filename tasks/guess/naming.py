"""What a source is called, when its files are named anyhow."""

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from tasks.core.naming import name_of
from tasks.ingest.settings import SUFFIXES


def free(proposals: Sequence[str], taken: Collection[str]) -> str:
    """Make a name that a recipe allows and no other source has."""
    slugs = [slug for slug in map(name_of, proposals) if slug] or ["source"]
    numbers = (f"{slugs[-1][:45]}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in [*slugs, *numbers] if slug not in taken and slug != "mix")


def bare(path: str) -> str:
    """Give a file's name without its folder and what formats add to it."""
    name = PurePosixPath(path.replace("\\", "/")).name.partition("?")[0]
    name = name[:-3] if name.lower().endswith(".gz") else name
    return (
        name.removesuffix(PurePosixPath(name).suffix)
        if PurePosixPath(name).suffix.lower() in {*SUFFIXES, ".zip", ".tar", ".tgz"}
        else name
    )
