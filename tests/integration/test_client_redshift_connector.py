"""redshift-connector: every call of its cursor, on one endpoint."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import redshift_connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.endpoint import Endpoint

FILM = """
    CREATE TABLE rsc.film (id INT NOT NULL, title VARCHAR(40) DEFAULT 'none', price DECIMAL(8,2), seen TIMESTAMP,
                           code CHAR(3), extra SUPER, PRIMARY KEY (id)) DISTKEY(id) SORTKEY(title)
"""
PROCEDURE = """
    CREATE PROCEDURE rsc.append(n IN INT, t INOUT VARCHAR(20)) AS $$ BEGIN t := t || n; END $$ LANGUAGE plpgsql
"""
PART = "CREATE TABLE rsc.part (film_id INT, n INT, FOREIGN KEY (film_id) REFERENCES rsc.film (id))"


@pytest.fixture(scope="module")
def connection(redshift: Endpoint) -> Iterator[redshift_connector.Connection]:
    made = redshift.connect()
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute("CREATE SCHEMA rsc")
        cursor.execute(FILM)
        cursor.execute(PART)
        cursor.execute("CREATE VIEW rsc.titles AS SELECT title FROM rsc.film")
        cursor.execute("CREATE FUNCTION rsc.half(FLOAT) RETURNS FLOAT STABLE AS $$ SELECT $1 / 2 $$ LANGUAGE sql")
        cursor.execute(PROCEDURE)
    yield made
    with made.cursor() as cursor:
        cursor.execute("DROP SCHEMA rsc CASCADE")
    made.close()


@pytest.fixture
def cursor(connection: redshift_connector.Connection) -> Iterator[redshift_connector.Cursor]:
    with connection.cursor() as made:
        made.execute("DELETE FROM rsc.film")
        yield made


def names(cursor: redshift_connector.Cursor) -> list[str]:
    return [str(column[0]).lower() for column in cursor.description]


@pytest.mark.parametrize(
    ("style", "text", "values"),
    [
        ("qmark", "SELECT ?, ?::VARCHAR", (1, "a'b")),
        ("numeric", "SELECT :1, :2::VARCHAR", (1, "a'b")),
        ("named", "SELECT :n, :t::VARCHAR", {"n": 1, "t": "a'b"}),
        ("format", "SELECT %s, %s::VARCHAR", (1, "a'b")),
        ("pyformat", "SELECT %(n)s, %(t)s::VARCHAR", {"n": 1, "t": "a'b"}),
    ],
)
def test_parameters_in_every_style(cursor: redshift_connector.Cursor, style: str, text: str, values: Any) -> None:
    # PEP 249, paramstyle.
    cursor.paramstyle = style
    cursor.execute(text, values)
    assert cursor.fetchone() == [1, "a'b"]


def test_the_shape_of_a_result(cursor: redshift_connector.Cursor) -> None:
    cursor.execute("INSERT INTO rsc.film (id, title) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    assert cursor.rowcount == 3
    cursor.execute("SELECT id, title FROM rsc.film ORDER BY id")
    assert names(cursor) == ["id", "title"]
    assert [column[1] for column in cursor.description] == [23, 1043]
    assert cursor.fetchone() == [1, "a"]
    assert list(cursor.fetchmany(1)) == [[2, "b"]]
    assert list(cursor) == [[3, "c"]]
    assert cursor.fetchone() is None


def test_executemany_counts_all_rows(cursor: redshift_connector.Cursor) -> None:
    cursor.executemany("INSERT INTO rsc.film (id, title) VALUES (%s, %s)", [(n, str(n)) for n in range(20)])
    assert cursor.rowcount == 20


def test_dataframes_there_and_back(cursor: redshift_connector.Cursor) -> None:
    frame = pd.DataFrame({"film_id": [1, 2], "n": [10, 20]})
    cursor.execute("DELETE FROM rsc.part")
    cursor.write_dataframe(frame, "rsc.part")
    cursor.execute("SELECT film_id, n FROM rsc.part ORDER BY film_id")
    pd.testing.assert_frame_equal(cursor.fetch_dataframe(), frame)
    cursor.execute("SELECT film_id, n FROM rsc.part ORDER BY film_id")
    assert np.array_equal(cursor.fetch_numpy_array(), frame.to_numpy())
    with pytest.raises(redshift_connector.InterfaceError, match="Invalid table name"):
        cursor.write_dataframe(frame, "rsc.absent")


def test_rows_of_a_file_in_bulk(cursor: redshift_connector.Cursor, tmp_path: Path) -> None:
    file = tmp_path / "films.csv"
    file.write_text("id,skipped,title\n" + "".join(f"{n},x,title {n}\n" for n in range(7)))
    cursor.insert_data_bulk(str(file), "rsc.film", [0, 2], ["id", "title"], ",", batch_size=3)
    cursor.execute("SELECT COUNT(*), MAX(title) FROM rsc.film")
    assert cursor.fetchone() == [7, "title 6"]
    with pytest.raises(redshift_connector.InterfaceError, match="Invalid column name"):
        cursor.insert_data_bulk(str(file), "rsc.film", [0], ["absent"], ",")


def test_transactions_and_autocommit(redshift: Endpoint, connection: redshift_connector.Connection) -> None:
    with redshift.connect() as other:
        other.cursor().execute("INSERT INTO rsc.part VALUES (99, 1)")
        cursor = connection.cursor()
        cursor.execute("SELECT COUNT(*) FROM rsc.part WHERE film_id = 99")
        assert cursor.fetchone() == [0]
        other.rollback()
        other.autocommit = True
        other.cursor().execute("INSERT INTO rsc.part VALUES (99, 1)")
        cursor.execute("SELECT COUNT(*) FROM rsc.part WHERE film_id = 99")
        assert cursor.fetchone() == [1]
        cursor.execute("DELETE FROM rsc.part WHERE film_id = 99")


def test_an_error_has_its_sqlstate_and_position(cursor: redshift_connector.Cursor) -> None:
    with pytest.raises(redshift_connector.ProgrammingError) as caught:
        cursor.execute("SELECT 1 FROM WHERE")
    told = caught.value.args[0]
    assert (told["S"], told["C"]) == ("ERROR", "42601")
    # The first character that cannot be read is the W of WHERE, counted from 1.
    assert told["P"] == "15"


# Metadata ------------------------------------------------------------------------------------------------------------


def rows(cursor: redshift_connector.Cursor, call: str, *given: Any, **named: Any) -> list[list[Any]]:
    return [list(row) for row in getattr(cursor, call)(*given, **named)]


def test_catalogs_schemas_and_tables(cursor: redshift_connector.Cursor) -> None:
    assert rows(cursor, "get_catalogs") == [["dev"]]
    schemas = [row[0] for row in rows(cursor, "get_schemas")]
    assert {"rsc", "public"} <= set(schemas)
    assert not {"_rs", "main"} & set(schemas)
    found = rows(cursor, "get_tables", schema_pattern="rsc")
    assert sorted(row[2:4] for row in found) == [["film", "TABLE"], ["part", "TABLE"], ["titles", "VIEW"]]
    assert [row[2] for row in rows(cursor, "get_tables", schema_pattern="rsc", table_name_pattern="f%")] == ["film"]
    assert [row[2] for row in rows(cursor, "get_tables", schema_pattern="rsc", types=["VIEW"])] == ["titles"]
    assert ["TABLE"] in rows(cursor, "get_table_types")


def test_columns(cursor: redshift_connector.Cursor) -> None:
    found = rows(cursor, "get_columns", schema_pattern="rsc", tablename_pattern="film")
    # JDBC, DatabaseMetaData.getColumns: name, java.sql.Types, type name, size, digits, nullable, place.
    shown = {row[3]: (row[4], row[5], row[6], row[8], row[10], row[16]) for row in found}
    assert shown["id"] == (4, "int4", 10, 0, 0, 1)
    assert shown["title"][:3] == (12, "varchar", 40)
    assert shown["price"][:4] == (2, "numeric", 8, 2)
    assert shown["seen"][:2] == (93, "timestamp")
    assert shown["code"][:3] == (1, "char", 3)
    assert shown["extra"][1] == "super"
    assert [row[3] for row in found] == ["id", "title", "price", "seen", "code", "extra"]


def test_keys(cursor: redshift_connector.Cursor) -> None:
    assert rows(cursor, "get_primary_keys", schema="rsc", table="film") == [
        ["dev", "rsc", "film", "id", 1, "film_pkey"]
    ]
    imported = rows(cursor, "get_imported_keys", schema="rsc", table="part")
    assert [row[1:4] + row[5:9] for row in imported] == [["rsc", "film", "id", "rsc", "part", "film_id", 1]]
    exported = rows(cursor, "get_exported_keys", schema="rsc", table="film")
    assert [row[6:8] for row in exported] == [["part", "film_id"]]
    best = rows(cursor, "get_best_row_identifier", schema="rsc", table="film", scope=1, nullable=True)
    assert [row[1] for row in best] == ["id"]


def test_functions_procedures_and_privileges(cursor: redshift_connector.Cursor) -> None:
    found = rows(cursor, "get_functions", schema_pattern="rsc", function_name_pattern="%")
    assert [row[1:3] for row in found] == [["rsc", "half"]]
    columns = rows(
        cursor, "get_function_columns", schema_pattern="rsc", function_name_pattern="half", column_name_pattern="%"
    )
    # What it gives, and its argument.
    assert [row[6] for row in columns] == ["float8", "float8"]
    found = rows(cursor, "get_procedures", schema_pattern="rsc", procedure_name_pattern="%")
    # JDBC, DatabaseMetaData.getProcedures: 2 for one that gives something.
    assert [row[1:3] + row[7:] for row in found] == [["rsc", "append", 2, "append(integer, character varying)"]]
    columns = rows(
        cursor, "get_procedure_columns", schema_pattern="rsc", procedure_name_pattern="%", column_name_pattern="%"
    )
    # Name, mode (1 IN, 2 INOUT), java.sql.Types, type, length.
    assert [row[3:8] for row in columns] == [["n", 1, 4, "int4", 10], ["t", 2, 12, "varchar", 20]]
    cursor.execute("GRANT SELECT ON rsc.film TO PUBLIC")
    granted = rows(cursor, "get_table_privileges", schema_pattern="rsc", table_name_pattern="film")
    assert ["film", "public", "SELECT"] in [[row[2], row[4], row[5]] for row in granted]
    assert rows(cursor, "get_column_privileges", schema="rsc", table="film", column_name_pattern="%") == []


@pytest.fixture
def old_server(redshift: Endpoint) -> Iterator[redshift_connector.Cursor]:
    """A connection whose driver asks the catalogue itself, as it and Amazon's JDBC driver did before SHOW."""
    with redshift.connect() as connection, connection.cursor() as made:
        statuses = [(name, value) for name, value in connection.parameter_statuses if name != b"show_discovery"]
        connection.parameter_statuses.clear()
        connection.parameter_statuses.extend(statuses)
        yield made


