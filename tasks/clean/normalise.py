"""One form for every text: Unicode NFC, no control characters, single spaces."""

import polars as pl

# What no text needs: C0 and C1 controls but for white space, zero-width space and joiners of nothing, byte order mark,
# bidirectional overrides, line and paragraph separators are white space below. Zero-width joiner U+200D stays: emoji need it.
INVISIBLE = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
SPACES = r"[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
ODD = r"[^\x20-\x7e]|  |^ | $"
"""What plain, single-spaced ASCII never has; only texts with it need the slow way."""


def normalised(text: pl.Expr) -> pl.Expr:
    """Normalise texts; doing it twice changes nothing."""
    clean = text.str.replace_all(INVISIBLE, "").str.normalize("NFC").str.replace_all(SPACES, " ").str.strip_chars(" ")
    return pl.when(text.str.contains(ODD)).then(clean).otherwise(text)


def match_key(text: pl.Expr) -> pl.Expr:
    """Give what two texts share when they differ only in case, punctuation and spacing; a text of signs only is its own key."""
    key = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" ")
    return pl.when(key == "").then(text).otherwise(key)


def token_count(text: pl.Expr) -> pl.Expr:
    r"""Count words and signs: matches of `\w+|[^\w\s]`, independent of any tokenizer."""
    return text.str.count_matches(r"\w+|[^\w\s]").cast(pl.UInt32)
