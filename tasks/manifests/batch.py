"""A batch as the model sees it, to be shown."""

from tasks.core.records import Section


class Part(Section):
    """Tokens that stand beside each other, as text."""

    text: str
    learned: bool
    """Whether they are what the model is to predict, or the name of that."""


class ShownExample(Section):
    """An example of a batch, and the row that it is of."""

    source: str
    row_id: str
    step: int
    """In which it is met, from 1."""
    parts: tuple[Part, ...]


class ShownBatch(Section):
    """The first batch of a training."""

    examples: tuple[ShownExample, ...]
    later: tuple[ShownExample, ...]
    """The first example of each source that has none in it, in the order in which they are met."""
    longest: int
    """Tokens of its longest example; the others are filled up to it."""
    tokens: int
    """Tokens of all its examples."""
    learned: int
    """Those of them that are learned; a label is none."""
