"""The files that a user names, and how each begins."""

import codecs
import glob
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pydantic import ValidationError

from tasks.core.errors import CuveeError, RecipeError, Unreachable
from tasks.ingest.batch import Opened
from tasks.ingest.blocks import ends_in_cr, is_wide
from tasks.ingest.files import find, unpacked, whole
from tasks.ingest.place import Place
from tasks.ingest.settings import FileSettings
from tasks.text.encoding import encoding_of

HEAD_BYTES = 1 << 20
MOST_BYTES = 32 << 20
"""So far a text that is ASCII at its start is searched for other characters."""
MOST_FILES = 200_000
WELL_READ, BRIEFLY = 50, 4096
"""Files whose beginnings are read in full, and how much is read of those after them; they only have to resemble the
first ones."""


@dataclass(frozen=True)
class Item:
    """A file that the user names, itself or by its folder or glob.

    Attributes:
        path: what a recipe in the base folder would call it.
        argument: what the user wrote.
        asked: whether the user named this very file.
    """

    path: str
    argument: str
    place: Place
    asked: bool


@dataclass(frozen=True)
class Head:
    """How a file, or a member of an archive, begins.

    Attributes:
        member: its name in the archive; empty for a file.
        data: its first bytes, up to the last line end among them where the file goes on.
        ends: whether that is all of it.
        doubt: evidence on the encoding, where it is not plain UTF-8.
        siblings: all members of its archive, sorted.
    """

    item: Item
    member: str
    data: bytes = field(repr=False)
    ends: bool
    encoding: str
    doubt: str
    file: Opened = field(repr=False)
    siblings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def path(self) -> str:
        """What a message calls it."""
        return f"{self.item.path}!{self.member}" if self.member else self.item.path

    @property
    def name(self) -> PurePosixPath:
        """Its name with folders, without `.gz`."""
        text = (self.member or self.item.path.partition("?")[0]).replace("\\", "/")
        return PurePosixPath(text[:-3] if text.lower().endswith(".gz") else text)

    @cached_property
    def text(self) -> str:
        """Its beginning, decoded; what is not valid becomes a replacement character."""
        return self.data.decode(self.encoding, "replace").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """The whole lines of its beginning that are not blank."""
        return [line.removesuffix("\r") for line in self.text.split("\n") if line.strip()]


def items(argument: str, base: str) -> list[Item]:
    """List the files that an argument (a file, folder, glob or URL) means.

    Raises:
        Unreachable: there are none.
        RecipeError: a URL with credentials, or too many files.
    """
    try:
        FileSettings(kind="", path=argument)
    except ValidationError as error:
        raise RecipeError(f"{argument!a}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    files = _items(argument, base)
    if len(files) > MOST_FILES:
        raise RecipeError(
            f"{argument}: {len(files):,} files, more than {MOST_FILES:,}; name a part of them by a glob, and widen "
            "it in the recipe"
        )
    return files


def _items(argument: str, base: str) -> list[Item]:
    local = Path(base) / argument
    if "://" not in argument and local.is_dir():
        pattern = (PurePosixPath(glob.escape(argument)) / "**/*").as_posix()
        try:
            places = [
                place
                for place in find(pattern, base)
                if not any(part.startswith(".") for part in PurePosixPath(place.name).parts)
            ]
        except Unreachable:
            places = []
        if not places:
            raise Unreachable(f"cannot read {argument}: the folder holds no file")
        return [
            Item(glob.escape((PurePosixPath(argument) / place.name).as_posix()), argument, place, asked=False)
            for place in places
        ]
    if "://" not in argument and local.exists():
        return [Item(glob.escape(argument), argument, find(glob.escape(argument), base)[0], asked=True)]
    places = find(argument, base)
    if len(places) == 1 and not glob.has_magic(argument):
        return [Item(argument, argument, places[0], asked=True)]
    return [Item(_as_written(place, argument, base), argument, place, asked=False) for place in places]


def _as_written(place: Place, argument: str, base: str) -> str:
    if "://" in argument:
        return place.uri
    return glob.escape(
        place.path if Path(argument).is_absolute() else os.path.relpath(place.path, Path(base).absolute())
    )


def heads(item: Item, number: int) -> list[Head]:
    """Read how a file begins; of an archive, how each member does.

    Args:
        number: files that were read before.

    Raises:
        Unreachable: it cannot be read.
        QualityGate: it cannot be unpacked.
    """
    with whole(item.path), unpacked(item.place, FileSettings(kind="", path=item.path)) as files:
        found = [_head(item, file, HEAD_BYTES if at < WELL_READ else BRIEFLY) for at, file in enumerate(files, number)]
    members = tuple(head.member for head in found)
    return [replace(head, siblings=members) for head in found]


def heads_of(
    arguments: Sequence[str], base: str, problems: list[CuveeError], unfit: list[tuple[str, CuveeError]]
) -> tuple[list[Head], list[tuple[str, str]]]:
    """Read how all files begin that a user names.

    Args:
        problems: takes arguments that are wrong in themselves.
        unfit: takes files that the user has named and that cannot be read.

    Returns:
        The beginnings, and files that are left out, with the reason.
    """
    first: list[Head] = []
    again: list[tuple[str, str]] = []
    seen: set[str] = set()
    for argument in arguments:
        try:
            found = items(argument, base)
        except Unreachable as error:
            unfit.append((argument, Unreachable(str(error).removeprefix(f"cannot read {argument}: "))))
            continue
        except CuveeError as error:
            problems.append(error)
            continue
        for item in found:
            if (place := os.path.realpath(item.place.path) if "://" not in argument else item.place.path) in seen:
                again.append((item.path, "it was given twice"))
                continue
            seen.add(place)
            try:
                first += heads(item, len(first))
            except CuveeError as error:
                if item.asked:
                    unfit.append((item.path, error))
                else:
                    again.append((item.path, str(error)))
    return first, again


def _head(item: Item, file: Opened, most: int) -> Head:
    with file.open() as stream:
        data = stream.read(most)
        ends = len(data) < most
        if ends_in_cr(data):
            data = data.replace(b"\r", b"\n")
        sample = data = data if ends or b"\n" not in data else data[: data.rfind(b"\n") + 1]
        if not ends and most == HEAD_BYTES and data.isascii() and b"\0" not in data:
            sample = _odd_lines(stream.read, data)
    encoding, doubt = encoding_of(sample)
    if not ends and is_wide(encoding):
        data = _whole_lines(data, encoding)
    member = file.name.partition("!")[2]
    again = replace(file, open=lambda: _member(item, member)) if member else file
    return Head(item, member, data, ends, encoding, doubt, again)


def _whole_lines(data: bytes, encoding: str) -> bytes:
    """Cut after the last line end where that is more than the byte 0x0A."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data)
    return text[: text.rfind("\n") + 1 or None].encode(encoding)


def _member(item: Item, member: str) -> BinaryIO:
    """Open a member of an archive that has been closed since."""
    with (
        unpacked(item.place, FileSettings(kind="", path=item.path, member=glob.escape(member))) as files,
        files[0].open() as stream,
    ):
        return io.BytesIO(stream.read())


def _odd_lines(read: Callable[[int], bytes], data: bytes) -> bytes:
    """Find lines with other than ASCII characters further on; without any, give the beginning back."""
    seen = HEAD_BYTES
    while seen < MOST_BYTES and (block := read(HEAD_BYTES)):
        seen += len(block)
        if not block.isascii():
            return b"\n".join(line for line in block.split(b"\n")[1:-1] if not line.isascii()) or data
    return data
