"""How a reader reads a question and its context: in windows that overlap where the context is long, so that an answer
stands whole in one of them; and which piece of it a trained one gives for the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models.trained import Ready, load_trained
from tasks.text.hashing import Floats

BATCH_ROWS = 32
OVERLAP = 0.25
"""Of two windows, as a share of one."""
QUESTION = 0.5
"""Largest share of a window that a question takes; the rest of it is cut."""
LONGEST_ANSWER = 48
"""Tokens of an answer that is given."""
NOWHERE = 1e-12
"""Chance of an end that stands in no window."""
NO_ANSWER: tuple[float, str] = (-np.inf, "")
"""The sum of logits of an answer, and the answer, where nothing is found."""
Answers = Mapping[str, Sequence[Any]]
"""`text` and `answer_start`, as SQuAD has them."""


class Windows(NamedTuple):
    """Questions with windows of their contexts.

    Attributes:
        ids: tokens of each window, at most as many as asked for.
        row: number of the row of each; never falling.
        places: of each token the characters of the context that it stands for; (−1, −1) where it is of none.
        none: the token at which an answer is said not to stand in a window.
        more: other values of every token that the model takes.
    """

    ids: list[list[int]]
    row: list[int]
    places: list[list[tuple[int, int]]]
    none: list[int]
    more: dict[str, list[list[int]]]


class Answered(NamedTuple):
    """What a reader says of every row.

    Attributes:
        answers: pieces of the contexts.
        loss: −log p(start) − log p(end) of the first right answer in nats, shape (rows,).
        uniform: the same, where each token of the context is as likely.
    """

    answers: list[str]
    loss: Floats
    uniform: Floats


def refuse(tokenizer: Any) -> None:
    """Refuse a tokenizer that does not say where in a text a token stands.

    Raises:
        RecipeError: it does not.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise RecipeError(
            "train.model: its tokenizer does not say where in a text a token stands; take an encoder such as bert, "
            "distilbert or roberta"
        )


def windows(tokenizer: Any, questions: Sequence[str], contexts: Sequence[str], longest: int) -> Windows:
    """Encode questions with their contexts; what looks like a special token in a text is text."""
    room = longest - tokenizer.num_special_tokens_to_add(pair=True)
    if not questions:
        return Windows([], [], [], [], {})
    encoded = tokenizer(
        _cut(tokenizer, questions, max(1, int(QUESTION * room))),
        list(contexts),
        truncation="only_second",
        max_length=longest,
        stride=int(OVERLAP * (room - int(QUESTION * room))),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        verbose=False,
    )
    ids, start = encoded["input_ids"], tokenizer.cls_token_id
    places = [
        [place if side == 1 else (-1, -1) for place, side in zip(own, encoded.sequence_ids(at), strict=True)]
        for at, own in enumerate(encoded["offset_mapping"])
    ]
    more = {name: encoded[name] for name in ("token_type_ids",) if name in encoded}
    none = [own.index(start) if start in own else 0 for own in ids]
    return Windows(ids, encoded["overflow_to_sample_mapping"], places, none, more)


