"""What a run has put out, and what each stage of its training says of itself."""

from typing import Any

from pydantic import ConfigDict

from tasks.core.records import Section
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import ReceiptRow


class PublishedMix(Section):
    """A mix that lies in `mixes/<name>/<id>/`."""

    id: str
    uri: str
    rows: int
    tokens: int
    sha256: str
    """What `sha256sum data/* | sha256sum` prints in that folder."""


class PublishedModel(Section):
    """A model that lies in `models/<name>/<id>/`."""

    id: str
    uri: str


class StageRecord(Section):
    """What one stage of a training in stages says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str
    sources: tuple[str, ...]
    """Those that it learned from."""
    receipt: tuple[ReceiptRow, ...] = ()
    mix: PublishedMix | None = None
    curve: tuple[dict[str, float], ...] = ()
    training: ModelFacts | None = None

    def summary(self) -> dict[str, Any]:
        """Give what `cuvee run --json` prints of it."""
        return {
            "task": self.task,
            "sources": list(self.sources),
            "mix": self.mix.model_dump() if self.mix else None,
            "receipt": [row.model_dump() for row in self.receipt],
            "steps": self.training.steps if self.training else None,
        }
