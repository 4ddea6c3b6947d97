"""Words replaced by what a masked language model finds likely in their place (Kobayashi 2018; Wu et al. 2019, without
their conditioning on the label).

`changed` of a text's words, one at least, are covered together; each is then drawn from the `choices` likeliest whole
words that are not the word that stood there, by their probabilities. The model knows no label: look at the examples in
the report.

Recipe:
    kind: masked-model
    model: google-bert/bert-base-uncased
    share: 0.2
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from tasks.augment.settings import AugmentSettings
from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.core.rng import generator
from tasks.manifests.seen import Fingerprint
from tasks.models.folders import seen_folder
from tasks.models.positions import longest, positions_of
from tasks.models.pretrained import load_pretrained
from tasks.text.words import parted

BATCH_ROWS = 32
WHAT = "augment: the masked model"


class Params(AugmentSettings):
    """Settings of the method."""

    kind: Literal["masked-model"] = "masked-model"
    model: str
    """Masked language model: a folder or Hub name that transformers loads."""
    revision: str | None = None
    """Commit of a model of the Hub."""
    changed: float = Field(default=0.15, gt=0, le=0.5)
    """Share of a text's words that are replaced; one at least."""
    choices: int = Field(default=10, ge=1, le=1_000)
    """Likeliest words that one is drawn from."""
    max_tokens: int = Field(default=256, ge=8, le=10_000_000)
    """Tokens of a text that the model reads; behind them nothing is replaced."""


def seen(params: Params, base: str) -> Fingerprint:
    """Say what it hangs on beside its settings: the model."""
    return seen_folder("masked-model", params.model, params.revision, base)


def rewritten(texts: Sequence[str], keys: Sequence[str], params: Params, base: str, seed: int) -> list[str]:
    """Make a new text of each; one without words stays as it is.

    Args:
        keys: on which, and on the seed, chance hangs.
    """
    with importing:
        import torch
        from transformers import AutoModelForMaskedLM

    tokenizer, model = load_pretrained(WHAT, params.model, params.revision, base, AutoModelForMaskedLM)
    if tokenizer.mask_token_id is None:
        raise RecipeError(f"{WHAT} {params.model!r} has no token that covers a word (mask_token); take one like BERT")
    most = min(params.max_tokens, longest(tokenizer, positions_of(model), params.max_tokens))
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    apart = parted(pl.Series(texts, dtype=pl.String))
    pieces = apart.pieces
    rngs = [generator(seed, "masked-model", key) for key in keys]
    places = [_places(parts, apart.words, params.changed, rng) for parts, rng in zip(pieces, rngs, strict=True)]
    known = _whole_words(tokenizer)
    for start in range(0, len(texts), BATCH_ROWS):
        rows = range(start, min(start + BATCH_ROWS, len(texts)))
        covered = ["".join(_covered(pieces[row], places[row], tokenizer.mask_token)) for row in rows]
        batch = tokenizer(covered, truncation=True, max_length=most, padding=True, return_tensors="pt")
        with torch.inference_mode():
            logits = model(**batch.to(model.device)).logits
        for at, row in enumerate(rows):
            found = torch.nonzero(batch["input_ids"][at] == tokenizer.mask_token_id).flatten()
            for place, chances in zip(places[row], logits[at, found].softmax(-1).cpu().numpy(), strict=False):
                pieces[row][place] = _drawn(chances, known, pieces[row][place], params.choices, rngs[row])
    return ["".join(parts) for parts in pieces]


def _places(pieces: Sequence[str], known: frozenset[str], changed: float, rng: np.random.Generator) -> list[int]:
    """Choose the pieces that are replaced, in order."""
    words = [number for number, piece in enumerate(pieces) if piece in known]
    count = min(len(words), max(1, round(changed * len(words))))
    return sorted(rng.choice(words, count, replace=False).tolist()) if words else []


def _covered(pieces: Sequence[str], places: Sequence[int], mask: str) -> list[str]:
    return [mask if number in places else piece for number, piece in enumerate(pieces)]


def _whole_words(tokenizer: Any) -> dict[int, str]:
    """Give the tokens that are a word by themselves: letters alone, and no continuation of another one."""
    decoded = {number: tokenizer.decode([number]).strip() for number in range(len(tokenizer))}
    special = {*tokenizer.all_special_ids}
    return {number: word for number, word in decoded.items() if number not in special and word.isalpha()}


def _drawn(
    chances: NDArray[np.float32], known: dict[int, str], word: str, choices: int, rng: np.random.Generator
) -> str:
    """Draw one of the likeliest words, in the case of the one that it replaces."""
    likely: list[int] = []
    for number in np.argsort(-chances, kind="stable").tolist():
        if len(likely) == choices:
            break
        if number in known and known[number].casefold() != word.casefold():
            likely.append(number)
    if not likely:
        return word
    weights = chances[likely].astype(np.float64) + np.finfo(np.float64).tiny
    found = known[likely[int(rng.choice(len(likely), p=weights / weights.sum()))]]
    return found.capitalize() if word[:1].isupper() and found.islower() else found
