"""What the columns of a mix are to `datasets`: labels are classes in the recipe's order, whose names the files hold.

Layout of the card's `dataset_info`: https://huggingface.co/docs/hub/datasets-cards
"""

from collections.abc import Mapping

from pydantic import JsonValue

from tasks.core.layout import Holds, Layout, Role
from tasks.rows.layout import ROW_ID, SOURCE, TOKENS

HELD: Mapping[Holds, dict[str, JsonValue]] = {
    "value": {"dtype": "float64"},
    "words": {"list": "string"},
    "tests": {"list": "string"},
    "answers": {"struct": [{"name": "text", "list": "string"}, {"name": "answer_start", "list": "int32"}]},
    "messages": {"list": [{"name": "role", "dtype": "string"}, {"name": "content", "dtype": "string"}]},
}
"""What roles hold that are neither texts nor of the label set."""
TEXT: dict[str, JsonValue] = {"dtype": "string"}


def features_of(layout: Layout, media: str | None) -> list[JsonValue]:
    """Name every column with its type, in the files' order.

    Args:
        media: what the rows' media are, `image` or `audio`, where they have any.
    """
    columns = {ROW_ID: TEXT, SOURCE: TEXT} | {role.name: _held(role) for role in layout.roles}
    columns |= {TOKENS: {"dtype": "uint32"}} | ({"media": {"dtype": media}} if media else {})
    return [{"name": name, **held} for name, held in columns.items()]


def _held(role: Role) -> dict[str, JsonValue]:
    if not role.values:
        return HELD.get(role.holds, TEXT)
    classes: JsonValue = {"class_label": {"names": {str(number): name for number, name in enumerate(role.values)}}}
    return {"dtype" if role.holds == "label" else "list": classes}
