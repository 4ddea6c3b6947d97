r"""A folder of source code, or an archive of one: one record a file, or one a Python function. Several folders are a
glob over them.

Columns: `path`, `language` (by suffix), `licence` (SPDX id in the first lines, or known by a well-known header), `name`
(of the function), `docstring`, `code` (the rest) and `text` (all of it, with LF line ends). Only Python is split. A
file that Python cannot parse stays a record without a split where a record is a file, and is a bad row (`bad_syntax`)
where it is a function.

Left out and counted: `not_code` (no suffix of a language), `other_language` (not asked for, or not to be split),
`vendored` (copied in, by its folder), `binary`, `too_large`, `generated` (says so in its first lines, or is minified)
and `no_function`. Links are not followed; `.git` and its like are no part of a folder.

Recipe:
    kind: code
    path: repositories/*
    record: function
    languages: [python]
    where: "docstring IS NOT NULL AND licence = 'MIT'"
    columns: {text: "{docstring}\n{code}", label: language}
"""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from tasks.core.syntax import parse
from tasks.ingest.batch import LINE, BadRow, Batch, Opened, bad_encoding, excerpt
from tasks.ingest.settings import FileSettings

LANGUAGES = {
    "assembly": ".asm .s",
    "c": ".c .h",
    "c#": ".cs",
    "c++": ".cc .cpp .cxx .c++ .hh .hpp .hxx",
    "clojure": ".clj .cljs .cljc",
    "css": ".css .scss .less",
    "dart": ".dart",
    "elixir": ".ex .exs",
    "erlang": ".erl .hrl",
    "fortran": ".f .f90 .f95 .for",
    "go": ".go",
    "groovy": ".groovy .gradle",
    "haskell": ".hs .lhs",
    "html": ".html .htm",
    "java": ".java",
    "javascript": ".js .jsx .mjs .cjs",
    "julia": ".jl",
    "kotlin": ".kt .kts",
    "lisp": ".lisp .lsp .el",
    "lua": ".lua",
    "objective-c": ".m .mm",
    "ocaml": ".ml .mli",
    "pascal": ".pas .pp",
    "perl": ".pl .pm",
    "php": ".php",
    "powershell": ".ps1 .psm1",
    "python": ".py .pyi .pyw",
    "r": ".r",
    "ruby": ".rb",
    "rust": ".rs",
    "scala": ".scala .sc",
    "shell": ".sh .bash .zsh",
    "sql": ".sql",
    "swift": ".swift",
    "typescript": ".ts .tsx .mts .cts",
    "verilog": ".v .sv",
    "vhdl": ".vhd .vhdl",
    "zig": ".zig",
}
BY_SUFFIX = {suffix: language for language, suffixes in LANGUAGES.items() for suffix in suffixes.split()}
VENDORED = {
    "bower_components",
    "dist-packages",
    "external",
    "extern",
    "node_modules",
    "site-packages",
    "third_party",
    "third-party",
    "thirdparty",
    "vendor",
    "vendored",
}
HEAD_LINES, HEAD_CHARS = 40, 4_000
"""What a header can lie in."""
GENERATED = re.compile(r"(?i)@generated|auto-?generated|generated (?:by|from|using)|do not (?:edit|modify)")
GENERATED_LINES = 5
MINIFIED = 500
"""Mean length of the lines of a file that no person writes, in characters."""
SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([^\n]*?)[ \t]*(?:\*/|-->|$)", re.MULTILINE)
HEADERS = {
    "AGPL-3.0": r"GNU Affero General Public License.*version 3",
    "LGPL-2.1": r"GNU (?:Lesser|Library) General Public.*version 2\.1",
    "LGPL-3.0": r"GNU (?:Lesser|Library) General Public.*version 3",
    "GPL-3.0": r"GNU General Public License.*version 3",
    "GPL-2.0": r"GNU General Public License.*version 2",
    "Apache-2.0": r"Apache License, Version 2\.0",
    "MPL-2.0": r"Mozilla Public License, v\. 2\.0",
    "MIT": r"Permission is hereby granted, free of charge|(?:under|by) (?:the terms of )?the MIT licen[cs]e",
    "BSD-3-Clause": r"Redistribution and use in source and binary forms.*neither the name|3 clause BSD|BSD 3 clause",
    "BSD-2-Clause": r"Redistribution and use in source and binary forms|2 clause BSD|BSD 2 clause",
    "ISC": r"Permission to use, copy, modify, and (?:or )?distribute this software for any purpose",
    "Unlicense": r"free and unencumbered software released into the public domain",
}
"""SPDX id -> words of its header, asked in this order; comment signs and line ends are single spaces."""
HEADER = {licence: re.compile(words, re.IGNORECASE) for licence, words in HEADERS.items()}
LATER = re.compile(r"any later version", re.IGNORECASE)
COMMENT_SIGNS = re.compile(r"[\s*#/;%!<>-]+")
COLUMNS = ("path", "language", "licence", "name", "docstring", "code", "text")
SCHEMA = {LINE: pl.Int64} | dict.fromkeys(COLUMNS, pl.String)


