"""What the licences of the sources ask of the mix together, and where they contradict each other. A reading aid, no
legal advice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

SHARE_ALIKE = (
    ("cc-by-nc-sa", "CC BY-NC-SA"),
    ("cc-by-sa", "CC BY-SA"),
    ("agpl", "AGPL"),
    ("lgpl", "LGPL"),
    ("gpl", "GPL"),
    ("odbl", "ODbL"),
    ("cdla-sharing", "CDLA-Sharing"),
    ("gfdl", "GFDL"),
    ("osl", "OSL"),
    ("eupl", "EUPL"),
)
"""Beginning of the SPDX name -> family; adapted material must carry a licence of that family."""
GNU = {"GPL", "AGPL", "LGPL"}
"""Families that may be conveyed together under the strictest of them (GPL-3.0, section 13; LGPL-3.0, section 2)."""
PERMISSIVE = re.compile(
    r"^(mit|apache|bsd|isc|zlib|unlicense|wtfpl|cc0|cc-by-\d|cc-by$|pddl|odc-by|cdla-permissive|"
    r"ncsa|postgresql|bsl|public-domain|etalab|ms-pl|afl|ecl|artistic)"
)


@dataclass(frozen=True)
class Terms:
    """What one licence asks.

    Attributes:
        family: of the share-alike licence that adapted material must carry; empty when none is asked.
    """

    known: bool
    non_commercial: bool = False
    no_derivatives: bool = False
    family: str = ""


def terms(licence: str | None) -> Terms:
    """Read the terms from an SPDX name; unknown and missing names have unknown terms."""
    low = re.sub(r"[\s_]+", "-", (licence or "").strip().lower())
    family = next((family for start, family in SHARE_ALIKE if low.startswith(start)), "")
    creative = low.startswith("cc-by-")
    commons = creative and "-nc" in low, creative and "-nd" in low
    return Terms(bool(family or any(commons) or PERMISSIVE.match(low)), *commons, family)


def obligations(licences: Mapping[str, str | None]) -> list[str]:
    """Say what the mix as a whole must obey, a sentence each.

    Args:
        licences: source -> SPDX name, or nothing.
    """
    read = {name: terms(licence) for name, licence in licences.items()}
    sentences: list[str] = []
    if names := [name for name, one in read.items() if one.non_commercial]:
        sentences.append(f"No commercial use, because of {_listed(names)}.")
    families = dict.fromkeys(one.family for one in read.values() if one.family)
    sentences += [
        f"Pass it on under {family}, because of {_listed([n for n, one in read.items() if one.family == family])}."
        for family in families
    ]
    if names := [name for name, one in read.items() if not one.known]:
        sentences.append(f"Nothing is known of the terms of {_listed(names)}; ask before you pass the mix on.")
    return sentences


def conflicts(licences: Mapping[str, str | None], of_mix: str | None) -> list[str]:
    """Name the pairs of terms that cannot be met together, a sentence each.

    Args:
        licences: source -> SPDX name, or nothing.
        of_mix: the licence that the recipe gives the mix, or nothing.
    """
    read = {name: terms(licence) for name, licence in licences.items()}
    found = [
        f"{name} ({licences[name]}) may not be passed on changed or combined, and a mix is both."
        for name, one in read.items()
        if one.no_derivatives
    ]
    shared = {one.family: name for name, one in reversed(read.items()) if one.family}
    families = list(reversed(shared))
    for number, family in enumerate(families):
        one = f"{shared[family]} ({licences[shared[family]]})"
        strangers = [shared[other] for other in families[number + 1 :] if not {family, other} <= GNU]
        found += [
            f"{one} and {other} ({licences[other]}) each want the whole under their own licence." for other in strangers
        ]
    free = [(name, one.family) for name, one in read.items() if one.family and one.family != "CC BY-NC-SA"]
    closed = [name for name, one in read.items() if one.non_commercial and not one.family]
    if free and closed:
        name = free[0][0]
        found.append(
            f"{closed[0]} ({licences[closed[0]]}) forbids commercial use, which {name} ({licences[name]}) does not "
            "let anyone forbid."
        )
    return found + _against_mix(read, licences, of_mix)


def _against_mix(read: Mapping[str, Terms], licences: Mapping[str, str | None], of_mix: str | None) -> list[str]:
    if of_mix is None:
        return []
    mix = terms(of_mix)
    sentences: list[str] = []
    for name, licence in read.items():
        if licence.family and licence.family != mix.family and not {licence.family, mix.family} <= GNU:
            sentences.append(
                f"The mix is given as {of_mix}, but {name} ({licences[name]}) must be passed on under {licence.family}."
            )
        elif licence.non_commercial and not mix.non_commercial:
            sentences.append(
                f"The mix is given as {of_mix}, which allows commercial use; {name} ({licences[name]}) does not."
            )
    return sentences


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
