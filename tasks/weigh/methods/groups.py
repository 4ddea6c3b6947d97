"""Weights in two steps: shares of groups of sources, then shares within each group: w_i = g(group of i) · v_i.

Every source stands in one group. A group's size is that of its sources together. What a source within a group loses by
the checks goes to all other sources in proportion, as with all methods.

Recipe:
    kind: groups
    groups:
      reviews: {sources: [movies, products], weights: uniform}
      social: {sources: [tweets]}
    weights: {reviews: 0.7, social: 0.3}
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.core.references import About, Among, NamesAll, SourceName
from tasks.core.registry import load
from tasks.weigh import methods
from tasks.weigh.settings import Weights, needs_evidence


def _proportional() -> Section:
    return load(methods, "proportional").Params()


class Group(Section):
    """Sources that share one weight."""

    sources: Annotated[tuple[SourceName, ...], About()] = Field(min_length=1)
    """Their names."""
    weights: Annotated[Weights, Among("member", "sources", "source of the group")] = Field(
        default_factory=_proportional
    )
    """Shares within the group: by source, or a method that needs their sizes only."""


class Params(Section):
    """The groups and their shares."""

    kind: Literal["groups"] = "groups"
    groups: Annotated[dict[str, Group], NamesAll("source", "{name} stands in no group")] = Field(min_length=1)
    """Name -> `{sources: [source, …], weights: …}`; every source stands in one group, `weights` are within it."""
    weights: Annotated[Weights, Among("member", "groups", "group")] = Field(default_factory=_proportional)
    """Shares of the groups: by group, or a method that needs their sizes only."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        named = [name for group in self.groups.values() for name in group.sources]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands in several groups; a source belongs to one")
        inside = {f"groups.{name}.weights": group.weights for name, group in self.groups.items()}
        for place, weights in [("weights", self.weights), *inside.items()]:
            if needs_evidence(weights):
                raise ValueError(
                    f"{place}: {weights.model_dump()['kind']} looks at the rows; within groups only methods that "
                    "need sizes"
                )
        for name, group in self.groups.items():
            _refuse_missing(group.weights, group.sources, f"groups.{name}.weights")
        _refuse_missing(self.weights, tuple(self.groups), "weights")
        return self


def _refuse_missing(weights: Section, names: tuple[str, ...], place: str) -> None:
    shares = weights.model_dump().get("shares")
    if shares is not None and not set(names) <= set(shares):
        raise ValueError(
            f"{place}: shares for {', '.join(shares)}, wanted for {', '.join(names)}; write 0 to leave one out"
        )


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:
    """Give each source its group's share times its share within the group.

    Raises:
        RecipeError: a source stands in no group, or a group names one that is none.
    """
    named = [name for group in params.groups.values() for name in group.sources]
    if missing := [name for name in sizes if name not in named]:
        raise RecipeError(f"mix.weights.groups: {', '.join(missing)} stands in no group")
    if unknown := [name for name in named if name not in sizes]:
        raise RecipeError(f"mix.weights.groups: {', '.join(unknown)} is none of the sources {', '.join(sizes)}")
    held = {name: sum(sizes[source] for source in group.sources) for name, group in params.groups.items()}
    of_groups = _shares(params.weights, held)
    shares: dict[str, float] = {}
    for name, group in params.groups.items():
        inside = _shares(group.weights, {source: sizes[source] for source in group.sources})
        shares |= {source: of_groups[name] * share for source, share in inside.items()}
    return {name: shares[name] for name in sizes}


def _shares(weights: Section, sizes: Mapping[str, float]) -> dict[str, float]:
    proposed = load(methods, weights.model_dump()["kind"]).propose(sizes, weights)
    total = sum(proposed.values()) or 1.0
    return {name: share / total for name, share in proposed.items()}
