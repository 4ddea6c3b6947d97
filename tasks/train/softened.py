"""What a classifier learns beside its labels, or in place of hard ones: smoothed labels, mixed examples, a teacher.

With p the model's probabilities over K labels and y the label's one-hot vector, the loss of an example is −Σ q log p:

- label smoothing (Szegedy et al. 2016) by ε: q = (1 − ε) y + ε / K;
- mixup (Zhang et al. 2018), on embeddings as for texts (Guo et al. 2019): of each batch the input embeddings become
  λ e + (1 − λ) e′ and likewise q, e′ and q′ being those of another example of the batch, with λ ~ Beta(α, α);
- distillation (Hinton, Vinyals & Dean 2015): (1 − w) of that loss, and w T² KL(softmax(z / T) ‖ softmax(s / T)) with
  the teacher's logits z and the model's s; where examples are mixed, so is this divergence, by λ.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tasks.core.errors import RecipeError
from tasks.train.settings import TrainSettings


class Softened:
    """The loss of training where the recipe asks for more than −log p(label).

    Args:
        settings: with `label_smoothing`, `mixup` or `distil`; more than one may be.
        seed: with the step, what is mixed hangs on it.
    """

    def __init__(self, settings: TrainSettings, seed: int) -> None:
        self.smoothing, self.mixup, self.seed = settings.label_smoothing or 0.0, settings.mixup, seed
        self.distil = settings.distil

    @classmethod
    def wanted(cls, settings: TrainSettings, seed: int) -> "Softened | None":
        """Give the loss that the recipe asks for; None where it is the plain one."""
        return cls(settings, seed) if settings.label_smoothing or settings.mixup or settings.distil else None

    def refuse(self, model: Any) -> None:
        """Refuse a model whose embeddings cannot be mixed.

        Raises:
            RecipeError: it reads and writes.
        """
        if self.mixup and model.config.is_encoder_decoder:
            raise RecipeError(
                f"train.mixup mixes what a model reads, and {model.config.model_type} also writes what it reads; take "
                "an encoder such as bert, or take mixup out"
            )

    def losses(self, model: Any, inputs: Mapping[str, Any], place: tuple[int, ...]) -> tuple[Any, Any]:
        """Give the loss of every example in nats, and what the model gave.

        Args:
            model: gives `logits`, shape (examples, labels).
            inputs: a batch; `labels` are numbers, shape (examples,), `teacher` its logits where there is one.
            place: numbers of the step and the process.
        """
        given = {name: value for name, value in inputs.items() if name not in ("labels", "teacher")}
        labels, mixed = inputs["labels"], None
        if self.mixup:
            rng = np.random.default_rng([self.seed, *place])
            share, other = float(rng.beta(self.mixup, self.mixup)), rng.permutation(len(labels))
            mixed = share, torch.as_tensor(other, device=labels.device)
            given = mixed_inputs(model, given, *mixed)
        outputs = model(**given)
        logits = outputs.logits.float()
        wanted = smoothed(labels, logits.shape[-1], self.smoothing)
        each = -(of_both(wanted, mixed) * logits.log_softmax(-1)).sum(-1)
        if self.distil and "teacher" in inputs:
            warmth, weight = self.distil.temperature, self.distil.weight
            taught = (inputs["teacher"].float() / warmth).log_softmax(-1)
            learned = (logits / warmth).log_softmax(-1)
            apart = (of_both(taught.exp() * taught, mixed) - of_both(taught.exp(), mixed) * learned).sum(-1)
            each = (1 - weight) * each + weight * warmth**2 * apart
        return each, outputs


Mixed = tuple[float, torch.Tensor] | None
"""The share λ of every example, and the number of the one it is mixed with."""


def of_both(values: torch.Tensor, mixed: Mixed) -> torch.Tensor:
    """Give λ v + (1 − λ) v′; the values themselves where nothing is mixed."""
    return values if mixed is None else mixed[0] * values + (1 - mixed[0]) * values[mixed[1]]


def smoothed(labels: torch.Tensor, count: int, smoothing: float) -> torch.Tensor:
    """Give q = (1 − ε) y + ε / K, shape (examples, labels)."""
    return (1 - smoothing) * torch.nn.functional.one_hot(labels, count).float() + smoothing / count


def mixed_inputs(model: Any, given: Mapping[str, Any], share: float, other: torch.Tensor) -> dict[str, Any]:
    """Give a batch as embeddings, each mixed with another's; where either example has a token, there is one."""
    embedded = getattr(model, "module", model).get_input_embeddings()(given["input_ids"])
    mask = torch.maximum(given["attention_mask"], given["attention_mask"][other])
    rest = {name: value for name, value in given.items() if name not in ("input_ids", "attention_mask")}
    return rest | {"inputs_embeds": share * embedded + (1 - share) * embedded[other], "attention_mask": mask}
