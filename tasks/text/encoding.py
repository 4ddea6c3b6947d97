"""Which encoding a text is in. UTF-8 where it can be; else the likeliest of the common ones, by charset-normalizer."""

import codecs
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
LATIN_AND_CYRILLIC = ("cp1252", "cp1251", "cp1250", "cp1257")
EAST_ASIAN: dict[str, tuple[range, ...]] = {
    "gb18030": (range(0xA1, 0xA4), range(0xB0, 0xD8)),
    "big5": (range(0xA1, 0xA4), range(0xA4, 0xC7)),
    "shift_jis": (range(0x81, 0x84), range(0x88, 0x98)),
    "cp932": (range(0x81, 0x84), range(0x87, 0x98)),
    "euc_kr": (range(0xA1, 0xA4), range(0xB0, 0xC9)),
    "cp949": (range(0xA1, 0xA4), range(0xB0, 0xC9)),
    "euc_jp": (range(0xA1, 0xA2), range(0xA4, 0xA6), range(0xB0, 0xD0)),
}
"""Encoding -> first bytes of its everyday characters: signs, kana or Hangul, and the characters of its first level."""
OTHERS = ("koi8_r", "cp1253", "cp1256", "cp1255", "cp1254", "cp874")
COMMON = (*LATIN_AND_CYRILLIC, *EAST_ASIAN, *OTHERS)
"""The likelier, the earlier."""
MOST_BYTES = 1 << 16
LEAST_VALID = 0.9
"""Share of the lines with other than ASCII characters that must be valid in an encoding."""
LEAST_EVERYDAY = 0.9
"""Share of everyday characters that no text has by chance when it is decoded by an encoding that is not its own."""
CLOSE = 0.05
"""Difference of two encodings' scores that says nothing: then the likelier one is taken."""
LEAST_PRINTABLE = 0.99


def encoding_of(sample: bytes) -> tuple[str, str]:
    """Guess the encoding of whole lines.

    Returns:
        Its name as a recipe would say it, and the evidence; empty where nothing speaks against UTF-8.
    """
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name, "" if name == "utf-8" else f"it begins with the byte order mark of {name}"
    if wide := _utf_16(sample[:MOST_BYTES]):
        return wide, f"every other byte of its line ends is zero, as in {wide}"
    odd = [line for line in sample.split(b"\n") if not line.isascii()]
    invalid = sum(not _is_valid(line, "utf-8") for line in odd)
    if not invalid:
        return "utf-8", ""
    evidence = f"{invalid} of {len(odd)} lines that are not ASCII are not valid UTF-8"
    if len(odd) - invalid >= LEAST_VALID * len(odd):
        return "utf-8", f"{evidence}; they go to quarantine"
    name = _common(odd)
    return name, f"{evidence}; {name} is the likeliest encoding"


def _is_valid(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _utf_16(sample: bytes) -> str | None:
    """Know UTF-16 without a mark by its line ends, and by characters that are all printable."""
    for name in ("utf-16-le", "utf-16-be") if b"\0" in sample else ():
        text = codecs.getincrementaldecoder(name)("replace").decode(sample)
        odd = sum(unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs") and char not in "\t\r\n" for char in text)
        # Read the wrong way round a line end is U+0A00, which is no character.
        if "\n" in text and "\ufffd" not in text and odd <= (1 - LEAST_PRINTABLE) * len(text):
            return name
    return None


def _common(odd: Sequence[bytes]) -> str:
    from charset_normalizer import from_bytes

    lines = _first(odd)
    matches = list(from_bytes(b"\n".join(lines), cp_isolation=list(COMMON)))
    everyday = {name: _everyday(lines, name) for name in EAST_ASIAN}
    if not matches:
        # A few broken lines make a text invalid in all encodings.
        best = max(everyday, key=lambda name: everyday[name])
        return best if everyday[best] >= LEAST_EVERYDAY else "latin-1"
    close = [
        match
        for match in matches
        if match.chaos <= matches[0].chaos + CLOSE and match.coherence >= matches[0].coherence - CLOSE
    ]
    likely = {name for match in close for name in (match.encoding, *match.could_be_from_charset)}
    east_asian = [name for name in EAST_ASIAN if name in likely and everyday[name] >= LEAST_EVERYDAY]
    if east_asian:
        return max(east_asian, key=lambda name: everyday[name])
    best = next((name for name in COMMON if name in likely), matches[0].encoding)
    return "latin-1" if best == "cp1252" and not any(0x80 <= byte < 0xA0 for line in lines for byte in line) else best


def _first(lines: Sequence[bytes]) -> list[bytes]:
    """Take whole lines of at most MOST_BYTES, since half of a character is valid in no encoding."""
    ends = accumulate(len(line) + 1 for line in lines)
    return [line for at, (line, end) in enumerate(zip(lines, ends, strict=True)) if not at or end <= MOST_BYTES]


def _everyday(lines: Sequence[bytes], encoding: str) -> float:
    """Give the share of everyday characters among those that are not ASCII; 0 where too few lines are valid."""
    valid = [line.decode(encoding) for line in lines if _is_valid(line, encoding)]
    if len(valid) < LEAST_VALID * len(lines):
        return 0
    pairs = [char.encode(encoding) for text in valid for char in text if not char.isascii()]
    firsts = EAST_ASIAN[encoding]
    common = sum(len(pair) == 2 and any(pair[0] in part for part in firsts) for pair in pairs)
    return common / max(1, len(pairs))
