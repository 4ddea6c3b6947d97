"""Which files make one source: those of a folder or glob that are read alike, and those whose names or folders tell
their labels.
"""

import fnmatch
import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from tasks.core import registry
from tasks.guess.formats import Form, form_of
from tasks.guess.globs import matched, patterns_for, unescaped
from tasks.guess.heads import HEAD_BYTES, Head
from tasks.guess.labels import LabelNames, in_name, labels_file, named, names_of_labels
from tasks.guess.media import kind_of_media
from tasks.guess.sample import first_values
from tasks.guess.sections import SourceSection, but
from tasks.guess.tables import NotUnderstood
from tasks.ingest import kinds as source_kinds

LANGUAGE = re.compile(r"\.[a-z]{2,4}")
DOCUMENTS = ("readme", "license", "licence", "notice", "citation", "changelog", "datacard", "dataset_card")
MANY = 3
"""Files in a folder of which each is one record."""


@dataclass(frozen=True)
class Part:
    """Files that make one source.

    Attributes:
        section: its settings so far.
        label: where the label of a record comes from: `column`, `name`, `folder` or `file`; empty where there is none.
        names: a file beside it, and what that calls its labels.
    """

    heads: tuple[Head, ...]
    section: SourceSection
    evidence: tuple[str, ...]
    label: str = "column"
    names: tuple[str, LabelNames] | None = None
    fixed: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of source."""
        return self.section.get("kind", "")


@dataclass
class Sorted:
    """What became of all files."""

    parts: list[Part] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def sort_out(heads: Sequence[Head], base: str) -> Sorted:
    """Put files together that make one source."""
    outcome = Sorted()
    wanted = [head for head in heads if (head.item.asked and not head.member) or not _is_document(head.name)]
    outcome.left_out += [
        (head.path, "it looks like a note on the data, not like data") for head in heads if head not in wanted
    ]
    for family in _families(wanted):
        part = _of_code(family) or _of_media(family) or _of_folders(family, base)
        if part:
            outcome.parts.append(part)
        else:
            _of_files(family, base, outcome)
    return outcome


def _is_document(name: PurePosixPath) -> bool:
    if name.suffix.lower() in registry.load(source_kinds, "code").BY_SUFFIX:
        return False
    return name.stem.casefold().startswith(DOCUMENTS) or name.suffix.casefold() in (".md", ".rst")


def _families(heads: Iterable[Head]) -> list[list[Head]]:
    """Put together what one argument means: a folder, a glob, an archive; files that the user named one by one are one
    family, too.
    """
    families: dict[str, list[Head]] = {}
    for head in heads:
        families.setdefault(
            head.item.path if head.member else head.item.argument if not head.item.asked else "", []
        ).append(head)
    return list(families.values())


def _of_folders(family: Sequence[Head], base: str) -> Part | None:
    """Take files for single records whose folders name their labels, or that are many in one folder."""
    folders: dict[str, list[Head]] = {}
    for head in family:
        folders.setdefault(head.name.parent.as_posix(), []).append(head)
    alike = len({head.name.suffix.casefold() for head in family}) == 1 and all(
        len(inside) >= MANY for inside in folders.values()
    )
    if not alike or len(family) <= 2 * MANY or any(_form(head) != {"kind": "text"} for head in family[:5]):
        return None
    if len(folders) == 1 and (len(family) < 20 or any(in_name(head.name) for head in family)):
        return None
    section = _placed(family, base)
    if section is None:
        return None
    labelled = len(folders) > 1
    evidence = (
        f"{len(family):,} text files in {len(folders)} folders "
        f"({', '.join(PurePosixPath(name).name for name in sorted(folders)[:5])})"
    )
    section |= {"kind": "text", "record": "file"}
    if not labelled:
        return Part(tuple(family), section, (evidence, "each file is one record"))
    evidence = (evidence, "each file is one record, its folder is the label")
    return Part(tuple(family), section | {"label_from": "folder"}, evidence, "folder")


def _form(head: Head) -> SourceSection:
    try:
        return but(form_of(head).settings, "encoding")
    except NotUnderstood:
        return {}


def _of_files(family: Sequence[Head], base: str, outcome: Sorted) -> None:
    forms: list[tuple[Head, Form]] = []
    for head in family:
        try:
            forms.append((head, form_of(head)))
        except NotUnderstood as error:
            (outcome.wrong if head.item.asked and not head.member else outcome.left_out).append((head.path, str(error)))
    lists = {head.path: names for head, form in forms if (names := _list_of_names(head, form)) is not None}
    texts = [head for head, form in forms if form.kind == "text" and head.path not in lists]
    pairs = _translations(forms)
    joined = {head.path for group in pairs for head, _ in group}
    labels = {text.path: head for head in texts if (text := labels_file(head, texts))}
    used = {head.path for head in labels.values()}
    outcome.left_out += [(path, "it names labels; it is used for that") for path in lists]
    rest = [(head, form) for head, form in forms if head.path not in {*lists, *used, *joined}]
    parts = list(map(_parallel, pairs)) + list(
        _together([(head, form) for head, form in rest if head.path not in labels], base)
    )
    for head, form in rest:
        if head.path in labels:
            parts.append(_beside(head, form, labels[head.path]))
    outcome.parts += [replace(part, names=_names_for(part, lists, family)) for part in parts]


def _list_of_names(head: Head, form: Form) -> LabelNames | None:
    if form.kind not in ("text", "delimited") or not head.ends or len(head.lines) > 100:
        return None
    values = first_values(head, form.settings)
    return names_of_labels(head, [[cell or "" for cell in row] for row in zip(*values.values(), strict=True)])


def _names_for(part: Part, lists: dict[str, LabelNames], family: Sequence[Head]) -> tuple[str, LabelNames] | None:
    beside = [head for head in family if head.path in lists and head.name.parent == part.heads[0].name.parent]
    return (beside[0].path, lists[beside[0].path]) if len(beside) == 1 else None


def _beside(head: Head, form: Form, labels: Head) -> Part:
    evidence = (*form.evidence, f"labels: {labels.path} has a line for each of its lines")
    path = {"text": head.item.path, "label": labels.item.path}
    return Part((head, labels), {**form.settings, "kind": "parallel", "path": path}, evidence, "file")


def _translations(forms: Sequence[tuple[Head, Form]]) -> list[list[tuple[Head, Form]]]:
    """Find texts whose names differ in their last suffix only, such as `train.en` and `train.de`, and that have equally
    many lines.
    """
    groups: dict[str, list[tuple[Head, Form]]] = {}
    for head, form in forms:
        if form.settings == {"kind": "text"} and LANGUAGE.fullmatch(head.name.suffix) and not head.member:
            groups.setdefault(head.name.with_suffix("").as_posix(), []).append((head, form))
    return [group for group in groups.values() if len(group) > 1 and len({_line_count(head) for head, _ in group}) == 1]


def _line_count(head: Head) -> int:
    with head.file.open() as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(HEAD_BYTES), b""))


def _parallel(group: Sequence[tuple[Head, Form]]) -> Part:
    path = {head.name.suffix[1:]: head.item.path for head, _ in group}
    return Part(
        tuple(head for head, _ in group),
        {"kind": "parallel", "path": path},
        (f"{len(group)} files with equally many lines, one for each of {', '.join(path)}",),
        "",
    )


def _of_code(family: Sequence[Head]) -> Part | None:
    """Take a folder whose files are mostly code for one source."""
    languages = registry.load(source_kinds, "code").BY_SUFFIX
    code = [head for head in family if head.name.suffix.lower() in languages]
    if len(code) < max(MANY, 0.5 * len(family)) or code[0].item.asked:
        return None
    return Part(
        tuple(code),
        {"kind": "code", "path": _whole(code[0])},
        (f"{len(code):,} of {len(family):,} files are code, by their names",),
    )


def _of_media(family: Sequence[Head]) -> Part | None:
    """Take a folder or archive whose files are mostly images, or mostly recordings, for one source."""
    if (family[0].item.asked and not family[0].member) or not (media := kind_of_media(family)):
        return None
    kind, evidence = media
    return Part(tuple(family), {"kind": kind, "path": _whole(family[0])}, (evidence,))


def _whole(head: Head) -> str:
    """Give the path of the archive, folder or glob that a file was found by."""
    return head.item.path if head.member else head.item.argument


def _together(forms: Sequence[tuple[Head, Form]], base: str) -> Iterable[Part]:
    """Make one source of files that are read alike: those of a glob or archive, numbered ones, and those whose names
    tell the label.
    """
    groups: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[tuple[Head, Form]]] = {}
    for head, form in forms:
        label = in_name(head.name) if form.kind == "text" else None
        numbered = "".join(char for char in head.name.name if not char.isdigit())
        alone = head.item.asked and not head.member and not label
        key = (
            "label"
            if label
            else head.path
            if alone
            else ""
            if head.member or glob.has_magic(head.item.argument)
            else numbered
        )
        like = tuple(sorted((name, str(value)) for name, value in but(form.settings, "encoding").items()))
        groups.setdefault((head.name.parent.as_posix(), key, like), []).append((head, form))
    for (_, key, _), members in groups.items():
        heads = [head for head, _ in members]
        labels = {head.name.name.partition(".")[0]: in_name(head.name) for head in heads}
        by_name = key == "label" and len(set(labels.values())) > 1
        section = _placed(heads, base) if len(heads) > 1 else None
        if section is None:
            yield from (_single(head, form, base) for head, form in members)
            continue
        form = max((form for _, form in members), key=lambda form: len(form.evidence))
        evidence = (f"{len(heads):,} files that are read alike", *form.evidence)
        if by_name:
            section |= {"label_from": "name"}
            evidence += ("label: the name of the file",)
        yield Part(
            tuple(heads),
            section | form.settings,
            evidence,
            "name" if by_name else "column",
            fixed={k: v for k, v in labels.items() if v} if by_name else {},
        )


def _single(head: Head, form: Form, base: str) -> Part:
    section: SourceSection = _placed([head], base) or {}
    return Part((head,), section | form.settings, form.evidence)


def _placed(heads: Sequence[Head], base: str) -> SourceSection | None:
    """Say where files are by one path, with a glob if need be; None where no glob means just them."""
    first = heads[0]
    if first.member:
        names = [head.member for head in heads]
        members = first.siblings
        fitting = (
            pattern
            for pattern in patterns_for(names)
            if [name for name in members if fnmatch.fnmatch(name, pattern)] == sorted(names)
        )
        if pattern := next(fitting, None):
            return {"path": first.item.path} if pattern == "*" else {"path": first.item.path, "member": pattern}
        return None
    if len(heads) == 1:
        return {"path": first.item.path}
    wanted = sorted(head.item.place.path for head in heads)
    plain = [unescaped(head.item.path) for head in heads]
    globs = [first.item.argument] * glob.has_magic(first.item.argument) + patterns_for(plain)
    return next(({"path": pattern} for pattern in globs if matched(pattern, base) == wanted), None)


def label_names(part: Part, values: Iterable[str]) -> dict[str, str] | None:
    """Give the names of a source's labels, by the file beside it or the names of its own files."""
    if part.fixed:
        return part.fixed
    return named(values, part.names[1]) if part.names else None
