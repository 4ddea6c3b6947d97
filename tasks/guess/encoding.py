"""Which encoding a text is in. UTF-8 where it can be; else the likeliest of the common ones, by charset-normalizer."""

import codecs

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
COMMON = ("cp1252", "cp1251", "cp1250", "cp1257", "gb18030", "shift_jis", "euc_kr", "big5", "koi8_r")
"""The likelier, the earlier."""
MOST_BYTES = 1 << 16
LEAST_VALID = 0.9
"""Share of the lines with other than ASCII characters that must be valid UTF-8."""
CLOSE = 0.05
"""Difference of two encodings' scores that says nothing: then the likelier one is taken."""


def encoding_of(sample: bytes) -> tuple[str, str]:
    """Guess the encoding of whole lines.

    Returns:
        Its name as a recipe would say it, and the evidence; empty where nothing speaks against UTF-8.
    """
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name, "" if name == "utf-8" else f"it begins with the byte order mark of {name}"
    odd = [line for line in sample.split(b"\n") if not line.isascii()]
    valid = sum(map(_is_utf8, odd))
    if valid >= LEAST_VALID * len(odd):
        return "utf-8", "" if valid == len(
            odd
        ) else f"{len(odd) - valid} of {len(odd)} lines that are not ASCII are not valid UTF-8; they go to quarantine"
    name = _common(b"\n".join(odd)[:MOST_BYTES])
    return (
        name,
        (
            f"{len(odd) - valid} of {len(odd)} lines that are not ASCII are not valid UTF-8; {name} is the likeliest "
            "encoding"
        ),
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _common(odd: bytes) -> str:
    from charset_normalizer import from_bytes

    found = list(from_bytes(odd, cp_isolation=list(COMMON)))
    if not found:
        return "latin-1"
    close = [
        one for one in found if one.chaos <= found[0].chaos + CLOSE and one.coherence >= found[0].coherence - CLOSE
    ]
    likely = {name for one in close for name in (one.encoding, *one.could_be_from_charset)}
    best = next((name for name in COMMON if name in likely), found[0].encoding)
    return "latin-1" if best == "cp1252" and not any(0x80 <= byte < 0xA0 for byte in odd) else best
