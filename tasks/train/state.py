"""What a method that changes the weights while training hands on from one update to the next."""

from collections.abc import Sequence
from typing import Any, Protocol

from tasks.core.records import Section


class OnlineState(Section):
    """Where a method stands; each has a class of its own, which a checkpoint holds as JSON."""

    weights: tuple[float, ...]
    """The shares of the sources to sample by until the next update."""

    @property
    def mean(self) -> tuple[float, ...]:
        """The weights that the method means in the long run; one that draws a source for each window says them
        apart.
        """
        return self.weights


class OnlineMethod(Protocol):
    """A file of `online/`."""

    PROBES: bool
    """Whether it wants the loss on rows set aside."""
    State: type[OnlineState]

    def begin(self, shares: Sequence[float], windows: int, params: Any, seed: int) -> OnlineState:
        """Start, given the shares of the mix and how many updates there will be."""
        ...

    def update(self, state: Any, losses: Sequence[float], fall: float, params: Any) -> OnlineState:
        """Set new weights, given the mean loss of each source in the window, and by how much the loss on the rows set
        aside fell.
        """
        ...
