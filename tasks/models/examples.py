"""What training reads: encoded examples, each with the row of the mix that it is of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class Examples(torch.utils.data.Dataset[dict[str, Any]]):
    """Encoded texts with what is to be learned of them.

    Args:
        ids: tokens of every example.
        targets: a label's number, or a target for each token.
        row: number of the row that each example is of, shape (examples,); never falling.
        truncated: texts that were cut.
        more: other values of every token that the model takes, by name.

    Attributes:
        sources: number of the source of every example, where the weights change while training.
        teacher: logits of a teacher for every example, where there is one to learn from.
        weights: how much every example counts in the loss, where not all count 1.
    """

    def __init__(
        self,
        ids: Sequence[list[int]],
        targets: Sequence[Any],
        row: NDArray[np.int64],
        truncated: int,
        more: Mapping[str, Sequence[list[int]]] | None = None,
    ) -> None:
        self.ids, self.targets, self.row, self.truncated, self.more = ids, targets, row, truncated, more or {}
        self.lengths = np.array([len(tokens) for tokens in ids])
        self.sources: NDArray[np.int64] | None = None
        self.teacher: NDArray[np.float32] | None = None
        self.weights: NDArray[np.float64] | None = None

    def begin(self, epoch: int, seed: int) -> None:
        """Draw what an epoch of training draws anew; here nothing is drawn."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: int) -> dict[str, Any]:
        example = {
            "input_ids": self.ids[number],
            "attention_mask": [1] * len(self.ids[number]),
            "labels": self.targets[number],
            **{name: values[number] for name, values in self.more.items()},
        }
        if self.teacher is not None:
            example["teacher"] = self.teacher[number].tolist()
        if self.weights is not None:
            example["weight"] = float(self.weights[number])
        return example if self.sources is None else example | {"source": int(self.sources[number])}
