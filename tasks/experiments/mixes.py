"""A mix as a value: its sources and their shares. Equal mixes are equal values, whoever asked for them, so that each is
tried once.
"""

from collections.abc import Iterable, Mapping

from tasks.core.records import digest
from tasks.manifests.manifest import Manifest
from tasks.manifests.weights import WeightsFacts

Mix = tuple[tuple[str, float], ...]
"""Source and share of every source with a share above 0, in the recipe's order; shares sum to 1."""
DIGITS = 9
PLAIN = "", 0.0
"""Stands at the end of a mix whose rows are trained on without those that augmentation makes of them."""

SIZED = "*"
"""Stands at the end of a mix that is tried under a budget of its own, with that budget in the place of a share."""


def as_mix(shares: Mapping[str, float], factors: Mapping[str, float] | None = None) -> Mix:
    """Give shares as a value: w_i = s_i f_i / Σ s_j f_j.

    Args:
        factors: by which the checks' verdicts multiply shares; 1 where a source has none.
    """
    weighed = {name: share * (factors or {}).get(name, 1.0) for name, share in shares.items()}
    total = sum(weighed.values())
    return tuple((name, round(share / total, DIGITS)) for name, share in weighed.items() if share > 0)


def restricted(mix: Mix, sources: Iterable[str]) -> Mix:
    """Leave only some sources in a mix; what the others had goes to them in proportion. Empty where none is left."""
    inside = set(sources)
    kept = {name: share for name, share in mix if name in inside}
    return as_mix(kept) if kept else ()


def unaugmented(mix: Mix) -> Mix:
    """Give a mix without the rows that augmentation makes of its own."""
    return (*mix, PLAIN)


def is_augmented(mix: Mix) -> bool:
    """Say whether a mix has the rows that the recipe's augmentation, if any, makes of its own."""
    return PLAIN not in mix


def sized(mix: Mix, size: int) -> Mix:
    """Give a mix of a size of its own, in the recipe's unit, drawn from the whole pool."""
    return (*mix, (SIZED, float(size)))


def size_of(mix: Mix) -> int | None:
    """Give the size that a mix has of its own; None where it has the budget of a trial."""
    return next((int(size) for name, size in mix if name == SIZED), None)


def without_size(mix: Mix) -> Mix:
    """Give a mix under the budget of a trial."""
    return tuple(part for part in mix if part[0] != SIZED)


def largest(mix: Mix, held: Mapping[str, float]) -> int:
    """Give the largest size of a mix that repeats no row: min n_i / w_i; of proportional shares, all rows.

    Args:
        held: n_i, rows or tokens of each source.
    """
    # Shares have nine digits, by which a source's quota may come out a part of a row too large.
    fits = min((held[name] + 0.5) / share for name, share in mix)
    return int(min(fits, sum(held[name] for name, _ in mix)))


def mix_name(mix: Mix) -> str:
    """Name a mix for people: its sources where they are few; else how many, and six digits that tell mixes apart."""
    if (size := size_of(mix)) is not None:
        return f"{mix_name(without_size(mix))} of {size}"
    if not is_augmented(mix):
        return f"{mix_name(mix[:-1])} unaugmented"
    if len(mix) == 1:
        return mix[0][0]
    return f"{len(mix)} sources {digest(mix)[:6]}"


def as_weights(mix: Mix, sources: Iterable[str]) -> Manifest[WeightsFacts]:
    """Give a mix as settled weights of all sources, as a plan wants them; nothing stands in the store."""
    shares = {name: dict(mix).get(name, 0.0) for name in sources}
    facts = WeightsFacts(weights=shares, requested=shares, reasons=dict.fromkeys(shares, ""), method={"kind": "given"})
    return Manifest[WeightsFacts](stage="weigh", subject="mix", key="", path="", files=(), facts=facts)
