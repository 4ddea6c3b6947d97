"""Names of people, as presidio-analyzer finds them with a spaCy model.

Recipe:
    kind: name
    model: en_core_web_sm
"""

from typing import ClassVar, Literal

from tasks.personal import entities

HINT, INSTALL = entities.HINT, entities.INSTALL
packages, spans_of = entities.packages, entities.spans_of


class Params(entities.EntitySettings):
    """Settings of the detector of names."""

    kind: Literal["name"] = "name"
    entity: ClassVar[str] = "PERSON"
