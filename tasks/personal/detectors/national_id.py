"""National identity numbers: by form, and by check digit and date of birth where the country has them (python-stdnum).

Countries: br CPF, cn resident identity number, es DNI and NIE, fi HETU, fr NIR, gb national insurance number (no check
digit), it codice fiscale, pl PESEL, se personnummer and co-ordination number, us social security number (no check
digit; groups that were never given out are none).

Recipe:
    kind: national-id
    countries: [us, gb]
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from pydantic import Field
from stdnum import luhn
from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.es import dni, nie
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.pl import pesel
from stdnum.se import personnummer

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
NAMED = re.compile(r"(?i)\bssn\b|\bsocial security\b")
NEAR = 40
"""Signs before nine digits without hyphens in which words must say that they are a social security number."""


def _is_cpf(number: str) -> bool:
    """Leave out the eleven equal digits that forms are filled in with."""
    return cpf.is_valid(number) and len(set(cpf.compact(number))) > 1


def _is_ric(number: str) -> bool:
    """Ask for date and check digit; not for the place of birth, since districts change."""
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1].upper()


def _is_personnummer(number: str) -> bool:
    """Take co-ordination numbers, too, whose day has 60 added."""
    day = int(number[4:6])
    try:
        personnummer.get_birth_date(f"{number[:4]}{day - 60 if day > 60 else day:02}{number[6:]}")
    except ValidationError:
        return False
    return luhn.is_valid(number[:6] + number[7:])


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "br": _is_cpf,
    "cn": _is_ric,
    "es": lambda number: dni.is_valid(number) or nie.is_valid(number),
    "fi": lambda number: hetu.is_valid(number, allow_temporary=True),
    "fr": nir.is_valid,
    "it": codicefiscale.is_valid,
    "pl": pesel.is_valid,
    "se": _is_personnummer,
}
"""Country -> whether a number of the right form is one; countries without check digits are not here."""


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
        check = CHECKS.get(country)
        for match in BOUND[country].finditer(text):
            start = match.start()
            named = country != "us" or "-" in match[0] or NAMED.search(text, max(0, start - NEAR), start)
            if named and (check is None or check(match[0])):
                yield match.span()
