"""Values of the environment that a recipe names as `${NAME}`: nothing that people see and nothing that is kept is made
of them.

Which variables those are stands in a variable itself, so that processes started later know it, too.
"""

import contextlib
import functools
import json
import logging
import os
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

NAMES = "CUVEE_UNSEEN"
"""Variable that names them, with blanks between."""
LONG = 8
"""A value of so many characters is hidden within words, too."""
PLAIN = re.compile(r"[+-]?\d{1,3}|.?", re.DOTALL)
"""Values that tell nothing, and stand in many a message by chance."""


def keep_unseen(*names: str) -> None:
    """Have the values of variables hidden from here on."""
    os.environ[NAMES] = " ".join(dict.fromkeys([*os.environ.get(NAMES, "").split(), *names]))
    logging.setLogRecordFactory(_unseen_record)


def _unseen_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Make a record of a log, whoever writes it: libraries say addresses that were made of such values."""
    record = logging.LogRecord(*args, **kwargs)
    said = record.getMessage()
    if (shown := unseen(said)) != said:
        record.msg, record.args = shown, ()
    return record


def unseen(text: str) -> str:
    """Put `${NAME}` in the place of every such value, however it is written there."""
    names = os.environ.get(NAMES, "").split()
    values = tuple((name, os.environ[name]) for name in names if not PLAIN.fullmatch(os.environ.get(name, "")))
    if not values:
        return text
    pattern, by_form = _forms(values)
    return pattern.sub(lambda found: f"${{{by_form[found[0].lower()]}}}", text)


def unseen_error(error: Exception) -> Exception:
    """Give an error that may be shown with all that led to it."""
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and before not in chain:
        chain.append(before)
    if all(unseen(f"{link} {link!r}") == f"{link} {link!r}" for link in chain):
        return error
    shown = f"{error} {error!r}"
    hidden = error if unseen(shown) == shown else RuntimeError(f"{type(error).__name__}: {unseen(str(error))}")
    hidden.__cause__ = hidden.__context__ = None
    return hidden


@functools.lru_cache(maxsize=8)
def _forms(values: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """Give a pattern of all ways in which values are written, and form -> name of its variable."""
    by_form = {form.lower(): name for name, value in reversed(values) for form in _written(value)}
    by_length = sorted(by_form, key=len, reverse=True)
    return re.compile("|".join(map(_standing_alone, by_length)), re.IGNORECASE), by_form


def _written(value: str) -> set[str]:
    """Give the forms of a value: as it is, in addresses, as Python and JSON write it; of an address its parts, too."""
    parts = {value, value.strip(), " ".join(value.split()), unquote(value), *value.splitlines()}
    if "://" in value:
        with contextlib.suppress(ValueError):
            address = urlsplit(value)
            # the path of a database is its name, which sources and tables often bear, too
            path = address.path.strip("/") if address.scheme.startswith("http") else ""
            own = (address.username, address.password, address.hostname, path)
            parts |= {one for part in own if part for one in (part, unquote(part))}
            parts |= {pair.partition("=")[2] for pair in address.query.split("&")}
    written = (str, quote, lambda part: quote(part, safe=""), quote_plus, lambda part: repr(part)[1:-1], _as_json)
    forms = {way(part) for part in parts for way in written}
    return {form for form in forms if not PLAIN.fullmatch(form.strip())}


def _as_json(part: str) -> str:
    return json.dumps(part)[1:-1]


def _standing_alone(form: str) -> str:
    """Write a short form so that it is not found within a word."""
    if len(form) >= LONG:
        return re.escape(form)
    before, after = (r"(?<!\w)" if re.match(r"\w", end) else "" for end in (form[0], form[-1]))
    return f"{before}{re.escape(form)}{after.replace('<!', '!')}"


if os.environ.get(NAMES):  # a process that another one started which hides them
    keep_unseen()
