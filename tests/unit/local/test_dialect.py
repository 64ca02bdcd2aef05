"""Redshift's meaning of statements, after its documentation; values by hand or by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import from_wkb, get_srid

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7.0 / 2", "3.500000000000"),  # DECIMAL(2,1) by INT4, that is DECIMAL(10,0): scale 1 + 10 - 0 + 1
        ("5 # 3", "6"),
        ("~5", "-6"),
        ("6 & 3", "2"),
        ("4 | 1", "5"),
        ("CAST(1 AS BIGINT) << 62", "4611686018427387904"),
        ("CAST(1 AS BIGINT) << 63", "-9223372036854775808"),
        ("CAST(-8 AS BIGINT) >> 1", "-4"),
        ("1 << 33", "2"),  # PostgreSQL's int4: the count modulo 32
        ("STRTOL('ff', 16)", "255"),
        ("STRTOL('-101', 2)", "-5"),
        ("TO_HEX(255)", "ff"),
        ("POWER(2, 10)", "1024"),
        ("NVL(NULL, 3)", "3"),
        ("MOD(7, 3)", "1"),
        ("CAST('abcdef' AS VARCHAR(3))", "abc"),
        ("LEN('é')", "1"),
        ("OCTET_LENGTH('é')", "2"),
        ("FROM_VARBYTE(TO_VARBYTE('ff00', 'hex'), 'hex')", "ff00"),
        ("CAST(1 AS DECIMAL)", "1"),
        ("CAST(1 AS FLOAT)", "1"),
        ("'a\\'b'", "a'b"),
        ("CHARINDEX('c', 'abc')", "3"),
        ("DATEDIFF(day, DATE '2020-01-01', DATE '2020-03-01')", "60"),
        ("SPLIT_PART('a,b', ',', 2)", "b"),
        ("'abc' SIMILAR TO '%b%'", "t"),
        ("INITCAP('hello wORLD')", "Hello World"),
    ],
)
def test_expressions(client: Client, expression: str, expected: str) -> None:
    assert client.run(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("JSON_SERIALIZE(JSON_PARSE('{\"a\": [1, 2.50]}'))", '{"a":[1,2.5]}'),
        ("OBJECT('a', 1, 'b', ARRAY(1, 'x', NULL))", '{"a":1,"b":[1,"x",null]}'),
        ("GET_ARRAY_LENGTH(JSON_PARSE('[1,2,3]'))", "3"),
        ("JSON_TYPEOF(JSON_PARSE('{}'))", "object"),
        ("CAST(JSON_PARSE('\"abc\"') AS VARCHAR)", "abc"),
        ("CAST(JSON_PARSE('9007199254740993') AS BIGINT)", "9007199254740993"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\":{\"b\":1}}', 'a', 'b')", "1"),
        ("ARRAY_CONCAT(ARRAY(1), ARRAY(2, 3))", "[1,2,3]"),
    ],
)
def test_super(client: Client, expression: str, expected: str) -> None:
    assert client.run(f"SELECT {expression}") == [(expected,)]


@pytest.fixture
def nested(client: Client) -> Client:
    client.run(
        "CREATE TABLE t (id INT, s SUPER);"
        """INSERT INTO t VALUES (1, JSON_PARSE('[{"k":"a","n":10},{"k":"b","n":9}]'));"""
        "INSERT INTO t VALUES (2, NULL), (3, JSON_PARSE('[]'))"
    )
    return client


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT s[1].k FROM t WHERE id = 1", [('"b"',)]),
        ("SELECT t.s[0].n FROM t WHERE id = 1", [("10",)]),
        ("SELECT id, x.n FROM t, t.s AS x ORDER BY x.n", [("1", "9"), ("1", "10")]),
        ("SELECT x.k, i FROM t, t.s AS x AT i ORDER BY i", [('"a"', "0"), ('"b"', "1")]),
        ("SELECT x.n FROM t, t.s AS x WHERE x.k = 'b'", [("9",)]),
        ("SELECT CAST(x.n AS INT) + 1 FROM t, t.s AS x WHERE x.n > 9", [("11",)]),
        ("SELECT UPPER(x.k) FROM t, t.s AS x ORDER BY 1", [("A",), ("B",)]),
        ("SELECT COUNT(*) FROM t, t.s AS x JOIN t AS u ON u.id = 1", [("2",)]),
        ("SELECT id, x.n FROM t LEFT JOIN t.s AS x ON TRUE WHERE id > 1 ORDER BY id", [("2", None), ("3", None)]),
    ],
)
def test_paths_and_unnesting(nested: Client, sql: str, expected: list[tuple[str | None, ...]]) -> None:
    assert nested.run(sql) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ST_ASTEXT(ST_GEOMFROMTEXT('POLYGON((0 0, 1.5 0, 1 1, 0 0))'))", "POLYGON((0 0,1.5 0,1 1,0 0))"),
        ("ST_ASEWKT(ST_SETSRID(ST_MAKEPOINT(1, 2), 4326))", "SRID=4326;POINT(1 2)"),
        ("ST_SRID(ST_GEOMFROMTEXT('POINT(1 2)', 4326))", "4326"),
        ("ST_SRID(ST_MAKEPOINT(1, 2))", "0"),
        (
            'ST_ASGEOJSON(ST_GEOMFROMGEOJSON(\'{"type":"Point","coordinates":[1,2.5]}\'))',
            '{"type":"Point","coordinates":[1,2.5]}',
        ),
        ("ST_X(ST_POINT(1, 2)) + ST_Y(ST_POINT(1, 2))", "3"),
        ("ST_INTERSECTS(ST_POINT(1, 1), ST_GEOMFROMTEXT('POLYGON((0 0,2 0,2 2,0 2,0 0))'))", "t"),
        ("ST_CONTAINS(ST_GEOMFROMTEXT('POLYGON((0 0,2 0,2 2,0 2,0 0))'), ST_POINT(3, 1))", "f"),
        ("ST_GEOMETRYTYPE(ST_POINT(1, 1))", "ST_Point"),
        ("ST_X(CAST(NULL AS GEOMETRY))", None),
    ],
)
def test_geometry(client: Client, expression: str, expected: str | None) -> None:
    assert client.run(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize("wkt", ["POINT(1 2)", "POINT Z (1 2 3)", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"])
@pytest.mark.parametrize("srid", [0, 4326, 3857])
def test_a_geometry_goes_out_as_ewkb_that_another_library_reads(client: Client, wkt: str, srid: int) -> None:
    ((text,),) = client.run(f"SELECT ST_GEOMFROMTEXT('{wkt}', {srid})")
    geometry = from_wkb(str(text))
    assert get_srid(geometry) == srid
    assert client.run(f"SELECT ST_ASEWKT(ST_GEOMFROMHEXEWKB('{text}'))") == [
        (
            ("" if srid == 0 else f"SRID={srid};")
            + geometry.wkt.replace(" (", "(").replace(", ", ",").replace("Z(", "Z("),
        )
    ]


def test_identifiers_are_folded_quoted_or_not(client: Client) -> None:
    client.run('CREATE TABLE "Mixed" (Id INT, "Select" INT); INSERT INTO mixed VALUES (1, 2)')
    assert client.run('SELECT ID, "SELECT" AS "Out Put" FROM MIXED') == [("1", "2")]
    assert [name for name, _ in client.columns] == ["id", "out put"]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        (
            "SELECT COUNT(*), 1, 'x', 1 + 1, CAST(1 AS BIGINT), UPPER('a')",
            ["count", "?column?", "?column?", "?column?", "int8", "upper"],
        ),
        ("SELECT CASE WHEN true THEN 1 END, ST_X(ST_POINT(1, 2)), (1)", ["case", "st_x", "?column?"]),
    ],
)
def test_columns_without_names_are_named_as_postgresql_does(client: Client, sql: str, names: list[str]) -> None:
    client.run(sql)
    assert [name for name, _ in client.columns] == names


def test_a_table_with_everything_that_redshift_s_storage_takes(client: Client) -> None:
    client.run(
        "CREATE TABLE IF NOT EXISTS s (id BIGINT NOT NULL ENCODE az64 DISTKEY SORTKEY, "
        "v VARCHAR(3) DEFAULT 'x' ENCODE lzo, c CHAR(2), d DECIMAL(10,2) DEFAULT 1 + 1, "
        "g GEOMETRY, j SUPER, b VARBYTE(10), PRIMARY KEY (id), UNIQUE (v), FOREIGN KEY (id) REFERENCES other (id)) "
        "BACKUP YES DISTSTYLE KEY COMPOUND SORTKEY (id, v)"
    )
    client.run("INSERT INTO s (id) VALUES (1), (1)")
    assert client.run("SELECT id, v, d FROM s LIMIT 1") == [("1", "x", "2.00")]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nothing", "42P01"),
        ("SELECT nothing FROM t", "42703"),
        ("SELECT nothing(1)", "42883"),
        ("SELECT read_text('/etc/hostname')", "42883"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT CAST('x' AS INT)", "22P02"),
        ("SELECT FROM WHERE", "42601"),
        ("SELEC 1", "42601"),
        ("INSERT INTO t VALUES (NULL, 'a')", "23502"),
        ("INSERT INTO t VALUES (1, 'abcd')", "22001"),
        ("CREATE TABLE t (a INT)", "42P07"),
        ("CREATE SCHEMA public", "42P06"),
        ("DROP SCHEMA nothing", "3F000"),
        ("SELECT $1", "42P02"),
        ("SELECT ST_INTERSECTS(ST_POINT(1, 1), ST_SETSRID(ST_POINT(1, 1), 4326))", "22023"),
        ("SELECT JSON_PARSE('{')", "22P02"),
        ("SHOW nothing", "42704"),
        ("SET client_encoding TO latin1", "0A000"),
        ("GRANT EXECUTE ON FUNCTION nothing(INT) TO PUBLIC", "42883"),
        ("GRANT SELECT ON SCHEMA public TO PUBLIC", "42601"),
    ],
)
def test_errors_carry_their_state(client: Client, sql: str, code: str) -> None:
    client.run("CREATE TABLE t (a INT NOT NULL, v VARCHAR(3))")
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM st_read('/etc/passwd')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM duckdb_settings()",
        "SELECT getenv('HOME')",
        "COPY t FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "LOAD '/tmp/evil.so'",
        "PRAGMA version",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/out'",
        "SET enable_external_access TO true; SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM _rs.function",
        "INSERT INTO _rs.function (oid) VALUES (1)",
        "DROP SCHEMA _rs CASCADE",
        "DROP TABLE _rs.function",
        "SELECT _rs.text(1)",
        "CREATE FUNCTION f() RETURNS VARCHAR STABLE AS $$ SELECT read_text('/etc/passwd') $$ LANGUAGE sql",
        "CREATE FUNCTION f() RETURNS VARCHAR STABLE AS $$ SELECT 1; DROP TABLE t $$ LANGUAGE sql",
        "CREATE VIEW w AS SELECT * FROM read_csv('/etc/passwd')",
        "CREATE TABLE w AS SELECT * FROM read_csv('/etc/passwd')",
        "CREATE TABLE w (a INT DEFAULT (SELECT 1 FROM read_csv('/etc/passwd')))",
    ],
)
def test_sql_reaches_neither_the_host_nor_our_own_tables(client: Client, sql: str) -> None:
    with pytest.raises(SqlError):
        client.run(sql)


def test_the_database_itself_is_shut_off_from_the_host(client: Client) -> None:
    for sql in ("SELECT * FROM read_text('/etc/hostname')", "SET threads = 1", "ATTACH '/tmp/x.duckdb'"):
        with pytest.raises(SqlError):
            client.session.duck.run(sql)


def test_shifts_in_shifts_do_not_grow_the_statement_with_every_one(client: Client) -> None:
    # A macro that names its argument three times makes 3^14 of it.
    client.run("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (5)")
    text, value = "n", 5
    for step in range(7):
        text = f"((({text} | (n << {step})) << 1) >> 1) + 1"
        value = ((value | (5 << step)) << 1 >> 1) + 1
    assert client.run(f"SELECT {text} FROM t") == [(str(value),)]


@pytest.mark.parametrize(
    "sql",
    ["SELECT f(*) FROM t", "SELECT f(t.*) FROM t", "SELECT 1 + * FROM t", "SELECT t.* + 1 FROM t", 'DELETE "x" FROM t'],
)
def test_a_star_or_a_word_out_of_place_is_an_error_of_the_statement(client: Client, sql: str) -> None:
    client.run("CREATE TABLE t (a INT, b INT)")
    client.run("CREATE FUNCTION f(INT, INT) RETURNS INT STABLE AS $$ SELECT $1 $$ LANGUAGE sql")
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    assert caught.value.code[:2] == "42"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # Each names its argument in two to five places; ten of them in each other would be 5^10 of it.
        ("SELECT " + "JSON_SERIALIZE(JSON_PARSE(" * 10 + "'[1]'" + "))" * 10, "[1]"),
        ("SELECT " + "CAST(JSON_PARSE(" * 10 + "'7'" + ") AS VARCHAR)" * 10, "7"),
        ("SELECT ST_AsText(" + "ST_Union(ST_Point(1, 2), " * 10 + "ST_Point(1, 2)" + ")" * 11, "POINT(1 2)"),
        ("SELECT ST_SRID(" + "ST_Transform(" * 10 + "ST_SetSRID(ST_Point(0, 0), 4326)" + ", 4326)" * 10 + ")", "4326"),
    ],
    ids=["json", "texts", "geometries", "srids"],
)
def test_functions_in_functions_do_not_grow_the_statement(client: Client, sql: str, expected: str) -> None:
    assert client.run(sql) == [(expected,)]


def test_a_statement_that_is_nested_too_deeply_is_refused_and_a_long_condition_is_not_deep(client: Client) -> None:
    for sql in ("SELECT " + " + ".join("1" * 300), "SELECT " + "(" * 300 + "1" + ")" * 300):
        with pytest.raises(SqlError) as caught:
            client.run(sql)
        assert caught.value.code == "54001"
    condition = " OR ".join(f"n = {value}" for value in range(400))
    assert client.run(f"SELECT COUNT(*) FROM (SELECT 399 AS n) AS t WHERE {condition}") == [("1",)]


def test_what_is_no_json_is_named(client: Client) -> None:
    with pytest.raises(SqlError) as caught:
        client.run("SELECT JSON_PARSE('[1, two]')")
    assert (caught.value.code, caught.value.message) == ("22P02", "Invalid JSON: [1, two]")
