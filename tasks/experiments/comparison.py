"""What a comparison says: the record that `cuvee compare` leaves in the store.

Of every score more is better, as the task's measure has it. Differences are of such scores.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from tasks.core.records import Section
from tasks.experiments.disagreement import Disagreements
from tasks.experiments.growth import LearningCurve
from tasks.experiments.leak import Leak
from tasks.experiments.valuation import Correction, Estimate, ShapleyNote, SourceValue, SpareSources
from tasks.manifests.manifest import Facts
from tasks.statistics.paired_tests import McNemar, PairedT
from tasks.store.runs import RunStart

Outcome = Literal["gain", "loss", "none", "no claim"]
RequiredGain = Literal["all", "single"]
COMPARISONS = "comparisons/comparison.json"
"""Folder and name of the records."""


class SourceScore(Section):
    """What a mix's models score on the hold-out rows of one source, or on all that are judged on: means over seeds."""

    score: float
    loss: float
    """Nats a row, or a token."""
    rows: int
    macro_f1: float | None = None
    low: float | None = None
    high: float | None = None
    """Interval of the score by itself, over seeds and rows; None where there are too few rows for one."""


class ArmScores(Section):
    """What the trials of one mix come to."""

    seeds: int = 0
    """Trials that came to an end."""
    error: str | None = None
    """What stopped it."""
    score: float | None = None
    """Mean over the seeds, more is better."""
    low: float | None = None
    high: float | None = None
    """Interval of the score, over seeds and rows."""
    sd: float | None = None
    """Standard deviation over the seeds."""
    by_source: dict[str, SourceScore] = Field(default_factory=dict)
    """Of every source, and of `all` that are judged on."""


class Arm(ArmScores):
    """One of the mixes compared."""

    name: str
    kind: Literal["source", "mix"]
    """One source alone, or several together."""
    also: tuple[str, ...] = ()
    """Other names of the same mix."""
    shares: dict[str, float] = Field(default_factory=dict)
    """Of every source, in the recipe's unit; empty when they could not be settled."""
    epochs: dict[str, float] = Field(default_factory=dict)
    """Source -> how often each of its rows stands in the mix."""
    size: int | None = Field(default=None, exclude_if=lambda size: size is None)
    """Of its mix, where that is not the budget of the others."""


class SeedMcNemar(McNemar):
    """McNemar's test of the two models of one seed."""

    seed: int


class Contrast(Estimate):
    """The difference of two arms: the first minus the second. The interval is over seeds and rows (hierarchical
    bootstrap); over the best source alone it is that of the difference to the best of all, which holds whichever of
    them is best, and `correction` is of its lower end.
    """

    first: str
    second: str
    upper_correction: Correction | None = None
    """Of its upper end, where that is another one."""
    by_source: dict[str, Estimate] = Field(default_factory=dict)
    """The difference on the hold-out of each source, or on each evaluation set, that has enough rows; the intervals
    hold together."""
    p: float
    holm: float
    """p corrected for the other comparisons of the same question (Holm); over the best source alone a loss is corrected
    for every pair of mix and source (max-T), a gain for the other mixes, and that of the recipe's mix for nothing."""
    detectable: float
    """Least difference that would have been seen four times in five."""
    over_seeds: PairedT | None = None
    """Paired t over the seeds alone."""
    over_rows: tuple[float, float] | None = None
    """BCa interval over the rows alone, seeds as they are."""
    mcnemar: SeedMcNemar | None = None
    """Exact test of the two models of the middle seed."""
    outcome: Outcome


HomeWord = Literal["gains", "gains little", "loses", "loses little", "cannot tell"]


class AtHome(Estimate):
    """The recipe's mix minus a source's own rows alone, at equal budget, on the hold-out of that source."""

    source: str
    mix: float
    alone: float
    """Scores there."""
    word: HomeWord
    """By the interval, which holds for all sources together; `little` where all of it is within the margin."""


class OneForEach(Estimate):
    """One for all minus one for each: the mean of the differences at home."""

    mix: float
    alone: float
    """Means of the scores at home: of the recipe's mix, and of as many models as there are sources."""
    outcome: Outcome


class OnSet(Estimate):
    """The recipe's mix minus another arm, on the rows of an evaluation set."""

    name: str
    """Of the set."""
    arm: str
    mix: float
    other: float
    """Scores there: of the recipe's mix, and of the arm."""
    outcome: Outcome
    """By the interval, which holds for all arms on this set together."""


class Foreseen(Section):
    """What one question of a comparison can see, said before its trials."""

    question: str
    source: str = ""
    """At home: whose hold-out is judged on."""
    differences: int
    """That are looked at together, and corrected for."""
    rows: int
    seeds: int
    row_variance: float
    seed_deviation: float
    """How much the difference of two models varies over rows and over seeds."""
    smallest: float
    """Least difference that is found four times in five."""
    rows_for_a_point: int | None
    """Hold-out rows in all that find .01 as often; None where no number of rows does."""
    seeds_for_a_point: int
    """With so many seeds: more than `seeds` where no number of rows does with those."""


