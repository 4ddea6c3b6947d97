"""The `train` section of a recipe."""

import importlib.util
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tasks.core import registry
from tasks.core.records import Section
from tasks.train import online


class BuiltModel(Section):
    """A model built from its configuration, with a tokenizer trained on the mix: nothing is downloaded."""

    architecture: str = "bert"
    """A `model_type` of transformers."""
    vocabulary: int = Field(default=8_000, ge=300, le=10_000_000)
    """Tokens of its tokenizer, which is trained on the mix: word pieces for classifiers, pairs of bytes for models that
    write."""
    config: dict[str, Any] = Field(default_factory=dict)
    """Arguments of that architecture's configuration class."""


class OnlineSettings(Section):
    """What every method says that changes the weights while training."""

    kind: str
    every: int = Field(default=10, ge=1, le=10**9)
    """Optimiser steps between two updates of the weights."""


Online = Annotated[OnlineSettings, registry.OneOf(online)]
"""`group-dro`, or `{kind: bandit, target: reviews}`."""


class LoraSettings(Section):
    """Updates of small rank: a matrix W becomes W + alpha / rank · B A while it is trained, and is published so."""

    rank: int = Field(default=8, ge=1, le=4_096)
    """Rows of A and columns of B, for every matrix of the model's body."""
    alpha: int = Field(default=16, ge=1)
    """Scale of the updates; they count alpha / rank times."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of what goes into an update that is left out at random."""


class DistilSettings(Section):
    """A teacher that the model learns from beside the mix's labels; in place of the mix's targets where it writes."""

    teacher: str
    """A trained model of the same task: a folder or Hub name that transformers loads, with the recipe's labels."""
    revision: str | None = None
    """Commit of a teacher of the Hub."""
    temperature: float = Field(default=2.0, gt=0, le=100)
    """Of a classifier: logits of both are divided by it, so that what the teacher finds unlikely still tells."""
    weight: float = Field(default=0.5, gt=0, le=1)
    """Of a classifier: part of the loss that is the teacher's; the rest is the labels'."""


Tracker = Literal["tensorboard", "wandb", "mlflow"]


class StartModel(Section):
    """The model that training starts with."""

    model: str | BuiltModel
    """A folder or Hub name that transformers loads, or a model built from its configuration."""
    revision: str | None = None
    """Commit of a model of the Hub."""


