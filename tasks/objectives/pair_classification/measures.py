"""What a classifier of pairs is measured by: what one of texts is."""

from tasks.objectives.measuring import Measured
from tasks.objectives.text_classification.measures import MEASURED as OF_TEXTS

ASK = """

classify({"text": "a text", "text_pair": "the other text"})"""

MEASURED = Measured.model_validate(
    OF_TEXTS.model_dump()
    | {"does": "is right on {} of the pairs kept aside", "model": "classifier of pairs", "use": OF_TEXTS.use + ASK}
)
