"""The `sources` section of a recipe."""

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from tasks.core import registry
from tasks.core.records import Section
from tasks.core.references import Among, LabelName
from tasks.ingest import kinds as source_kinds

SUFFIXES = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".psv": "delimited",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "text",
    ".xml": "xml",
    ".sgm": "xml",
    ".sgml": "xml",
    ".warc": "warc",
    ".xlsx": "spreadsheet",
    ".xlsm": "spreadsheet",
    ".xlsb": "spreadsheet",
    ".xls": "spreadsheet",
    ".ods": "spreadsheet",
}

SOURCES = "sources"
"""The section of a recipe that names what is mixed; other sections name what is measured on or compared with."""
BY_KEY = ("hub", "sql")
"""Kinds that are known by a key of their own name."""


class LabelRule(Section):
    """A label for the rows of which a condition holds."""

    when: str
    """An SQL condition over the source's own columns, as in `where`; a column that cannot be read as what it is
    compared with does not meet it."""
    label: LabelName
    """The label that these rows get."""


class TeacherSettings(Section):
    """A teacher that labels rows: a published model, or a linear classifier on hashed words and pairs of words, which
    has learned from the training rows of the sources with labels of their own.
    """

    model: str | None = None
    """A model that Cuvée published, of the recipe's task and labels: its folder, or its name, NAME/ID, id or run in
    the store; by default the linear classifier."""
    confidence: float = Field(default=0.9, ge=0, le=1)
    """Least probability of a label that the teacher gives; rows of which it is less sure are left out."""

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Content keys of the linear classifier's labels are older than the field.
        return {name: value for name, value in dump(self).items() if name != "model" or value is not None}


class SourceLabelling(Section):
    """How the rows of a source without labels are labelled: by the first rule that holds, the others by a teacher."""

    rules: tuple[LabelRule, ...] = ()
    teacher: TeacherSettings | None = None


class SourceSettings(Section):
    """What every source says, whatever its kind. Kinds add their own fields."""

    alone: ClassVar[bool] = False
    """Whether what a file gives depends on that file alone; then it is not read again when others change, or is read on
    where it grew."""
    media: ClassVar[Literal["image", "audio"] | None] = None
    """What its rows have beside their text."""
    kind: str
    columns: dict[str, str | int] = Field(default_factory=dict)
    """Role (`text`, `label`) -> column name, column number from 0, or a template such as `"{title}. {abstract}"`."""
    label: Annotated[LabelName, Among("label", "labels", "key of `labels`")] | None = None
    """One label for every row."""
    labels: dict[str, LabelName | None] | None = None
    """Label as it stands in the data -> label of the recipe; null leaves the row out on purpose."""
    label_rules: Annotated[tuple[LabelRule, ...], Field(min_length=1)] | None = None
    """For a source without labels: conditions, each with a label; a row gets that of the first one that holds. Such a
    source is trained on and never measured on."""
    label_by: TeacherSettings | None = None
    """For a source without labels: a teacher labels the rows that no rule does; `{}` = where it is sure by 0.9."""
    unlabelled: bool = False
    """For a source without labels that gets none: only stages of `train` learn from it whose task needs none, such as
    a language model's; it is no part of the recipe's mix, and never measured on."""
    where: str | None = None
    """Rows to keep, as an SQL condition over the source's own columns."""
    max_bad: float = Field(default=0.01, ge=0, le=1)
    """Largest share of bad rows; more fail the source."""
    licence: str | None = None
    """Licence of the source, for the cards."""
    on_failure: Literal["stop", "skip", "last"] = "stop"
    """What follows when it cannot be reached: `stop` the run, `skip` (leave the source out, as `--without` does) or
    `last` (use the snapshot made last with the same settings)."""

    @property
    def reading(self) -> Self:
        """The section without what changes no row that is read: `on_failure` and `label_by`."""
        return self.model_copy(update={"on_failure": "stop", "label_by": None})

    @property
    def labelling(self) -> SourceLabelling | None:
        """How its rows are labelled; None where they have labels of their own, or need none."""
        if self.label_rules is None and self.label_by is None:
            return None
        return SourceLabelling(rules=self.label_rules or (), teacher=self.label_by)

    @model_validator(mode="after")
    def _labelled_once(self) -> Self:
        own = [name for name in ("label", "labels") if getattr(self, name)] + ["columns.label"] * (
            "label" in self.columns
        )
        made = "label_rules" if self.label_rules else "label_by"
        if self.labelling and own:
            raise ValueError(
                f"{own[0]} gives the source labels of its own, and {made} makes some; take one of them out"
            )
        if self.unlabelled and (own or self.labelling):
            raise ValueError(f"unlabelled says that the source has no labels, and {[*own, made][0]} gives it some")
        return self

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Content keys of sources with labels of their own are older than the fields.
        later = {"label_rules", "label_by", "unlabelled"}
        return {name: value for name, value in dump(self).items() if value not in (None, False) or name not in later}

    @field_validator("labels", mode="before")
    @classmethod
    def _as_text(cls, labels: object) -> object:
        if not isinstance(labels, Mapping):
            return labels
        return {str(raw).lower() if isinstance(raw, bool) else str(raw): label for raw, label in labels.items()}


