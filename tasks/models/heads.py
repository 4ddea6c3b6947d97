"""The layer of a classifier that gives its labels, brought to the labels of a recipe.

A row of its matrix stands for a label: where a pretrained model has the recipe's labels in another order, its rows are
put into the recipe's, and where it has others, what they have learned is of no use.
"""

from collections.abc import Collection, Sequence
from typing import Any

from tasks.core.errors import RecipeError
from tasks.core.imports import importing

SPREAD = 0.02
"""Standard deviation of new weights, where a configuration says none; as transformers begins a layer."""


def name_labels(model: Any, own: Sequence[str], labels: Sequence[str], new: Collection[str] = ()) -> list[str]:
    """Let a classifier give the recipe's labels, by number; its answers stay what they were, or begin by chance.

    Args:
        model: gives as many labels as the recipe has.
        own: its labels, as they were, in its order.
        labels: the recipe's.
        new: names of its weights that begin by chance anyway.

    Returns:
        Names of the weights that begin by chance since they stood for other labels; none where those are the same ones.

    Raises:
        RecipeError: it is not known which layer gives its labels.
    """
    with importing:
        import torch

    if tuple(own) == tuple(labels):
        return []
    name, layer = _head(model, len(labels))
    if f"{name}.weight" in new:
        return []
    known = len({*own}) == len(own) and {*own} == {*labels}
    with torch.no_grad():
        if known:
            order = [list(own).index(label) for label in labels]
            for weights in layer.parameters(recurse=False):
                weights.copy_(weights[order].clone())
            return []
        torch.nn.init.normal_(layer.weight, std=getattr(model.config, "initializer_range", SPREAD))
        if layer.bias is not None:
            layer.bias.zero_()
    return [f"{name}.{weights}" for weights, _ in layer.named_parameters(recurse=False)]


def _head(model: Any, labels: int) -> tuple[str, Any]:
    """Find the last layer outside the body that gives as many values as there are labels."""
    with importing:
        import torch

    inside = {id(module) for module in model.base_model.modules()} if model.base_model is not model else set[int]()
    found = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module.out_features == labels and id(module) not in inside
    ]
    if not found:
        raise RecipeError(
            f"train.model: its labels are not the recipe's in their order, and which layer of "
            f"{model.config.model_type} gives them is not known; write the recipe's labels as the model has them, or "
            "take another model"
        )
    return found[-1]
