"""Prefect tasks of augmentation. The work is in rows.py, mix.py and methods/."""

import shutil

from tasks.augment import methods
from tasks.augment.mix import augment, counted_in
from tasks.augment.settings import AugmentSettings
from tasks.core import registry, ui
from tasks.core.tasks import task
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import MixFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.seen import Fingerprint
from tasks.rows.files import SIDES, TRAIN, augmented_shard, is_augmented, open_mix
from tasks.store.products import Workbench, stage_task


@task()
def probe_augmenter(settings: AugmentSettings, base: str) -> Fingerprint:
    """See what new rows are made with: models as they are now."""
    return registry.load(methods, settings.kind).seen(settings, base)


@stage_task("augment")
def augment_mix(
    work: Workbench,
    seen: Fingerprint,  # noqa: ARG001 (what the models are stands in the content key)
    mix: Manifest[MixFacts],
    sets: list[Manifest[CleanedFacts]],
    settings: AugmentSettings,
    seed: int,
    base: str,
) -> Product[MixFacts]:
    """Add rows that are made from the mix's own to those that are trained on."""
    files = [file.name for file in mix.files]
    for name in files:
        with work.writing(name) as path:
            shutil.copyfile(work.open(mix, name), path)
    own = [work.open(mix, name) for name in files if name.startswith(f"data/{TRAIN}-") and not is_augmented(name)]
    aside = [path for side in SIDES[1:] for path in open_mix(work, mix, side)]
    aside += [work.open(rows, "data.parquet") for rows in sets]
    made = augment(sorted(own), aside, mix.facts, settings, seed, base)
    with work.writing(augmented_shard(sum(map(is_augmented, files)))) as path:
        made.rows.write_parquet(path, compression="zstd", compression_level=3)
    ui.log(f"{work.subject}: {made.facts.told()}", warn=not made.facts.rows)
    return counted_in(mix, made)
