"""Databases: what is new is pulled, what changed is read anew, what is unchanged is not read; no secret is kept and no
half is stored."""

import datetime
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, QualityGate, RecipeError, Unreachable
from tasks.ingest.kinds import sql
from tasks.ingest.read import read_source
from tasks.ingest.settings import parse_source
from tasks.ingest.task import ingest_source, probe_source
from tasks.manifests.manifest import Manifest
from tasks.objectives.text_classification.columns import layout
from tasks.recipe.model import load_recipe
from tests.conftest import PostgresServer

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
TABLE = "CREATE TABLE reviews (id INTEGER PRIMARY KEY, body TEXT, stars TEXT)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An SQLite file `r.db` with a table of reviews."""
    with closing(sqlite3.connect(tmp_path / "r.db", isolation_level=None)) as found:
        found.execute(TABLE)
        yield found


def insert(database: sqlite3.Connection, *rows: tuple[int, str]) -> None:
    database.executemany("INSERT INTO reviews VALUES (?, ?, 'positive')", rows)


def ingest(folder: Path, store: str = "store", **section: Any) -> Manifest:
    parsed = parse_source(
        {"sql": "sqlite:///r.db", "columns": {"text": "body", "label": "stars"}, "max_bad": 1} | section
    )
    return ingest_source.of("s").run(
        str(folder / store), probe_source.function("s", parsed, str(folder)), parsed, LAYOUT, str(folder)
    )


def rows(folder: Path, made: Manifest) -> list[tuple[str, str]]:
    return pl.read_parquet(folder / "store" / made.path / "data.parquet").select("row_id", "text").rows()


@pytest.mark.parametrize(
    "what", [{"table": "reviews"}, {"query": "SELECT * FROM reviews WHERE body <> ' :none' ORDER BY id;"}]
)
@pytest.mark.parametrize("watermark", [{}, {"watermark": "id"}])
def test_only_new_rows_are_read_where_a_table_only_grew(
    tmp_path: Path, database: sqlite3.Connection, what: dict[str, Any], watermark: dict[str, Any]
) -> None:
    insert(database, (1, "a"), (2, "b"), (3, "c"))
    first = ingest(tmp_path, **what, **watermark)
    assert ingest(tmp_path, **what, **watermark) == first
    insert(database, (5, "e"), (4, "d"))
    second = ingest(tmp_path, **what, **watermark)
    assert second.how == (
        "grown, its rows above the last watermark are read, from row 4 on" if watermark else "read anew"
    )
    name = what.get("table", "query")
    assert rows(tmp_path, second) == [(f"{name}:{number}", text) for number, text in enumerate("abcde", 1)]
    assert second.fingerprint == ingest(tmp_path, "other", **what, **watermark).fingerprint
    database.execute("UPDATE reviews SET id = 6, body = 'C' WHERE id = 3")
    third = ingest(tmp_path, **what, **watermark)
    assert (third.how, [text for _, text in rows(tmp_path, third)]) == ("read anew", ["a", "b", "d", "e", "C"])


