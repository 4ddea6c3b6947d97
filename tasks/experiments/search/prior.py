"""The mix to stay near: written on the command line, or in a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.errors import RecipeError
from tasks.experiments.search.surrogate import Vector
from tasks.experiments.search.tables import nearest_column

INSIDE = ("train", "train_domain_weights", "weights")
"""Keys under which files of shares keep them (RegMix, DoReMi, a recipe's mix)."""


def read_prior(text: str, sources: Sequence[str]) -> tuple[Vector, tuple[str, ...]]:
    """Read shares from `name=share,name=share`, or from a JSON or YAML file of such pairs.

    Returns:
        Shares in the order of the sources, summing to 1; and what was done to them, in words.

    Raises:
        RecipeError: no such file, a share that is no number ≥ 0, other sources than those of the mixes.
    """
    known = _written(text) if "=" in text else _read(Path(text))
    lacking = [source for source in sources if source not in known]
    strange = [name for name in known if name not in sources]
    if lacking or strange:
        near = nearest_column(strange[0], sources) if strange else ""
        hint = f" Did you mean {near!r} by {strange[0]!r}?" if near else ""
        raise RecipeError(
            f"the prior must name the sources of the mixes: it lacks {lacking or 'none'}, and no source is called "
            f"{strange or 'otherwise'}.{hint}"
        )
    shares = np.array([_number(name, known[name]) for name in sources])
    total = float(shares.sum())
    if total <= 0:
        raise RecipeError("the prior gives no source a share")
    notes = (f"the prior summed to {total:.4g} and was divided by that",) if abs(total - 1) > 1e-6 else ()
    return shares / total, notes


def _written(text: str) -> Mapping[str, Any]:
    pairs = [part.rpartition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): share.strip() for name, _, share in pairs}


def _read(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        read = (
            yaml.safe_load(path.read_text("utf-8"))
            if path.suffix in {".yaml", ".yml"}
            else json.loads(path.read_text("utf-8"))
        )
    except OSError as error:
        raise RecipeError(f"prior {path}: no such file; or write the shares themselves: name=0.4,other=0.6") from error
    except (ValueError, yaml.YAMLError) as error:
        raise RecipeError(
            f"prior {path.name} does not read as {'YAML' if path.suffix in {'.yaml', '.yml'} else 'JSON'}: "
            f"{str(error).splitlines()[0]}"
        ) from error
    inner = next((read[key] for key in INSIDE if isinstance(read, dict) and isinstance(read.get(key), dict)), read)
    if not isinstance(inner, dict):
        raise RecipeError(f"prior {path.name} must hold a share for each source")
    return {str(name): share for name, share in inner.items()}


def _number(name: str, share: Any) -> float:
    try:
        value = float(share)
    except (TypeError, ValueError):
        value = -1.0
    if not (np.isfinite(value) and value >= 0):
        raise RecipeError(f"prior: the share of {name!r} is {share!r}, not a number of at least 0")
    return value
