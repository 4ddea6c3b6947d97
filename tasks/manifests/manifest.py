"""A finished product of a stage, and what a stage's work hands back: generic over what only that stage says."""

from typing import Any, Generic, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from typing_extensions import TypeVar

from tasks.core.records import Fingerprinted, Section, digest


class Facts(Section):
    """What only one stage says of its products; each stage has a class of its own in this room."""


F_co = TypeVar("F_co", bound=Facts, covariant=True, default=Facts)
BESIDES = {"format", "key", "path", "parents", "parts", "seconds", "how", "fingerprint"}
"""What a manifest says that is no part of its fingerprint."""


class Account(Section):
    """Where the rows of one source went. Every row read is in exactly one place.

    read = quarantined + sum(dropped) + rows + holdout + validation
    """

    source: str
    read: int
    quarantined: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)
    """Reason code -> rows."""
    rows: int = 0
    """Rows that may be trained on."""
    tokens: int = 0
    holdout: int = 0
    """Rows that are kept aside to measure on."""
    holdout_tokens: int = 0
    validation: int = 0
    """Rows that are kept aside to choose the checkpoint by."""
    validation_tokens: int = 0
    labelled: dict[str, int] = Field(default_factory=dict)
    """Of a source without labels of its own: rule, or `teacher` -> rows that it labelled."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Fingerprints of accounts without it are older than the field.
        return {name: value for name, value in dump(self).items() if value or name != "labelled"}

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        placed = self.quarantined + sum(self.dropped.values()) + self.usable
        if placed != self.read:
            raise ValueError(f"source {self.source!r}: {self.read} rows read, {placed} accounted for")
        return self

    @property
    def usable(self) -> int:
        """Rows that are trained on, or kept aside."""
        return self.rows + self.holdout + self.validation


class FileFact(Section):
    """One file of a product: its name inside the product's folder and what it holds."""

    name: str
    bytes: int
    sha256: str


class Manifest(Fingerprinted, Generic[F_co]):
    """One finished product of a stage. The product exists when its manifest does."""

    format: Literal[2] = 2
    """How manifests are written; `formats.py` reads those of older versions."""
    fingerprint: str = ""
    """sha256 of what the product says and holds; equal content made in another way has the same one."""
    stage: str
    subject: str
    """The source's name, or `pool`, `mix`, `model`."""
    key: str
    path: str
    """The product's folder, relative to the store."""
    files: tuple[FileFact, ...]
    rows: int = 0
    tokens: int = 0
    columns: dict[str, str] = Field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    facts: F_co
    """What only this stage says."""
    parents: tuple[str, ...] = ()
    """Fingerprints of the products it was made from."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Dotted name of every input of the key -> short digest of its value."""
    seconds: float = 0.0
    """How long the work took; no part of the fingerprint."""
    how: str = ""
    """How it was made, in words; no part of the fingerprint."""

    @model_validator(mode="after")
    def _take_fingerprint(self) -> Self:
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", digest(self.model_dump(mode="json", exclude=BESIDES)))
        return self

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    def file(self, name: str) -> FileFact:
        """Find a file by its name inside the product."""
        return next(file for file in self.files if file.name == name)

    def account(self, source: str) -> Account:
        """Find the account of one source."""
        return next(account for account in self.accounts if account.source == source)

    def __reduce__(self) -> tuple[object, ...]:
        """Name the class by what it is made of: one with its facts filled in is found by its own name only in the
        module that first spoke of it, which in a worker of a cluster is another one.
        """
        made_of = type(self).__pydantic_generic_metadata__
        return _unpickled, (made_of["origin"] or type(self), made_of["args"], self.__getstate__())


def _unpickled(generic: Any, args: tuple[type[Facts], ...], state: dict[str, Any]) -> Manifest:
    filled: type[Manifest] = generic[args] if args else generic
    manifest = filled.__new__(filled)
    manifest.__setstate__(state)
    return manifest


class Product(Section, Generic[F_co]):
    """What a stage's work hands back; the files it wrote are noted by its workbench."""

    rows: int = 0
    tokens: int = 0
    columns: dict[str, str] = Field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    facts: F_co
    how: str = ""
