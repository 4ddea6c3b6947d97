"""The parts of a task's folder, and how they are found: the listing of this folder is the registry of tasks.

`columns`, `measures` and `guess` are looked at by every command, and import neither torch nor transformers.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, cast

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tasks import objectives
from tasks.core import registry
from tasks.core.layout import Layout
from tasks.core.suggest import Problem
from tasks.manifests.scores import Metrics, TrialFacts
from tasks.objectives.measuring import Measure, Measured
from tasks.objectives.ways import Way

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

    from tasks.models.examples import Examples as Encoded
    from tasks.models.features import Features
    from tasks.models.linear_training import Training
    from tasks.models.linear_trial import Drawn, Pool
    from tasks.models.trained import Ready
    from tasks.rows.layout import RowFile
    from tasks.statistics.resampling import Resampling


DEFAULT = "text-classification"
"""The task of a recipe that names none."""


class About(NamedTuple):
    """What is said of a column: in a sentence of its own, and in the card's table."""

    sentence: str
    in_table: str


class Columns(Protocol):
    """`columns.py`: what a row holds."""

    ABOUT: Mapping[str, About]

    def layout(self, labels: Sequence[str]) -> Layout:
        """Lay rows out, given the recipe's labels."""
        ...

    def problems(self, tree: Mapping[str, Any]) -> list[Problem]:
        """Say what of a recipe, as it was written, does not go with the task."""
        ...


