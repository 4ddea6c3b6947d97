"""Labels in the names of files, files that name labels, and one label set for sources that spell theirs differently."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from unicodedata import normalize

from tasks.guess.heads import Head
from tasks.guess.names import words
from tasks.guess.roles import LONGEST_LABEL, MOST_LABELS, parts_of
from tasks.guess.spelling import chosen_spelling, spelling_key, usual_spellings
from tasks.guess.vocabulary import LABEL, OTHER_LABELS, SCALES, VARIANTS

SAME = {"pos": "positive", "neg": "negative", "neu": "neutral"}
"""Short spelling -> the long one; both surely mean the same."""
PLACES = {spelling_key(word): place for scale in SCALES for place, word in enumerate(scale)} | {
    variant: scale.index(plain) for variant, plain in VARIANTS.items() for scale in SCALES if plain in scale
}
"""Word -> its place among the labels of its scale."""
IN_NAMES = {*SAME, *PLACES, *OTHER_LABELS}
LABEL_WORDS = {word for word, weight in LABEL.items() if weight == max(LABEL.values())} | {
    *("class", "classes", "category", "categories", "target", "targets"),
    *("类别", "分类", "類別", "分類", "カテゴリ", "카테고리"),
}
TEXT_WORDS = {
    "text",
    "texts",
    "sentence",
    "sentences",
    "data",
    "input",
    "inputs",
    "文本",
    "内容",
    "正文",
    "本文",
    "텍스트",
}
LISTS = {*LABEL_WORDS, "mapping", "names"}
VALUES: dict[tuple[str, ...], tuple[int, ...]] = {
    ("0", "1"): (0, 2),
    ("-1", "1"): (0, 2),
    ("cons", "pros"): (0, 2),
    ("0", "1", "2"): (0, 1, 2),
    ("-1", "0", "1"): (0, 1, 2),
    ("no", "yes"): (0, 2),
    ("bad", "good"): (0, 2),
}
"""Labels -> places on a scale that they often mean where the matter is sentiment; a suggestion, never more."""
LabelNames = dict[str, str] | list[str]
"""Names of labels, by number or in order."""
WHOLE = re.compile(r"(?<=^\d)\.0+$|(?<=^-\d)\.0+$|(?<=\d\d)\.0+$")
"""What floating-point numbers have that are whole."""
VARIABLE = re.compile(r"\$(?=\{)")


def in_name(name: PurePosixPath) -> str | None:
    """Give the label that a file's name tells, such as negative of `review_negative.txt`."""
    labels = [word for word in words(name.name.partition(".")[0]) if word in IN_NAMES]
    return SAME.get(labels[0], labels[0]) if len(labels) == 1 else None


def names_of_labels(head: Head, rows: Sequence[Sequence[str]]) -> LabelNames | None:
    """Give the names of labels that a short file lists: by number where it says them, else in order.

    Args:
        rows: its records.
    """
    if not LISTS & set(words(head.name.stem)) or not head.ends or not 2 <= len(rows) <= MOST_LABELS:
        return None
    if any(not cell.strip() or len(cell) > LONGEST_LABEL for row in rows for cell in row):
        return None
    if all(len(row) == 2 for row in rows) and len({row[0] for row in rows}) == len(rows):
        return {row[0].strip(): row[1].strip() for row in rows}
    names = [row[0].strip() for row in rows]
    return names if all(len(row) == 1 for row in rows) and len(set(names)) == len(names) else None


def named(values: Iterable[str], names: LabelNames) -> dict[str, str] | None:
    """Give each label the name that a list has for it; None where the list does not fit.

    A list without numbers counts from 0, or from 1 where the labels do.
    """
    labels = set(values)
    if isinstance(names, list):
        starts = [start for start in (0, 1) if labels <= {str(number) for number in range(start, start + len(names))}]
        if not starts or (len(starts) == 2 and len(labels) < len(names)):
            return None
        names = {str(number): name for number, name in enumerate(names, starts[0])}
    return {value: names[value] for value in labels} if labels <= set(names) else None


