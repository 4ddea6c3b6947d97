"""Croissant 1.0, the machine-readable description of a data set.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from collections.abc import Mapping
from typing import NamedTuple

from tasks.core.layout import Holds
from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import MixFacts
from tasks.objectives.described import about_columns, published_layout
from tasks.rows.files import side_glob, sides_of
from tasks.rows.layout import layout_of
from tasks.store.runs import RunStart

_TERMS = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset "
    "jsonPath key md5 parentField path "
    "recordSet references regex repeated replace samplingRate separator source subField transform"
)
CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
} | {term: f"cr:{term}" for term in _TERMS.split()}


class Held(NamedTuple):
    """What a column holds.

    Attributes:
        kind: its type.
        several: whether a row has a list of them.
        parts: name -> type of the lists that a row has, where it has several.
    """

    kind: str = "sc:Text"
    several: bool = False
    parts: Mapping[str, str] = {}


TEXT = Held()
PLACE = {
    "row_id": (TEXT, "Where the row stands in its source: file and line or record number."),
    "source": (TEXT, "The source's name."),
}
KINDS: Mapping[Holds, Held] = {
    "value": Held("sc:Float"),
    "labels": Held("sc:Text", several=True),
    "words": Held("sc:Text", several=True),
    "tags": Held("sc:Text", several=True),
    "tests": Held("sc:Text", several=True),
    "answers": Held(parts={"text": "sc:Text", "answer_start": "sc:Integer"}),
    "messages": Held(parts={"role": "sc:Text", "content": "sc:Text"}),
}
"""What roles hold that are no texts."""
LENGTH = {"tokens": (Held("sc:Integer"), "Number of words and punctuation marks in the text.")}
MEDIA = {
    "image": (Held("sc:ImageObject"), "The image that the text belongs to."),
    "audio": (Held("sc:AudioObject"), "The recording that the text belongs to."),
}


def croissant(start: RunStart, mix: Manifest[MixFacts], uri: str) -> dict[str, object]:
    """Describe a published mix.

    Args:
        uri: where it is published.
    """
    publish = start.recipe["publish"]
    text = publish["description"] or f"A training mix of {mix.rows} rows from {', '.join(start.recipe['sources'])}."
    layout = published_layout(start.recipe["task"], start.recipe.get("labels", ()), layout_of(mix))
    held = {role.name: KINDS.get(role.holds, TEXT) for role in layout.roles}
    described = about_columns(start.recipe["task"], layout)
    roles = {name: (held[name], about.sentence) for name, about in described.items()}
    media = {"media": MEDIA[mix.columns["media"]]} if "media" in mix.columns else {}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": start.name,
        "description": text,
        "license": _licences(start),
        "url": uri,
        "datePublished": start.started[:10],
        "version": "1.0.0",
        "creator": {"@type": "sc:Organization", "name": "unknown"},
        "distribution": [_file_set(split) for split in sides_of(mix)],
        "recordSet": [_record_set(split, PLACE | roles | LENGTH | media) for split in sides_of(mix)],
    }


def _licences(start: RunStart) -> list[str]:
    """Give the mix's licence, else those of its sources."""
    if licence := start.recipe["publish"].get("licence"):
        return [licence]
    stated = {source.get("licence") or "not stated" for source in start.recipe["sources"].values()}
    return sorted(stated)


def _file_set(split: str) -> dict[str, object]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{split}-files",
        "name": f"{split}-files",
        "encodingFormat": "application/x-parquet",
        "includes": side_glob(split),
    }


def _record_set(split: str, columns: Mapping[str, tuple[Held, str]]) -> dict[str, object]:
    fields = [_field(split, name, held, text) for name, (held, text) in columns.items()]
    return {"@type": "cr:RecordSet", "@id": split, "name": split, "field": fields}


def _field(split: str, name: str, held: Held, text: str) -> dict[str, object]:
    field: dict[str, object] = {"@type": "cr:Field", "@id": f"{split}/{name}", "name": name, "description": text}
    source: dict[str, object] = {"fileSet": {"@id": f"{split}-files"}, "extract": {"column": name}}
    if not held.parts:
        repeated = {"repeated": True} if held.several else {}
        return field | {"dataType": held.kind, "source": source} | repeated
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{split}/{name}/{part}",
            "name": part,
            "dataType": kind,
            "repeated": True,
            "source": source | {"transform": {"jsonPath": part}},
        }
        for part, kind in held.parts.items()
    ]
    return field | {"subField": parts}
