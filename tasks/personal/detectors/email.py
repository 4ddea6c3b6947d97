"""E-mail addresses: a local part of at most 64 signs, an @, and a domain of two labels or more whose last one begins
with a letter.

Lengths by RFC 5321, 4.5.3.1 and RFC 1035, 2.3.4; letters of all alphabets, as RFC 6531 has them.

Recipe:
    kind: email
"""

import re
from collections.abc import Iterator
from typing import Literal

from tasks.personal.settings import DetectorSettings

HINT = r"@[\w-]+\.[\w-]*\w"
LOCAL = r"(?<![\w+%-])[\w+%-][\w.+%'&-]{0,63}+"
DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])"
EMAIL = re.compile(f"{LOCAL}@{DOMAIN}")


class Params(DetectorSettings):
    """Settings of the detector of e-mail addresses."""

    kind: Literal["email"] = "email"


def spans(text: str, _params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each address."""
    return (match.span() for match in EMAIL.finditer(text))