def labels_file(head: Head, texts: Sequence[Head]) -> Head | None:
    """Find the text that a file of labels belongs to: the same name but for the word, and as many lines."""
    if not LABEL_WORDS & set(words(head.name.stem)):
        return None
    key = _without(head.name, LABEL_WORDS)
    beside = [
        text
        for text in texts
        if text is not head and text.name.parent == head.name.parent and text.member == head.member == ""
    ]
    alike = [text for text in beside if _without(text.name, TEXT_WORDS) == key]
    return alike[0] if len(alike) == 1 and _may_belong(head, alike[0]) else None


def _without(name: PurePosixPath, left_out: set[str]) -> list[str]:
    return [word for word in words(name.stem) if word not in left_out]


def _may_belong(labels: Head, text: Head) -> bool:
    few = len(set(labels.lines)) <= MOST_LABELS
    return few and (not (labels.ends and text.ends) or labels.text.count("\n") == text.text.count("\n"))


def mapping(counts: Mapping[str, int], names: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Give each label of a source its name in the recipe; null where it stands for several labels at once. Other
    spellings of a label get the name of the usual one.

    Args:
        names: what a file says that they are called.
    """
    usual = usual_spellings({raw: count for raw, count in counts.items() if not parts_of(raw, counts)})
    mapped: dict[str, str | None] = {}
    for raw in sorted(counts, key=_place):
        if parts_of(raw, counts):
            mapped[raw] = None
        else:
            name = (names or {}).get(raw, WHOLE.sub("", usual.get(raw, raw)))
            mapped[raw] = normalize("NFC", VARIABLE.sub("", SAME.get(name.casefold(), name)))
    return mapped


def one_set(mappings: Sequence[dict[str, str | None]]) -> list[str]:
    """Bring labels that differ in capitals, widths, spaces or kind of characters only to one spelling, in place, and
    list all of them in order.
    """
    spellings: dict[str, Counter[str]] = {}
    for name in (name for mapped in mappings for name in mapped.values() if name is not None):
        spellings.setdefault(key_of(name), Counter())[name] += 1
    chosen = {
        key: key if key in SCALES[0] else _chosen(names) if len(names) > 1 else next(iter(names))
        for key, names in spellings.items()
    }
    for mapped in mappings:
        names = {name for name in mapped.values() if name is not None}
        # Within one source they may be two labels on purpose.
        if len(set(map(key_of, names))) == len(names):
            mapped.update({raw: chosen[key_of(name)] for raw, name in mapped.items() if name is not None})
    return sorted({name for mapped in mappings for name in mapped.values() if name is not None}, key=_place)


def key_of(name: str) -> str:
    """Give what spellings of one label share."""
    key = spelling_key(name)
    return VARIANTS.get(key, key)


def _chosen(names: Iterable[str]) -> str:
    return chosen_spelling(VARIANTS.get(name, name) for name in names)


def _place(name: str) -> tuple[int, float, str]:
    if (key := spelling_key(name)) in PLACES:
        return 0, PLACES[key], name
    number = re.fullmatch(r"[-+]?\d+(?:\.\d+)?", name)
    return (1, float(name), name) if number else (2, 0, name)


def suggestion(labels: Iterable[str], known: Iterable[str] = ()) -> dict[str, str] | None:
    """Say what labels such as 0 and 1 may mean, in the words of the recipe's other labels if those are of a scale.

    Args:
        known: all labels of the recipe.
    """
    own = list(labels)
    others = set(map(key_of, known)) - set(map(key_of, own))
    scales = [scale for scale in SCALES if len(others & {*map(key_of, scale)}) > 1]
    places = _places(own)
    if places is None or (not scales and all(key_of(label) in PLACES for label in own)):
        return None
    return {label: (scales or SCALES)[0][place] for label, place in places.items()}


def _places(labels: Sequence[str]) -> dict[str, int] | None:
    """Give labels their places on a scale; None where they have none."""
    folded = sorted(
        {key_of(label): label for label in labels}, key=lambda key: (key.lstrip("-").isdigit(), _place(key))
    )
    places = VALUES.get(tuple(folded)) or tuple(PLACES[key] for key in folded if key in PLACES)
    spelled = {key_of(label): label for label in labels}
    unlike = len(places) != len(labels) or len(set(places)) < len(places)
    return None if unlike else {spelled[key]: place for key, place in zip(folded, places, strict=True)}
