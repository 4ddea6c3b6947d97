"""Entities in tagged words, as seqeval's default mode and the CoNLL evaluation find them: by IOB, IOBES or BILOU tags,
also where an entity does not begin as it should.
"""

import re
from collections.abc import Iterator, Sequence

TAG = re.compile(r"([BIESLU])(?:-(.+))?")
"""What a tag says of a word in an entity: that it begins it, is inside, ends it, or is all of it; and of what type."""
OUTSIDE = "O"
SAME = {"L": "E", "U": "S"}
"""BILOU's letters for what IOBES calls otherwise."""
Entity = tuple[str, int, int]
"""Type, first word, last word."""


def entities(tags: Sequence[str]) -> set[Entity]:
    """Find the entities. A tag of another form, such as a part of speech, makes its word one by itself."""
    return set(_entities(tags))


def _entities(tags: Sequence[str]) -> Iterator[Entity]:
    before, kind, start = OUTSIDE, "", 0
    for at, tag in enumerate([*tags, OUTSIDE]):
        place, own = _parts(tag)
        if _ends(before, place) or (before != OUTSIDE and kind != own):
            yield kind, start, at - 1
        if _begins(before, place) or (place != OUTSIDE and kind != own):
            start = at
        before, kind = place, own


def _parts(tag: str) -> tuple[str, str]:
    if tag == OUTSIDE:
        return OUTSIDE, ""
    match = TAG.fullmatch(tag)
    return (SAME.get(match[1], match[1]), match[2] or "") if match else ("S", tag)


def _ends(before: str, place: str) -> bool:
    """Say whether an entity that the word before is in ends with that word."""
    return before in "ES" or (before in "BI" and place in "BSO")


def _begins(before: str, place: str) -> bool:
    """Say whether the word begins an entity."""
    return place in "BS" or (place in "EI" and before in "ESO")