class Examples(Protocol):
    """`examples.py`: which model learns, and from what."""

    Model: Any
    """The auto class of transformers."""
    Collator: Any
    """How examples become a batch."""

    def settings(self, labels: Sequence[str]) -> dict[str, Any]:
        """Give arguments of the model's configuration."""
        ...

    def vocabulary(self, vocabulary: int, texts: Iterable[str]) -> Any:
        """Train the tokenizer of a built model."""
        ...

    def refuse(self, model: Any, tokenizer: Any) -> None:
        """Refuse a model that cannot learn the task."""
        ...

    def examples(self, table: "pl.DataFrame", tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> "Encoded":
        """Encode rows, in order."""
        ...


class Generation(Protocol):
    """`generation.py`: how a model writes; a task whose models write nothing has none."""

    def settle(self, model: Any, tokenizer: Any, longest: int, beams: int) -> None:
        """Let a model write with so many beams, and no more tokens than it learned to; give its tokenizer what that
        takes.
        """
        ...

    def drawn(self, ready: "Ready", rows: "pl.DataFrame", trained: "Trained", how: Mapping[str, Any]) -> list[str]:
        """Let a model write for every row, otherwise than it is set to."""
        ...

    def right(self, rows: "pl.DataFrame") -> list[str]:
        """Give what was to be written for every row."""
        ...


class Losses(Protocol):
    """`losses.py`: what training minimises."""

    def losses(self, outputs: Any, batch: Mapping[str, "Tensor"]) -> "tuple[Tensor, Tensor]":
        """Give the loss of every example, and over how many targets it is.

        Args:
            outputs: what the model gave for the batch.
            batch: what it was given, targets included.
        """
        ...


class Guess(Protocol):
    """`guess.py`: how `cuvee init` knows files of the task, and what it writes of them."""

    PRETRAINED: str
    """A model of the Hub that learns more from few records."""
    WHY: str
    """A comment for the recipe that says why this task, where that is not plain."""
    ASKED_FOR: bool
    """Whether the task is proposed only to one who names it."""

    def ways(self, columns: Sequence[str]) -> Sequence[Way]:
        """Give the ways in which the columns of a table may be named.

        Args:
            columns: those of them that hold texts.
        """
        ...

    def model(self, longest: int) -> dict[str, Any]:
        """Give a small model whose longest input has so many tokens."""
        ...


class Trial(Protocol):
    """`trial.py`: a learner that is cheaper than the recipe's own model; a task may have none."""

    def try_mix(
        self,
        pool: "Pool",
        drawn: "Drawn",
        features: Mapping[str, "Features"],
        layout: Layout,
        settings: "Training",
        seed: int,
    ) -> "tuple[pl.DataFrame, TrialFacts]":
        """Learn from the planned rows and predict those kept aside: a line for every row, and facts."""
        ...

    def learn_mix(
        self,
        train: "Sequence[RowFile]",
        holdout: "Sequence[RowFile]",
        labels: Sequence[str],
        settings: "Training",
        seed: int,
    ) -> "pl.DataFrame":
        """Learn from a mix as it lies there and predict the rows kept aside: a line for every row."""
        ...


class Trained(NamedTuple):
    """A model and what it was trained with."""

    folder: Path
    max_tokens: int
    labels: tuple[str, ...]


class Predict(Protocol):
    """`predict.py`: what a trained model says of rows, whether it is measured or used."""

    READS: tuple[str, ...]
    """The roles that it is given."""

    def load(self, folder: Path) -> "Ready":
        """Load a trained model."""
        ...

    def predict(self, ready: "Ready", rows: "pl.DataFrame", trained: Trained) -> "pl.DataFrame":
        """Give what it says of every row, in order: `predicted`, and what else there is to say."""
        ...


class Evaluate(Protocol):
    """`evaluate.py`: scores with intervals."""

    def score(
        self, trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: "Resampling", seed: int
    ) -> "tuple[pl.DataFrame, Metrics]":
        """Give a line for every hold-out row, and the metrics."""
        ...


class Measures(Protocol):
    """`measures.py`: the names of the scores, their digits, their direction."""

    MEASURED: Measured


def task_names() -> tuple[str, ...]:
    """Name the tasks, sorted, as a recipe writes them."""
    return registry.folders(objectives)


def _known(name: str) -> str:
    if name not in task_names():
        *most, last = (f"'{name}'" for name in reversed(task_names()))
        expected = f"{', '.join(most)} or {last}" if most else last
        raise PydanticCustomError("unknown_task", "{expected}", {"expected": f"Input should be {expected}"})
    return name


def _listed(schema: dict[str, Any]) -> None:
    schema["enum"] = list(reversed(task_names()))


TaskName = Annotated[str, AfterValidator(_known), Field(json_schema_extra=_listed)]
"""The name of a task's folder, as a recipe writes it."""


def columns_of(task: str) -> Columns:
    """Give what a row of the task holds."""
    return cast("Columns", registry.part(objectives, task, "columns"))


def examples_of(task: str) -> Examples:
    """Give which model learns the task, and from what."""
    return cast("Examples", registry.part(objectives, task, "examples"))


def generation_of(task: str) -> Generation:
    """Give how models of a task write that has such."""
    return cast("Generation", registry.part(objectives, task, "generation"))


def generates(task: str) -> bool:
    """Say whether models of the task write."""
    return registry.has(objectives, task, "generation")


def losses_of(task: str) -> Losses:
    """Give what training for the task minimises."""
    return cast("Losses", registry.part(objectives, task, "losses"))


def predict_of(task: str) -> Predict:
    """Give what a model of the task says of rows."""
    return cast("Predict", registry.part(objectives, task, "predict"))


def evaluate_of(task: str) -> Evaluate:
    """Give how a model of the task is scored."""
    return cast("Evaluate", registry.part(objectives, task, "evaluate"))


def measures_of(task: str) -> Measured:
    """Give what a model of the task is measured by."""
    return cast("Measures", registry.part(objectives, task, "measures")).MEASURED


def trial_of(task: str) -> Trial:
    """Give the cheap learner of a task that has one."""
    return cast("Trial", registry.part(objectives, task, "trial"))


def has_trial(task: str) -> bool:
    """Say whether the task has a learner that is cheaper than the recipe's own model."""
    return registry.has(objectives, task, "trial")


def guess_of(task: str) -> Guess:
    """Give what `cuvee init` writes of the task."""
    return cast("Guess", registry.part(objectives, task, "guess"))


def all_measures() -> dict[str, Measured]:
    """Give what models of all tasks are measured by, by the key of the measure to look at, which tasks may share."""
    by_key: dict[str, Measured] = {}
    for measured in map(measures_of, reversed(task_names())):
        by_key.setdefault(measured.main.key, measured)
    return by_key


def measured_where(compared_by: str) -> Measured:
    """Give how models are measured whose mixes are compared by the measure of this key."""
    return next(one for one in map(measures_of, reversed(task_names())) if one.compared.key == compared_by)


def measure_named(key: str) -> Measure:
    """Give the measure of this key by which mixes are compared."""
    return measured_where(key).compared
