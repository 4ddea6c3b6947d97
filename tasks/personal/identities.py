"""Check digits of national identity numbers, as each country defines them."""

from collections.abc import Callable, Mapping
from datetime import date

from tasks.personal.checksums import luhn, weighted

DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
OMOCODE = str.maketrans("LMNPQRSTUV", "0123456789")
ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""What A to Z, and 0 to 9 as A to J, count on the odd places of a codice fiscale."""
MONTHS = "ABCDEHLMPRST"


def br(text: str) -> bool:
    """CPF: two check digits, each (10 × the sum weighted n + 1 down to 2) mod 11 mod 10; not eleven times the same
    digit.
    """
    digits = text.replace(".", "").replace("-", "")
    right = all(10 * weighted(digits[:n], range(n + 1, 1, -1)) % 11 % 10 == int(digits[n]) for n in (9, 10))
    return right and len(set(digits)) > 1


def cn(text: str) -> bool:
    """Resident identity number (GB 11643-1999): a date, and ISO 7064 MOD 11-2."""
    weights = [pow(2, place, 11) for place in range(17, 0, -1)]
    last = "10X98765432"[weighted(text[:17], weights) % 11]
    return _is_date(text[6:10], text[10:12], text[12:14]) and last == text[17].upper()


def es(text: str) -> bool:
    """DNI and NIE: the letter of the number mod 23, X, Y and Z before it being 0, 1 and 2."""
    plain = text.replace("-", "")
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return DNI[int(number) % 23] == plain[-1]


def fi(text: str) -> bool:
    """HETU: a date, and the sign of its nine digits mod 31."""
    century = "18" if text[6] == "+" else "20" if text[6] in "ABCDEF" else "19"
    return _is_date(century + text[4:6], text[2:4], text[:2]) and HETU[int(text[:6] + text[7:10]) % 31] == text[10]


def fr(text: str) -> bool:
    """NIR: 97 - the number mod 97; the departments 2A and 2B count as 19 and 18."""
    plain = text.replace(" ", "")
    number = plain[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(plain[13:])


def it(text: str) -> bool:
    """Codice fiscale: a day and month, and the sum of its signs, counted by odd and even place, mod 26."""
    signs = [ord(sign) - (48 if sign.isdigit() else 65) for sign in text[:15]]
    total = sum(ODD[sign] for sign in signs[::2]) + sum(signs[1::2])
    day = int(text[9:11].translate(OMOCODE))
    born = _is_date("2000", str(MONTHS.index(text[8]) + 1), str(day - 40 if day > 40 else day))
    return born and chr(65 + total % 26) == text[15]


def pl(text: str) -> bool:
    """PESEL: a date whose month carries the century, and a sum weighted 1 3 7 9 that ends in 0 with the check digit."""
    century = {0: "19", 1: "20", 2: "21", 3: "22", 4: "18"}[int(text[2:4]) // 20]
    born = _is_date(century + text[:2], str(int(text[2:4]) % 20), text[4:6])
    return born and weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def se(text: str) -> bool:
    """Personnummer: a date (the day + 60 for a co-ordination number) and Luhn."""
    digits = text[:6] + text[7:]
    day = int(digits[4:6])
    return _is_date("20" + digits[:2], digits[2:4], str(day - 60 if day > 60 else day)) and luhn(digits)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "br": br,
    "cn": cn,
    "es": es,
    "fi": fi,
    "fr": fr,
    "it": it,
    "pl": pl,
    "se": se,
}
"""Country -> whether a number of the right form is one; countries without check digits are not here."""


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return bool(date(int(year), int(month), int(day)))
    except ValueError:
        return False
