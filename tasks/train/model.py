"""The model and its tokenizer: loaded by name or folder, or built from a configuration."""

from collections.abc import Iterable
from typing import Any

import psutil

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.core.records import Objective
from tasks.manifests.seen import Fingerprint
from tasks.models.building import building
from tasks.models.folders import seen_folder
from tasks.models.positions import longest, positions_of
from tasks.models.sizes import BYTES_OF_TRAINING, least_weights
from tasks.objectives.parts import Examples, examples_of
from tasks.objectives.starting import open_start, settle
from tasks.train import messages
from tasks.train.settings import BuiltModel, TrainSettings

NAMED = ("bos_token_id", "eos_token_id", "pad_token_id")
"""Settings of a model that its tokenizer knows."""
UNFIT = "Unrecognized configuration class"
"""What transformers says of a model whose architecture has no class for what is to be learned."""


def seen_model(settings: TrainSettings, base: str) -> Fingerprint:
    """Identify the start model: by the content of its folder, by its revision on the Hub, or by nothing when it is
    built.

    Raises:
        RecipeError: no such model, or one to be built that this machine has not the memory to train.
    """
    if isinstance(settings.model, BuiltModel):
        refuse_too_large(settings.model, psutil.virtual_memory().total)
        return Fingerprint(source="model", files=())
    return seen_folder("model", settings.model, settings.revision, base)


def refuse_too_large(model: BuiltModel, memory: int) -> None:
    """Compare the least that training takes with the bytes there are; what a GPU has is seen when training starts.

    Raises:
        RecipeError: the numbers.
    """
    weights = least_weights(model.architecture, model.config, model.vocabulary)
    if weights * BYTES_OF_TRAINING > memory:
        raise RecipeError(
            f"train.model.config: the model has at least {weights / 1e9:,.1f} billion weights; training them takes "
            f"{weights * BYTES_OF_TRAINING / 1e9:,.0f} GB, and this machine has {memory / 1e9:,.0f} GB. Take a smaller "
            "one, or fine-tune a loaded model with train.tune: lora"
        )


def load(
    settings: TrainSettings, base: str, objective: Objective, texts: Iterable[str], *, goes_on: bool = False
) -> tuple[Any, Any]:
    """Give model and tokenizer, ready to be trained.

    Args:
        texts: the mix's texts, for the tokenizer of a built model.
        goes_on: whether an earlier stage of the training made the model; its tokenizer then says how long that stage's
            texts were, not how long texts may be.

    Raises:
        RecipeError: no such model, no safe weights, a configuration that its architecture does not take, or none for
            the objective.
    """
    kind = examples_of(objective.task)
    if isinstance(settings.model, BuiltModel):
        model, tokenizer = _build(settings.model, kind, objective, texts)
    else:
        model, tokenizer = _load(settings, base, objective)
    kind.refuse(model, tokenizer)
    positions = positions_of(model)
    most = (positions or settings.max_tokens) if goes_on else longest(tokenizer, positions, settings.max_tokens)
    if settings.max_tokens > most:
        raise RecipeError(
            f"train.max_tokens is {settings.max_tokens}, but the model takes at most {most}; set "
            f"train.max_tokens <= {most}"
        )
    settle(model, tokenizer, objective.task, settings.max_tokens, settings.beams)
    return model, tokenizer


def _load(settings: TrainSettings, base: str, objective: Objective) -> tuple[Any, Any]:
    try:
        start = open_start(str(settings.model), settings.revision, base, objective.task, objective.labels)
    except RecipeError as error:
        if UNFIT in str(error):
            raise RecipeError(messages.unfit(str(settings.model), objective.task)) from None
        raise
    return start.model, start.tokenizer


def _build(built: BuiltModel, kind: Examples, objective: Objective, texts: Iterable[str]) -> tuple[Any, Any]:
    with importing:
        from transformers import AutoConfig

    tokenizer = kind.vocabulary(built.vocabulary, texts)
    known = {"vocab_size": len(tokenizer)} | {
        name: number for name in NAMED if (number := getattr(tokenizer, name)) is not None
    }
    try:
        config = AutoConfig.for_model(built.architecture, **(built.config | kind.settings(objective.labels) | known))
        if config.is_encoder_decoder:
            config.decoder_start_token_id = config.pad_token_id
            config.forced_eos_token_id = None
        with building:
            model = kind.Model.from_config(config)
    except (ValueError, TypeError, KeyError) as error:
        if UNFIT in str(error):
            raise RecipeError(messages.unfit(built.architecture, objective.task)) from None
        raise RecipeError(messages.cannot_be_built(built.architecture, objective.task, str(error))) from None
    return model, tokenizer
