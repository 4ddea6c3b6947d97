"""The new rows of a whole mix, and the mix with them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.augment import methods
from tasks.augment.rows import Made, augmented, chosen
from tasks.augment.settings import AugmentSettings
from tasks.core import registry
from tasks.core.rng import generator
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import MixFacts
from tasks.rows.layout import FIRST, SOURCE, TOKENS


def augment(
    own: Sequence[Path], aside: Sequence[Path], facts: MixFacts, settings: AugmentSettings, seed: int, base: str
) -> Made:
    """Make new rows of a mix.

    Args:
        own: files of its rows, without those that were made before.
        aside: files of the rows that are measured on.
    """
    way = f"{settings.kind}-{len(facts.augmented) + 1}"
    method = registry.load(methods, settings.kind)
    sources = pl.concat([pl.read_parquet(file, columns=[SOURCE]) for file in own])[SOURCE]
    places = chosen(sources, settings.share, settings.sources, seed, way)
    rows = pl.scan_parquet(list(own)).select(pl.all().gather(places)).collect()

    def rewrite(texts: Sequence[str], keys: Sequence[str]) -> list[str]:
        return method.rewritten(texts, keys, settings, base, seed)

    rng = generator(seed, "augment", way, "roles")
    return augmented(rows, aside, facts.layout or FIRST, way, rewrite, rng)


def counted_in(mix: Manifest[MixFacts], made: Made) -> Product[MixFacts]:
    """Give the mix with its new rows, which the receipt counts apart."""
    receipt = tuple(
        row.model_copy(update={"augmented": dict(Counter(row.augmented) + Counter({made.facts.kind: count}))})
        if (count := made.facts.rows.get(row.source, 0))
        else row
        for row in mix.facts.receipt
    )
    facts = mix.facts.model_copy(update={"receipt": receipt, "augmented": (*mix.facts.augmented, made.facts)})
    rows, tokens = mix.rows + made.rows.height, mix.tokens + int(made.rows[TOKENS].sum())
    return Product(rows=rows, tokens=tokens, columns=mix.columns, accounts=mix.accounts, facts=facts)
