"""The files of a trained model, gathered."""

from pathlib import Path

from tasks.manifests.manifest import Manifest
from tasks.manifests.model import ModelFacts
from tasks.store.products import Workbench


def gathered_model(work: Workbench, model: Manifest[ModelFacts], folder: Path) -> Path:
    """Gather a model's files in one folder; those of a remote store are downloaded each to a place of its own."""
    folder.mkdir(exist_ok=True)
    for file in model.files:
        if file.name.startswith("model/"):
            link = folder / file.name.removeprefix("model/")
            link.unlink(missing_ok=True)
            link.symlink_to(work.open(model, file.name).absolute())
    return folder
