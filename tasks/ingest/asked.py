"""The conditions of a source, each with its place in the recipe: `where`, and the rules that label its rows."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.suggest import nearest
from tasks.ingest.batch import HOLDS, OURS
from tasks.ingest.condition import Condition
from tasks.ingest.settings import LabelRule

T = TypeVar("T")


class Asked:
    """A condition of a source.

    Args:
        place: where it stands, as a dotted path of the recipe.

    Raises (also when asking):
        RecipeError: it cannot be understood, or a column is not there.
    """

    def __init__(self, place: str, sql: str) -> None:
        self.place = place
        self.condition = self._asking(lambda: Condition(sql))

    def holds(self, frame: pl.DataFrame) -> pl.Series:
        """Say of each record whether the condition holds."""
        known = [name for name in frame.columns if name not in OURS]
        if missing := [name for name in self.condition.columns if name not in known]:
            raise RecipeError(f"{self.place}: there is no column {missing[0]!r};{nearest(missing[0], known)}")
        return self._asking(lambda: self.condition.asked_of(frame))

    def _asking(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except ValueError as error:
            raise RecipeError(f"{self.place}: {error}") from None


def rules_of(place: str, rules: Sequence[LabelRule]) -> list[Asked]:
    """Give the conditions of the rules that label a source.

    Args:
        place: of the source in the recipe.
    """
    return [Asked(f"{place}.label_rules.{number}.when", rule.when) for number, rule in enumerate(rules)]


def first_that_holds(rules: Sequence[Asked], frame: pl.DataFrame) -> pl.Series:
    """Give the number of the first rule that holds of each record, from 1; null where none does."""
    numbers = [pl.when(pl.lit(rule.holds(frame))).then(number) for number, rule in enumerate(rules, 1)]
    return frame.select(pl.coalesce(numbers).cast(pl.UInt16).alias(HOLDS)).to_series()
