"""Checksums that numbers carry, so that a number mistyped or made up is told from a real one."""

from collections.abc import Sequence


def luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others: from the right every second one is doubled, the sum
    of all digits is 0 mod 10.

    ISO/IEC 7812-1, annex B.
    """
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(map(int, digits[-1::-2])) + sum(doubled[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def mod97(iban: str) -> bool:
    """Say whether an IBAN without spaces is 1 mod 97 once its first four signs stand at the end and letters are
    numbers, A = 10 to Z = 35.

    ISO 13616, ISO/IEC 7064 MOD 97-10.
    """
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def weighted(digits: str, weights: Sequence[int]) -> int:
    """Give the sum of the digits times their weights."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
