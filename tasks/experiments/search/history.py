"""What a search has done so far."""

from dataclasses import dataclass, field

from tasks.experiments.search.trials import EarlierTrials, Trial


@dataclass
class SearchHistory:
    """What a search has done so far.

    Attributes:
        rounds: trials of each round.
        past: trials of earlier searches.
        guided: number of the first round, counted from 0, whose mixes the costs of others led to; None before one.
        left_out: name of a trial that gave nothing to learn from -> why.
        stopped: why fewer trials were made than asked for; empty when all were.
    """

    past: EarlierTrials
    rounds: list[list[Trial]] = field(default_factory=list)
    guided: int | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    @property
    def own(self) -> list[Trial]:
        """The trials of this search."""
        return [trial for trials in self.rounds for trial in trials]

    @property
    def designed(self) -> frozenset[str]:
        """The ids of this search's trials whose mixes were chosen without a look at costs."""
        return frozenset(trial.id for trials in self.rounds[: self.guided] for trial in trials)

    @property
    def known(self) -> list[Trial]:
        """All trials to learn from, each once: this search's, then those of earlier ones."""
        return list({trial.id: trial for trial in [*self.own, *self.past.kept]}.values())
