"""How `cuvee init` knows texts with several labels, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.text_classification.guess import PRETRAINED, model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "A record may have several labels, so a classifier says of each label whether it is there."
ASKED_FOR = False


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know a text and its list of labels by what they hold."""
    return [Way()]