def test_rows_above_the_watermark_alone_are_asked_for(
    tmp_path: Path, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(database, *((number, "old") for number in range(1_000)))
    ingest(tmp_path, table="reviews", watermark="id")
    insert(database, (1_000, "new"))
    fetched: list[int] = []
    whole = sql._fetched

    def counted(*arguments: Any) -> Iterator[list[Any]]:
        for block in whole(*arguments):
            fetched.append(len(block))
            yield block

    monkeypatch.setattr(sql, "_fetched", counted)
    assert ingest(tmp_path, table="reviews", watermark="id").rows == 1_001
    assert fetched == [1]


CHANGE = st.tuples(
    st.sampled_from(["add", "move", "delete", "edit"]), st.integers(0, 9), st.sampled_from(["x", "y", None, "positive"])
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.lists(CHANGE, max_size=4), min_size=1, max_size=4), where=st.sampled_from([None, "id > 3"]))
def test_any_history_of_a_table_gives_what_its_last_state_gives(
    tmp_path_factory: pytest.TempPathFactory, history: list[list[tuple[str, int, str | None]]], where: str | None
) -> None:
    folder = tmp_path_factory.mktemp("history")
    section = {"table": "reviews", "watermark": "id", "where": where}
    with closing(sqlite3.connect(folder / "r.db", isolation_level=None)) as database:
        database.execute(TABLE)
        following = 0
        for changes in history:
            for change, number, text in changes:
                following += 1
                statement = {
                    "add": "INSERT INTO reviews VALUES (:new, :text, 'positive')",
                    "move": "UPDATE reviews SET id = :new, body = :text WHERE id = :old",
                    "delete": "DELETE FROM reviews WHERE id = :old",
                    "edit": "UPDATE reviews SET id = :new, stars = :text WHERE id = :old",
                }[change]
                database.execute(statement, {"new": following, "old": number, "text": text})
            try:
                last = ingest(folder, **section).fingerprint
            except CuveeError as error:
                last = str(error).partition("\n")[0]
        try:
            anew = ingest(folder, "new", **section).fingerprint
        except CuveeError as error:
            anew = str(error).partition("\n")[0]
    assert last == anew


