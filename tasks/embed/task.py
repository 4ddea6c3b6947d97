"""Prefect tasks of the embedding stage. The work is in encoder.py and vectors.py."""

from tasks.core import ui
from tasks.core.tasks import task
from tasks.embed.encoder import in_turn, seen_encoder
from tasks.embed.settings import EncoderSettings
from tasks.embed.vectors import write_vectors
from tasks.manifests.embeddings import EmbeddingFacts
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.seen import Fingerprint
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task


@task()
def probe_encoder(settings: EncoderSettings, base: str) -> Fingerprint:
    """See what the encoder is now."""
    return seen_encoder(settings, base)


@stage_task("embed")
def embed_source(
    work: Workbench,
    seen: Fingerprint,  # noqa: ARG001 (what the encoder is stands in the content key)
    rows: Manifest[CleanedFacts],
    settings: EncoderSettings,
    base: str,
) -> Product[EmbeddingFacts]:
    """Make vectors of a source's texts."""
    files = (work.writing(name) for name in ("vectors.npy", "rows.parquet"))
    with (
        in_turn(settings, base) as encode,
        next(files) as vectors,
        next(files) as ids,
        ui.Progress(work.subject, "Encoding") as progress,
    ):
        written = write_vectors(work.open(rows, "data.parquet"), layout_of(rows), encode, (vectors, ids), progress)
    if written.cut:
        ui.log(f"{work.subject}: of {written.cut:,} texts only the first {settings.max_tokens} tokens are read")
    return Product(rows=written.rows, facts=EmbeddingFacts())
