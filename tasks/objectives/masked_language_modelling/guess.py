"""How `cuvee init` knows texts for a masked model, which it proposes only to one who asks for it."""

from tasks.objectives.language_modelling.guess import ways
from tasks.objectives.text_classification.guess import PRETRAINED, model

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "A masked model learns the texts."
ASKED_FOR = True