def test_metadata_by_queries_of_the_catalogue(old_server: redshift_connector.Cursor) -> None:
    assert rows(old_server, "get_catalogs") == [["dev"]]
    assert rows(old_server, "get_schemas", schema_pattern="rsc") == [["rsc", "dev"]]
    found = rows(old_server, "get_tables", schema_pattern="rsc")
    assert [row[:4] for row in found] == [
        ["dev", "rsc", "film_pkey", "INDEX"],
        ["dev", "rsc", "film", "TABLE"],
        ["dev", "rsc", "part", "TABLE"],
        ["dev", "rsc", "titles", "VIEW"],
    ]
    columns = rows(old_server, "get_columns", schema_pattern="rsc", tablename_pattern="film")
    assert [(row[3], row[4], row[5], row[6], row[16]) for row in columns][:4] == [
        ("id", 4, "int4", 10, 1),
        ("title", 12, "varchar", 40, 2),
        ("price", 2, "numeric", 8, 3),
        ("seen", 93, "timestamp", 29, 4),
    ]
    everywhere = rows(old_server, "get_columns")
    assert [row[3] for row in everywhere if row[1:3] == ["rsc", "part"]] == ["film_id", "n"]
    assert [row[3] for row in rows(old_server, "get_primary_keys", schema="rsc", table="film")] == ["id"]
    procedures = rows(old_server, "get_procedures", schema_pattern="rsc")
    assert [(row[2], row[7]) for row in procedures] == [("append", 1), ("half", 2)]


def test_a_procedure_is_called_with_parameters(cursor: redshift_connector.Cursor) -> None:
    cursor.callproc("rsc.append", [4, "n"])
    assert cursor.fetchall() == (["n4"],)


def test_every_type_of_value(cursor: redshift_connector.Cursor) -> None:
    cursor.execute(
        "INSERT INTO rsc.film VALUES (%s, %s, %s, %s, 'abc', JSON_PARSE('{\"a\":1}'))",
        (1, "x", Decimal("12.50"), dt.datetime(2020, 1, 2, 3, 4, 5)),  # noqa: DTZ001 - TIMESTAMP has no zone
    )
    cursor.execute("SELECT price, seen, code, extra FROM rsc.film")
    assert cursor.fetchone() == [Decimal("12.50"), dt.datetime(2020, 1, 2, 3, 4, 5), "abc", '{"a":1}']  # noqa: DTZ001
