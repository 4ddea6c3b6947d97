"""The sections of a recipe that name what is measured on and never mixed: benchmarks and evaluation sets."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tasks.core.references import Unchecked
from tasks.core.suggest import Problem
from tasks.decontaminate.settings import OverlapSettings
from tasks.evaluate.settings import EvaluateSettings
from tasks.ingest.settings import FileSettings, Source, SourceSettings

AGAINST, SETS = "decontaminate.against", "evaluate.sets"
"""Where benchmarks and evaluation sets are named."""
CHOOSING = ("where", "member", "sheet", "records", "record", "languages", "config", "split", "sql", "query", "table")
"""Fields by which sources of one place may read different rows of it."""


class DecontaminateSettings(OverlapSettings):
    """Benchmarks and the run's own hold-out: training rows that repeat their rows go."""

    against: Annotated[dict[str, Source], Unchecked("label")] = Field(default_factory=dict)
    """Benchmarks by name, each said as a source is; they are read and compared with, never mixed. The hold-out and the
    sets of `evaluate` need no entry."""

    @property
    def overlap(self) -> OverlapSettings:
        """The section without the benchmarks, which are read by then."""
        return OverlapSettings(**{name: getattr(self, name) for name in OverlapSettings.model_fields})


class MeasuringSettings(EvaluateSettings):
    """What models are measured on beside the hold-out, and how scores get their intervals."""

    sets: dict[str, Source] | None = None
    """Evaluation sets by name, each said as a source is: models are scored on them; they are never mixed, and training
    rows that repeat their rows go, as `decontaminate` says, whether it is there or not."""

    @property
    def scoring(self) -> EvaluateSettings:
        """The section without the sets, which are read by then."""
        return EvaluateSettings(**{name: getattr(self, name) for name in EvaluateSettings.model_fields})

    @property
    def intervals(self) -> EvaluateSettings:
        """The same where no program is run, as in trials."""
        return self.scoring.model_copy(update={"run_code": None})


def sources_measured_on(
    sets: Mapping[str, SourceSettings], sources: Mapping[str, SourceSettings], folder: str
) -> Iterator[Problem]:
    """Find evaluation sets that are sources of the same recipe, whatever they are called.

    Args:
        folder: relative paths start here.
    """
    for name, wanted in sets.items():
        same = [source for source, mixed in sources.items() if _is_of(wanted, mixed, folder)]
        if same:
            yield (
                f"{SETS}.{name}",
                f"this is read by the source {same[0]!r}, too: what is measured on is never trained on. Leave it out "
                "in one of the two places, or say by `where` which rows each of them takes",
            )


def _is_of(wanted: SourceSettings, mixed: SourceSettings, folder: str) -> bool:
    """Say whether rows of one are rows of the other: of the same file, or one among others, of which both choose the
    same records; or of the same query.
    """
    if any(getattr(wanted, field, None) != getattr(mixed, field, None) for field in CHOOSING):
        return False
    wanted_at, mixed_at = (_places(one, folder) for one in (wanted, mixed))
    if not wanted_at and not mixed_at:
        return True
    inside = isinstance(mixed, FileSettings) and mixed.folders
    return any(
        fnmatch(ours, theirs) or fnmatch(theirs, ours) or (inside and Path(ours).is_relative_to(theirs))
        for ours in wanted_at
        for theirs in mixed_at
    )


def _places(source: SourceSettings, folder: str) -> list[str]:
    """Say where a source lies, however that is written; a database is told by what is asked of it."""
    if isinstance(source, FileSettings):
        return [path if "://" in path else str(Path(folder, path).resolve()) for path in source.paths]
    hub = getattr(source, "hub", None)
    if not isinstance(hub, str):
        return []
    return [str(Path(folder, hub).resolve()) if Path(folder, hub).is_dir() else hub]
