"""Folders and archives of images or audio: what of their metadata, file names and sub-folders is text, and what a
label.
"""

from collections.abc import Mapping, Sequence

from tasks.core import registry
from tasks.core.errors import RecipeError
from tasks.guess.heads import Head
from tasks.guess.roles import Roles, roles_of
from tasks.ingest import kinds as source_kinds

KINDS = {"image-folder": "images", "audio-folder": "recordings"}
FILE_NAME = "file_name"
NO_TEXT = (
    "nothing beside the files says what is in them, so their names stand for it; a metadata.csv with "
    "`file_name,text` would"
)


def kind_of_media(family: Sequence[Head]) -> tuple[str, str] | None:
    """Say which kind reads most of the files, and what speaks for it; None where none does."""
    for kind, named in KINDS.items():
        suffixes = registry.load(source_kinds, kind).SUFFIXES
        count = sum(head.name.suffix.lower() in suffixes for head in family)
        if count >= max(2, 0.5 * len(family)):
            return kind, f"{count:,} of {len(family):,} files are {named}, by their names"
    return None


def roles_of_media(
    kind: str, values: Mapping[str, Sequence[str | None]], text: str | None, label: str | None
) -> tuple[Roles, list[str]]:
    """Guess which columns of a folder of media are text and label; give doubts, too.

    Args:
        values: its columns.
        text, label: columns that the user names; they are there.
    """
    about = {*registry.load(source_kinds, kind).TOLD, FILE_NAME} - {text, label}
    telling = {name: column for name, column in values.items() if name not in about and any(column)}
    try:
        return roles_of(telling, text, label), []
    except RecipeError:
        roles = roles_of(telling | {FILE_NAME: values[FILE_NAME]}, FILE_NAME, label)
    holds = " (they hold the label)" if roles.label == "label" else ""
    return Roles(FILE_NAME, roles.label, ("text: the name of the file", *roles.evidence[1:])), [NO_TEXT + holds]