def _cut(tokenizer: Any, questions: Sequence[str], longest: int) -> list[str]:
    encoded = tokenizer(list(questions), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return [
        question if len(places) <= longest else question[: places[longest - 1][1]]
        for question, places in zip(questions, encoded["offset_mapping"], strict=True)
    ]


def spans(windows: Windows, answers: Sequence[Answers]) -> list[list[int]]:
    """Give the first and the last token of the first answer of each window's row, or where a window says that it has
    none.
    """
    found: list[list[int]] = []
    for row, places, none in zip(windows.row, windows.places, windows.none, strict=True):
        inside = _inside(places, answers[row])
        found.append([none, none] if inside is None else [*inside])
    return found


def _inside(places: Sequence[tuple[int, int]], answers: Answers) -> tuple[int, int] | None:
    """Find the tokens of an answer in a window; None where it does not stand there whole."""
    begins = answers["answer_start"][0]
    ends = begins + len(answers["text"][0])
    within = [at for at, (start, end) in enumerate(places) if start >= 0 and start < ends and end > begins]
    if not within or places[within[0]][0] > begins or places[within[-1]][1] < ends:
        return None
    return within[0], within[-1]


def load(folder: Path) -> Ready:
    """Load a trained reader."""
    return load_trained(folder, "AutoModelForQuestionAnswering")


def answers_to(ready: Ready, rows: pl.DataFrame, longest: int) -> list[str]:
    """Ask a trained model: over all windows of a row, the piece with the largest sum of the logits of its ends.

    Args:
        rows: `question`, `context`.
    """
    contexts, best = rows["context"].to_list(), [NO_ANSWER] * len(rows)
    for row, places, own in _read(ready, windows(ready.tokenizer, rows["question"].to_list(), contexts, longest)):
        best[row] = max(best[row], _best(own, places, contexts[row]))
    return [answer for _, answer in best]


def answered(ready: Ready, rows: pl.DataFrame, longest: int) -> Answered:
    """Ask a trained model the same, and how likely it finds the right answers.

    Args:
        rows: `question`, `context`, `answers`.
    """
    contexts, right = rows["context"].to_list(), rows["answers"].to_list()
    best, chances, tokens = [NO_ANSWER] * len(rows), np.zeros((len(rows), 2)), np.zeros(len(rows))
    for row, places, own in _read(ready, windows(ready.tokenizer, rows["question"].to_list(), contexts, longest)):
        best[row] = max(best[row], _best(own, places, contexts[row]))
        inside, asked = _inside(places, right[row]), np.array([start >= 0 for start, _ in places])
        tokens[row] = max(tokens[row], asked.sum())
        if inside is not None:
            likely = np.exp(own - np.logaddexp.reduce(own, axis=1, keepdims=True))
            chances[row] = np.maximum(chances[row], [likely[0, inside[0]], likely[1, inside[1]]])
    loss = -np.log(np.maximum(chances, NOWHERE)).sum(1)
    return Answered([answer for _, answer in best], loss, 2 * np.log(np.maximum(tokens, 1)))


def _read(ready: Ready, read: Windows) -> Iterator[tuple[int, list[tuple[int, int]], Floats]]:
    """Give for each window its row, the places of its tokens, and the logits of both ends, shape (2, tokens)."""
    with importing:
        import torch

    model, tokenizer, device = ready
    order = np.argsort([len(ids) for ids in read.ids], kind="stable")
    for first in range(0, len(order), BATCH_ROWS):
        some = order[first : first + BATCH_ROWS].tolist()
        held = {"input_ids": [read.ids[at] for at in some]} | {
            name: [values[at] for at in some] for name, values in read.more.items()
        }
        with torch.inference_mode():
            given = model(**tokenizer.pad(held, return_tensors="pt").to(device))
            both = torch.stack([given.start_logits, given.end_logits], 1).double().cpu().numpy()
        for at, logits in zip(some, both, strict=True):
            places, left = read.places[at], tokenizer.padding_side == "left"
            yield read.row[at], places, logits[:, -len(places) :] if left else logits[:, : len(places)]


def _best(logits: Floats, places: Sequence[tuple[int, int]], context: str) -> tuple[float, str]:
    """Find the piece of a window with the largest sum of the logits of its ends, no longer than an answer may be."""
    asked = np.array([start >= 0 for start, _ in places])
    sums = np.where(asked, logits[0], -np.inf)[:, None] + np.where(asked, logits[1], -np.inf)[None]
    length = np.arange(len(places))
    sums[(length[None] < length[:, None]) | (length[None] >= length[:, None] + LONGEST_ANSWER)] = -np.inf
    start, end = np.unravel_index(int(sums.argmax()), sums.shape)
    if not np.isfinite(sums[start, end]):
        return -np.inf, ""
    return float(sums[start, end]), context[places[int(start)][0] : places[int(end)][1]].strip()
