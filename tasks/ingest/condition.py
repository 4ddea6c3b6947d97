"""The condition of a source, `where: stars >= 4 AND lang = 'en'`: SQL asked of each record alone.

All columns are texts here. What a column is compared with decides what it is read as, and nothing else does: with a
number as a number, with true or false as such, with a text as it stands. So `zip = '02134'` keeps its zero, whatever
stands in other rows. Whole numbers are compared exactly up to 38 digits; what is no number (NaN, too) is null, of which
no comparison holds.
"""

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import polars as pl

from tasks.ingest.columns import exact

Kind = Literal["number", "truth", "text"]
Node = dict[str, Any]
"""A part of an expression, as Polars writes it in JSON; a column is `{"Column": name}`."""
EQUAL = ("Eq", "NotEq", "EqValidity", "NotEqValidity")
ORDERED = ("Lt", "LtEq", "Gt", "GtEq")
JOINED = ("And", "Or", "Xor", "LogicalAnd", "LogicalOr")
COUNTED = ("LenChars", "LenBytes", "Find", "CountMatches")
"""Functions of a text that give a number."""
TOLD = ("Contains", "StartsWith", "EndsWith")
"""Functions of a text that give true or false."""
MANY_ROWS = re.compile(r'"(?:Agg|Over)":|"expr":"Len"')
"""Nodes of an expression that look at other rows too."""
LARGEST = pl.Int128
UNREAD = {"number": "is no number", "truth": "is neither true nor false"}


class Condition:
    """A condition, ready to be asked.

    Attributes:
        columns: names of the columns that it asks of.

    Raises:
        ValueError: it cannot be understood, or looks at more than one row.
    """

    def __init__(self, sql: str) -> None:
        try:
            # Composed, so that names and texts that look alike are alike.
            expression = pl.sql_expr(unicodedata.normalize("NFC", sql))
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"{sql!r} cannot be asked: {_first_line(error)}") from None
        written = expression.meta.serialize(format="json")
        if MANY_ROWS.search(written):
            raise ValueError(f"{sql!r} looks at more than one row; it is asked of each row alone")
        self.sql = sql
        self.columns = list(dict.fromkeys(expression.meta.root_names()))
        tree: Node = json.loads(written)
        reading = _Reading()
        _, undecided = reading.of(tree)
        reading.take("text", undecided)
        self.read: list[tuple[Kind, str]] = sorted(reading.taken)
        self._expression = pl.Expr.deserialize(io.StringIO(json.dumps(tree)), format="json")

    def asked_of(self, frame: pl.DataFrame) -> pl.Series:
        """Say of each row whether the condition holds; null counts as not.

        Raises:
            ValueError: it is no condition, or cannot be asked of these columns.
        """
        numbers = [name for kind, name in self.read if kind == "number"]
        if not numbers:
            return self._of(frame, LARGEST)
        # A row of whole numbers is compared as such; where any has a fraction, all are floating-point numbers.
        fraction = pl.any_horizontal(_whole(name).is_null() & _number(name).is_not_null() for name in numbers)
        floating = frame.select(fraction).to_series()
        if not floating.any():
            return self._of(frame, LARGEST)
        if floating.all():
            return self._of(frame, pl.Float64)
        parts = [self._of(frame.filter(~floating), LARGEST), self._of(frame.filter(floating), pl.Float64)]
        return pl.concat(parts).gather(pl.concat([(~floating).arg_true(), floating.arg_true()]).arg_sort())

    def _of(self, frame: pl.DataFrame, numbers: type[pl.DataType]) -> pl.Series:
        read = [_as(kind, name, numbers).alias(_alias(kind, name)) for kind, name in self.read]
        try:
            keep = frame.with_columns(read).with_columns(self._expression.alias("keep"))["keep"]
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"{self.sql!r} cannot be asked: {_first_line(error)}") from None
        if keep.dtype != pl.Boolean:
            raise ValueError(f"{self.sql!r} is no condition; it gives {keep.dtype}")
        return keep.fill_null(value=False)

    @property
    def unread(self) -> Iterator[tuple[pl.Expr, pl.Expr]]:
        """Give for each column that is not read as text: whether a value is neither empty nor what it is read as, and
        the words for that.
        """
        for kind, name in self.read:
            if kind != "text":
                text = exact(name).str.strip_chars()
                known = _float(name).is_not_null() if kind == "number" else _truth(name).is_not_null()
                yield (
                    ~known & text.is_not_null() & (text != ""),
                    pl.concat_str(pl.lit(f"{name} {UNREAD[kind]}: "), exact(name)),
                )


