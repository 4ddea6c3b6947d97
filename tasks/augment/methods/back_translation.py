"""Texts translated into another language and back (Sennrich, Haddow & Birch 2016, used as Xie et al. 2020 do for
classifiers), by two models of sequence to sequence that the recipe names.

Both write as their own settings say, but nothing at random: a row gives one new row at most, whatever the share.

Recipe:
    kind: back-translation
    there: Helsinki-NLP/opus-mt-en-de
    back: Helsinki-NLP/opus-mt-de-en
    share: 0.2
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from tasks.augment.settings import AugmentSettings
from tasks.core.imports import importing
from tasks.manifests.seen import Fingerprint
from tasks.models.encoder_decoder import write
from tasks.models.folders import seen_folder
from tasks.models.pretrained import load_pretrained
from tasks.models.trained import Ready


class Params(AugmentSettings):
    """Settings of the method."""

    kind: Literal["back-translation"] = "back-translation"
    there: str
    """Model that translates into another language: a folder or Hub name that transformers loads."""
    back: str
    """Model that translates back."""
    there_revision: str | None = None
    """Commit of `there`, if it is of the Hub."""
    back_revision: str | None = None
    """Commit of `back`, if it is of the Hub."""
    there_prefix: str = ""
    """What stands before a text for `there`, such as `"translate English to German: "`."""
    back_prefix: str = ""
    """What stands before a text for `back`."""
    max_tokens: int = Field(default=256, ge=8, le=10_000_000)
    """Longest text in tokens; longer ones are cut."""


def seen(params: Params, base: str) -> Fingerprint:
    """Say what it hangs on beside its settings: the two models."""
    there = seen_folder("there", params.there, params.there_revision, base)
    back = seen_folder("back", params.back, params.back_revision, base)
    return Fingerprint(source="back-translation", files=(*there.files, *back.files))


def rewritten(texts: Sequence[str], _keys: Sequence[str], params: Params, base: str, _seed: int) -> list[str]:
    """Make a new text of each."""
    abroad = _translated(texts, params.there_prefix, (params.there, params.there_revision), params.max_tokens, base)
    return _translated(abroad, params.back_prefix, (params.back, params.back_revision), params.max_tokens, base)


def _translated(texts: Sequence[str], prefix: str, model: tuple[str, str | None], longest: int, base: str) -> list[str]:
    with importing:
        import torch
        from transformers import AutoModelForSeq2SeqLM

    name, revision = model
    tokenizer, loaded = load_pretrained("augment: the translator", name, revision, base, AutoModelForSeq2SeqLM)
    loaded.generation_config.update(max_new_tokens=longest, max_length=None, do_sample=False)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    written = write(Ready(loaded.to(device).eval(), tokenizer, device), [prefix + text for text in texts], longest)
    return [text.strip() for text in written]