VALUE = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5) | st.binary(max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.tuples(VALUE, VALUE, VALUE), max_size=8),
    watermark=st.sampled_from([None, "id"]),
    block=st.integers(1, 4),
)
def test_whatever_a_table_holds_the_sums_agree_or_the_error_is_an_expected_one(
    tmp_path: Path, values: list[tuple[Any, ...]], watermark: str | None, block: int
) -> None:
    file = tmp_path / "fuzz.db"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute('CREATE TABLE t (id, body, "body", "__text")'.replace(', "body"', ""))
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", values)
        database.execute("INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT), 'positive')")
    parsed = parse_source(
        {
            "sql": "sqlite:///fuzz.db",
            "table": "t",
            "watermark": watermark,
            "columns": {"text": "body"},
            "label": "positive",
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "BATCH_ROWS", block)
        try:
            probe_source.function("s", parsed, str(tmp_path))
            outcome = read_source("s", parsed, str(tmp_path), LAYOUT, tmp_path / "rows", tmp_path / "bad")
        except CuveeError:
            assert watermark
            return
    assert outcome.account.read == len(values) + 1
    assert outcome.bad.reasons["bad_encoding"] == 1


def test_values_are_written_as_the_other_typed_kinds_write_them(tmp_path: Path, database: sqlite3.Connection) -> None:
    query = "SELECT 7 AS n, 0.5 AS f, NULL AS none, x'6869' AS raw, 'a:b :c %s' AS text, 1 AS n"
    columns = {"text": "{n}|{f}|{none}|{raw}|{text}|{n.1}"}
    made = ingest(tmp_path, query=query, columns=columns, label="positive")
    assert rows(tmp_path, made) == [("query:1", "7|0.5||hi|a:b :c %s|1")]


@pytest.mark.parametrize(
    ("section", "error", "told"),
    [
        ({"query": "SELEC 1"}, RecipeError, "syntax error"),
        ({"query": "SELECT nothing_such FROM reviews"}, RecipeError, "no such column"),
        ({"table": "none"}, RecipeError, "there is no table 'none'"),
        ({"table": "reviews", "watermark": "when"}, RecipeError, "no such column"),
        ({"query": "DELETE FROM reviews"}, RecipeError, "readonly"),
        ({"table": "reviews", "sql": "sqlite:///none.db"}, Unreachable, "there is no such file"),
        ({"table": "reviews", "sql": "sqlite:///text.db"}, Unreachable, "not a database"),
        ({"table": "reviews", "sql": "oracle+none://h/d"}, RecipeError, "oracle"),
        (
            {"query": "SELECT NULL AS at, 'a' AS body UNION ALL SELECT 1, 'b'", "watermark": "at"},
            QualityGate,
            "1 of 2 rows have no value in 'at'",
        ),
        ({"query": "SELECT x'00' AS at", "watermark": "at"}, RecipeError, "is of type bytes"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_exit_code(
    tmp_path: Path, database: sqlite3.Connection, section: dict[str, Any], error: type[CuveeError], told: str
) -> None:
    (tmp_path / "text.db").write_text("no database, but a text that is long enough to be looked at " * 20)
    insert(database, (1, "a"))
    with pytest.raises(error, match=told):
        ingest(tmp_path, **section)
    assert not list(tmp_path.glob("store/snapshots/ingest/*/manifest.json"))
    assert not (tmp_path / "none.db").exists()
    assert database.execute("SELECT count(*) FROM reviews").fetchone() == (1,)


def test_a_table_that_another_program_holds_is_worth_a_retry(tmp_path: Path, database: sqlite3.Connection) -> None:
    database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unreachable, match="locked") as caught:
        ingest(tmp_path, table="reviews", sql="sqlite:///r.db?timeout=0.1")
    assert caught.value.transient


@pytest.mark.parametrize("watermark", [None, "id"])
def test_a_table_that_changes_between_probe_and_reading_is_no_snapshot(
    tmp_path: Path, database: sqlite3.Connection, watermark: str | None
) -> None:
    insert(database, (1, "a"), (2, "b"))
    parsed = parse_source(
        {
            "sql": "sqlite:///r.db",
            "table": "reviews",
            "watermark": watermark,
            "columns": {"text": "body", "label": "stars"},
        }
    )
    seen = probe_source.function("s", parsed, str(tmp_path))
    insert(database, (3, "c"))
    if watermark:
        made = ingest_source.of("s").run(str(tmp_path / "store"), seen, parsed, LAYOUT, str(tmp_path))
        assert [text for _, text in rows(tmp_path, made)] == ["a", "b"], "what was seen, and no more"
    database.execute("DELETE FROM reviews WHERE id = 1")
    with pytest.raises(Unreachable, match="changed while it was read"):
        ingest_source.of("s").run(str(tmp_path / "other"), seen, parsed, LAYOUT, str(tmp_path))
    assert not list(tmp_path.glob("other/snapshots/ingest/*/manifest.json"))


def test_what_is_no_url_or_says_two_things_is_refused_without_showing_it() -> None:
    for section in (
        {"sql": "no url:s3cret@", "table": "t"},
        {"sql": "sqlite:///a"},
        {"sql": "sqlite:///a", "table": "t", "query": "SELECT 1"},
    ):
        with pytest.raises(ValueError, match=r"no URL of a database|either `query` or `table`") as caught:
            parse_source(section)
        assert "s3cret" not in str(caught.value.errors()[0]["msg"])  # type: ignore[attr-defined]


SERVER = "postgresql://tester:{password}@127.0.0.1:{port}"


@pytest.fixture
def postgres(postgresql_server: PostgresServer) -> Iterator[Any]:
    """A connection to a database of the test's own."""
    import psycopg

    where = f"host=127.0.0.1 port={postgresql_server.port} user=tester password={postgresql_server.password}"
    with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as first:
        first.execute("DROP DATABASE IF EXISTS reviews WITH (FORCE)")
        first.execute("CREATE DATABASE reviews")
    with psycopg.connect(f"{where} dbname=reviews", autocommit=True) as found:
        found.execute(TABLE[:-1] + ", at TIMESTAMPTZ, price NUMERIC, day DATE, tags JSONB, l INT[])")
        yield found


def fill(postgres: Any, first: int, count: int) -> None:
    postgres.execute(
        "INSERT INTO reviews SELECT n, 'row ' || n, 'positive', TIMESTAMPTZ '2024-02-29 12:00+02' + n * INTERVAL "
        "'1 s', n / 4.0, '2024-02-29',"
        " '{\"a\": [1, null]}', ARRAY[n, 1] FROM generate_series(%s::int, %s::int) AS n",
        (first, first + count - 1),
    )


def url(server: PostgresServer, password: str = "") -> str:
    return f"postgresql://tester:{password or server.password}@127.0.0.1:{server.port}/reviews"


@pytest.mark.postgresql
@pytest.mark.parametrize("watermark", ["id", "at", "price"])
@pytest.mark.parametrize(
    "what",
    [{"table": "public.reviews"}, {"query": "SELECT * FROM reviews WHERE body LIKE 'row %' AND id::text <> ':x'"}],
)
def test_postgresql_gives_what_is_new(
    tmp_path: Path, postgresql_server: PostgresServer, postgres: Any, watermark: str, what: dict[str, Any]
) -> None:
    section = what | {"sql": url(postgresql_server), "watermark": watermark}
    fill(postgres, 1, 12_000)
    first = ingest(tmp_path, **section)
    assert (first.rows, ingest(tmp_path, **section)) == (12_000, first)
    fill(postgres, 12_001, 3)
    second = ingest(tmp_path, **section)
    assert second.how == "grown, its rows above the last watermark are read, from row 12,001 on"
    assert second.fingerprint == ingest(tmp_path, "new", **section).fingerprint
    assert [text for _, text in rows(tmp_path, second)][-3:] == ["row 12001", "row 12002", "row 12003"]
    postgres.execute("DELETE FROM reviews WHERE id = 7")
    assert ingest(tmp_path, **section).how == "read anew"


@pytest.mark.postgresql
def test_types_of_postgresql_come_as_texts(tmp_path: Path, postgresql_server: PostgresServer, postgres: Any) -> None:
    postgres.execute("SET timezone = 'UTC'")
    fill(postgres, 1, 1)
    columns = {"text": "{price}|{day}|{tags}|{l}|{yes}"}
    query = "SELECT *, true AS yes FROM reviews"
    made = ingest(tmp_path, sql=url(postgresql_server), query=query, columns=columns, label="positive")
    price = postgres.execute("SELECT price::text FROM reviews").fetchone()[0]
    assert rows(tmp_path, made)[0][1] == f'{price}|2024-02-29|{{"a": [1, null]}}|[1, 1]|true'


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("section", "error", "told"),
    [
        ({"query": "SELEC 1"}, RecipeError, "syntax error"),
        ({"query": "SELECT 1 / (id - 6000) AS body FROM reviews ORDER BY id"}, RecipeError, "division by zero"),
        ({"table": "none"}, RecipeError, "none"),
        ({"query": "DELETE FROM reviews RETURNING body"}, RecipeError, "cannot carry out"),
        (
            {"query": "SELECT pg_sleep(9)", "sql": SERVER + "/reviews?options=-cstatement_timeout%3D100"},
            Unreachable,
            "timeout",
        ),
        (
            {"query": "SELECT 1", "sql": "postgresql://tester:wr0ng@127.0.0.1:{port}/reviews"},
            Unreachable,
            "authentication failed",
        ),
        ({"query": "SELECT 1", "sql": SERVER + "/nowhere"}, Unreachable, "does not exist"),
        ({"query": "SELECT 1", "sql": "postgresql://tester:{password}@127.0.0.1:1/reviews"}, Unreachable, "refused"),
    ],
)
def test_what_postgresql_refuses_is_told_without_secrets_and_leaves_no_snapshot(
    tmp_path: Path,
    postgresql_server: PostgresServer,
    postgres: Any,
    section: dict[str, Any],
    error: type[CuveeError],
    told: str,
) -> None:
    fill(postgres, 1, 12_000)
    where = section.get("sql", SERVER + "/reviews")
    section = section | {"sql": where.format(password=postgresql_server.password, port=postgresql_server.port)}
    with pytest.raises(error, match=told) as caught:
        ingest(tmp_path, **section)
    assert not {"tester", "wr0ng", postgresql_server.password} & set(str(caught.value).replace('"', " ").split())
    assert postgresql_server.password not in str(caught.value)
    if isinstance(caught.value, Unreachable):
        assert caught.value.transient == (told in ("timeout", "refused"))
    assert not list(tmp_path.glob("store/snapshots/ingest/*/manifest.json"))
    assert postgres.execute("SELECT count(*) FROM reviews").fetchone() == (12_000,)


@pytest.mark.postgresql
def test_a_connection_that_breaks_off_is_worth_a_retry_and_no_snapshot(
    tmp_path: Path, postgresql_server: PostgresServer, postgres: Any
) -> None:
    fill(postgres, 1, 12_000)
    parsed = parse_source(
        {"sql": url(postgresql_server), "table": "reviews", "columns": {"text": "body", "label": "stars"}}
    )
    found = sql.part_of(parsed, str(tmp_path), ()).read(sql.Mark(0, 1))
    assert next(found).frame.height == sql.BATCH_ROWS
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'reviews'"
    )
    with pytest.raises(Unreachable, match="cannot reach") as caught:
        list(found)
    assert caught.value.transient
    assert postgresql_server.password not in str(caught.value)


@pytest.mark.postgresql
def test_a_whole_run_keeps_no_secret(
    tmp_path: Path, postgresql_server: PostgresServer, postgres: Any, prefect_env: dict[str, str]
) -> None:
    words = ["good", "bad", "dull", "bright", "slow", "quick", "film", "book", "song", "play"]
    for number in range(300):
        text = " ".join(words[(number * step + step) % 10] for step in range(1, 12)) + f" {number * 7919}"
        postgres.execute(
            "INSERT INTO reviews (id, body, stars) VALUES (%s, %s, %s)", (number, text, LABELS[number % 2])
        )
    recipe = {
        "name": "secrets",
        "labels": list(LABELS),
        "near_duplicates": None,
        "sources": {
            "db": {
                "sql": "${REVIEWS_URL}",
                "table": "reviews",
                "watermark": "id",
                "columns": {"text": "body", "label": "stars"},
            }
        },
    }
    (tmp_path / "r.yaml").write_text(json.dumps(recipe))
    env = prefect_env | {"REVIEWS_URL": url(postgresql_server)}

    def cuvee(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *command, "--store", str(tmp_path / "store")],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            cwd=Path(__file__).parents[2],
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    said = cuvee("run", str(tmp_path / "r.yaml"), "--until", "mix")
    fill(postgres, 1_000, 1)
    said += cuvee("run", str(tmp_path / "r.yaml"), "--until", "mix")
    assert "grown, its rows above the last watermark are read, from row 301 on" in said, said
    said += cuvee("trace", "latest", "3")
    assert "reviews:" in said, said
    kept = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and postgresql_server.password.encode() in path.read_bytes()
    ]
    assert not kept
    assert postgresql_server.password not in said
    shutil.rmtree(tmp_path / "store")