class _Reading:
    """Walks an expression, and names each column for what it is read as.

    Attributes:
        taken: kind and name of the columns found.
    """

    def __init__(self) -> None:
        self.taken: set[tuple[Kind, str]] = set()

    def take(self, kind: Kind, columns: Sequence[Node]) -> None:
        """Read these columns as this kind."""
        for node in columns:
            name = node["Column"]
            self.taken.add((kind, name))
            node["Column"] = _alias(kind, name)

    def of(self, node: Any) -> tuple[Kind | None, list[Node]]:
        """Say what an expression gives, and which columns in it are whatever it is compared with."""
        gives: tuple[Kind | None, list[Node]] = (None, [])
        match node:
            case {"Column": str()}:
                gives = (None, [node])
            case {"Literal": value}:
                gives = (_literal(node, value), [])
            case {"BinaryExpr": {"left": left, "op": op, "right": right}} | {
                "Function": {"input": [left, right], "function": {"Sql": {"Binary": op}}}
            }:
                gives = self._binary(op, left, right)
            case {"Function": {"input": [*parts], "function": function}}:
                gives = self._function(function, parts)
            case {"Cast": {"expr": inner, "dtype": {"Literal": str(to)}}}:
                gives = self._settled(_kind_of_type(to), [inner])
            case {"Ternary": {"predicate": predicate, "truthy": truthy, "falsy": falsy}}:
                self._settled("truth", [predicate])
                gives = self._alike([truthy, falsy])
            case dict() | list():
                self._settled("text", list(node.values()) if isinstance(node, dict) else node)
            case _:
                pass
        return gives

    def _binary(self, op: str, left: Node, right: Node) -> tuple[Kind | None, list[Node]]:
        if op in JOINED:
            return self._settled("truth", [left, right])
        kind, undecided = self._alike([left, right])
        if op in EQUAL or op in ORDERED:
            # Without a literal: which is larger is asked of numbers, whether they are the same of texts.
            self.take(kind or ("text" if op in EQUAL else "number"), undecided)
            return "truth", []
        joined: Kind = "text" if kind == "text" else "number"
        self.take(joined, undecided)
        return joined, []

    def _function(self, function: Any, parts: list[Node]) -> tuple[Kind | None, list[Node]]:
        match function:
            case {"StringExpr": of_text}:
                name = of_text if isinstance(of_text, str) else next(iter(of_text))
                self._settled("text", parts)
                gives = ("number" if name in COUNTED else "truth" if name in TOLD else "text", [])
            case {"Boolean": asked}:
                self._settled("truth" if asked == "Not" else "text", parts)
                gives = ("truth", [])
            case {"Sql": {"IsIn": _}}:
                kind, undecided = self._alike(parts)
                self.take(kind or "text", undecided)
                gives = ("truth", [])
            case "Coalesce" | "FillNull":
                gives = self._alike(parts)
            case _:
                gives = self._settled("number", parts)
        return gives

    def _alike(self, parts: Sequence[Node]) -> tuple[Kind | None, list[Node]]:
        """Parts of one kind: that of the first which has one."""
        found = [self.of(part) for part in parts]
        kind: Kind | None = next((kind for kind, _ in found if kind is not None), None)
        undecided = [column for _, columns in found for column in columns]
        if kind is None:
            return None, undecided
        self.take(kind, undecided)
        return kind, []

    def _settled(self, kind: Kind, parts: Sequence[Any]) -> tuple[Kind, list[Node]]:
        """Parts whose columns are of this kind."""
        for part in parts:
            self.take(kind, self.of(part)[1])
        return kind, []


def _literal(node: Node, value: Any) -> Kind | None:
    match value:
        case {"Dyn": {"Str": _}} | {"Scalar": {"String": _}}:
            return "text"
        case {"Scalar": {"Boolean": _}}:
            return "truth"
        case {"Scalar": {"Null": _}}:
            return None
        case {"Dyn": _} | {"Scalar": _}:
            return "number"
        case _:
            held = pl.select(pl.Expr.deserialize(io.StringIO(json.dumps(node)), format="json")).to_series().dtype
            inner = getattr(held, "inner", held)
            return "text" if inner == pl.String else "truth" if inner == pl.Boolean else "number"


def _kind_of_type(name: str) -> Kind:
    """Say what a column is read as that is cast to a type of Polars."""
    return "truth" if name == "Boolean" else "number" if name.startswith(("Int", "UInt", "Float")) else "text"


def _alias(kind: Kind, name: str) -> str:
    """Name a column for what it is read as; such a name is never taken for a pattern."""
    return f"{kind} {name}"


def _as(kind: Kind, name: str, numbers: type[pl.DataType]) -> pl.Expr:
    if kind == "number":
        return _whole(name) if numbers is LARGEST else _number(name)
    return _truth(name) if kind == "truth" else exact(name).str.normalize("NFC")


def _float(name: str) -> pl.Expr:
    return exact(name).str.strip_chars().cast(pl.Float64, strict=False)


def _number(name: str) -> pl.Expr:
    return _float(name).fill_nan(None)


def _whole(name: str) -> pl.Expr:
    return exact(name).str.strip_chars().cast(LARGEST, strict=False)


def _truth(name: str) -> pl.Expr:
    text = exact(name).str.strip_chars().str.to_lowercase()
    return pl.when(text == "true").then(pl.lit(value=True)).when(text == "false").then(pl.lit(value=False))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
