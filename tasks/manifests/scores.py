"""How good a model is on the rows kept aside, in one shape for every task: the task's measures name what is scored."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tasks.core.records import Section, said
from tasks.manifests.manifest import Facts


class Measurement(Section):
    """The value of a measure."""

    value: float
    interval: tuple[float, float] | None = None


class Score(Section):
    """What a model scores on some rows. In JSON every measure stands under its own name, with `<name>_interval` beside
    it.
    """

    measures: dict[str, Measurement] = Field(default_factory=dict)
    tokens: int | None = None
    bytes: int | None = None
    """How much was predicted, where it is text."""
    rows: int | None = None
    note: str = ""
    """Why the score says little."""
    signature: str = ""
    """How a reference library names what it measured, for others to measure alike."""

    def value(self, measure: str) -> float | None:
        """Give the value of a measure; None where it was not taken."""
        return self.measures[measure].value if measure in self.measures else None

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, score: Any) -> Any:
        if not isinstance(score, Mapping) or "measures" in score:
            return score
        names = [name for name in score if name not in cls.model_fields and not name.endswith("_interval")]
        measures = {name: {"value": score[name], "interval": score.get(f"{name}_interval")} for name in names}
        return {name: score[name] for name in score if name in cls.model_fields} | {"measures": measures}

    @model_serializer(mode="wrap")
    def _spread(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = said(dump(self))
        spread: dict[str, Any] = {}
        for name, measured in fields.pop("measures", {}).items():
            interval = measured["interval"]
            spread |= {name: measured["value"]} | ({f"{name}_interval": interval} if interval else {})
        return spread | fields


class BaselineScore(Score):
    """What the model must beat scores, and by how much it is beaten."""

    label: str | None = None
    """What it always answers."""
    gain: float | None = None
    gain_interval: tuple[float, float] | None = None


class SourceScore(Score):
    """What a model scores on the rows of one source, and what it must beat there."""

    baselines: dict[Literal["mix", "own"], BaselineScore] = Field(default_factory=dict)
    """What is reached without a model: by what is commonest in the mix, and in the source's own rows."""
    linear: BaselineScore | None = None
    """What the linear model scores on these rows that learned from the same mix, and by how much it is beaten."""


class ProgramScore(Section):
    """How many of the programs that a model wrote for some rows pass their tests."""

    rows: int
    """Rows with tests."""
    outcomes: dict[str, int]
    """How programs ended -> how many."""
    right: int
    """Rows whose own answer passes."""
    pass_at: dict[str, Measurement] = Field(default_factory=dict)
    """k -> how likely one of k drawn programs passes."""


class ProgramExample(Section):
    """A program that was written, and what became of it."""

    row_id: str
    outcome: str
    why: str
    written: str


class Programs(ProgramScore):
    """The same of all rows and by source; programs are run in a sandbox."""

    samples: int
    """Programs drawn for each row."""
    temperature: float
    by_source: dict[str, ProgramScore] = Field(default_factory=dict)
    examples: tuple[ProgramExample, ...] = ()
    """Some of each outcome."""


class Confusion(Section):
    """How often each label was taken for which."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """A row for each true label, a column for each answer."""


class CalibrationBin(Section):
    """Events that a model finds alike likely."""

    events: int
    chance: float
    happened: float
    """Means of what the model says, and of what came."""


class Calibration(Section):
    """Whether a classifier is right as often as it is sure."""

    error: Measurement
    """Expected calibration error."""
    by_chance: Measurement
    """What that would be if every chance were the true one: a row happens or does not."""
    log_loss: Measurement
    """Nats a row; over all labels where a row has several."""
    brier: Measurement
    """Sum of the squared errors of a row's probabilities."""
    bins: tuple[CalibrationBin, ...]

    def told(self) -> str:
        """Say it in words."""

        def with_ends(measured: Measurement) -> str:
            return f"{measured.value:.3f}" + (
                " ({:.3f} to {:.3f})".format(*measured.interval) if measured.interval else ""
            )

        return (
            f"Expected calibration error {with_ends(self.error)}, where chance alone makes "
            f"{with_ends(self.by_chance)} of a model that is right as often as it is sure; log loss "
            f"{with_ends(self.log_loss)}, Brier score {with_ends(self.brier)}."
        )


class Metrics(Score):
    """The scores of a model in total, by source, and beside what it must beat."""

    by_source: dict[str, SourceScore] = Field(default_factory=dict)
    baseline: BaselineScore = BaselineScore()
    linear: BaselineScore | None = None
    """What a linear model scores that learned from the same mix, where it can learn the task, and by how much it is
    beaten."""
    teacher: BaselineScore | None = None
    """What the model's teacher scores, where it had one, and what the model gains over it, on the same rows."""
    before: BaselineScore | None = None
    """What the model scored before training, where it was pretrained, and what it has gained since on the same rows, of
    the measure that mixes are compared by; or why it could not be asked."""
    sets: dict[str, "Metrics"] = Field(default_factory=dict)
    """The same of the recipe's evaluation sets."""
    confusion: Confusion | None = None
    programs: Programs | None = None
    """What became of the programs that the model wrote, where they are run."""
    calibration: Calibration | None = None
    """Of a classifier: of its answers; where a row has several labels, of each label by itself."""
    confidence: float | None = None
    """Of the intervals."""

    @property
    def programmed(self) -> list[tuple[str, Programs]]:
        """What became of programs, by what they were written for."""
        named = [("the rows kept aside", self), *self.sets.items()]
        return [(name, metrics.programs) for name, metrics in named if metrics.programs]

    def with_sets(self, sets: "Mapping[str, Metrics]") -> Self:
        """Give the scores with those on evaluation sets, each of one source, which is the set."""
        return self.model_copy(
            update={"sets": {name: one.model_copy(update={"by_source": {}}) for name, one in sets.items()}}
        )

    def with_start(self, start: "StartFacts") -> Self:
        """Give the scores with those of before training beside them."""
        sets = {name: one.model_copy(update={"before": start.sets.get(name)}) for name, one in self.sets.items()}
        return self.model_copy(update={"before": start.holdout, "sets": sets})


class PredictionFacts(Facts):
    """What is said of predictions for the rows kept aside."""


class TrialFacts(PredictionFacts):
    """What a trial's cheap learner says."""

    steps: int
    """Optimiser steps that it made."""


class ScoresFacts(PredictionFacts):
    """What the evaluation of a model says."""

    metrics: Metrics


class StartFacts(Facts):
    """What a pretrained model scores before it is trained."""

    holdout: BaselineScore
    sets: dict[str, BaselineScore]
