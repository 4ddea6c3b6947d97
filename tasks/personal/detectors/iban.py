"""International bank account numbers: a country, as many signs as it gives them, and check digits that are right (mod
97).

Signs stand together or in groups of four; small letters count too. Lengths: SWIFT's IBAN registry.

Recipe:
    kind: iban
"""

import re
from collections.abc import Iterator
from typing import Literal

from stdnum.iso7064 import mod_97_10

from tasks.personal.settings import DetectorSettings

HINT = r"[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{3}"
REGISTRY = """
15 NO
16 BE
18 DK FI FK FO GL NL SD
19 MK SI
20 AT BA EE KZ LT LU MN XK
21 CH CR HR LI LV
22 BG BH DE GB GE IE ME RS VA
23 AE GI IL IQ OM SO TL
24 AD CZ ES MD PK RO SA SE SK TN VG
25 LY PT ST
26 IS TR
27 BI DJ FR GR IT MC MR SM
28 AL AZ BY CY DO GT HN HU LB NI PL SV
29 BR EG PS QA UA
30 JO KW MU YE
31 MT SC
32 LC
33 RU
"""
LENGTHS = {country: int(line.split()[0]) for line in REGISTRY.split("\n") for country in line.split()[1:]}
START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}")
REST = {
    length: re.compile(
        rf"(?:[ -]?[A-Za-z0-9]{{4}}){{{(length - 4) // 4}}}"
        + (rf"[ -]?[A-Za-z0-9]{{{length % 4}}}" if length % 4 else "")
        + r"(?![A-Za-z0-9])"
    )
    for length in set(LENGTHS.values())
}
"""Length of a number -> what stands behind its country and check digits."""


class Params(DetectorSettings):
    """Settings of the detector of bank account numbers."""

    kind: Literal["iban"] = "iban"


def spans(text: str, _params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each number."""
    for start in START.finditer(text):
        length = LENGTHS.get(start[0][:2].upper())
        rest = REST[length].match(text, start.end()) if length else None
        if not rest:
            continue
        number = (start[0] + rest[0]).replace(" ", "").replace("-", "")
        if mod_97_10.is_valid(number[4:] + number[:4]):
            yield start.start(), rest.end()
