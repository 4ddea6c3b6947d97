"""What to do about bad rows: a remedy that fits the reason, in words that a recipe can take over."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tasks.core.layout import Layout
from tasks.core.suggest import counted
from tasks.ingest.settings import SourceSettings

SHOWN = 8
"""Labels that a remedy names."""
LABEL = "label "
"""Begins the detail of a row whose label nothing maps."""
BY_REASON = {
    "bad_fields": "look at its `delimiter`, `quoting`, `overflow` and `fields`, and give a first line that names the "
    "columns as many fields as the others have",
    "answer_not_in_context": "count `answer_start` in characters from 0, or leave it out where an answer stands first",
    "bad_value": "mend these numbers; their decimals stand behind a point",
    "tags_not_words": "give each word a tag of its own",
    "bad_messages": 'give each a list of messages: `[{"role": "user", "content": …}, …]`',
    "unknown_role": "let `role` be system, user or assistant",
    "two_answers": "let questions and answers take turns; keep one of the two, or join them",
    "two_questions": "let questions and answers take turns; keep one of the two, or join them",
    "late_system": "let the system speak first",
    "no_question": "begin each chat with the user's question",
    "no_answer": "end each chat with an answer, since the answers are what is learned",
    "empty_message": "fill these messages, or leave the chats out",
    "bad_where_value": "mend these values, or compare the column with a text in `where`",
}


@dataclass(frozen=True)
class BadRows:
    """What is known of the bad rows of a source.

    Attributes:
        read: rows looked at, bad ones included.
        reasons: reason code -> rows.
        unmapped: label as it stands in the source, which nothing maps -> rows.
        encoding: that the lines which are not valid are likely in, where that is known.
        examples: the first of them, as `file:line: reason (detail)`.
    """

    read: int
    reasons: Mapping[str, int]
    unmapped: Mapping[str, int] = field(default_factory=dict)
    encoding: str = ""
    examples: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many they are."""
        return sum(self.reasons.values())

    @property
    def share(self) -> float:
        """Their share of the rows."""
        return self.count / self.read if self.read else 0.0

    def told(self, settings: SourceSettings) -> str:
        """Say how many they are, and why they are bad."""
        allowed = f"{100 * self.share:.1f} %, at most {100 * settings.max_bad:g} % allowed"
        return f"{self.count:,} of {self.read:,} records are bad ({allowed}): {counted(self.reasons)}"


def remedy(place: str, settings: SourceSettings, layout: Layout, bad: BadRows) -> str:
    """Say what would mend the bad rows of a source, for each reason, the most frequent first; and how many bad ones to
    allow, where more are there and some are good.

    Args:
        place: of the source in the recipe.
    """
    fitting = list(dict.fromkeys(_for_each_reason(settings, layout, bad))) or ["mend the source"]
    if settings.max_bad < bad.share < 1:
        fitting.append(f"or raise {place}.max_bad to {min(1.0, math.ceil(100 * bad.share) / 100):g}")
    return "; ".join(fitting)


def _for_each_reason(settings: SourceSettings, layout: Layout, bad: BadRows) -> Iterator[str]:
    for reason in _most_first(bad.reasons):
        if reason == "unmapped_label":
            yield _labels(settings, layout, bad.unmapped)
        elif reason == "bad_encoding":
            likely = f"likely `encoding: {bad.encoding}`" if bad.encoding else "which `cuvee validate` names"
            yield f"say its encoding, {likely}"
        elif reason.startswith("missing_"):
            role = reason.removeprefix("missing_")
            yield f"leave such rows out by `where: {json.dumps(_filled(settings, role), ensure_ascii=False)}`"
        elif reason == "bad_json" and settings.kind == "json":
            yield "where every line is an object of its own, say `kind: jsonl`"
        elif reason == "bad_json":
            yield "every line must be one JSON object, without a comma behind it; one document is `kind: json`"
        elif reason in BY_REASON:
            yield BY_REASON[reason]


def _most_first(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _filled(settings: SourceSettings, role: str) -> str:
    """Write the condition that a role's column is filled."""
    column = settings.columns.get(role, role)
    return "\"the column\" <> ''" if isinstance(column, int) or "{" in column else f"\"{column}\" <> ''"


def _labels(settings: SourceSettings, layout: Layout, unmapped: Mapping[str, int]) -> str:
    """Write the lines for `labels` that are missing, each to be filled in."""
    lines = [
        f"{json.dumps(raw, ensure_ascii=False)}: {_meant(raw, layout.label_set)}"
        for raw in _most_first(unmapped)[:SHOWN]
    ]
    more = f" and {len(unmapped) - SHOWN:,} more" if len(unmapped) > SHOWN else ""
    known = "" if settings.labels else "; with `labels`, name those that are right already, too"
    choice = f"(one of {', '.join(layout.label_set)}; null leaves out)"
    return f"add to its `labels` {{{', '.join(lines)}}}{more} {choice}{known}"


def _meant(raw: str, labels: tuple[str, ...]) -> str:
    """Give the label that differs in capitals only, else null."""
    return next((label for label in labels if label.casefold() == raw.casefold()), "null")
