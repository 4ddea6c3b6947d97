"""What the training process is told, and what it tells back."""

from pathlib import Path

from pydantic import Field, JsonValue

from tasks.core.records import Objective, Section
from tasks.train.settings import TrainSettings


class Tracked(Section):
    """A run as trackers know it."""

    name: str
    recipe: dict[str, JsonValue]
    """As it is published: values of the environment stand there as `${NAME}`."""


class Lesson(Section):
    """What one stage of a training learns, and how."""

    settings: TrainSettings
    objective: Objective
    seed: int
    loss_weights: dict[str, float] | None = None


class Job(Section):
    """One training: paths are of this machine.

    Attributes are plain so that the job can be written to a file and read by the process that trains.
    """

    settings: TrainSettings
    objective: Objective
    seed: int
    mix: tuple[str, ...]
    """Parquet shards of the mix, in order."""
    holdout: tuple[str, ...]
    """Parquet files of the hold-out."""
    validation: tuple[str, ...] = ()
    """Parquet files of the rows that the checkpoint is chosen by."""
    later: tuple[tuple[str, ...], ...] = ()
    """Parquet shards of the mix as each epoch after the first has it, where it is drawn anew."""
    vocabulary: tuple[str, ...] = ()
    """Parquet shards of the mixes of later stages, whose texts a tokenizer that is built here learns, too."""
    goes_on: bool = False
    """Whether an earlier stage of the training made the model that it starts from."""
    base: str
    """Folder that a relative model path starts at."""
    folder: str
    """Where everything is written to."""
    start: tuple[str, ...] = ()
    """Files of the model that it starts from."""
    loss_weights: dict[str, float] = Field(default_factory=dict)
    """Source -> how much a row of it counts in the loss; empty where every row counts 1."""
    accumulate: int = 1
    """Micro-batches per optimiser step."""
    tracked: Tracked | None = None
    """What trackers are told of the run."""
    parent: int = 0
    """Process that waits for this one; when it is gone, so is the training."""

    @property
    def out(self) -> Path:
        """Folder that model, tokenizer, `curve.json` and `facts.json` are written to."""
        return Path(self.folder, "model")

    @property
    def trackers(self) -> Path:
        """Folder of what trackers write."""
        return Path(self.folder, "trackers")

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return Path(self.folder, "checkpoints")


class Message(Section):
    """What the training process says in one line: how far it is, what it measured, or what ends it."""

    step: int = 0
    steps: int = 0
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    error: str = ""
    code: int = 0
    """The exit code, which torchrun replaces by its own."""


OUT_OF_MEMORY = 77
DIVERGED = 78
UNUSABLE = 79
NO_SPACE = 80
STOPPED = 81
"""Exit codes of the training process."""
