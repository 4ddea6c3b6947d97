"""Weights around a target: the target's own share, and the rest to the other sources by what they do for it."""

from collections.abc import Mapping

from pydantic import Field

from tasks.core.errors import RecipeError
from tasks.core.references import TargetName
from tasks.weigh.evidence import shared_out
from tasks.weigh.settings import EvidenceSettings


class TargetSettings(EvidenceSettings):
    """What the mix is to be good for."""

    target: TargetName
    """Source whose training rows stand for what the model will meet; its hold-out is not looked at."""
    own: float | None = Field(default=None, ge=0, lt=1)
    """Share of the target itself; by default as much as its size is of all."""


def around(sizes: Mapping[str, float], target: str, own: float | None, pull: Mapping[str, float]) -> dict[str, float]:
    """Give the target its own share, and each other source w_i = (1 − own) p_i / Σ p_j, nothing where that is less than
    a thousandth.

    Args:
        sizes: what each source holds; one that is empty gets nothing.
        pull: of the other sources, ≥ 0; when all are 0 their sizes stand in.

    Raises:
        RecipeError: the target is no source, or the only one.
    """
    if target not in sizes:
        raise RecipeError(f"the target {target!r} is none of the sources {', '.join(sizes)}; mend mix.weights.target")
    others = {name: pull.get(name, 0.0) if size > 0 else 0.0 for name, size in sizes.items() if name != target}
    if not others:
        raise RecipeError(
            f"the target {target!r} is the only source: there is nothing to weigh; add a source, or give the "
            "weights yourself"
        )
    shares = shared_out(others if any(others.values()) else {name: sizes[name] for name in others})
    left = own if own is not None else sizes[target] / (sum(sizes.values()) or 1.0)
    left = left if sizes[target] > 0 else 0.0
    return {name: left if name == target else (1 - left) * shares[name] for name in sizes}
