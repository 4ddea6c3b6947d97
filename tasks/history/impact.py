"""What a source went into: the mixes that hold its rows, and the models trained on them."""

from collections.abc import Iterable
from typing import TypedDict

from tasks.manifests.plan import ReceiptRow
from tasks.store.runs import RunRecord
from tasks.store.storage import Store


class MixOfSource(TypedDict):
    """A mix that holds rows of a source."""

    recipe: str
    mix: str
    uri: str
    rows: int
    share_rows: float
    models: list[str]
    runs: list[str]
    in_store: bool


def made_from(source: str, records: Iterable[RunRecord], store: Store) -> list[MixOfSource]:
    """List the mixes that hold rows of a source, newest first, each with its models.

    Args:
        records: of all runs, newest first.
    """
    mixes: dict[tuple[str, str], MixOfSource] = {}
    for record in records:
        for mix, receipt in record.mixes:
            held = next((row for row in receipt if row.source == source and row.rows), None)
            if held is None:
                continue
            entry = mixes.setdefault(
                (record.name, mix.id),
                {
                    "recipe": record.name,
                    "mix": mix.id,
                    "uri": mix.uri,
                    "rows": held.rows,
                    "share_rows": held.share_rows,
                    "models": [],
                    "runs": [],
                    "in_store": store.exists(f"mixes/{record.name}/{mix.id}/lock.json"),
                },
            )
            entry["runs"].append(record.run)
            if record.model and record.model.id not in entry["models"]:
                entry["models"].append(record.model.id)
    return list(mixes.values())


def known_sources(records: Iterable[RunRecord]) -> list[str]:
    """Give the names of all sources that any run knew."""
    return sorted({row.source for record in records for row in [*record.receipt, *_earlier(record)]})


def _earlier(record: RunRecord) -> list[ReceiptRow]:
    return [row for stage in record.stages for row in stage.receipt]
