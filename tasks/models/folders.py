"""What a pretrained model is, cheaply: what the files of its folder hold, or its revision on the Hub."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from safetensors import SafetensorError, safe_open

from tasks.core.errors import RecipeError
from tasks.core.unseen import unseen
from tasks.manifests.seen import Fingerprint, SeenFile
from tasks.models.pretrained import CONFIGURATION, WANTED, read_json, refuse_unsafe

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


def unfit_folder(what: str, folder: Path, architectures: Collection[str]) -> str:
    """Say why a folder holds no model that will be loaded, without loading it; nothing where it seems to.

    Args:
        what: the folder is to the reader.
        architectures: those that transformers has; empty where they are not known.
    """
    try:
        refuse_unsafe(what, folder)
        if not (folder / CONFIGURATION).is_file():
            return f"{what} has no {CONFIGURATION}; {WANTED}"
        kind = read_json(what, folder / CONFIGURATION).get("model_type")
    except RecipeError as error:
        return str(error)
    if architectures and kind is not None and kind not in architectures:
        return (
            f"{what} is a model of the type {kind!r}, which transformers does not have; code that it brings is not run"
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        others = [path.name for path in sorted(folder.glob("*.bin")) + sorted(folder.glob("*.pt"))]
        told = f"; {others[0]} may run code and is not loaded" if others else ""
        return f"{what} has no safetensors weights{told}; {WANTED}"
    for file in weights:
        try:
            with safe_open(file, "numpy"):
                pass
        except (OSError, SafetensorError) as error:
            return f"{what}: {file.name} is damaged: {error}"
    return ""
