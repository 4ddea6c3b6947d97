"""The `clean` section of a recipe."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from tasks.clean import filters
from tasks.clean.presets import PRESETS
from tasks.core import registry
from tasks.core.records import Section
from tasks.core.references import SourceName

WHOLE = 2**31
"""No text has so many characters."""


class FilterSettings(Section):
    """What every filter says."""

    kind: str


def _preset(chosen: Any) -> Any:
    """Let the name of a preset stand for its filters."""
    if isinstance(chosen, str) and chosen not in PRESETS:
        raise ValueError(f"there is no preset {chosen!r}; there are {', '.join(PRESETS)}; or give a list of filters")
    return PRESETS[chosen] if isinstance(chosen, str) else chosen


Filter = Annotated[FilterSettings, registry.OneOf(filters)]
"""`language`, or `{kind: words, least: 5}`."""
Preset = Annotated[str, Field(json_schema_extra={"enum": list(PRESETS)})]
Filters = Annotated[tuple[Filter, ...], BeforeValidator(_preset, json_schema_input_type=Preset | tuple[Filter, ...])]
"""`web`, or `[language, {kind: words, least: 5}]`."""


class SourceCleaning(Section):
    """Which texts of one source are kept. Lengths are in characters, after normalising."""

    min_chars: int = Field(default=1, ge=1)
    """Shorter texts are dropped."""
    max_chars: int = Field(default=20_000, ge=1)
    """Longer texts are dropped."""
    keep_lines: bool = False
    """Keep the ends and the indentation of lines, as code and web pages need them; else all white space becomes single
    spaces."""
    filters: Filters = ()
    """A preset (`web`, `reviews`, `code`, `short-text`), or filters in the order in which they are asked, each by its
    name or as `{kind: NAME, …}`."""

    @model_validator(mode="after")
    def _some_length_is_left(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError(
                f"min_chars is {self.min_chars:,}, above max_chars, {self.max_chars:,}: no text would stay"
            )
        return self

    @model_validator(mode="after")
    def _lines_for_filters(self) -> Self:
        blind = (
            []
            if self.keep_lines
            else [one.kind for one in self.filters if getattr(registry.load(filters, one.kind), "NEEDS_LINES", False)]
        )
        if blind:
            raise ValueError(
                f"the filter {blind[0]!r} looks at lines, and they are folded into one; say keep_lines: true"
            )
        return self


class Exceptions(Section):
    """What is different for one source; what is not said is as for all."""

    min_chars: int | None = Field(default=None, ge=1)
    max_chars: int | None = Field(default=None, ge=1)
    keep_lines: bool | None = None
    filters: Filters | None = None


class CleanSettings(SourceCleaning):
    """Which texts are kept, of all sources and of some."""

    sources: dict[SourceName, Exceptions] = Field(default_factory=dict)
    """Source -> what is different for it: `min_chars`, `max_chars`, `keep_lines`, `filters` (`[]` for none)."""

    @model_validator(mode="after")
    def _every_source_can_be_cleaned(self) -> Self:
        for name in self.sources:
            try:
                self.of(name)
            except ValidationError as error:
                raise ValueError(f"sources.{name}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
        return self

    @property
    def of_sets(self) -> SourceCleaning:
        """Give what holds for evaluation sets: their texts have the form of those that models learn from, and only
        empty ones and repetitions go, or something else than the set would be measured.
        """
        kept = self.keep_lines or any(own.keep_lines for own in self.sources.values())
        return SourceCleaning(max_chars=WHOLE, keep_lines=kept)

    def of(self, source: str) -> SourceCleaning:
        """Give what holds for one source."""
        own = self.sources.get(source, Exceptions())
        chosen = {
            name: getattr(self, name) if getattr(own, name) is None else getattr(own, name)
            for name in SourceCleaning.model_fields
        }
        return SourceCleaning(**chosen)
