"""What a pretrained model is, cheaply: what the files of its folder hold, or its revision on the Hub."""

import hashlib
from pathlib import Path

from tasks.core.unseen import unseen
from tasks.manifests.seen import Fingerprint, SeenFile
from tasks.models.pretrained import refuse_unsafe

SUFFIXES = {".jinja", ".json", ".model", ".safetensors", ".txt"}
"""Of the files that a model and its tokenizer are loaded from."""


def seen_folder(source: str, name: str, revision: str | None, base: str) -> Fingerprint:
    """Identify a model by its folder, or by its revision where it is none.

    Args:
        source: what it is to the recipe, `model` or `encoder`.
        name: a folder, seen from `base`, or the model's name on the Hub.

    Raises:
        RecipeError: what the folder holds is not safe to load.
    """
    folder = Path(base) / name
    if not folder.is_dir():
        return Fingerprint(source=source, files=(SeenFile(name=unseen(name), bytes=0, tag=str(revision)),))
    refuse_unsafe(f"{source} {name!r}", folder)
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in SUFFIXES)
    seen = [(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return Fingerprint(
        source=source, files=tuple(SeenFile(name=path.name, bytes=path.stat().st_size, tag=tag) for path, tag in seen)
    )
