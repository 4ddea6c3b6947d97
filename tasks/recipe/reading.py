"""YAML as recipes are written: names and labels are texts as they stand there, and nothing that a file holds makes the
reader fall over.

Numbers are those of YAML 1.2, with `_` between digits where one likes, and truth values are `true` and `false` (also
`True` and `TRUE`). What is written otherwise than its value would be again (`010`, `1e3`, `True`) stays a text that
knows its value: only the field that it stands for tells which of both is meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

MOST_VALUES, DEEPEST = 20_000, 100
"""Of a recipe; what an alias repeats counts each time."""
TEXT = {None, "!", "tag:yaml.org,2002:str"}
"""Tags that change nothing."""
NUMBER = re.compile(
    r"(?P<whole>[-+]?[0-9][0-9_]*|0x[0-9a-fA-F]+|0o[0-7]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|(?P<beyond>[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN))"
)
NOTHING, TRUTH = {"", "~", "null", "Null", "NULL"}, re.compile(r"true|True|TRUE|false|False|FALSE")
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Plain(str):
    """A plain scalar as it is written, with its value where no text is meant."""

    value: JsonValue

    @classmethod
    def of(cls, text: str, value: JsonValue) -> "Plain":
        """Keep both."""
        plain = cls(text)
        plain.value = value
        return plain


class Mistake(Exception):
    """What is wrong with a text, and in which line; 0 where there is none."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass
class Written:
    """A value of the text.

    Attributes:
        inside: of a mapping or list, what stands in it.
        size: values in it, with what aliases repeat.
        is_merge: whether it is the key that merges other mappings into this one.
    """

    value: JsonValue
    line: int
    inside: Mapping[str, "Written"] = field(default_factory=dict)
    size: int = 1
    is_merge: bool = False

    def lines(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Give every dotted path with its line."""
        for key, written in self.inside.items():
            path = f"{prefix}.{key}" if prefix else key
            yield path, written.line
            yield from written.lines(path)


def parsed(text: str) -> Written | None:
    """Read a text; gives None for an empty one.

    Raises:
        Mistake: it is no YAML, or nothing that a recipe may hold.
    """
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Mistake(mark.line + 1 if mark else 0, str(getattr(error, "problem", None) or error)) from None
    except UnicodeError:
        raise Mistake(0, "it holds half a sign (a surrogate), which is no text") from None
    return reader.whole


class _Reader:
    """Puts events together, one after the other, so that no depth is too much."""

    def __init__(self) -> None:
        self.whole: Written | None = None
        self.open: list[tuple[yaml.CollectionStartEvent, list[Written]]] = []
        self.anchors: dict[str, Written | None] = {}
        self.documents = self.values = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event.

        Raises:
            Mistake: it is none that a recipe may hold.
        """
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Mistake(line, "a second document begins here; a recipe is one")
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._repeated(event.anchor, line), line)
        elif isinstance(event, yaml.ScalarEvent):
            _refuse_tag(event.tag, line)
            plain = event.implicit[0] and event.tag is None
            written = Written(
                scalar(event.value) if plain else event.value, line, is_merge=plain and event.value == "<<"
            )
            self._keep(event.anchor, written)
            self._add(self._as_key(event.value, written), line)
        elif isinstance(event, yaml.CollectionStartEvent):
            _refuse_tag(event.tag, line)
            if len(self.open) == DEEPEST:
                raise Mistake(line, f"more than {DEEPEST} mappings and lists in each other")
            self._keep(event.anchor, None)
            self.open.append((event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, items = self.open.pop()
            written = (_mapping if isinstance(start, yaml.MappingStartEvent) else _list)(
                items, start.start_mark.line + 1
            )
            self._keep(start.anchor, written)
            self._add(written, written.line, counted=True)

    def _as_key(self, text: str, written: Written) -> Written:
        """Give a key as it is written, whatever its value."""
        start, items = self.open[-1] if self.open else (None, [])
        is_key = isinstance(start, yaml.MappingStartEvent) and len(items) % 2 == 0
        return Written(text, written.line, is_merge=written.is_merge) if is_key else written

    def _repeated(self, anchor: str, line: int) -> Written:
        if anchor not in self.anchors:
            raise Mistake(line, f"there is no anchor &{anchor} before this alias")
        written = self.anchors[anchor]
        if written is None:
            raise Mistake(line, f"the anchor &{anchor} holds itself")
        return written

    def _keep(self, anchor: str | None, written: Written | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = written

    def _add(self, written: Written, line: int, *, counted: bool = False) -> None:
        self.values += 1 if counted else written.size
        if self.values > MOST_VALUES:
            raise Mistake(line, f"more than {MOST_VALUES:,} values by here; data stand in files of their own")
        if self.open:
            self.open[-1][1].append(written)
        else:
            self.whole = written


def _refuse_tag(tag: str | None, line: int) -> None:
    if tag and tag not in TEXT:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        raise Mistake(line, f"the tag {shown} is not read; write the value as it is, a text in quotes where need be")


def _list(items: list[Written], line: int) -> Written:
    inside = {str(number): item for number, item in enumerate(items)}
    return Written([item.value for item in items], line, inside, 1 + sum(item.size for item in items))


def _mapping(items: list[Written], line: int) -> Written:
    """Put keys and values together; what is merged stands behind what is written here.

    Raises:
        Mistake: a key is no text, or is written twice, or no mapping is merged.
    """
    own, merged, size = dict[str, Written](), dict[str, Written](), 1
    for key, value in zip(items[::2], items[1::2], strict=True):
        size += value.size + 1
        if not isinstance(key.value, str):
            what = "list" if isinstance(key.value, list) else "mapping"
            raise Mistake(key.line, f"a key is one text; here stands a {what}")
        if key.is_merge:
            for one in value.inside.values() if isinstance(value.value, list) else [value]:
                if not isinstance(one.value, dict):
                    raise Mistake(key.line, "`<<` takes a mapping, such as `<<: *anchor`, or a list of mappings")
                merged = {**one.inside, **merged}
        elif key.value in own:
            raise Mistake(key.line, f"the key {key.value!r} is written twice")
        else:
            own[str(key.value)] = Written(value.value, key.line, value.inside, value.size)
    inside = {**own, **{key: value for key, value in merged.items() if key not in own}}
    return Written({key: value.value for key, value in inside.items()}, line, inside, size)


def scalar(text: str) -> JsonValue:
    """Give what a plain scalar stands for."""
    if text in NOTHING:
        return None
    if TRUTH.fullmatch(text):
        return Plain.of(text, text.lower() == "true")
    if not (number := NUMBER.fullmatch(text)):
        return text
    try:
        value = (
            _whole(text)
            if number["whole"]
            else float(text.replace("_", "").replace("." if number["beyond"] else "_", ""))
        )
    except ValueError:  # more digits than Python reads
        return text
    return value if str(value) == text else Plain.of(text, value)


def _whole(text: str) -> int:
    base = {"0x": 16, "0o": 8}.get(text[:2], 10)
    return int(text.replace("_", ""), base)
