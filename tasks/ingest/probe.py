"""What a source holds right now, cheaply: size and content hash, ETag, or revision."""

import hashlib
from io import BufferedReader
from typing import cast

from tasks.core.access import reaching
from tasks.ingest.files import details, find, raw_stream
from tasks.ingest.place import Place
from tasks.ingest.settings import FileSettings, SourceSettings, kind_of
from tasks.manifests.seen import Fingerprint, SeenFile


def fingerprint(source: str, settings: SourceSettings, base: str) -> Fingerprint:
    """Look at every file of a source without reading its records.

    Raises:
        Unreachable: a file is missing or its server does not answer.
    """
    if isinstance(settings, FileSettings):
        places = [place for path in settings.paths for place in find(path, base, folders=settings.folders)]
        return Fingerprint(source=source, files=tuple(_seen(place) for place in places))
    return Fingerprint(source=source, files=kind_of(settings).seen_of(settings, base))


def _seen(place: Place) -> SeenFile:
    info = details(place)
    size = int(info.get("size") or 0)
    tag = next((str(info[name]) for name in ("ETag", "etag", "md5Hash", "Last-Modified") if info.get(name)), None)
    if tag is None:
        with reaching(place.uri), raw_stream(place) as file:
            tag = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
            size = file.tell()
    return SeenFile(name=place.name, bytes=size, tag=tag)
