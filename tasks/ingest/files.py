"""Find the files of a source, wherever they are, and open them decompressed."""

import contextlib
import fnmatch
import glob
import gzip
import hashlib
import io
import os
import re
import select
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from fsspec.implementations.local import LocalFileSystem

from tasks.core.access import file_system_of, reaching, refuse_no_bucket
from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.core.unseen import unseen
from tasks.ingest import web
from tasks.ingest.batch import START, Mark, Opened
from tasks.ingest.place import Place
from tasks.ingest.settings import FileSettings

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
VERSION_CONTROL = {".git", ".hg", ".svn"}
"""Folders that hold no files of the folder that they lie in, but its history."""
LITTER = re.compile(r"(?:^|/)(?:__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$")
"""What desktops leave in folders and archives."""
PATIENCE, MOST_WAITS = 1.0, 10
"""Seconds that a file without a size may keep its reader waiting, and how often."""


def find(path: str, base: str, *, folders: bool = False) -> list[Place]:
    """List the files that `path` (a file, a glob or a URL) means, sorted by name.

    Args:
        base: folder that relative paths start at.
        folders: whether a folder means all files in it, however deep; links in it are not followed.

    Raises:
        Unreachable: there is no such file, or its server does not answer.
        RecipeError: it is a folder, and files are wanted.
    """
    full = path if "://" in path else str(Path(base) / path)
    on_web = full.startswith(("http://", "https://"))
    with reaching(path):
        fs, root = _file_system(full)
        fs.invalidate_cache()  # others may have changed what was listed before
        if not any(sign in root for sign in ("*" if on_web else "*?[")) or (not on_web and fs.exists(root)):
            if on_web:
                details(Place(fs, root, "", path))  # asked whether it exists, a server would send the whole file
            elif not fs.exists(root):
                refuse_no_bucket(fs, root, path)
                raise Unreachable(f"cannot read {path}: there is no such file")
            if not on_web and fs.isdir(root) and folders:
                return _places(fs, path, _inside(fs, root, path), len(root.rstrip("/")) + 1)
            if not on_web and fs.isdir(root):
                raise RecipeError(
                    f"cannot read {path}: it is a folder; say which files, such as {path.rstrip('/')}/*.csv"
                )
            return [Place(fs, root, PurePosixPath(unseen(root.split("?")[0] if on_web else root)).name, path)]
        # Only what the recipe writes is a pattern, not the folder that it lies in.
        above = "" if "://" in path or Path(path).is_absolute() else _file_system(base)[1].rstrip("/")
        above = above if root.startswith(f"{above}/") else ""
        pattern = root.removeprefix(above)
        matched = {name: fs.isdir(name) for name in fs.glob(glob.escape(above) + pattern)}
        found = [name for name, folder in matched.items() if not folder]
        found += [name for one, folder in matched.items() if folder and folders for name in _inside(fs, one, one)]
        if not found:
            refuse_no_bucket(fs, root, path)
    return _places(fs, path, found, len(above) + len(_fixed(pattern)))


def _file_system(path: str) -> tuple[Any, str]:
    """Give the file system of a path or URL, and what it calls it; a path is a path, whatever signs it has."""
    if "://" not in path:
        return LocalFileSystem(), str(Path(path).absolute())
    return file_system_of(path, **(web.settings() if path.startswith(("http://", "https://")) else {}))


def _places(fs: Any, path: str, names: Iterable[str], start: int) -> list[Place]:
    if not (kept := sorted({name for name in names if not LITTER.search(name)})):
        raise Unreachable(f"cannot read {path}: no file matches")
    return [Place(fs, name, name[start:], fs.unstrip_protocol(name) if "://" in path else name) for name in kept]


def _inside(fs: Any, folder: str, path: str) -> list[str]:
    found = [name for name, info in fs.find(folder, detail=True).items() if info["type"] == "file"]
    if not (kept := [name for name in found if not VERSION_CONTROL & set(PurePosixPath(name[len(folder) :]).parts)]):
        raise Unreachable(f"cannot read {path}: there is no file in this folder")
    return kept


def details(place: Place) -> dict[str, Any]:
    """Give what the file system or server says of a file: its size, and an ETag or the like where it has one.

    Raises:
        Unreachable: it does not answer.
    """
    with reaching(place.uri):
        return web.details(place) if place.on_the_web else place.fs.info(place.path)


def begins(place: Place, size: int, tag: str) -> bool:
    """Say whether the first bytes of a local file have this sha256."""
    protocols = place.fs.protocol if isinstance(place.fs.protocol, tuple) else (place.fs.protocol,)
    if "file" not in protocols:
        return False
    whole, left = hashlib.sha256(), size
    with reaching(place.uri), place.fs.open(place.path, "rb") as file:
        while left and (block := file.read(min(left, 1 << 20))):
            whole.update(block)
            left -= len(block)
    return left == 0 and whole.hexdigest() == tag


def _fixed(pattern: str) -> str:
    """Give the folders of a glob before its first wildcard, with the last slash."""
    cut = min(pattern.index(sign) for sign in "*?[" if sign in pattern)
    return pattern[: pattern.rfind("/", 0, cut) + 1]


