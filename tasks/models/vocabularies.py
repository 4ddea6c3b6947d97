"""Tokenizers trained on the mix's texts, for models that are built: the same texts give the same vocabulary, whatever
the process.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl

from tasks.core.imports import importing

SPECIAL = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
ONIGURUMA_CLUSTER = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}ー][\p{M}\u0E33\u0EB3\uFF9E\uFF9F]*"
)
"""A word of a script without spaces (tasks/text/words.py), as the engine of `tokenizers` writes it."""
MARKS_BESIDE_ACCENTS = r"[\p{Hiragana}\p{Katakana}]|[\p{M}--\p{scx=Latin}--\p{Inherited}--[\x{0483}-\x{0489}]]"
"""Kana, which Unicode takes apart into a letter and a mark, and marks of a script of their own."""
END = "<|endoftext|>"
"""Stands before and after every text that a language model learns, and for padding, which no loss looks at."""
PADDING, ENDED = "<pad>", "</s>"
"""Padding, which also begins what an encoder-decoder writes, and the end of every text that it reads or writes."""


def word_pieces(vocabulary: int, texts: Iterable[str]) -> Any:
    """Train a lower-casing WordPiece tokenizer (Schuster & Nakajima 2012; as BERT uses it) on texts.

    The trainer of `tokenizers` numbers continuing letters (`##a`) in the order of a hash table, which differs from run
    to run and then breaks ties differently. Given to it beforehand in alphabetical order, they make the vocabulary the
    same every time.
    """
    with importing:
        from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
        from transformers import PreTrainedTokenizerFast

    texts = list(texts)
    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=not _marks_are_letters(texts))
    texts = [normalizer.normalize_str(text) for text in texts]
    words = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(ONIGURUMA_CLUSTER), "isolated"), pre_tokenizers.BertPreTokenizer()]
    )
    first = list(SPECIAL.values())
    letters = [f"##{letter}" for letter in sorted(set("".join(texts))) if not letter.isspace()]
    trained = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    trained.pre_tokenizer = words
    trainer = trainers.WordPieceTrainer(
        vocab_size=max(vocabulary, len(first + letters)), special_tokens=first + letters, show_progress=False
    )
    trained.train_from_iterator(texts, trainer)

    tokenizer = Tokenizer(models.WordPiece(trained.get_vocab(), unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, words, decoders.WordPiece()
    end, start = ((SPECIAL[name], first.index(SPECIAL[name])) for name in ("sep_token", "cls_token"))
    tokenizer.post_processor = processors.BertProcessing(end, start)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def _marks_are_letters(texts: Iterable[str]) -> bool:
    """Say whether accents must stay: in scripts beside Latin, Greek and Cyrillic a mark is a vowel or another sound."""
    return bool(pl.Series(list(texts), dtype=pl.String).str.contains(MARKS_BESIDE_ACCENTS).any())


def byte_pairs(vocabulary: int, texts: Iterable[str]) -> Any:
    """Train a byte-level BPE tokenizer (Sennrich et al. 2016; on bytes as GPT-2 has it): every text reads back as it
    was.

    Its alphabet, all 256 bytes, is given; merges of equal count go by their numbers, so that nothing hangs on the order
    of a hash table.
    """
    with importing:
        from transformers import PreTrainedTokenizerFast

    tokenizer = _trained_byte_pairs(vocabulary, texts, [END])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END, pad_token=END)


def ended_byte_pairs(vocabulary: int, texts: Iterable[str]) -> Any:
    """Train the same for an encoder-decoder: one vocabulary for what is read and what is written, each text with an end
    of its own. What looks like a special token inside a text is text.
    """
    with importing:
        from tokenizers import processors
        from transformers import PreTrainedTokenizerFast

    tokenizer = _trained_byte_pairs(vocabulary, texts, [PADDING, ENDED])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {ENDED}", pair=f"$A {ENDED} $B {ENDED}", special_tokens=[(ENDED, 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=ENDED, pad_token=PADDING, split_special_tokens=True
    )


def _trained_byte_pairs(vocabulary: int, texts: Iterable[str], special: list[str]) -> Any:
    with importing:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
