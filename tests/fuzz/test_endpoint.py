"""A sample of the fuzz (`make fuzz` has all of it), and attempts to reach the host's files through SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.fuzz.drive import endpoint, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "the host's own words"
# {file} is a file that is there; {out} one that must not come to be.
ATTEMPTS = (
    # Functions of DuckDB that read files.
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_csv_auto('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM ST_Read('{file}')",
    "SELECT * FROM st_read_meta('{file}')",
    "SELECT read_text('{file}')",
    "SELECT content FROM main.read_text('{file}')",
    "SELECT system.main.read_text('{file}')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('SELECT * FROM read_text(''{file}'')')",
    "SELECT * FROM query_table('{file}')",
    "SELECT * FROM pragma_database_list()",
    # A path where a table's name stands.
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    'SELECT * FROM "{file}" AS t',
    'INSERT INTO "{out}" SELECT 1',
    'CREATE VIEW sly AS SELECT * FROM "{file}"',
    # Statements of DuckDB.
    "COPY (SELECT 1) TO '{out}'",
    "COPY t FROM '{file}'",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{out}' AS other",
    "DETACH other",
    "USE other",
    "INSTALL httpfs",
    "LOAD '{file}'",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SET GLOBAL allow_unsigned_extensions = true",
    "SET VARIABLE rs_user = 'other'",
    "CREATE SECRET s (TYPE s3)",
    "CREATE MACRO m(a) AS TABLE SELECT * FROM read_text(a)",
    "SELECT * FROM _rs.installed",
    # Through what is put into statements of ours: identifiers, literals and comments.
    "SELECT '\\'' || content FROM read_text('{file}') --'",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "SELECT $$a$$ FROM read_text($${file}$$)",
    "CREATE TABLE \"x\"\"; ATTACH '{out}' AS o; --\" (a INT); ATTACH '{out}' AS o",
    "SET search_path TO \"main'; COPY (SELECT 1) TO '{out}'; --\"; COPY (SELECT 1) TO '{out}'",
    "CREATE FUNCTION s () RETURNS VARCHAR STABLE AS $$SELECT read_text('{file}')$$ LANGUAGE sql; SELECT s()",
    "CREATE SCHEMA \"x'; COPY (SELECT 1) TO '{out}'; --\"; COPY (SELECT 1) TO '{out}'",
    "WITH c AS (SELECT * FROM read_text('{file}')) SELECT * FROM c",
    "SELECT * FROM (VALUES (1)) AS v(a), LATERAL read_text('{file}')",
    "SELECT * FROM t ORDER BY (SELECT content FROM read_text('{file}'))",
)
# Right as they stand: a name and a comment that look like more, and variables of the session, none of them a setting of
# DuckDB.
HARMLESS = (
    """SELECT 1 AS "a"" FROM read_text('{file}') --" """,
    "SELECT 1 /* /* */ FROM read_text('{file}') */",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET temp_directory = '{out}'",
    "RESET enable_external_access",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with endpoint(tmp_path_factory.mktemp("endpoint")) as target:
        words = psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=target.port, user="awsuser", password=target.password, dbname="dev"
        )
        with psycopg.connect(words, autocommit=True) as connection:
            connection.execute("CREATE TABLE t (a VARCHAR(100))")
            yield connection


def test_a_sample_of_malformed_messages_and_mangled_statements(tmp_path: Path) -> None:
    verdict = run(tmp_path, count=1000, queries=150, seed=1)
    assert (verdict.messages, verdict.statements) == (1000, 150)
    assert verdict.clean, (str(verdict), verdict.crashed[:3], verdict.hung[:3])


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_sql_reaches_no_file_of_the_host(
    served: psycopg.Connection[tuple[object, ...]], tmp_path: Path, attempt: str
) -> None:
    file, out = tmp_path / "words.csv", tmp_path / "out.csv"
    file.write_text(SECRET)
    sql = attempt.replace("{file}", str(file)).replace("{out}", str(out)).replace("{folder}", str(tmp_path))
    with pytest.raises(psycopg.Error) as refused:
        served.execute(sql.encode())
    assert SECRET not in str(refused.value)
    assert "internal error" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["words.csv"]
    assert served.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "value", ["'; COPY (SELECT 1) TO 'x'; --", '"; DROP TABLE t; --', "\\' OR 1 = 1 --", "/*", "$$"]
)
def test_a_bound_value_stays_a_value(served: psycopg.Connection[tuple[object, ...]], value: str) -> None:
    assert served.execute("SELECT %s::VARCHAR", (value,)).fetchall() == [(value,)]
    assert served.execute("SELECT COUNT(*) FROM t WHERE a = %s", (value,)).fetchall() == [(0,)]
