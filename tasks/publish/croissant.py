"""Croissant 1.0, the machine-readable description of a data set.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from collections.abc import Mapping

from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import MixFacts
from tasks.objectives.parts import columns_of
from tasks.rows.files import SIDES, side_glob
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
PLACE = {
    "row_id": ("sc:Text", "Where the row stands in its source: file and line or record number."),
    "source": ("sc:Text", "The source's name."),
}
LENGTH = {"tokens": ("sc:Integer", "Number of words and punctuation marks in the text.")}
MEDIA = {
    "image": ("sc:ImageObject", "The image that the text belongs to."),
    "audio": ("sc:AudioObject", "The recording that the text belongs to."),
}


def croissant(start: RunStart, mix: Manifest[MixFacts], uri: str) -> dict[str, object]:
    """Describe a published mix.

    Args:
        uri: where it is published.
    """
    publish = start.recipe["publish"]
    text = publish["description"] or f"A training mix of {mix.rows} rows from {', '.join(start.recipe['sources'])}."
    roles = {name: ("sc:Text", about.sentence) for name, about in columns_of(start.recipe["task"]).ABOUT.items()}
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
        "distribution": [_file_set(split) for split in SIDES],
        "recordSet": [_record_set(split, PLACE | roles | LENGTH | media) for split in SIDES],
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


def _record_set(split: str, columns: dict[str, tuple[str, str]]) -> dict[str, object]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{split}/{name}",
            "name": name,
            "description": text,
            "dataType": kind,
            "source": {"fileSet": {"@id": f"{split}-files"}, "extract": {"column": name}},
        }
        for name, (kind, text) in columns.items()
    ]
    return {"@type": "cr:RecordSet", "@id": split, "name": split, "field": fields}
