"""Payment cards: 12 to 19 digits that begin as an issuer's do, have one of its lengths, and a right check digit (Luhn).

Digits stand together, or in groups as on a card: fours, or 4-6-5 and 4-6-4. Issuers by ISO/IEC 7812-1 and the schemes'
    published ranges.

Recipe:
    kind: card
"""

import re
from collections.abc import Iterator
from typing import Literal

from stdnum import luhn

from tasks.personal.settings import DetectorSettings

HINT = r"[0-9]{4}[ -]?(?:[0-9]{4}[ -]?[0-9]{4}|[0-9]{6}[ -]?[0-9]{4})"
ISSUERS = (
    ("4", (13, 16, 19)),  # Visa
    ("5[1-5]|2(?:2(?:2[1-9]|[3-9])|[3-6]|7(?:[01]|20))", (16,)),  # Mastercard
    ("3[47]", (15,)),  # American Express
    ("30[0-5]|3[689]", (14, 15, 16, 17, 18, 19)),  # Diners Club
    ("2131|1800", (15,)),  # JCB, old
    ("35", (16, 17, 18, 19)),  # JCB
    ("6(?:011|22|4[4-9]|5)", (16, 17, 18, 19)),  # Discover, UnionPay
    ("60|62|81|82|220[0-4]", (16, 17, 18, 19)),  # RuPay, UnionPay, Mir
    ("50|5[6-9]|6", (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
)
"""How a number begins, and how many digits it then has."""
KNOWN = tuple((re.compile(first), frozenset(lengths)) for first, lengths in ISSUERS)
GROUPED = r"[0-9]{4}([ -])(?:[0-9]{6}\1[0-9]{4,5}|[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,4}){0,2})"
NUMBER = re.compile(rf"(?<![\w+])(?<![\w][.,-])(?:[0-9]{{12,19}}|{GROUPED})(?![\w]|[.,-][0-9])")


class Params(DetectorSettings):
    """Settings of the detector of payment cards."""

    kind: Literal["card"] = "card"


def spans(text: str, _params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each number."""
    return (match.span() for match in NUMBER.finditer(text) if _is_card(match[0].replace(" ", "").replace("-", "")))


def _is_card(digits: str) -> bool:
    return any(len(digits) in lengths and first.match(digits) for first, lengths in KNOWN) and luhn.is_valid(digits)
