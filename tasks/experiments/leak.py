"""What a comparison says of hold-outs that seem to stand in another source in other words."""

from tasks.core.records import Section
from tasks.experiments.valuation import Estimate


class Lookalike(Section):
    """A row kept aside, and the training row of another source that is nearest to it."""

    row: str
    text: str
    there: str
    """Id of the row there."""
    text_there: str
    """Both texts are cut to what a page can show."""
    cosine: float
    """Of their hashed words and pairs of words."""


class Leak(Estimate):
    """A source whose model predicts another's hold-out better than that one's own model does, at equal budget, and much
    of whose advantage lies on rows that one of its own rows looks like. The estimate is its advantage.
    """

    source: str
    """Whose hold-out it is."""
    there: str
    """Where its rows seem to stand, too."""
    near: int
    """Rows of the hold-out to which a row there is nearer than to all others, as one in a hundred is by chance."""
    examples: tuple[Lookalike, ...]
