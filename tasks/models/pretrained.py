"""Load a pretrained model and its tokenizer: safetensors only, no code, and what is wrong with them is said."""

import contextlib
import json
import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from tasks.core.errors import CuveeError, RecipeError
from tasks.core.imports import importing
from tasks.models.building import building

WANTED = "wanted: a folder or Hub name with safetensors weights"
CONFIGURATION, ADAPTER, INDEX = "config.json", "adapter_config.json", "model.safetensors.index.json"
PLAIN = re.compile(r"(?!\.)[^/\\]+\.safetensors")
"""Name of a safetensors file that lies in the folder itself."""
REASONS = {
    "SafetensorError": "a file of its weights is damaged: ",
    "PanicException": "its tokenizer is damaged: ",
    "Exception": "its tokenizer is damaged: ",
}
"""Class of what its readers raise -> what that means; the tokenizers' library raises bare exceptions, and panics."""


def load_pretrained(
    what: str, name: str, revision: str | None, base: str, model: Any, **settings: Any
) -> tuple[Any, Any]:
    """Give tokenizer and model.

    Args:
        what: they are to the recipe, such as `train.model`.
        name: a folder, seen from `base`, or a name on the Hub.
        model: class of transformers that loads it.
        settings: of the model.

    Raises:
        RecipeError: no such model, no safe weights, or files that are not what they should be.
    """
    with importing:
        from transformers import AutoTokenizer

    folder = Path(base) / name
    place, revision = (str(folder) if folder.is_dir() else name), revision or "main"
    if (Path(base) / name).is_file():
        raise RecipeError(f"{what} {name!r} is a file; {WANTED}")
    with loading(f"{what} {name!r}"):
        refuse_unsafe(f"{what} {name!r}", folder if folder.is_dir() else _on_hub(name, revision))
        known: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(place, **known)
        with building:
            return tokenizer, model.from_pretrained(place, **known, use_safetensors=True, dtype="float32", **settings)


def own_labels(what: str, name: str, revision: str | None, base: str) -> tuple[str, ...]:
    """Give the labels of a pretrained model in its own order.

    Args:
        what, name, revision, base: see `load_pretrained`.

    Raises:
        RecipeError: no such model, or a configuration that is not what it should be.
    """
    with importing:
        from transformers import AutoConfig

    folder = Path(base) / name
    with loading(f"{what} {name!r}"):
        place = str(folder) if folder.is_dir() else name
        config: Any = AutoConfig.from_pretrained(place, revision=revision or "main", trust_remote_code=False)
        return labels_in(config)


def labels_in(config: Any) -> tuple[str, ...]:
    """Give the labels of a configuration in its own order."""
    names: Mapping[int, str] = config.id2label
    return tuple(names[number] for number in sorted(names))


@contextlib.contextmanager
def loading(what: str) -> Generator[None]:
    """Map what a library raises while it loads a model.

    Raises:
        RecipeError: the files are not what they should be.
    """
    try:
        yield
    except (CuveeError, MemoryError):
        raise
    except BaseException as error:
        if not _is_of_a_file(error):
            raise
        why = REASONS.get(type(error).__name__, "") + _first_line(error)
        raise RecipeError(f"{what} cannot be loaded: {why} ({WANTED})") from None


def refuse_unsafe(what: str, folder: Path | None) -> None:
    """Look into a model's folder before a library does.

    Raises:
        RecipeError: it leads to files that may run code, or out of the folder, or is no model of its own.
    """
    if folder is None:
        return
    if (folder / ADAPTER).exists():
        raise RecipeError(f"{what} is an adapter ({ADAPTER}), no whole model; merge it into its base and save that")
    named = [(CONFIGURATION, weights) for weights in _explicit(what, folder / CONFIGURATION)]
    for index in sorted(folder.glob("*.safetensors.index.json")):
        named += [(index.name, shard) for shard in _shards(what, index)]
    strange = sorted({f"{file} names {name!r}" for file, name in named if not PLAIN.fullmatch(name)})
    if strange:
        raise RecipeError(
            f"{what}: {', '.join(strange[:3])}; weights are loaded from safetensors files of the folder alone, since "
            "others may run code"
        )


def _shards(what: str, index: Path) -> list[str]:
    return sorted({str(shard) for shard in read_json(what, index, "weight_map").values()})


def _explicit(what: str, configuration: Path) -> Iterator[str]:
    """Give the file of weights that a configuration names, if it does; an index of them is looked into anyway."""
    if configuration.is_file():
        name = read_json(what, configuration).get("transformers_weights")
        if name not in (None, INDEX):
            yield str(name)


def read_json(what: str, file: Path, part: str = "") -> dict[str, Any]:
    """Read an object of JSON, or one of its parts.

    Raises:
        RecipeError: it is none.
    """
    try:
        content = json.loads(file.read_bytes())
        content = content[part] if part else content
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise RecipeError(f"{what}: {file.name} cannot be read: {type(error).__name__}: {error}") from None
    if not isinstance(content, dict):
        raise RecipeError(f"{what}: {file.name} is not what it should be: {str(content)[:80]!r}")
    return content


def _on_hub(name: str, revision: str) -> Path | None:
    """Fetch what tells which weights a model of the Hub has; None when it cannot be had, which is said later."""
    with importing:
        from transformers.utils.hub import cached_file

    quiet = {"_raise_exceptions_for_missing_entries": False, "_raise_exceptions_for_connection_errors": False}
    found = [
        cached_file(name, file, revision=revision, _raise_exceptions_for_gated_repo=False, **quiet)
        for file in (CONFIGURATION, ADAPTER, INDEX)
    ]
    return next((Path(path).parent for path in found if path), None)


def _is_of_a_file(error: BaseException) -> bool:
    """Say whether an error tells of what was loaded: whatever readers of files raise, but for want of memory."""
    if not isinstance(error, Exception):
        return type(error).__name__ == "PanicException"
    return "out of memory" not in str(error) and "allocate memory" not in str(error)


def _first_line(error: BaseException) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return first if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {first}"
