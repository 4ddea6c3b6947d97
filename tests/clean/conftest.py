"""Sources and snapshots by hand, for a stage that is tested without the one before it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from tasks.clean.deduplicate import Pool, deduplicate
from tasks.clean.filter import Cleaned, clean_file
from tasks.clean.settings import SourceCleaning
from tasks.records import Account, Manifest


def table(source: str, texts: Sequence[str | None], labels: Sequence[str] | None) -> pl.DataFrame:
    named = labels or ["positive" if n % 2 else "negative" for n in range(len(texts))]
    ids = [f"{source}.csv:{n + 1}" for n in range(len(texts))]
    whole = {"row_id": ids, "source": [source] * len(texts), "text": texts, "label": named}
    return pl.DataFrame(whole, schema=dict.fromkeys(whole, pl.String))


def with_keys(file: Path) -> tuple[Path, Path]:
    return file, file.with_name("keys.parquet")


@pytest.fixture(scope="session")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Cleaned]]:
    """Clean a source of these texts: `cleaned(source, texts, labels, settings)`; gives the file and what was done."""

    def clean(
        source: str, texts: Sequence[str | None], labels: Sequence[str] | None = None, settings: SourceCleaning | None = None
    ) -> tuple[Path, Cleaned]:
        folder = tmp_path_factory.mktemp("rows")
        table(source, texts, labels).write_parquet(folder / "raw.parquet")
        before = Account(source=source, read=len(texts), rows=len(texts))
        out, keys = folder / "data.parquet", folder / "keys.parquet"
        return out, clean_file(before, folder / "raw.parquet", out, keys, settings or SourceCleaning())

    return clean


@pytest.fixture(scope="session")
def pooled(cleaned: Callable[..., tuple[Path, Cleaned]]) -> Callable[..., tuple[Pool, dict[str, dict[str, list[str]]]]]:
    """Pool sources of these texts: `pooled({source: texts}, share, seed)`; gives the pool, and side -> source -> texts."""

    def pool(sources: dict[str, list[str]], share: float = 0.3, seed: int = 0) -> tuple[Pool, dict[str, dict[str, list[str]]]]:
        parts = {name: cleaned(name, texts) for name, texts in sources.items()}
        found = deduplicate([with_keys(file) for file, _ in parts.values()], [done.account for _, done in parts.values()], [share] * len(parts), seed)
        sides: dict[str, dict[str, list[str]]] = {}
        for side, masks in found.sides.items():
            sides[side] = {source: pl.read_parquet(parts[source][0]).filter(kept)["text"].to_list() for source, kept in masks.items()}
        return found, sides

    return pool


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[..., Manifest]:
    """Put a source into a store at `tmp_path` as ingest would leave it: `snapshot(source, texts, labels)`."""

    def write(source: str, texts: Sequence[str], labels: Sequence[str] | None = None, **account: int) -> Manifest:
        folder = tmp_path / "snapshots" / "ingest" / source
        folder.mkdir(parents=True)
        table(source, texts, labels).write_parquet(folder / "data.parquet")
        before = Account(source=source, read=len(texts) + account.get("quarantined", 0), rows=len(texts), **account)
        path = f"snapshots/ingest/{source}"
        return Manifest(stage="ingest", subject=source, key=source, path=path, files=(), accounts=(before,), facts={"licence": None})

    return write
