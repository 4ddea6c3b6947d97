"""Which of a model's weights learn: all, those of its head alone, or updates of small rank (LoRA) beside the head's."""

from typing import Any

from torch.nn import Linear
from transformers.pytorch_utils import Conv1D

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.train.messages import headless
from tasks.train.settings import LoraSettings, TrainSettings

POOLER = "pooler"
"""Part of an encoder that learns with the head: most checkpoints have none, and it begins anew."""


def tune(model: Any, settings: TrainSettings, task: str) -> Any:
    """Let those weights learn that the recipe says; gives what merges the updates into the model in the end, where
    there are any.

    Raises:
        RecipeError: the model has no head to learn alone.
    """
    if settings.tune == "full":
        return None
    head, own = _head(model)
    if settings.tune == "lora":
        tuner = _with_updates(model, settings.lora)
    elif own:
        tuner = None
        model.requires_grad_(requires_grad=False)
    else:
        raise RecipeError(headless(model.config.model_type, task))
    for weights in head:
        weights.requires_grad_()
    return tuner


def merged(model: Any, tuner: Any) -> Any:
    """Give the model as it was built, its updates added to the weights that they are of."""
    return model if tuner is None else tuner.merge_and_unload(safe_merge=True)


def learning(model: Any) -> int | None:
    """Count the weights that learn; None where all do."""
    weights = [*model.parameters()]
    some = sum(one.numel() for one in weights if one.requires_grad)
    return None if all(one.requires_grad for one in weights) else some


def _head(model: Any) -> tuple[list[Any], bool]:
    """Find the weights of the head and of a pooler, and say whether there is a head: tied weights are no head's."""
    base = model.base_model
    inside = {id(weights) for weights in base.parameters()}
    own = [weights for weights in model.parameters() if id(weights) not in inside]
    pooling = [one for name, one in base.named_parameters() if POOLER in name.split(".")]
    return own + pooling, bool(own)


def _with_updates(model: Any, settings: LoraSettings) -> Any:
    """Put updates beside all matrices of the model below its head (Hu et al. 2021, arXiv 2106.09685; all of them, not
    the attention's alone: Dettmers et al. 2023, arXiv 2305.14314); nothing else learns.
    """
    with importing:
        from peft import LoraConfig
        from peft.tuners.lora import LoraModel

    inside = {id(weights) for weights in model.base_model.parameters()}
    last = model.get_output_embeddings()
    matrices = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, Linear | Conv1D) and id(module.weight) in inside and module is not last
    }
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=[name for name in matrices if POOLER not in name.split(".")],
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in matrices.values()),
    )
    return LoraModel(model, config, "default")
