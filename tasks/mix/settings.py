"""The `mix` section of a recipe, without its weights."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.core.records import Section


class BudgetSettings(Section):
    """How large a mix is and how often a row may be seen."""

    unit: Literal["rows", "tokens"] = "rows"
    """What weights are shares of, and what `size` counts."""
    size: Annotated[int, Field(ge=1, le=10**12)] | Literal["all"] = "all"
    """Budget in `unit`; `all` = the largest mix with these weights that repeats no row (every row once, if the weights
    are proportional)."""
    max_epochs: float = Field(default=4.0, gt=0, allow_inf_nan=False)
    """Most passes over one source in all, the trainer's epochs included; a fraction is met by some rows once oftener
    than others."""
    on_cap: Literal["error", "redistribute"] = "error"
    """When a source is too small: stop, or give its overflow to the others in proportion to their weights."""


class PlanSettings(BudgetSettings):
    """How large the mix is, also over several runs, and in what files it lies."""

    max_total_epochs: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most passes over one source in all, those of the recipe's earlier runs included (`cuvee ledger` lists them), on
    average over the rows that it has now; by default runs do not count each other."""
    shard_rows: int = Field(default=50_000, ge=1, le=10**9)
    """Rows in one Parquet file of the mix; two such files are held in memory at a time."""
