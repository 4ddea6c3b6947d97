"""National identity numbers: by form, and by check digit and date of birth where the country has them.

Countries: br CPF, cn resident identity number, es DNI and NIE, fi HETU, fr NIR, gb national insurance number (no check
    digit),
it codice fiscale, pl PESEL, se personnummer, us social security number (no check digit; groups that were never given
out are none).

Recipe:
    kind: national-id
    countries: [us, gb]
"""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tasks.personal import identities
from tasks.personal.settings import DetectorSettings

Country = Literal["br", "cn", "es", "fi", "fr", "gb", "it", "pl", "se", "us"]
HINT = (
    r"[0-9]{7}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3} ?[0-9]{2} "
    r"?[0-9]{4}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-|[0-9]{6}[-+A-Y][0-9]{3}"
    r"|[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]|[A-Z]{6}[0-9L-V]{2}[A-T]|[12] ?[0-9]{2} ?[0-9]{2} "
    r"?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3}"
)
PATTERNS = {
    "br": r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    "cn": r"[1-9][0-9]{16}[0-9Xx]",
    "es": r"(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-Z]",
    "fi": r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]",
    "fr": r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
    "gb": r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
    "it": r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
    "pl": r"[0-9]{11}",
    "se": r"[0-9]{6}[-+][0-9]{4}",
    "us": r"(?!000|666|9)[0-9]{3}(?:-(?!00)[0-9]{2}-| ?(?!00)[0-9]{2} ?)(?!0000)[0-9]{4}",
}
BOUND = {
    country: re.compile(rf"(?<![\w+])(?<![\w][.-])(?:{pattern})(?!\w|[.,-][0-9])")
    for country, pattern in PATTERNS.items()
}

TOLD = re.compile(r"(?i)\bssn\b|\bsocial security\b")
NEAR = 40
"""Signs before nine digits without hyphens in which words must say that they are a social security number."""


class Params(DetectorSettings):
    """Settings of the detector of national identity numbers."""

    kind: Literal["national-id"] = "national-id"
    countries: tuple[Country, ...] = Field(
        default=("br", "cn", "es", "fi", "fr", "gb", "it", "pl", "se", "us"), min_length=1
    )
    """Whose numbers are looked for."""


def spans(text: str, params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each number."""
    for country in params.countries:
        check = identities.CHECKS.get(country)
        for found in BOUND[country].finditer(text):
            told = country != "us" or "-" in found[0] or TOLD.search(text, max(0, found.start() - NEAR), found.start())
            if told and (check is None or check(found[0])):
                yield found.span()
