"""Phone numbers, in three degrees of certainty.

- International: + or 00, then 7 to 15 digits (ITU-T E.164), by their form alone.
- National, by a form that little else has: North America's 3-3-4, an area code in brackets that begins with 0, groups
that begin with 0.
- Any other 7 to 12 digits, grouped or not, where a word such as phone, call, fax or mobile stands near.

With `regions`, whose numbering plans then are asked (phonenumbers, Google's libphonenumber), a national number that a
region has given out is one without such a word.

Recipe:
    kind: phone
    regions: []
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from tasks.personal.settings import DetectorSettings

HINT = r"[0-9](?:[ .()/\u2010-\u2013-]{0,3}[0-9]){6}"
GAP = r"[ .()/\u2010-\u2013-]{0,3}"
END = r"(?: ?(?:x|ext\.? ?)[0-9]{1,6})?(?![\w]|[.,/:-][0-9])"
START = r"(?<![\w+])(?<![\w][.,/-])"
SURE = re.compile(
    rf"(?:(?<![\w+])\+ ?|{START}00[ -]?)(?=[1-9])[0-9](?:{GAP}[0-9]){{6,14}}{END}"
    rf"|{START}(?:1[ .-])?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}(?P<gap>[ .-]))[0-9]{{3}}[ .-][0-9]{{4}}{END}"
    rf"|{START}\(0[0-9]{{1,4}}\)[ -]?[0-9]{{2,4}}(?:[ -]?[0-9]{{2,4}}){{1,3}}{END}"
    rf"|{START}(?=(?:{GAP}[0-9]){{9}})0[1-9][0-9]{{0,4}}(?P<same>[ "
    rf".-])[0-9]{{2,4}}(?:(?P=same)[0-9]{{2,4}}){{1,3}}{END}"
    rf"|{START}(?=(?:[ .-]?[0-9]){{10}})0[1-9][0-9]{{1,4}}[ .-][0-9]{{5,8}}{END}"
)
MAYBE = re.compile(rf"{START}(?=\(?[0-9](?:{GAP}[0-9]){{6}})\(?[0-9]{{1,12}}(?:[ ./)-]{{1,2}}[0-9]{{2,8}}){{0,5}}{END}")
DATE = re.compile(
    r"[0-9]{1,2}([./-])[0-9]{1,2}\1(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2}"
    r"|(?:19|20)[0-9]{2} ?- ?(?:19|20)[0-9]{2}"
)
NUMBERS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
BEFORE = re.compile(
    r"(?i)\b(?:phone|telephone|tele?f|tel|t[ée]l[ée]phone|tel[ée]fono|telefone|mobil|m[óo]vil|cell|handy|gsm|fax|"
    r"whatsapp|pager|call|ring|dial|desk|"
    r"hotline|voicemail|text me|sms|messages? (?:to|on|at)|answering|reach|registered)"
)
AFTER = re.compile(r"(?i)[ ,(-]{1,3}(?:office|fax|mobile|cell|home|work|phone)\b")
INSTALL = "pip install 'cuvee[personal]'"
NEAR = 48
"""Signs before a number in which the word that makes it a phone number is looked for."""


class Params(DetectorSettings):
    """Settings of the detector of phone numbers."""

    kind: Literal["phone"] = "phone"
    regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    """Countries (ISO 3166, two capitals) whose national numbers are known by their numbering plan; needs the extra
    `personal`."""


def packages(params: Params) -> tuple[str, ...]:
    """Name the packages that are asked."""
    return ("phonenumbers",) if params.regions else ()


def spans(text: str, params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each number."""
    for match in SURE.finditer(text):
        if not DATE.match(match[0]) and 7 <= _digits(match[0]) <= 17:
            yield match.span()
    for match in MAYBE.finditer(text):
        if 7 <= _digits(match[0]) <= 12 and not DATE.match(match[0]) and not NUMBERS.fullmatch(match[0]):
            before = text[max(0, match.start() - NEAR) : match.start()]
            if BEFORE.search(before) or AFTER.match(text, match.end()) or _given_out(match[0], params.regions):
                yield match.span()


def _digits(number: str) -> int:
    """Count the digits of a number without its extension."""
    return sum(sign.isdigit() for sign in re.split("x|ext", number)[0])


def _given_out(number: str, regions: tuple[str, ...]) -> bool:
    """Ask the numbering plans of the regions."""
    if not regions:
        return False
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