class FileSettings(SourceSettings):
    """A source made of files."""

    folders: ClassVar[bool] = False
    """Whether a folder means all files in it."""
    path: str
    """A file, a glob, or a URL; relative paths start at the recipe's folder."""
    member: str = "*"
    """Which members of a zip or tar archive, as a glob over their names."""
    encoding: str = "utf-8"
    """Encoding of its text; a line that is not valid in it goes to quarantine."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that is to be read."""
        return (self.path,)

    @field_validator("path")
    @classmethod
    def _without_credentials(cls, path: str | dict[str, str]) -> str | dict[str, str]:
        if not all(file.strip() for file in ([path] if isinstance(path, str) else path.values())):
            raise ValueError("it is empty; name a file, a glob such as data/*.csv, or a URL")
        if any(
            re.match(r"^[a-z0-9+.-]+://[^/]*@", file) for file in ([path] if isinstance(path, str) else path.values())
        ):
            raise ValueError(
                "a recipe holds no credentials; take USER:PASSWORD@ out of the URL and give them by the environment"
            )
        return path

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            "a\n".encode(encoding).decode(encoding)  # some codecs are not for text
            return codecs.lookup(encoding).name
        except (LookupError, UnicodeError):
            raise ValueError(f"unknown encoding {encoding!r}; try utf-8, latin-1, cp1252, utf-16 or gb18030") from None


def kind_of(settings: SourceSettings) -> Any:
    """Give the module of a source's kind."""
    return registry.load(source_kinds, settings.kind)


def _kind_from(section: Mapping[str, object]) -> str:
    if own := [kind for kind in BY_KEY if kind in section]:
        return own[0]
    if isinstance(section.get("path"), dict):
        return "parallel"
    name = str(section.get("path", "")).lower()
    name = (name.partition("?")[0] if name.startswith(("http://", "https://")) else name).removesuffix(".gz")
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    if "path" not in section:
        raise ValueError("where is it? Say `path:` (a file, a folder, a URL), `hub:` or `sql:`")
    known = ", ".join(registry.names(source_kinds))
    raise ValueError(f"the suffix of {section.get('path')!r} does not tell the kind; say `kind:`, one of {known}")


ONE_OF_THE_KINDS = registry.OneOf(source_kinds, by_name=False, infer=_kind_from)
Source = Annotated[SourceSettings, ONE_OF_THE_KINDS]
"""What a recipe says of a source; its kind is known by its path where it is not said."""


def parse_source(section: object) -> object:
    """Give the settings of one source as a recipe says them."""
    return ONE_OF_THE_KINDS.parse(section)
