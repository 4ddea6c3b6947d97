"""The `checks` section of a recipe."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tasks.core.records import Section
from tasks.core.references import About, SubjectName

Policy = Literal["stop", "warn", "quarantine", "downweight"]
Severity = Literal["info", "warning", "critical"]


class Expectation(Section):
    """One further expectation, by its Great Expectations name."""

    type: str = Field(pattern=r"^expect_[a-z0-9_]+$")
    """Such as `expect_column_values_to_match_regex`."""
    kwargs: dict[str, Any] = Field(default_factory=dict)
    """Its arguments. Rows have the columns row_id, source, label, text, tokens, characters (length of the text),
    duplicate_share, and drift_rows, drift_labels, drift_lengths, drift_words, drift_new, where there is an earlier
    snapshot; without one nothing is said of these."""
    severity: Severity = "critical"
    """`info` and `warning` are told and never stop a run; a `critical` failure is followed by the subject's policy."""
    subjects: Annotated[tuple[SubjectName, ...], About()] = ()
    """Sources it is about, `mix` for the mix; empty = all of them and the mix."""


class DriftLimits(Section):
    """How far a source may move from its snapshot in the last finished run that mixed another one; what has no limit is
    told and not checked.
    """

    rows: float | None = Field(default=None, ge=0)
    """Largest change of the number of rows, as a share of those before."""
    labels: float | None = Field(default=None, ge=0, le=1)
    """Largest total variation distance of the label shares."""
    lengths: float | None = Field(default=None, ge=0, le=1)
    """Largest Jensen-Shannon divergence of the texts' lengths, in bits."""
    words: float | None = Field(default=None, ge=0, le=1)
    """Largest Jensen-Shannon divergence of single words, in bits."""
    new: float | None = Field(default=None, ge=0, le=1)
    """Largest share of rows whose text was not there before."""


class ChecksSettings(Section):
    """What must hold, and what happens when it does not."""

    on_failure: Policy = "stop"
    """What follows when a critical expectation fails: `stop` the run, `warn`, `quarantine` (leave the source out) or
    `downweight` (scale its weight by the share of its rows that pass). For the mix itself the last two mean `stop`."""
    policies: dict[SubjectName, Policy] = Field(default_factory=dict)
    """Source (or `mix`) -> policy, where it differs from `on_failure`."""
    min_rows: int = Field(default=20, ge=1)
    """Fewest rows to train on, of each source."""
    max_duplicates: float = Field(default=0.5, ge=0, le=1)
    """Largest share of a source's usable rows that repeat another row."""
    max_chars: int = Field(default=10_000, ge=1)
    """Longer texts are told of (a warning)."""
    drift: DriftLimits = DriftLimits()
    """How far a source may move from its snapshot in the last finished run that mixed another one; by default that is
    told and not checked."""
    expectations: tuple[Expectation, ...] = ()
    """More expectations: `{type: expect_…, kwargs: {…}, severity: info / warning / critical, subjects: [source,
    …]}`."""

    @property
    def asked(self) -> Self:
        """The section without what follows from a failure, which changes no result."""
        return self.model_copy(update={"on_failure": "stop", "policies": {}})

    @model_validator(mode="after")
    def _mix_cannot_be_left_out(self) -> Self:
        if self.policies.get("mix") in ("quarantine", "downweight"):
            raise ValueError(f"policies.mix: {self.policies['mix']!r} is for sources; the mix knows stop and warn")
        return self
