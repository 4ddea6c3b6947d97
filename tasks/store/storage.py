"""The object store: a folder or a bucket, the same calls. Bytes go in whole or not at all.

Layout and the rule "data first, manifest last" are told in the README.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem
from typing_extensions import TypeVar

from tasks.core.access import file_system_of, folder_of_store, reaching, refuse_no_bucket
from tasks.core.errors import RecipeError, Unreachable
from tasks.core.space import having_space
from tasks.manifests.formats import read_manifest
from tasks.manifests.manifest import Facts, FileFact, Manifest
from tasks.store.conditional import put_if
from tasks.store.damage import parsed
from tasks.store.links import without_pattern
from tasks.store.locks import lock

F = TypeVar("F", bound=Facts)


def sha256_of(path: Path) -> str:
    """Hash a local file, in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """A folder or a bucket prefix; all paths are relative to it, with forward slashes.

    Args:
        uri: a folder, or a bucket as `s3://bucket/prefix`.
        behind: another store that is read where this one has nothing (see `overlay`).

    Raises:
        RecipeError: another kind of URI.
    """

    def __init__(self, uri: str, behind: "Store | None" = None) -> None:
        scheme = uri.partition("://")[0] if "://" in uri else "file"
        if scheme not in ("file", "s3"):
            raise RecipeError(
                f"the store {uri}: want a folder or s3://BUCKET/PREFIX; {scheme}:// has no conditional writes "
                "here, pointers need them"
            )
        self.is_local, self.behind = scheme == "file", behind
        if self.is_local:  # a folder's name is a name, whatever signs it has
            self.fs: Any = LocalFileSystem()
            self.uri = folder_of_store(str(Path(uri.removeprefix("file://")).expanduser()))
            return
        with reaching(f"the store {uri}"):
            self.fs, root = file_system_of(uri)
        self.uri, self.bucket = uri.rstrip("/"), root.rstrip("/")

    @property
    def root(self) -> str:
        """What the file system calls it."""
        return without_pattern(self.uri) if self.is_local else self.bucket

    def where(self, path: str) -> str:
        """Give the URI of `path`, for people and other tools."""
        return f"{self.uri}/{path}"

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}".rstrip("/")

    def ensure_writable(self) -> None:
        """Write and remove one small file; raises Unreachable where that cannot be."""
        probe = f"results/.writable-{uuid.uuid4().hex}"
        try:
            self.write_bytes(probe, b"")
            self.remove(probe)
        except Unreachable as error:
            text = (
                f"cannot write to the store {self.uri}: {error.facts['reason']}; create it, mend the access, or "
                "name another one with --store"
            )
            raise Unreachable(text, transient=error.transient) from error

    def exists(self, path: str) -> bool:
        """Say whether a file is there now (listings are never cached)."""
        with reaching(self.where(path)):
            self.fs.invalidate_cache()
            found = self.fs.exists(self._full(path))
        return found or (self.behind is not None and self.behind.exists(path))

    def list(self, path: str) -> dict[str, int]:
        """Give every file below a folder: path relative to that folder -> bytes."""
        with reaching(self.where(path)):
            self.fs.invalidate_cache()
            found = self.fs.find(self._full(path), detail=True)
            if not found:
                refuse_no_bucket(self.fs, self.root, f"the store {self.uri}")
        start = len(self._full(path)) + 1
        behind = self.behind.list(path) if self.behind else {}
        return behind | {name[start:]: int(info["size"]) for name, info in found.items()}

    def read_bytes(self, path: str) -> bytes:
        """Read one file whole."""
        with reaching(self.where(path)):
            self.fs.invalidate_cache()
            if self.behind and not self.fs.exists(self._full(path)):
                return self.behind.read_bytes(path)
            return self.fs.cat_file(self._full(path))

    def read_json(self, path: str) -> Any:
        """Read one JSON file; a damaged one is named."""
        return parsed(self.read_bytes(path), self.where(path))

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write one file; a reader sees all of it or nothing."""
        with reaching(self.where(path)):
            if not self.is_local:
                self.fs.pipe_file(self._full(path), data)
                return
            with self._replacing(path) as temporary:
                temporary.write_bytes(data)

    def write_json(self, path: str, value: Any) -> None:
        """Write one JSON file, indented, keys in the order given."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        self.write_bytes(path, text.encode("utf-8", "backslashreplace") + b"\n")

    def put(self, local: Path, path: str) -> None:
        """Move a local file into the store; the local one is gone afterwards."""
        with reaching(self.where(path)):
            if self.is_local:
                with self._replacing(path) as temporary:
                    shutil.move(local, temporary)
                return
            self.fs.put_file(str(local), self._full(path))
            local.unlink()

    def copy(self, source: str, target: str) -> None:
        """Copy a file inside the store; a bucket copies on its own side."""
        with reaching(self.where(source)):
            if self.is_local:
                with self._replacing(target) as temporary:
                    shutil.copyfile(self._full(source), temporary)
                return
            self.fs.cp_file(self._full(source), self._full(target))

    def remove(self, path: str) -> None:
        """Remove a file or a folder with all below it; nothing happens when there is none."""
        with reaching(self.where(path)), contextlib.suppress(FileNotFoundError):
            self.fs.rm(self._full(path), recursive=True)

    @contextlib.contextmanager
    def _replacing(self, path: str) -> Generator[Path]:
        target = Path(self._full(path))
        temporary = target.parent / f".{target.name}.{uuid.uuid4().hex}"
        try:
            with having_space(self.where(path)):
                target.parent.mkdir(parents=True, exist_ok=True)
                yield temporary
                temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def local_copy(self, path: str) -> Path:
        """Give a local path with the content of a stored file, downloaded once when the store is remote."""
        if self.is_local:
            here = Path(self._full(path))
            return here if here.exists() or not self.behind else self.behind.local_copy(path)
        with reaching(self.where(path)):
            self.fs.invalidate_cache()
            here = self.scratch("downloads") / self.fs.ukey(self._full(path))[:16] / path
            if not here.exists():
                here.parent.mkdir(parents=True, exist_ok=True)
                temporary = here.with_name(f".{here.name}.{uuid.uuid4().hex}")
                self.fs.get_file(self._full(path), str(temporary))
                temporary.replace(here)
        return here

    def scratch(self, name: str) -> Path:
        """Give a folder here that outlives the process: beside a local store, else in the temporary folder."""
        base = Path(tempfile.gettempdir()) / f"cuvee-{os.getuid()}" / hashlib.sha256(self.uri.encode()).hexdigest()[:16]
        folder = (Path(self.root) / "scratch" if self.is_local else base) / name
        while True:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileExistsError:  # it was there, and is no folder, or its holder has removed it since
                if folder.is_file() or folder.is_symlink():
                    raise
            else:
                return folder

    @contextlib.contextmanager
    def holding(self, name: str) -> Generator[Path]:
        """Give a scratch folder to one thread or process of this machine at a time; a killed holder lets go."""
        handle = None
        while handle is None:
            handle = lock(self.scratch(name))
        try:
            yield self.scratch(name)
        finally:
            os.close(handle)

    def lookup(self, stage: str, key: str, facts: type[F]) -> Manifest[F] | None:
        """Find a finished product: its manifest is there, and so are all of its files in full.

        Args:
            facts: the class of what the stage says of its products.
        """
        path = f"snapshots/{stage}/{key}"
        if not self.exists(f"{path}/manifest.json"):
            return None
        try:
            manifest = read_manifest(self.read_bytes(f"{path}/manifest.json"), facts)
        except ValueError:
            return None
        there = self.list(path)
        whole = all(there.get(file.name) == file.bytes for file in manifest.files)
        return manifest if whole else None

    def open(self, manifest: Manifest, name: str) -> Path:
        """Give a local path to one file of a product."""
        return self.local_copy(f"{manifest.path}/{name}")

    def move_pointer(self, path: str, update: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        """Replace a small JSON file in one conditional write; on a lost race `update` sees the winner's value.

        Args:
            path: the pointer's file.
            update: current value (None when there is none) -> new value.
        """
        with self.holding("pointers"):
            for _ in range(20):
                current, tag = self._tagged(path)
                value = update(current)
                if self._write_if(path, value, tag):
                    return value
        raise Unreachable(
            f"the pointer {self.where(path)} kept changing while it was written; try again", transient=True
        )

    def _tagged(self, path: str) -> tuple[dict[str, Any] | None, str | None]:
        with reaching(self.where(path)):
            self.fs.invalidate_cache()
            if not self.fs.exists(self._full(path)):
                return None, None
            tag = "" if self.is_local else self.fs.info(self._full(path))["ETag"]
            return parsed(self.fs.cat_file(self._full(path)), self.where(path)), tag

    def _write_if(self, path: str, value: dict[str, Any], tag: str | None) -> bool:
        data = json.dumps(value, indent=2).encode()
        if self.is_local:
            self.write_bytes(path, data)
            return True
        return put_if(self.fs, self._full(path), data, tag, self.where(path))


_overlays: dict[str, Store] = {}


def open_store(uri: str) -> Store:
    """Open the store at `uri`; an overlay's URI opens the overlay."""
    return _overlays.get(uri) or _opened(uri)


_opened = functools.lru_cache(Store)


@contextlib.contextmanager
def overlay(uri: str) -> Generator[str]:
    """Give the URI of a temporary store that reads through to `uri` and keeps every write to itself."""
    with tempfile.TemporaryDirectory(prefix="cuvee-") as folder:
        store = Store(folder, behind=Store(uri))
        _overlays[store.uri] = store
        try:
            yield store.uri
        finally:
            del _overlays[store.uri]


def as_fact(store: Store, folder: str, name: str, local: Path) -> FileFact:
    """Move a finished local file into a product's folder and say what it is."""
    fact = FileFact(name=name, bytes=local.stat().st_size, sha256=sha256_of(local))
    store.put(local, f"{folder}/{name}")
    return fact
