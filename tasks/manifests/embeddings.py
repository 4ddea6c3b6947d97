"""What embedding says."""

from tasks.manifests.manifest import Facts


class EmbeddingFacts(Facts):
    """Vectors of a source's texts."""
