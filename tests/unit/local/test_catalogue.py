"""Functions in the catalogue: made, replaced, dropped, seen, and all of it with the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client

DOUBLE = "CREATE FUNCTION s.double(INT) RETURNS INT STABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql"
LISTED = (
    "SELECT function_name, argument_type, result_type FROM svv_redshift_functions WHERE schema_name = 's' ORDER BY 1, 2"
)


@pytest.fixture
def schema(client: Client) -> Client:
    client.run("CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION awsuser")
    return client


def refused(client: Client, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    return caught.value


def test_a_sql_function_is_expanded_where_it_is_called(schema: Client) -> None:
    schema.run(DOUBLE)
    assert schema.run("SELECT s.double(s.DOUBLE(2) + 1), S.double(n::INT) FROM generate_series(1, 2) g(n)") == [
        ("10", "2"),
        ("10", "4"),
    ]


def test_an_argument_is_cast_to_its_declared_type(schema: Client) -> None:
    schema.run("CREATE FUNCTION s.half(INT) RETURNS INT STABLE AS $$ SELECT $1 / 2 $$ LANGUAGE sql")
    assert schema.run("SELECT s.half(5)") == [("2",)]
    schema.run("CREATE FUNCTION s.halved(FLOAT8) RETURNS FLOAT8 STABLE AS $$ SELECT $1 / 2 $$ LANGUAGE sql")
    assert schema.run("SELECT s.halved(5)") == [("2.5",)]


def test_an_argument_keeps_its_bounds_inside_the_body(schema: Client) -> None:
    schema.run("CREATE FUNCTION s.times(INT, INT) RETURNS INT STABLE AS $$ SELECT $1 * $2 $$ LANGUAGE sql")
    assert schema.run("SELECT s.times(1 + 2, 3 + 4)") == [("21",)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("SELECT $2", "42P02"),
        ("SELECT 1 FROM t", "42P13"),
        ("SELECT 1, 2", "42P13"),
        ("SELECT 1 WHERE true", "42P13"),
        ("SELECT 'x'", "42P13"),
        ("SELECT nothing($1)", "42883"),
        ("SELECT column", "42703"),
        ("SELECT", "42P13"),
        ("SELECT (", "42601"),
    ],
)
def test_a_body_that_is_refused(schema: Client, body: str, code: str) -> None:
    assert refused(schema, f"CREATE FUNCTION s.f(INT) RETURNS INT STABLE AS $$ {body} $$ LANGUAGE sql").code == code
    assert schema.run(LISTED) == []


def test_a_function_over_an_external_one_as_the_builder_deploys_it(schema: Client) -> None:
    schema.external("s.joined", "VARCHAR(MAX), INT", "VARCHAR(MAX)", options="MAX_BATCH_ROWS 10")
    schema.run(
        "CREATE FUNCTION s.wrapped(GEOMETRY, INT) RETURNS VARCHAR STABLE AS "
        "$$ SELECT s.joined(ST_ASHEXEWKB($1),$2) $$ LANGUAGE sql"
    )
    hexadecimal = "0101000020E6100000000000000000F03F0000000000000040"
    assert schema.run("SELECT s.wrapped(ST_GEOMFROMTEXT('POINT(1 2)', 4326), 5)") == [(f"{hexadecimal}|5",)]
    assert schema.sent == [[[hexadecimal, 5]]]


def test_overloads_are_told_apart_by_count_and_type(schema: Client) -> None:
    for arguments, value in (("INT", "int"), ("INT, INT", "two"), ("VARCHAR", "text")):
        schema.run(f"CREATE FUNCTION s.f({arguments}) RETURNS VARCHAR STABLE AS $$ SELECT '{value}' $$ LANGUAGE sql")
    assert schema.run("SELECT s.f(1), s.f(1, 2), s.f('x'), s.f(CAST(1 AS VARCHAR))") == [("int", "two", "text", "text")]
    assert refused(schema, "SELECT s.f(n) FROM generate_series(1, 2) g(n)").code == "42725"
    assert refused(schema, "SELECT s.f(1, 2, 3)").code == "42883"


def test_replacing_needs_or_replace_and_the_same_result(schema: Client) -> None:
    schema.run(DOUBLE)
    assert refused(schema, DOUBLE).code == "42723"
    other = DOUBLE.replace("CREATE", "CREATE OR REPLACE").replace("RETURNS INT", "RETURNS BIGINT")
    assert refused(schema, other).code == "42P13"
    schema.run(DOUBLE.replace("CREATE", "CREATE OR REPLACE").replace("* 2", "* 3"))
    assert schema.run("SELECT s.double(2)") == [("6",)]


def test_other_argument_types_make_an_overload_and_leave_the_old_one(schema: Client) -> None:
    schema.run(DOUBLE)
    schema.run(DOUBLE.replace("CREATE", "CREATE OR REPLACE").replace("(INT)", "(BIGINT)"))
    assert [row[1] for row in schema.run(LISTED)] == ["bigint", "integer"]


def test_drop_needs_the_exact_signature(schema: Client) -> None:
    schema.run(DOUBLE)
    assert refused(schema, "DROP FUNCTION s.double(BIGINT)").code == "42883"
    schema.run("DROP FUNCTION s.double(INT4)")
    assert schema.run(LISTED) == []
    assert refused(schema, "DROP FUNCTION s.double(INT)").code == "42883"


def test_a_schema_with_functions_is_kept_unless_cascade_is_said(schema: Client) -> None:
    schema.run(DOUBLE)
    assert refused(schema, "DROP SCHEMA s").code == "2BP01"
    schema.run("DROP SCHEMA s CASCADE")
    assert schema.run("SELECT COUNT(*) FROM svv_redshift_functions") == [("0",)]


def test_what_a_transaction_rolls_back_was_never_there(schema: Client) -> None:
    schema.run(f"BEGIN; {DOUBLE}; GRANT EXECUTE ON FUNCTION s.double(INT) TO PUBLIC")
    assert schema.run("SELECT s.double(1)") == [("2",)]
    schema.run("ROLLBACK")
    assert refused(schema, "SELECT s.double(1)").code == "42883"
    assert schema.session.duck.rows("SELECT COUNT(*) FROM _rs.acl WHERE kind = 'FUNCTION'") == [(0,)]


def test_a_function_that_a_view_calls_is_dropped_with_cascade(schema: Client) -> None:
    """DROP FUNCTION: CASCADE drops the objects that depend on the function, such as views; RESTRICT is the default."""
    schema.run(f"{DOUBLE}; CREATE VIEW s.v AS SELECT s.double(1) AS a; CREATE VIEW s.w AS SELECT a FROM s.v")
    schema.run("CREATE VIEW s.late AS SELECT s.double(1) AS a WITH NO SCHEMA BINDING")
    assert refused(schema, "DROP FUNCTION s.double(INT)").code == "2BP01"
    schema.run("DROP FUNCTION s.double(n INT) CASCADE")
    assert schema.run("SELECT table_name FROM svv_redshift_tables WHERE schema_name = 's'") == [("late",)]
    schema.run(DOUBLE)
    assert schema.run("SELECT a FROM s.late") == [("2",)]
    schema.run("DROP FUNCTION s.double(INT)")


def test_the_search_for_the_overload(schema: Client) -> None:
    """PostgreSQL, "Function Type Resolution"; implicit casts: Redshift, "Type compatibility and conversion"."""
    for kind in ("INT", "FLOAT8", "VARCHAR"):
        body = f"$$ SELECT '{kind}'::VARCHAR $$"
        schema.run(f"CREATE FUNCTION s.kind({kind}) RETURNS VARCHAR STABLE AS {body} LANGUAGE sql")
    schema.run("CREATE TABLE s.t (i INT, b BIGINT, d DECIMAL(5,2), v VARCHAR(9), c CHAR(3), t DATE)")
    schema.run("INSERT INTO s.t VALUES (1, 2, 3.5, 'x', 'y', '2020-01-01')")
    kinds = ", ".join(f"s.kind({each})" for each in ("i", "b", "d", "v", "c", "t", "i + 1", "'1'"))
    asked = f"SELECT {kinds} FROM s.t"
    found = [("INT", "FLOAT8", "FLOAT8", "VARCHAR", "VARCHAR", "VARCHAR", "INT", "VARCHAR")]
    assert schema.run(asked) == found
    schema.run("CREATE VIEW s.v AS SELECT s.kind(x.d) AS k FROM (SELECT d FROM s.t) AS x WHERE s.kind(x.d) = 'FLOAT8'")
    assert schema.run("SELECT k FROM s.v") == [("FLOAT8",)]
    assert schema.run("WITH q AS (SELECT v FROM s.t) SELECT s.kind(q.v) FROM q") == [("VARCHAR",)]
    assert schema.run("SELECT (SELECT s.kind(o.b) FROM s.t AS i WHERE i.i = o.i) FROM s.t AS o") == [("FLOAT8",)]


def test_an_argument_of_another_type_finds_no_function(schema: Client) -> None:
    schema.run(f"{DOUBLE}; CREATE TABLE s.t (v VARCHAR(9))")
    error = refused(schema, "SELECT s.double(v) FROM s.t")
    assert (error.code, error.message) == ("42883", "function s.double(character varying) does not exist")
    assert error.hint.startswith("No function matches the given name and argument types.")
    assert refused(schema, "SELECT s.double(true)").message == "function s.double(boolean) does not exist"
    assert schema.run("SELECT s.double('4'), s.double(NULL), s.double(2.0)") == [("8", None, "4")]


def test_two_that_fit_alike(schema: Client) -> None:
    for kind in ("DATE", "BOOLEAN"):
        schema.run(f"CREATE FUNCTION s.f({kind}) RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql")
    error = refused(schema, "SELECT s.f(NULL)")
    assert (error.code, error.message) == ("42725", "function s.f(unknown) is not unique")
    assert schema.run("SELECT s.f(true)") == [("1",)]


def test_types_beyond_the_guide_s_list_where_a_setting_lets_them(schema: Client) -> None:
    schema.engine.external_types = frozenset({"super", "geometry", "binary varying"})
    try:
        schema.external("s.same", "x SUPER", "SUPER")
        assert schema.run("""SELECT s.same(JSON_PARSE('{"a":[1,null]}')).a[0], s.same(NULL)""") == [("1", None)]
        assert schema.sent[0] == [['{"a":[1,null]}']]
        schema.run("DROP FUNCTION s.same(SUPER)")
        schema.external("s.same", "GEOMETRY", "GEOMETRY")
        assert schema.run("SELECT ST_ASEWKT(s.same(ST_GEOMFROMTEXT('POINT(1 2)', 4326)))") == [
            ("SRID=4326;POINT(1 2)",)
        ]
        schema.run("DROP FUNCTION s.same(GEOMETRY)")
        schema.external("s.same", "VARBYTE", "VARBYTE")
        assert schema.run("SELECT FROM_VARBYTE(s.same(TO_VARBYTE('ff00', 'hex')), 'hex')") == [("ff00",)]
    finally:
        schema.engine.external_types = frozenset()


def test_others_see_a_function_once_it_is_committed(schema: Client) -> None:
    schema.run(f"BEGIN; {DOUBLE}")
    other = schema.engine.session("awsuser")
    assert other.catalog.overloads(["s"], "double") == []
    schema.run("COMMIT")
    assert [str(each) for each in other.catalog.overloads(["s"], "double")] == ["s.double(integer)"]
    other.close()


def test_two_sessions_cannot_make_one_function_twice(schema: Client) -> None:
    """The words: aws/amazon-redshift-jdbc-driver, issue 147."""
    other = schema.engine.session("awsuser")
    one, two = schema.session, other
    for late in (False, True):
        for session, sql in ((one, "BEGIN"), (two, "BEGIN"), (two, LISTED), (one, DOUBLE)):
            schema.session = session
            schema.run(sql)
        if late:
            one.commit()
        schema.session = two
        if late:
            assert refused(schema, DOUBLE).code == "40001"
            two.rollback()
        else:
            schema.run(DOUBLE)
            one.commit()
            with pytest.raises(SqlError) as caught:
                two.commit()
            assert caught.value.code == "40001"
            assert caught.value.message == "could not complete because of conflict with concurrent transaction"
        schema.session = one
        assert len(schema.run(LISTED)) == 1
        schema.run("DROP FUNCTION s.double(INT)")
    other.close()


def test_two_sessions_that_replace_one_function_at_a_time(schema: Client) -> None:
    schema.run(DOUBLE)
    other = schema.engine.session("awsuser")
    replaced = DOUBLE.replace("CREATE", "CREATE OR REPLACE")
    schema.run(f"BEGIN; {replaced}")
    one, schema.session = schema.session, other
    assert refused(schema, replaced).code == "40001"
    schema.session = one
    schema.run("COMMIT")
    assert len(schema.run(LISTED)) == 1
    other.close()


def test_the_views_that_clients_read(schema: Client) -> None:
    schema.run(DOUBLE)
    schema.external("s.twice", "a BIGINT, VARCHAR(10)", "DOUBLE PRECISION")
    assert schema.run(LISTED) == [
        ("double", "integer", "integer"),
        ("twice", "bigint, character varying", "double precision"),
    ]
    assert schema.run("SELECT DISTINCT database_name FROM svv_redshift_schemas") == [("dev",)]
    assert schema.run("SELECT usename FROM pg_user") == [("awsuser",)]
    sql = (
        "SELECT p.proname, oidvectortypes(p.proargtypes), p.prosrc, l.lanname FROM pg_proc p "
        "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
        "WHERE n.nspname = 's' ORDER BY 1"
    )
    assert schema.run(sql) == [
        ("double", "integer", " SELECT $1 * 2 ", "sql"),
        ("twice", "bigint, character varying", "twice", "exfunc"),
    ]


def test_a_name_is_found_along_the_search_path(schema: Client) -> None:
    schema.run(DOUBLE)
    assert refused(schema, "SELECT double(1)").code == "42883"
    schema.run("SET search_path TO nowhere, s, public")
    assert schema.run("SELECT double(1), current_schema()") == [("2", "s")]
    assert schema.run("SHOW search_path") == [("nowhere, s, public",)]


def test_a_schema_of_any_name_is_found(client: Client) -> None:
    client.run("""CREATE SCHEMA "a'b, c"; SET search_path TO "a'b, c"; CREATE TABLE t (x INT)""")
    assert client.run("""SELECT COUNT(*) FROM "a'b, c".t""") == [("0",)]


def test_functions_that_call_one_another_in_a_circle_end(schema: Client) -> None:
    schema.run(DOUBLE)
    schema.run("CREATE FUNCTION s.outer(INT) RETURNS INT STABLE AS $$ SELECT s.double($1) $$ LANGUAGE sql")
    error = refused(
        schema, DOUBLE.replace("CREATE", "CREATE OR REPLACE").replace("$1 * 2", "s.outer($1)") + "; SELECT s.outer(1)"
    )
    assert error.code == "54001"


def test_a_failed_transaction_takes_nothing_but_its_end(schema: Client) -> None:
    schema.run("BEGIN; CREATE TABLE t (a INT)")
    assert refused(schema, "SELECT 1 / 0").code == "22012"
    schema.session.failed()
    assert refused(schema, "SELECT 1").code == "25P02"
    assert schema.session.commit() == "ROLLBACK"
    assert refused(schema, "SELECT * FROM t").code == "42P01"


@pytest.mark.parametrize("alias", ["f", "p", "r"])
def test_what_is_asked_of_one_function_of_several_is_told_of_that_one(schema: Client, alias: str) -> None:
    """As psql asks pg_get_functiondef() of an OID. The alias is the client's own affair."""
    schema.run(DOUBLE)
    schema.external("s.twice", "a BIGINT, VARCHAR(10)", "DOUBLE PRECISION")
    (oid,) = schema.run("SELECT oid FROM pg_proc WHERE proname = 'double'")[0]
    definition = (
        "CREATE OR REPLACE FUNCTION s.double(integer)\n RETURNS integer\nSTABLE\nAS $$ SELECT $1 * 2 $$ LANGUAGE sql\n"
    )
    assert schema.run(f"SELECT pg_catalog.pg_get_functiondef({oid})") == [(definition,)]
    sql = (
        f"SELECT pg_get_function_arguments({alias}.oid), pg_get_function_result({alias}.oid) FROM pg_proc {alias} "
        f"ORDER BY {alias}.proname"
    )
    assert schema.run(sql) == [("integer", "integer"), ("a bigint, character varying(10)", "double precision")]


