"""What a search has done so far."""

from dataclasses import dataclass, field

from tasks.experiments.search.trials import EarlierTrials, Trial


@dataclass
class SearchHistory:
    """What a search has done so far.

    Attributes:
        rounds: trials of each round.
        past: trials of earlier searches.
        left_out: name of a trial that gave nothing to learn from -> why.
        stopped: why fewer trials were made than asked for; empty when all were.
    """

    past: EarlierTrials
    rounds: list[list[Trial]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    @property
    def own(self) -> list[Trial]:
        """The trials of this search."""
        return [trial for trials in self.rounds for trial in trials]

    @property
    def known(self) -> list[Trial]:
        """All trials to learn from, each once: this search's, then those of earlier ones."""
        return list({trial.id: trial for trial in [*self.own, *self.past.kept]}.values())