@contextlib.contextmanager
def unpacked(place: Place, settings: FileSettings, mark: Mark = START) -> Generator[list[Opened]]:
    """Give what is inside a file: itself, decompressed when it is gzip, or the members of an archive, by name; they can
    be opened meanwhile.

    Args:
        mark: where to begin in a file that is no archive.

    Raises:
        QualityGate: an archive with names that lead out of it, or that is not whole.
    """
    lower = (place.path.split("?")[0] if place.on_the_web else place.path).lower()
    if lower.endswith(".zip"):
        with raw_stream(place) as raw:
            try:
                archive = zipfile.ZipFile(raw)
            except zipfile.BadZipFile as error:
                raise QualityGate(f"{place.uri}: not a whole zip archive: {error}") from None
            infos = [info for info in archive.infolist() if not info.is_dir()]
            names = {info.filename for info in infos if not stat.S_ISLNK(info.external_attr >> 16)}  # as of tar
            yield _members(place, names, settings.member, lambda name: cast("BinaryIO", archive.open(name)))
    elif lower.endswith(ARCHIVES):
        with _unpacked_tar(place, gzipped=lower.endswith("gz")) as archive:
            files = {info.name: info for info in archive if info.isreg()}  # links and devices are no files
            yield _members(
                place, files, settings.member, lambda name: cast("BinaryIO", archive.extractfile(files[name]))
            )
    else:
        yield [Opened(place.name, lambda: _stream(place, unpack=packed(lower)), mark)]


@contextlib.contextmanager
def whole(name: str) -> Generator[None]:
    """Map what is raised while a file is read that is not whole.

    Raises:
        QualityGate: it cannot be unpacked to its end.
        Unreachable: it cannot be read.
    """
    with reaching(name):
        try:
            yield
        except UnicodeError as error:
            raise QualityGate(f"{name}: it holds what is no text: {error}; say its `encoding`") from None
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError, RuntimeError) as error:
            raise QualityGate(
                f"{name}: the file cannot be unpacked to its end: {error}; fetch it again, nothing of it was used"
            ) from None


@contextlib.contextmanager
def _unpacked_tar(place: Place, *, gzipped: bool) -> Generator[tarfile.TarFile]:
    """Open a tar archive; a compressed one is laid out on disk, since its members are not read in its order."""
    with contextlib.ExitStack() as stack:
        with whole(place.uri):
            raw = stack.enter_context(raw_stream(place))
            if gzipped:
                plain = cast("BinaryIO", stack.enter_context(tempfile.TemporaryFile()))
                shutil.copyfileobj(gzip.GzipFile(fileobj=raw), plain)
                plain.seek(0)
                raw = plain
            archive = stack.enter_context(tarfile.open(fileobj=raw, mode="r:"))
            archive.getmembers()
        yield archive


def packed(name: str) -> bool:
    """Say whether a file must be unpacked before it is read."""
    return name.split("?", maxsplit=1)[0].lower().endswith((".gz", *ARCHIVES))


class _Unpacked(gzip.GzipFile):
    """A gzip stream that closes what it reads from."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__(fileobj=raw)
        self.raw_stream = raw

    def close(self) -> None:
        """Close both."""
        super().close()
        self.raw_stream.close()


def _stream(place: Place, *, unpack: bool) -> BinaryIO:
    raw = raw_stream(place)
    return cast("BinaryIO", _Unpacked(raw)) if unpack else raw


def raw_stream(place: Place) -> BinaryIO:
    """Open a file as it lies there; one on the web is fetched whole first."""
    with reaching(place.uri):
        if place.on_the_web:
            return web.fetched(place)
        local = Path(place.path) if isinstance(place.fs, LocalFileSystem) else None
        if local and local.exists() and not local.is_file():
            raise Unreachable(f"cannot read {place.uri}: it is a pipe or a device, no file")
        if local and local.exists() and not local.stat().st_size:
            return _of_no_size(place)
        return cast("BinaryIO", place.fs.open(place.path, "rb"))


def _of_no_size(place: Place) -> BinaryIO:
    """Read a file that says it is empty: those of /proc are not, and some of them never end.

    Raises:
        Unreachable: it keeps its reader waiting.
    """
    whole, waits, handle = io.BytesIO(), 0, os.open(place.path, os.O_RDONLY | os.O_NONBLOCK)
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    try:
        while waits < MOST_WAITS:
            try:
                block = os.read(handle, 1 << 20) if waiting.poll(1_000 * PATIENCE) else None
            except BlockingIOError:
                block = None
            if block == b"":
                whole.seek(0)
                return whole
            waits += block is None
            whole.write(block or b"")
    finally:
        os.close(handle)
    raise Unreachable(
        f"cannot read {place.uri}: it gives nothing for {PATIENCE * waits:g} s and does not end; is it a file?"
    )


def _members(place: Place, names: Iterable[str], pattern: str, open_member: Callable[[str], BinaryIO]) -> list[Opened]:
    members = sorted(name for name in names if not LITTER.search(name))
    if not members:
        raise QualityGate(f"{place.uri}: there is no file in this archive")
    hostile = [
        name for name in members if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts
    ]
    if hostile:
        raise QualityGate(
            f"{place.uri}: member names that lead out of the archive: {', '.join(map(ascii, hostile[:3]))}; "
            "nothing was read"
        )
    chosen = [name for name in members if fnmatch.fnmatch(name, pattern)]
    if not chosen:
        raise Unreachable(
            f"{place.uri}: `member: {pattern}` matches none of its {len(members)} members; there are "
            f"{', '.join(members[:5])}"
        )
    return [Opened(f"{place.name}!{name}", lambda name=name: open_member(name)) for name in chosen]
