"""Places and the names in addresses, as presidio-analyzer finds them with a spaCy model. Street and number are found
only where the model takes them for a part of a place.

Recipe:
    kind: address
    model: en_core_web_sm
"""

from typing import ClassVar, Literal

from tasks.personal import entities

HINT, INSTALL = entities.HINT, entities.INSTALL
packages, spans_of = entities.packages, entities.spans_of


class Params(entities.EntitySettings):
    """Settings of the detector of addresses."""

    kind: Literal["address"] = "address"
    entity: ClassVar[str] = "LOCATION"
