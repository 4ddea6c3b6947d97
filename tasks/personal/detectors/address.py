"""Places and the names in addresses, as presidio-analyzer finds them with a spaCy model. Street and number are found
only where the model takes them for a part of a place.

Recipe:
    kind: address
    model: en_core_web_sm
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from tasks.personal import entities

HINT, INSTALL = entities.HINT, entities.INSTALL


class Params(entities.EntitySettings):
    """Settings of the detector of addresses."""

    kind: Literal["address"] = "address"


def packages(params: Params) -> tuple[str, ...]:
    """Name the packages that are asked."""
    return entities.needed(params)


def spans_of(texts: Sequence[str], params: Params) -> Iterator[list[tuple[int, int]]]:
    """Give start and end of each name, text by text."""
    return entities.entities(texts, params, "LOCATION")