def test_what_is_asked_of_one_table_of_several_is_told_of_that_one(schema: Client) -> None:
    schema.run("CREATE TABLE s.one (a INT); CREATE TABLE s.two (a INT); COMMENT ON TABLE s.two IS 'second'")
    sql = (
        "SELECT r.relname, pg_table_is_visible(r.oid), obj_description(r.oid, 'pg_class') FROM pg_class r "
        "JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = 's' ORDER BY 1"
    )
    assert schema.run(sql) == [("one", "f", None), ("two", "f", "second")]


@pytest.mark.parametrize("name", ["stl_query", "stv_recents", "SVL_QLOG", "pg_catalog.stl_query", "sys_query_history"])
def test_a_system_table_of_redshift_that_is_not_here_is_refused_by_name(client: Client, name: str) -> None:
    error = refused(client, f"SELECT * FROM {name}")
    table = name.rpartition(".")[2].lower()
    assert (error.code, error.message.partition(" is not")[0]) == ("0A000", f"system table {table}")
    assert error.hint.endswith("docs/local-redshift.md#what-is-supported")


def test_a_table_of_ones_own_may_be_named_as_a_system_table(schema: Client) -> None:
    assert schema.run("CREATE TABLE s.stl_mine (a INT); SELECT COUNT(*) FROM s.stl_mine") == [("0",)]