class LearningSettings(Section):
    """How a model learns, whichever it is."""

    tune: Literal["full", "head", "lora"] = "full"
    """Which weights of a loaded model learn: all; those of its head alone, on the frozen rest; or the head's and
    updates of small rank of the others (needs peft), merged when the model is published."""
    lora: LoraSettings = LoraSettings()
    """How large the updates are of `tune: lora`."""
    epochs: float = Field(default=3.0, gt=0)
    """How often training goes through the mix."""
    batches: Literal["alike", "exact"] = "alike"
    """What a batch holds: rows of like length, as the mix has them within some dozen batches; or of each source exactly
    its share of the mix, rounded so that the next batch makes up for it."""
    resample: bool = False
    """Draw the mix anew from its sources for every epoch after the first: as many rows of each, those first that were
    seen least."""
    batch_size: int = Field(default=32, ge=1, le=1_000_000)
    """Examples per optimiser step, over all devices."""
    learning_rate: float = Field(default=5e-5, gt=0)
    """Largest learning rate of AdamW; it rises, then falls to 0 in a line."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Weight decay of AdamW."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    max_tokens: int = Field(default=128, ge=8, le=10_000_000)
    """Longest input in tokens; longer ones are cut and counted, and for language models go on in further examples."""
    packing: bool = False
    """For models of tokens: let short examples of a batch stand one behind another, apart from each other, in rows as
    long as the longest, in place of padding each; faster where lengths are unlike, and otherwise the same."""
    beams: int = Field(default=1, ge=1, le=1_000)
    """Beams by which a model that writes searches for what it writes, when it is measured and as it is published; 1
    takes the likeliest token each time."""
    keep: Literal["best", "last"] = "best"
    """Whose weights are published: those with the least loss on the validation rows, or the last ones."""
    patience: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Twentieths of the training without a smaller loss on the validation rows after which it stops; null: never."""
    max_minutes: Annotated[float, Field(gt=0)] | None = None
    """Minutes after which training ends in order and the best weights so far are published, however many steps are
    left; those before an interruption count. null: no limit."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of training; `auto` = bfloat16 on GPUs that have it."""
    label_smoothing: Annotated[float, Field(gt=0, lt=1)] | None = None
    """For classifiers: part of a label's certainty that is shared out among all labels while training, such as 0.1."""
    mixup: Annotated[float, Field(gt=0, le=10)] | None = None
    """For classifiers: mix the examples of a batch two by two, their embeddings and their labels, by shares from
    Beta(α, α) with this α, such as 0.2."""
    distil: DistilSettings | None = None
    """Learn from a larger model: of a classifier from its logits, of a model that writes from what it writes."""
    online: Online | None = None
    """Method that changes the weights while training, by its name or as `{kind: METHOD, …}`; the mix then gives the
    rows, in distinct copies, and the weights it starts with."""
    processes: Annotated[int, Field(ge=1, le=1_024)] | Literal["auto"] = "auto"
    """Training processes on this machine; `auto` = one per GPU, one without, and one with `online`."""
    threads: int = Field(default=2, ge=1, le=1_024)
    """Threads that each process computes with on CPUs, whatever the machine has: sums are added in another order where
    their number is another, and the weights differ in their last digits. A larger model learns faster with more."""
    report_to: tuple[Tracker, ...] = ()
    """Trackers that are told losses, in all and of every source, shares and the learning rate while training; their
    files lie beside the run's record in the end. They need the extra `trackers`."""
    price_per_hour: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """What an hour of training costs, of the whole machine, in whichever currency; the report then says what the model
    cost."""

    @property
    def learning(self) -> Self:
        """The section without what changes no weight of the model and is told to nobody while it is trained."""
        return self.model_copy(update={"price_per_hour": None})

    @property
    def untold(self) -> Self:
        """The same, of a training that no tracker is told of."""
        return self.learning.model_copy(update={"report_to": ()})

    @model_validator(mode="after")
    def _reports_to_what_is_there(self) -> Self:
        if missing := [name for name in self.report_to if importlib.util.find_spec(name) is None]:
            # The client of MLflow does not install beside our pins, so that no extra of ours can name it.
            wanted = "mlflow in an environment without our pins" if missing[0] == "mlflow" else "'cuvee[trackers]'"
            raise ValueError(f"train.report_to: {missing[0]} is not installed: pip install {wanted}, or take it out")
        return self

    @model_validator(mode="after")
    def _can_be_tuned(self) -> Self:
        if self.tune == "lora" and importlib.util.find_spec("peft") is None:
            raise ValueError(
                "train.tune: lora needs peft, which is not installed: pip install 'cuvee[lora]', or take full or head"
            )
        return self

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Content keys of recipes without them are older than the fields.
        later = {"label_smoothing", "mixup", "distil", "batches", "resample", "packing", "report_to", "price_per_hour"}
        default = {name: field.default for name, field in type(self).model_fields.items() if name in later}
        return {name: value for name, value in dump(self).items() if name not in later or value != default[name]}

    @model_validator(mode="after")
    def _mixes_what_is_steered_by_no_one(self) -> Self:
        if self.online and self.mixup:
            raise ValueError(
                "train.mixup and train.online: a mixed example is of two sources, by whose losses weights would "
                "change; take one"
            )
        return self

    @model_validator(mode="after")
    def _says_once_what_is_drawn(self) -> Self:
        if self.online and self.resample:
            raise ValueError(
                "train.resample and train.online: changing weights draw rows anew from those of one mix; take one, and "
                "with train.online a larger mix.size"
            )
        if self.online and self.batches == "exact":
            raise ValueError(
                "train.batches: exact and train.online: batches follow changing weights exactly anyway; take one"
            )
        if self.processes != "auto" and self.batch_size % self.processes:
            raise ValueError(
                f"train.batch_size: {self.batch_size} rows cannot be shared equally by {self.processes} processes; "
                f"take {max(1, self.batch_size // self.processes) * self.processes}"
            )
        return self

    @model_validator(mode="after")
    def _online_in_one_process(self) -> Self:
        if self.online and self.processes not in ("auto", 1):
            raise ValueError(
                f"train.online changes weights in one process only; remove train.processes: {self.processes}"
            )
        return self


class TrainSettings(LearningSettings, StartModel):
    """How the model is fine-tuned."""

    @model_validator(mode="after")
    def _tunes_what_has_learned(self) -> Self:
        if self.tune != "full" and isinstance(self.model, BuiltModel):
            raise ValueError(nothing_to_keep(self.tune))
        return self


def nothing_to_keep(tune: str) -> str:
    """Say why a model that is built here cannot be tuned in a part."""
    return (
        f"train.tune: {tune} keeps what a model has learned, and one that is built here has learned nothing; name a "
        "model by folder or Hub name, or take tune: full"
    )
