"""What a classifier of pairs is measured by."""

from tasks.objectives.measuring import Measured
from tasks.objectives.text_classification.measures import MEASURED as SINGLE

MEASURED = Measured.model_validate(
    SINGLE.model_dump() | {"does": "is right on {} of the pairs kept aside", "model": "classifier of pairs"}
)