class Params(FileSettings):
    """Settings of a source of code."""

    alone: ClassVar[bool] = True
    folders: ClassVar[bool] = True
    kind: Literal["code"] = "code"
    record: Literal["file", "function"] = "file"
    """What one record is; functions, methods among them, are known of Python."""
    languages: tuple[str, ...] = ()
    """Languages to read, by their names in lower case; by default all that are known."""
    vendored: bool = False
    """Read folders of copied code too, such as `vendor` and `node_modules`."""
    max_bytes: int = Field(default=1_000_000, ge=1)
    """Larger files are left out."""


Row = tuple[int | str | None, ...]
"""A record: line, path, language, licence, name, docstring, code, text."""


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read a file, if it is one of those wanted."""
    path = file.name.rpartition("!")[2]
    language = BY_SUFFIX.get(PurePosixPath(path).suffix.lower())
    if reason := _unwanted(path, language, params):
        yield _batch(file.name, left_out={reason: 1})
        return
    with file.open() as stream:
        raw = stream.read(params.max_bytes + 1)
    if len(raw) > params.max_bytes:
        yield _batch(file.name, left_out={"too_large": 1})
    else:
        yield _of_bytes(file.name, path, str(language), raw, params)


def _unwanted(path: str, language: str | None, params: Params) -> str | None:
    """Say why a file need not be opened."""
    if not language:
        return "not_code"
    if not params.vendored and VENDORED & set(PurePosixPath(path.lower()).parts[:-1]):
        return "vendored"
    named = not params.languages or language in params.languages
    return None if named and (params.record == "file" or language == "python") else "other_language"


def _of_bytes(name: str, path: str, language: str, raw: bytes, params: Params) -> Batch:
    try:
        text = raw.decode(params.encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return (
            _batch(name, left_out={"binary": 1})
            if b"\0" in raw
            else _batch(name, bad=[bad_encoding(1, raw, params.encoding)])
        )
    if "\0" in text:
        return _batch(name, left_out={"binary": 1})
    if is_generated(text):
        return _batch(name, left_out={"generated": 1})
    about = (path, language, licence_of(text))
    tree = _parsed(text) if language == "python" else None
    if params.record == "file":
        docstring, code = _split(text.split("\n"), tree) if isinstance(tree, ast.Module) else (None, text)
        return _batch(name, [(1, *about, None, docstring, code, text)])
    if isinstance(tree, BadRow):
        return _batch(name, bad=[tree])
    rows = list(_functions(text, tree, about)) if tree else []
    return _batch(name, rows, left_out={} if rows else {"no_function": 1})


def _batch(
    name: str, rows: Sequence[Row] = (), bad: Sequence[BadRow] = (), left_out: Mapping[str, int] | None = None
) -> Batch:
    return Batch(name, pl.DataFrame(rows, SCHEMA, orient="row"), list(bad), left_out=left_out or {})


def is_generated(text: str) -> bool:
    """Say whether a program wrote a text: it says so in its first lines, or no person writes such long lines."""
    head = "\n".join(text[:HEAD_CHARS].split("\n")[:GENERATED_LINES])
    return bool(GENERATED.search(head)) or len(text) > MINIFIED * (text.count("\n") + 1)


def licence_of(text: str) -> str | None:
    """Name the licence that the first lines of a file state: what they call its SPDX id, else by the words of
    well-known headers.
    """
    head = "\n".join(text[:HEAD_CHARS].split("\n")[:HEAD_LINES])
    if stated := SPDX.search(head):
        return stated[1] or None
    words = COMMENT_SIGNS.sub(" ", head)
    licence = next((licence for licence, header in HEADER.items() if header.search(words)), None)
    if licence is None or "GPL" not in licence:
        return licence
    return f"{licence}-or-later" if LATER.search(words) else f"{licence}-only"


def _parsed(text: str) -> ast.Module | BadRow:
    try:
        with warnings.catch_warnings(action="ignore"):
            return parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return BadRow(line, "bad_syntax", f"Python cannot parse it: {error}"[:200], excerpt(text))


def _functions(text: str, tree: ast.Module, about: Row) -> Iterator[Row]:
    """Give the functions of a module and the methods of its classes, in their order; what is inside a function belongs
    to it.
    """
    lines = text.split("\n")
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in reversed(tree.body)]
    while waiting:
        prefix, node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            waiting += [(f"{prefix}{node.name}.", inner) for inner in reversed(node.body)]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            own = lines[first - 1 : node.end_lineno]
            yield (node.lineno, *about, prefix + node.name, *_split(own, node, first), "\n".join(own))


def _split(
    lines: list[str], node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef, first: int = 1
) -> tuple[str | None, str]:
    """Give the docstring of a module or function, and its code without it.

    Args:
        lines: of the node alone.
        first: number of the first of them in the file.
    """
    docstring = ast.get_docstring(node)
    if docstring is None:
        return None, "\n".join(lines)
    place = node.body[0]
    start, end = place.lineno - first, (place.end_lineno or place.lineno) - first
    before = lines[start].encode()[: place.col_offset].decode()
    after = lines[end].encode()[place.end_col_offset or 0 :].decode().lstrip("; \t")
    rest = [before + after] if (before + after).strip() else []
    # An escape in a docstring may stand for half of a surrogate pair.
    return docstring.encode("utf-8", "replace").decode(), "\n".join([*lines[:start], *rest, *lines[end + 1 :]])
