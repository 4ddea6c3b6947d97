"""How the linear classifier of a trial is trained."""

from pydantic import Field

from tasks.core.records import Section


class LinearSettings(Section):
    """A linear classifier, trained for as many steps whatever the mix is."""

    epochs: float = Field(default=3.0, gt=0)
    """How often a trial's linear classifier goes through its mix."""
    batch_size: int = Field(default=32, ge=1, le=1_000_000)
    """Examples in each of its steps."""
    learning_rate: float = Field(default=0.05, gt=0)
    """Its largest learning rate (Adam); it falls to 0 in a line."""