def test_a_watermark_is_written_with_its_type() -> None:
    at = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)
    params = parse_source({"sql": "sqlite:///a", "table": "t", "watermark": "at"})
    for value in (at, at.date(), 7, 0.1, "x"):
        kind, text = json.loads(sql._written(params, value))
        assert sql.WATERMARKS[kind](text) == value


@pytest.mark.parametrize(
    ("where", "fine"),
    [
        ("postgresql://me:${REVIEWS_PASSWORD}@h/d", True),
        ("postgresql://${REVIEWS_USER}:${REVIEWS_PASSWORD}@h/d", True),
        ("postgresql://h/d?sslmode=require&password=${REVIEWS_PASSWORD}", True),
        ("postgresql://me@h/d", True),
        ("postgresql://me:hunter2@h/d", False),
        ("postgresql://me:a/b@c@h/d", False),
        ("postgresql://h/d?password=hunter2", False),
    ],
)
def test_a_password_in_a_recipe_is_refused_and_one_of_the_environment_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, fine: bool
) -> None:
    monkeypatch.setenv("REVIEWS_USER", "me")
    monkeypatch.setenv("REVIEWS_PASSWORD", "s3cret")
    recipe = {"name": "r", "labels": list(LABELS), "sources": {"db": {"sql": where, "table": "t"}}}
    (tmp_path / "r.yaml").write_text(json.dumps(recipe))
    if fine:
        loaded = load_recipe(str(tmp_path / "r.yaml"))
        assert loaded.published["sources"]["db"]["sql"] == where
        assert "s3cret" not in repr(loaded) + loaded.recipe.model_dump_json()
    else:
        with pytest.raises(RecipeError, match="a recipe holds no password") as caught:
            load_recipe(str(tmp_path / "r.yaml"))
        assert "hunter2" not in str(caught.value)
