"""Manifests of older versions, read as those of this one; their fingerprints stay as they were computed then."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from tasks.core.records import digest
from tasks.manifests.manifest import BESIDES, Facts, Manifest

F = TypeVar("F", bound=Facts)


def read_manifest(text: bytes, facts: type[F]) -> Manifest[F]:
    """Read a manifest, written by this version or an older one.

    Args:
        facts: the class of what its stage says.

    Raises:
        ValueError: it is none, or one of a later version.
    """
    said = json.loads(text)
    if isinstance(said, dict) and "format" not in said:
        said = _from_first(said, facts.model_fields)
    return Manifest[facts].model_validate(said)


def _from_first(said: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Versions before formats had numbers: the fingerprint was no part of the file, and stages said more."""
    return said | {
        "fingerprint": digest({name: value for name, value in said.items() if name not in BESIDES}),
        "facts": {name: value for name, value in said.get("facts", {}).items() if name in known},
    }
