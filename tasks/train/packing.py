"""Batches of little padding: short examples stand one behind another in rows as long as the longest, and none sees
another.

Each has positions of its own, and sees itself alone, by a mask of a row's tokens against each other. So the loss of a
batch is the one that it has unpacked, up to rounding, and nothing of a training changes but its pace. Models that
ignore such a mask, or look through windows that it would widen, are found by asking and refused.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import DataCollatorForTokenClassification

from tasks.core.errors import RecipeError
from tasks.models.positions import first_position
from tasks.models.targets import NOT_PREDICTED, SEGMENT

NEAR = 1e-3
"""Logits of an example that differ by less, packed and alone, differ by rounding."""


class Packing:
    """How examples become a batch of few rows: no more than there are examples, and no longer than the longest is, so
    that nothing takes longer than padded.

    Args:
        forward: whether the model reads from left to right.
    """

    def __init__(self, model: Any, tokenizer: Any, *, forward: bool) -> None:
        self.tokenizer, self.forward = tokenizer, forward
        self.first = first_position(model)
        # Attention that adds its mask takes a mask of truths for numbers, and is then masked by nothing.
        self.adds = getattr(model.config, "_attn_implementation", "") == "eager"

    def __call__(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Put examples into rows; what they say beside their tokens stays in their order."""
        lengths = [len(one["input_ids"]) for one in examples]
        rows = in_rows(lengths, max(lengths))
        shape = len(rows), max(lengths)
        fillings = {"input_ids": self.tokenizer.pad_token_id, "labels": NOT_PREDICTED, "position_ids": self.first}
        batch = {name: np.full(shape, filling) for name, filling in (fillings | {SEGMENT: -1}).items()}
        for at, row in enumerate(rows):
            ends = np.cumsum([lengths[number] for number in row])
            for number, end in zip(row, ends.tolist(), strict=True):
                here = at, slice(end - lengths[number], end)
                batch["input_ids"][here] = examples[number]["input_ids"]
                batch["labels"][here] = examples[number]["labels"]
                batch["position_ids"][here] = self.first + np.arange(lengths[number])
                batch[SEGMENT][here] = number
        made = {name: torch.from_numpy(values) for name, values in batch.items()}
        beside = {name for name in ("source", "weight") if name in examples[0]}
        made |= {name: torch.tensor([one[name] for one in examples]) for name in beside}
        return made | {"attention_mask": self._mask(made[SEGMENT])}

    def _mask(self, segment: torch.Tensor) -> torch.Tensor:
        """Say what each token sees, shape (rows, 1, length, length); padding sees padding, as every token must see."""
        mask = (segment[:, None, :, None] == segment[:, None, None, :]).contiguous()
        mask = mask.tril() if self.forward else mask
        return torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min) if self.adds else mask

    def losses(self, outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Give −Σ log p(token) of every example in nats, and how many tokens it is over."""
        logits, labels, segment = outputs.logits, batch["labels"], batch[SEGMENT]
        if self.forward:
            logits, labels, segment = logits[:, :-1], labels[:, 1:], segment[:, 1:]
        asked = labels != NOT_PREDICTED
        each, of = cross_entropy(logits[asked].float(), labels[asked], reduction="none"), segment[asked]
        sums = torch.zeros(int(batch[SEGMENT].max()) + 1, device=each.device).index_add(0, of, each)
        return sums, torch.bincount(of, minlength=len(sums))

    def refuse(self, model: Any, longest: int) -> None:
        """Refuse a model that does not keep examples apart, or does not read them as it does alone, by asking it.

        Args:
            longest: tokens of an example.

        Raises:
            RecipeError: it says other things of a text that stands behind another one.
        """
        if not self._apart(model, longest) < NEAR:
            raise RecipeError(
                f"train.packing: {model.config.model_type!r} does not keep texts apart that stand in one row; take "
                "packing out"
            )

    def _apart(self, model: Any, longest: int) -> float:
        """Give by how much the logits of three texts differ packed and alone; the two shorter ones stand in one row."""
        rng, tokens = np.random.default_rng(0), np.arange(len(self.tokenizer))
        plain = np.setdiff1d(tokens, self.tokenizer.all_special_ids)
        texts = [rng.choice(plain, size).tolist() for size in (longest, longest // 2, longest // 3)]
        examples = [{"input_ids": ids, "attention_mask": [1] * len(ids), "labels": ids} for ids in texts]
        packed, alone = self(examples), DataCollatorForTokenClassification(self.tokenizer)(examples)
        read = {name: packed[name] for name in ("input_ids", "position_ids", "attention_mask")}
        model.eval()
        with torch.no_grad():
            wanted = model(input_ids=alone["input_ids"], attention_mask=alone["attention_mask"]).logits
            try:
                found = model(**read).logits
            except (TypeError, ValueError, RuntimeError, IndexError):  # how it says that it knows no such mask
                return math.inf
            finally:
                model.train()
        return max(
            float((found[packed[SEGMENT] == number] - wanted[number, : len(ids)]).abs().max())
            for number, ids in enumerate(texts)
        )


def in_rows(lengths: Sequence[int], longest: int) -> list[list[int]]:
    """Put examples into as few rows as first fit, the longest first, finds (Johnson 1973: at most 11/9 of the fewest,
    and one).

    Args:
        lengths: each at most `longest`.
    """
    rows, room = list[list[int]](), list[int]()
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        at = next((at for at, left in enumerate(room) if left >= lengths[number]), len(rows))
        if at == len(rows):
            rows.append([])
            room.append(longest)
        rows[at].append(number)
        room[at] -= lengths[number]
    return rows
