"""Reach a database through SQLAlchemy: to read only, with its secrets kept back, and its errors sorted by what can be
done about them.
"""

import contextlib
import re
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from tasks.core.errors import CuveeError, RecipeError, Unreachable

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import DBAPIError

SECRET = re.compile(r"pass|pwd|secret|token|key|credential|connect$", re.IGNORECASE)
"""Names of URL parameters that are kept back."""
SECONDS = 10
"""How long a server may take to answer at first."""
KEPT_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""A query may take its time; a server that is gone is found out after a minute."""
SQLITE_QUERY, SQLITE_BUSY = {1, 8, 18, 20, 23, 25}, {5, 6}
"""SQLite's codes for what is wrong with a query, and for a file that another program holds."""
AWAY = ("08", "40", "53", "57", "58", "XX")
"""Classes of SQLSTATE for the connection, the server's state and its resources."""
NO_ACCESS = ("28", "42501")
REFUSED = re.compile(r"authentication failed|does not exist|pg_hba|permission denied|no password supplied")
"""What PostgreSQL says, without a code, when trying again does not help."""


def parsed(url: SecretStr) -> "URL":
    """Read a URL as SQLAlchemy writes it.

    Raises:
        ValueError: it is none; the text does not show it.
    """
    from sqlalchemy import exc, make_url

    try:
        return make_url(url.get_secret_value())
    except (exc.ArgumentError, ValueError):
        raise ValueError(
            "no URL of a database; want such as postgresql://USER:${PASSWORD}@HOST/DATABASE or sqlite:///FILE"
        ) from None


def without_secrets(url: SecretStr) -> str:
    """Give a URL without its password, and without parameters that may be as good as one."""
    parts = parsed(url)
    kept = parts.difference_update_query([name for name in parts.query if SECRET.search(name)])
    return kept._replace(password=None).render_as_string()


def shown(url: SecretStr) -> str:
    """Name a database to people: neither who asks nor how."""
    parts = parsed(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.get_backend_name()}://{parts.host or ''}{port}/{parts.database or ''}"


@contextlib.contextmanager
def connected(url: SecretStr, base: str) -> "Generator[Connection]":
    """Open a database to read it.

    Args:
        base: folder that the path of an SQLite file starts at.

    Raises:
        RecipeError: what is asked of the database is wrong, or its driver is not installed.
        Unreachable: it does not answer, refuses or breaks off.
    """
    from sqlalchemy import exc

    name = shown(url)
    try:
        with _engine(url, base).connect() as connection:
            yield connection
    except CuveeError:
        raise
    except exc.DBAPIError as error:
        raise _mapped(url, name, error) from None
    except exc.NoSuchTableError as error:
        raise RecipeError(f"{name}: there is no table {str(error)!r}") from None
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"{name}: the driver {error.name} is not installed; for PostgreSQL: pip install 'cuvee[sql]'"
        ) from None
    except exc.SQLAlchemyError as error:
        raise RecipeError(f"{name}: {type(error).__name__}: {_masked(url, str(error))}") from None


def _engine(url: SecretStr, base: str) -> "Engine":
    from sqlalchemy import NullPool, create_engine, event

    where, arguments = parsed(url), dict[str, object]()
    if where.get_backend_name() == "sqlite":
        path = Path(base) / (where.database or "")
        if not path.is_file():
            raise Unreachable(f"cannot read {shown(url)}: there is no such file")
        where = where.set(database=f"file:{path.absolute().as_posix()}").update_query_dict(
            {"mode": "ro", "uri": "true"}
        )
    elif where.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        where = where.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": SECONDS} | KEPT_ALIVE | dict(where.query)
    engine = create_engine(
        where, poolclass=NullPool, execution_options={"postgresql_readonly": True}, connect_args=arguments
    )
    if where.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _take_any_text)
    return engine


def _take_any_text(connection: sqlite3.Connection, _record: object) -> None:
    """Let bytes that are no UTF-8 come as halves of surrogate pairs, which cost their row and not the whole query."""
    connection.text_factory = lambda raw: bytes(raw).decode("utf-8", "surrogateescape")


def _mapped(url: SecretStr, name: str, error: "DBAPIError") -> CuveeError:
    """Say whether the query is wrong, or the way to the database."""
    from sqlalchemy import exc

    answer = " ".join(_masked(url, str(error.orig)).split())
    lite, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None) or ""
    if lite is not None:
        wrong, later = lite & 0xFF in SQLITE_QUERY, lite & 0xFF in SQLITE_BUSY
    elif state.startswith(NO_ACCESS):
        wrong, later = False, False
    else:
        by_class = not isinstance(error, (exc.OperationalError, exc.InterfaceError, exc.InternalError))
        away = error.connection_invalidated or state.startswith(AWAY)
        wrong, later = not away and (by_class or bool(state)), not REFUSED.search(answer)
    if wrong:
        return RecipeError(f"{name} cannot carry out the query: {answer}")
    return Unreachable(f"cannot reach {name}: {answer}", transient=later)


def _masked(url: SecretStr, text: str) -> str:
    """Take out of a text who asks, and how."""
    parts = parsed(url)
    secrets = [parts.password, parts.username, *(value for key, value in parts.query.items() if SECRET.search(key))]
    for secret in secrets:
        if secret:
            text = re.sub(rf"(?<!\w){re.escape(str(secret))}(?!\w)", "***", text)
    return text
