"""What README and docs say is so: the table of recipe fields is regenerated, the commands exist.

`python tests/test_readme.py` writes the table.
"""

import re
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from flows.cli.main import app
from tasks.recipe.schema import recipe_schema

README = Path(__file__).parents[1] / "README.md"
FIELDS = Path(__file__).parents[1] / "docs" / "recipe.md"
START, END = "<!-- recipe fields: written by tests/test_readme.py -->\n", "<!-- end of recipe fields -->"


def table() -> str:
    """List every field of a recipe with its type, default and meaning."""
    schema = recipe_schema()
    rows = ["| field | is | default | what it says |", "| --- | --- | --- | --- |"]
    for name, field in schema["properties"].items():
        if name != "sources":
            rows += _rows(name, field, schema)
    return (
        "\n".join(rows + _of_kinds("sources.<name>", schema["properties"]["sources"]["additionalProperties"], schema))
        + "\n"
    )


def _of_kinds(place: str, field: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """List the fields of a section that comes in kinds, each with the kinds that have it."""
    kinds = [one for one in (_resolved(one, schema) for one in field["anyOf"]) if "kind" in one.get("properties", {})]
    rows: dict[str, None] = {}
    for one in kinds:
        for name, inner in one["properties"].items():
            same = [other["properties"]["kind"]["const"] for other in kinds if other["properties"].get(name) == inner]
            shown = "" if len(same) == len(kinds) else f" ({', '.join(same)})"
            if name != "kind":
                rows[_row(f"{place}.{name}", inner, schema, shown)] = None
    return list(rows)


def _resolved(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else field


def _choices(field: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what a field may be, the choices within choices included."""
    return [inner for one in field.get("anyOf", []) for inner in (_choices(one) if "anyOf" in one else [one])]


def _rows(name: str, field: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    inner = _resolved(field, schema)
    models = [_resolved(one, schema) for one in _choices(inner)]
    nested = next((model for model in [inner, *models] if "properties" in model), None)
    if nested is not None and "kind" in nested["properties"]:
        return [_row(name, inner | field, schema), *_of_kinds(name, {"anyOf": _choices(field)}, schema)]
    listed = [one["items"] for one in [inner, *_choices(inner)] if "anyOf" in one.get("items", {})]
    if listed:
        return [_row(name, inner, schema), *_of_kinds(f"{name}[]", listed[0], schema)]
    if nested is not None:
        lists = [_resolved(one["items"], schema) for one in _choices(inner) if "$ref" in one.get("items", {})]
        own = [] if nested is inner or (name in {"train"} and not lists) else [_row(name, inner, schema)]
        told = {f"{name}.{key}": value for key, value in nested["properties"].items()}
        items = [(key, value) for one in lists for key, value in one["properties"].items()]
        told |= {f"{name}[].{key}": value for key, value in items if key not in nested["properties"]}
        return own + [row for key, value in told.items() for row in _rows(key, value, schema)]
    return [_row(name, inner | {key: value for key, value in field.items() if key != "$ref"}, schema)]


def _row(name: str, field: dict[str, Any], schema: dict[str, Any], kinds: str = "") -> str:
    default = field.get("default")
    shown = (
        "" if default in (None, {}, [], "") else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )
    told = " ".join(field.get("description", "").replace("|", "\\|").split())
    return f"| `{name}`{kinds} | {_kind(field, schema)} | {shown} | {told} |"


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    inner = _resolved(field, schema)
    if "enum" in inner:
        return " · ".join(f"`{value}`" for value in inner["enum"])
    if "const" in inner:
        return f"`{inner['const']}`"
    if "anyOf" in inner:
        kinds = [inner_kind for one in inner["anyOf"] if (inner_kind := _kind(one, schema)) != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "properties" in inner:
        return "mapping"
    return {
        "array": "list",
        "object": "mapping",
        "integer": "whole number",
        "string": "text",
        "boolean": "`true` · `false`",
    }.get(inner.get("type", ""), str(inner.get("type", "")))


def test_recipe_table_is_that_of_the_schema() -> None:
    text = FIELDS.read_text("utf-8")
    assert text.partition(START)[2].partition(END)[0] == table(), "python tests/test_readme.py writes it anew"


def test_every_command_of_the_readme_exists() -> None:
    told = set(re.findall(r"^cuvee (\w+)", README.read_text("utf-8"), re.MULTILINE))
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert told
    assert told <= known
    for command in sorted(known):
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


if __name__ == "__main__":
    head, _, rest = FIELDS.read_text("utf-8").partition(START)
    FIELDS.write_text(head + START + table() + END + rest.partition(END)[2], "utf-8")
