"""What sources and sets may be called: a name in any script, and such that files can be named after it."""

import unicodedata
from itertools import accumulate

MOST_LETTERS, MOST_BYTES = 63, 200
JOINTS = "-_"


def is_name(name: str) -> bool:
    """Say whether something may be called so: letters that are no capitals, digits, `-` and `_`, as NFC composes them;
    the first one is a letter or a digit.
    """
    fits = 0 < len(name) <= MOST_LETTERS and len(name.encode("utf-8", "replace")) <= MOST_BYTES
    return fits and all(map(_may_stand, name)) and _may_begin(name[0]) and unicodedata.is_normalized("NFC", name)


def name_of(text: str) -> str:
    """Make a name of a text, in its own script; empty where nothing of it may stand in one."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    spaced = "".join(char if _may_stand(char) and char not in JOINTS else JOINTS[char == "_"] for char in plain)
    parts = [part for part in spaced.split("-") if part.strip("_")]
    bare = unicodedata.normalize("NFC", "-".join(parts)).lstrip(JOINTS)
    while bare and not _may_begin(bare[0]):
        bare = bare[1:]
    sizes = accumulate(len(char.encode()) for char in bare)
    fitting = sum(size < MOST_BYTES for size in sizes)
    return bare[: min(fitting, MOST_LETTERS - 1)].rstrip(JOINTS)


def _may_stand(char: str) -> bool:
    """Say whether a character is a letter, a mark on one, a digit or a joint; capitals and titles are not."""
    kind = unicodedata.category(char)
    return char in JOINTS or kind == "Nd" or (kind[0] in "LM" and kind not in ("Lu", "Lt"))


def _may_begin(char: str) -> bool:
    return char not in JOINTS and unicodedata.category(char)[0] != "M" and _may_stand(char)
