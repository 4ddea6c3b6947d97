"""The `checks` section of a recipe."""

from typing import Any, Literal

from pydantic import Field

from tasks.records import Section

Policy = Literal["stop", "warn", "quarantine", "downweight"]


class Expectation(Section):
    """One further expectation, by its Great Expectations name."""

    type: str
    """Such as `expect_column_values_to_match_regex`."""
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["info", "warning", "critical"] = "critical"
    subjects: tuple[str, ...] = ()
    """Sources it is about, `mix` for the mix; empty = all of them and the mix."""


class ChecksSettings(Section):
    """What must hold, and what happens when it does not."""

    on_failure: Policy = "stop"
    policies: dict[str, Policy] = Field(default_factory=dict)
    """Source (or `mix`) -> policy, where it differs from `on_failure`."""
    min_rows: int = Field(20, ge=1)
    max_duplicates: float = Field(0.5, ge=0, le=1)
    """Largest share of a source's rows that repeat another row."""
    expectations: tuple[Expectation, ...] = ()
