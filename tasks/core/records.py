"""The small frozen values that cross a task border; never a table, a dataset or a model."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Section(BaseModel):
    """A part of the recipe or a record: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def digest(value: Any) -> str:
    """Hash anything JSON can hold: sha256 (hex) of its canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Manifest):
        return value.fingerprint
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be part of a content key")


class Objective(Section):
    """What the model is to learn."""

    task: str
    labels: tuple[str, ...] = ()
    """The label set; empty where the texts themselves are what is learned."""


class SeenFile(Section):
    """One file as the probe found it: a name that does not depend on the machine, and what identifies its content."""

    name: str
    bytes: int
    """Size; of a database's table or query, its rows."""
    tag: str
    """sha256 of a local file, ETag of an object, revision of a Hub dataset, highest watermark of a table."""


class Fingerprint(Section):
    """What a source held at the moment it was probed."""

    source: str
    files: tuple[SeenFile, ...]


class Account(Section):
    """Where the rows of one source went. Every row read is in exactly one place.

    read = quarantined + sum(dropped) + rows + holdout
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
    holdout_tokens: int = 0

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        placed = self.quarantined + sum(self.dropped.values()) + self.rows + self.holdout
        if placed != self.read:
            raise ValueError(f"source {self.source!r}: {self.read} rows read, {placed} accounted for")
        return self


class Unreached(Section):
    """A source that could not be reached, and what was done without it."""

    source: str
    why: str
    snapshot_of: str = ""
    """When the snapshot was made that stands in for it, ISO 8601; empty = the source is left out."""

    @property
    def done(self) -> str:
        """Say what was done, and why."""
        then = (
            f"its snapshot of {self.snapshot_of[:16].replace('T', ' ')} UTC was used"
            if self.snapshot_of
            else "left out"
        )
        return f"could not be reached ({self.why}); {then}"

    def told(self) -> dict[str, Any]:
        """Give it for programs, the words included."""
        return self.model_dump() | {"done": self.done}


class FileFact(Section):
    """One file of a product: its name inside the product's folder and what it holds."""

    name: str
    bytes: int
    sha256: str


class Manifest(Section):
    """One finished product of a stage. The product exists when its manifest does."""

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
    facts: dict[str, Any] = Field(default_factory=dict)
    """What only this stage says; JSON values."""
    parents: tuple[str, ...] = ()
    """Fingerprints of the products it was made from."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Dotted name of every input of the key -> short digest of its value."""
    seconds: float = 0.0
    """How long the work took; no part of the fingerprint."""
    how: str = ""
    """How it was made, in words; no part of the fingerprint."""

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of what the product says and holds; equal content made in another way has the same one."""
        return digest(self.model_dump(mode="json", exclude={"key", "path", "parents", "parts", "seconds", "how"}))

    def file(self, name: str) -> FileFact:
        """Find a file by its name inside the product."""
        return next(file for file in self.files if file.name == name)

    def account(self, source: str) -> Account:
        """Find the account of one source."""
        return next(account for account in self.accounts if account.source == source)


class Product(Section):
    """What a stage's work hands back; the files it wrote are noted by its workbench."""

    rows: int = 0
    tokens: int = 0
    columns: dict[str, str] = Field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    how: str = ""


class Failure(Section):
    """One expectation that did not hold."""

    expectation: str
    column: str | None = None
    severity: str = "critical"
    observed: str = ""
    unexpected: int = 0
    """Rows that failed it."""
    examples: tuple[str, ...] = ()


class CheckResult(Section):
    """What the expectations said about one subject (a source, or the mix)."""

    subject: str
    passed: bool
    evaluated: int
    failed: tuple[Failure, ...] = ()
    pass_rate: float = 1.0
    """Share of rows that meet every critical row-wise expectation, 0..1."""


class Verdict(Section):
    """What the failure policy makes of a check: `keep`, `warn`, `quarantine` or `downweight`."""

    subject: str
    action: str
    factor: float = 1.0
    """What the source's weight is multiplied with before all are normalised again; 0 leaves it out."""
    reason: str = ""


class ReceiptRow(Section):
    """What was asked of one source and what it got."""

    source: str
    requested: float
    """Share asked for, in the recipe's unit."""
    weight: float
    """Share used after checks, caps and normalising, in the recipe's unit."""
    reason: str = ""
    """Where the weight comes from."""
    available: int
    rows: int
    share_rows: float
    tokens: int
    share_tokens: float
    epochs: float
    """How often each row of the source is seen in all, the trainer's epochs included."""
    dropped: dict[str, int] = Field(default_factory=dict)

    @classmethod
    def left_out(cls, source: str, requested: float, reason: str) -> Self:
        """Make the line of a source of which nothing is in the mix."""
        nothing = {
            "weight": 0.0,
            "available": 0,
            "rows": 0,
            "share_rows": 0.0,
            "tokens": 0,
            "share_tokens": 0.0,
            "epochs": 0.0,
        }
        return cls.model_validate({"source": source, "requested": requested, "reason": reason} | nothing)


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Give the leaves of nested mappings and records under dotted names."""
    if isinstance(value, Manifest):
        return {prefix: value.fingerprint}
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping) and value:
        return {
            name: leaf
            for key, inner in value.items()
            for name, leaf in flatten(inner, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, (BaseModel, Mapping)) for item in value):
        names = [_name(item, number) for number, item in enumerate(value)]
        unique = names if len(set(names)) == len(names) else range(len(names))
        return flatten(dict(zip(unique, value, strict=True)), prefix)
    return {prefix: value}


def _name(item: Any, number: int) -> str:
    fields = item if isinstance(item, Mapping) else dict(item)
    return str(fields.get("subject") or fields.get("source") or fields.get("name") or number)
