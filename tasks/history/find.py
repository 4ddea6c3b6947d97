"""Find a published mix by whatever a person has at hand."""

import difflib
from dataclasses import dataclass
from pathlib import Path, PurePath

import polars as pl

from tasks.core.errors import CuveeError, RecipeError
from tasks.manifests.plan import ReceiptRow
from tasks.rows.files import TRAIN, of_side
from tasks.store.runs import PublishedMix, RunRecord, find_run, list_records
from tasks.store.storage import Store


@dataclass(frozen=True)
class FoundMix:
    """A published mix, and the newest run that published it.

    Attributes:
        folder: relative to the store.
    """

    mix: PublishedMix
    record: RunRecord
    folder: str

    @property
    def receipt(self) -> tuple[ReceiptRow, ...]:
        """What it got of each source."""
        return next((receipt for mix, receipt in self.record.mixes if mix.id == self.mix.id), self.record.receipt)


def find_mix(store: Store, wanted: str) -> FoundMix:
    """Find a mix by its id or the start of it, its folder, its recipe's name, or a run that made it (`latest` too).

    Raises:
        RecipeError: nothing or several answer to it; the text says what is there.
    """
    records = [record for record in list_records(store) if record.mix]
    if not records:
        raise RecipeError(
            f"no mix {wanted!r}: no run in {store.uri} has published one; `cuvee run RECIPE` makes the first"
        )
    if wanted == "latest":
        return _found(records[0])
    place = PurePath(Path.cwd(), wanted)  # a lock file's bare name stands for the folder that one is in
    last = place.parent.name if place.name == "lock.json" else place.name
    by_id = {
        mix.id: FoundMix(mix, record, f"mixes/{record.name}/{mix.id}")
        for record in reversed(records)
        for mix, _ in record.mixes
        if last and mix.id.startswith(last)
    }
    if len(by_id) == 1:
        return next(iter(by_id.values()))
    named = [record for record in records if record.name == wanted]
    if named:
        return _found(named[0])
    if by_id:
        raise RecipeError(
            f"{len(by_id)} mixes begin with {wanted!r}: {', '.join(sorted(by_id)[:5])}; write more of the id"
        )
    return _of_run(store, wanted, records)


def _of_run(store: Store, wanted: str, records: list[RunRecord]) -> FoundMix:
    try:
        record = find_run(store, wanted)
    except CuveeError:
        names = list(
            dict.fromkeys(name for record in records if record.mix for name in (record.name, record.mix.id, record.run))
        )
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.3) or names[:3]
        raise RecipeError(
            f"no mix and no run {wanted!r} in {store.uri}; nearest: {', '.join(near)}; `cuvee runs` lists all"
        ) from None
    if record.mix is None:
        raise RecipeError(f"run {record.run} published no mix ({record.status}); `cuvee show {record.run}` says why")
    return _found(record)


def _found(record: RunRecord) -> FoundMix:
    if record.mix is None:
        raise RecipeError(f"run {record.run} published no mix")
    return FoundMix(record.mix, record, f"mixes/{record.name}/{record.mix.id}")


def shards_of(store: Store, mix: FoundMix) -> list[Path]:
    """Give local paths of the mix's training shards, in order.

    Raises:
        RecipeError: the mix was deleted.
    """
    names = of_side(store.list(mix.folder), TRAIN)
    if not names:
        raise RecipeError(
            f"the mix {mix.mix.id} is no longer in {store.uri}: {mix.folder}/data holds nothing; `cuvee run` "
            "its recipe again"
        )
    return [store.local_copy(f"{mix.folder}/{name}") for name in names]


def distinct_rows(paths: list[Path]) -> pl.LazyFrame:
    """Give (source, row_id, times): every row of a mix once, with how often it stands there."""
    return pl.scan_parquet(paths).group_by("source", "row_id").agg(pl.len().alias("times"))
