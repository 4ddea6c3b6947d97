"""What is wrong and where, and the nearest right thing."""

import difflib
from collections.abc import Iterable, Mapping

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
"""What a source, a mix and their like may be called."""
LONGEST, MANY, SHOWN = 100, 500, 100
"""Longest name, and most names, among which the nearest is looked for; names that are listed."""
Problem = tuple[str, str]
"""Dotted path in the recipe, what is wrong there."""


def nearest(name: object, known: Iterable[object]) -> str:
    """Suggest the nearest known name and list them all."""
    names = [str(one) for one in known]
    is_short = len(str(name)) <= LONGEST and len(names) <= MANY
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5) if is_short else []
    hint = f" did you mean {near[0]!r}?" if near else ""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"{hint} known: {', '.join(names[:SHOWN])}{more}" if names else hint


def counted(counts: Mapping[str, int]) -> str:
    """Put counts into words."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
