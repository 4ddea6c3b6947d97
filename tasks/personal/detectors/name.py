"""Names of people, as presidio-analyzer finds them with a spaCy model.

Recipe:
    kind: name
    model: en_core_web_sm
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from tasks.personal import entities

HINT, INSTALL = entities.HINT, entities.INSTALL


class Params(entities.EntitySettings):
    """Settings of the detector of names."""

    kind: Literal["name"] = "name"


def packages(params: Params) -> tuple[str, ...]:
    """Name the packages that are asked."""
    return entities.needed(params)


def spans_of(texts: Sequence[str], params: Params) -> Iterator[list[tuple[int, int]]]:
    """Give start and end of each name, text by text."""
    return entities.entities(texts, params, "PERSON")