class Foresight(Section):
    """What a comparison can see with its hold-outs and seeds."""

    origin: str
    """Run of the earlier comparison that the variances are taken from; empty where they are assumed."""
    metric: str
    """Key of the measure that mixes are compared by."""
    confidence: float
    questions: tuple[Foreseen, ...]


class Findings(Facts):
    """What the trials of a comparison show, before it is put into words."""

    metric: str
    """Key of the measure that mixes are compared by."""
    judged: dict[str, int] = Field(default_factory=dict)
    """Source -> hold-out rows that are judged on."""
    arms: dict[str, ArmScores] = Field(default_factory=dict)
    contrasts: tuple[Contrast, ...] = ()
    at_home: tuple[AtHome, ...] = ()
    one_for_each: OneForEach | None = None
    on_sets: tuple[OnSet, ...] = Field(default=(), exclude_if=lambda found: not found)
    curves: tuple[LearningCurve, ...] = Field(default=(), exclude_if=lambda found: not found)
    worth: tuple[SourceValue, ...] = ()
    spare: SpareSources | None = None
    shapley: ShapleyNote = ShapleyNote()
    baselines: dict[str, float] = Field(default_factory=dict)
    """Source -> what is reached on its hold-out without a model, by what is commonest in its own rows or in all."""
    lacking: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Source -> labels that none of its training rows bears."""
    disagreements: Disagreements | None = Field(default=None, exclude_if=lambda found: found is None)
    leaks: tuple[Leak, ...] = Field(default=(), exclude_if=lambda found: not found)


class Budget(Section):
    """What is the same for every arm."""

    size: int
    unit: str
    """Rows or tokens of a mix."""
    share: float
    """Of the pool's rows that trials draw from."""
    whole: int = 0
    """Rows or tokens of the whole pool; 0 in comparisons that did not write it down."""
    learner: str
    seeds: int
    """Wanted."""
    steps: int | None = None
    empty_holdout: tuple[str, ...] = ()
    """Sources without hold-out rows."""
    phases: int = 0


class TrialCounts(Section):
    """Trials that were run, came from the store and failed, and what all of them took, whenever they were run."""

    run: int
    cached: int
    failed: int
    seconds: float


class Comparison(RunStart):
    """Everything that one comparison says; `comparisons/<name>/<run>/comparison.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    finished: str
    seconds: float
    metric: str
    target: str | None
    judged: dict[str, int]
    """Source -> hold-out rows that are judged on."""
    budget: Budget
    confidence: float
    arms: tuple[Arm, ...]
    margin: float = 0.01
    """A smaller difference at home matters to nobody."""
    contrasts: tuple[Contrast, ...]
    at_home: tuple[AtHome, ...] = ()
    one_for_each: OneForEach | None = None
    on_sets: tuple[OnSet, ...] = Field(default=(), exclude_if=lambda found: not found)
    """The recipe's mix against every other arm, on each evaluation set."""
    curves: tuple[LearningCurve, ...] = Field(default=(), exclude_if=lambda found: not found)
    worth: tuple[SourceValue, ...] = ()
    spare: SpareSources | None = None
    shapley: ShapleyNote = ShapleyNote()
    baselines: dict[str, float] = Field(default_factory=dict)
    disagreements: Disagreements | None = Field(default=None, exclude_if=lambda found: found is None)
    """Where the recipe's mix and the best single source disagree, where answers are right or wrong."""
    beforehand: Foresight | None = None
    """What it could see, as was said before its trials."""
    leaks: tuple[Leak, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Hold-outs that seem to stand in another source in other words."""
    outcome: Outcome
    """Of the recipe's mix over the best single source."""
    sentence: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """What there was no time for, or could not be done."""
    trials: TrialCounts
    uri: str = ""
    report: str = ""

    def unmet(self, required: RequiredGain) -> str:
        """Say why a gain that is required is not there; nothing where it is.

        `single`: the recipe's mix beats every source alone. `all`: that, for every source of the mix; and without a
        target no source loses at home by more than the margin.
        """
        if self.outcome != "gain":
            return "as one model for all, the recipe's mix has no detectable gain over the best single source"
        ours = next(arm for arm in self.arms if arm.name == "recipe")
        tried = {
            source
            for arm in self.arms
            if arm.kind == "source" and arm.score is not None
            for source, share in arm.shares.items()
            if share
        }
        wanted = {source for source, share in ours.shares.items() if share}
        wanted |= {self.target} if self.target and self.target in ours.shares else set()
        if required == "single":
            return ""
        if untried := sorted(wanted - tried):
            return f"not tried alone: {', '.join(untried)}"
        losing = [home.source for home in self.at_home if home.word == "loses"]
        return f"at home, its own rows alone are better for {', '.join(losing)}" if losing and not self.target else ""


def comparison_folder(start: RunStart) -> str:
    """Give the folder of a comparison, relative to the store."""
    return f"comparisons/{start.name}/{start.run}"
