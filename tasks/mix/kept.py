"""How the files of a mix are written: as rows of text, or with the images or recordings of its sources."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import PoolFacts
from tasks.mix.write import save
from tasks.rows.layout import layout_of
from tasks.rows.media import Media, write_with_media


@dataclass(frozen=True)
class MixMedia:
    """The media of a mix, if it has any.

    Attributes:
        kind: `image`, `audio`, or empty.
        sources: of the sources that have media.
        texts: columns of the rows' texts.
    """

    kind: str
    sources: Mapping[str, Media]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, pool: Manifest[PoolFacts], files: Mapping[str, Path]) -> Self:
        """Open the media of a pool's sources.

        Args:
            files: source -> media of its snapshot.
        """
        return cls(
            next(iter(pool.facts.media.values()), ""),
            {source: Media(path) for source, path in files.items()},
            layout_of(pool).texts,
        )

    @property
    def columns(self) -> dict[str, str]:
        """What the mix's files have beside the pool's columns."""
        return {"media": self.kind} if self.kind else {}

    def save(self, rows: pl.DataFrame, path: Path) -> None:
        """Write rows of the mix."""
        if self.kind:
            write_with_media(rows, self.sources, self.kind, path, self.texts)
        else:
            save(rows, path)

    def copy(self, file: Path, path: Path) -> None:
        """Write the rows of a file of the pool."""
        if self.kind:
            write_with_media(pl.read_parquet(file), self.sources, self.kind, path, self.texts)
        else:
            shutil.copyfile(file, path)
