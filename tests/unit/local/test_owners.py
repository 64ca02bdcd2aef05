"""ALTER ... OWNER TO, and the schema that has the user's name.

Expectations: Redshift, "ALTER TABLE", "ALTER SCHEMA", "ALTER FUNCTION", "ALTER PROCEDURE", "search_path"; what becomes
of grants: PostgreSQL, "ALTER TABLE", whose old owner's grants are the new one's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.sqlstate import SqlError
from tests.unit.local.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = (
    "CREATE SCHEMA s; CREATE TABLE s.t (a INT); CREATE VIEW s.v AS SELECT a FROM s.t",
    "CREATE FUNCTION s.f(INT) RETURNS INT STABLE AS $$ SELECT $1 $$ LANGUAGE sql",
    "CREATE PROCEDURE s.p(n INT) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql",
    "CREATE USER ana PASSWORD DISABLE; CREATE USER bob PASSWORD DISABLE; GRANT USAGE, CREATE ON SCHEMA s TO ana",
)
OBJECTS = ("TABLE s.t", "TABLE s.v", "SCHEMA s", "FUNCTION s.f(INT)", "PROCEDURE s.p(INT)")


@pytest.fixture
def made(client: Client) -> Client:
    for text in MADE:
        client.run(text)
    return client


@pytest.fixture
def ana(made: Client) -> Iterator[Client]:
    """The same as a session of ana's; reset at the end."""
    made.run("SET SESSION AUTHORIZATION ana")
    yield made
    made.session.rollback()
    made.run("RESET SESSION AUTHORIZATION")


def refused(client: Client, sql: str) -> tuple[str, str]:
    with pytest.raises(SqlError) as caught:
        client.run(sql)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("what", OBJECTS)
def test_the_new_owner_may_what_an_owner_may(made: Client, what: str) -> None:
    kind, name = what.split(" ", 1)
    drop = f"DROP {'VIEW' if name == 's.v' else kind} {name}{' CASCADE' if kind == 'SCHEMA' or name == 's.t' else ''}"
    made.run("SET SESSION AUTHORIZATION ana")
    assert refused(made, drop)[1].startswith("must be owner of")
    made.run(f"RESET SESSION AUTHORIZATION; ALTER {what} OWNER TO ana; SET SESSION AUTHORIZATION ana")
    made.run(drop)
    made.run("RESET SESSION AUTHORIZATION")


@pytest.mark.parametrize("what", OBJECTS)
def test_who_is_not_the_owner_gives_nothing_away(ana: Client, what: str) -> None:
    code, message = refused(ana, f"ALTER {what} OWNER TO ana")
    assert (code, message.split(" of ")[0]) == ("42501", "must be owner")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("ALTER TABLE s.t OWNER TO nobody", "42704"),
        ("ALTER TABLE s.gone OWNER TO ana", "42P01"),
        ("ALTER SCHEMA gone OWNER TO ana", "3F000"),
        ("ALTER FUNCTION s.f(VARCHAR) OWNER TO ana", "42883"),
        ("ALTER PROCEDURE s.p() OWNER TO ana", "42883"),
        ("ALTER TABLE s.t OWNER ana", "42601"),
        ("ALTER SCHEMA s QUOTA 50 GB", "0A000"),
    ],
)
def test_what_cannot_be(made: Client, sql: str, code: str) -> None:
    assert refused(made, sql)[0] == code


def test_current_and_session_user(made: Client) -> None:
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 't'"
    made.run("ALTER TABLE s.t OWNER TO ana; SET SESSION AUTHORIZATION ana; ALTER TABLE s.t OWNER TO CURRENT_USER")
    assert made.run(owner) == [("ana",)]
    made.run("RESET SESSION AUTHORIZATION; ALTER TABLE s.t OWNER TO SESSION_USER")
    assert made.run(owner) == [("awsuser",)]


def test_grants_of_the_old_owner_go_on_as_the_new_one_s(made: Client) -> None:
    made.run("ALTER TABLE s.t OWNER TO ana; GRANT USAGE ON SCHEMA s TO bob")
    made.run("SET SESSION AUTHORIZATION ana; GRANT SELECT ON s.t TO bob; ALTER TABLE s.t OWNER TO bob")
    assert refused(made, "SELECT a FROM s.t")[0] == "42501"
    made.run("SET SESSION AUTHORIZATION bob; REVOKE SELECT ON s.t FROM bob; SELECT a FROM s.t")
    made.run("RESET SESSION AUTHORIZATION")


def test_an_owner_changes_with_its_transaction(made: Client) -> None:
    made.run("BEGIN; ALTER FUNCTION s.f(INT) OWNER TO ana; ROLLBACK; SET SESSION AUTHORIZATION ana")
    assert refused(made, "DROP FUNCTION s.f(INT)") == ("42501", "must be owner of function f")
    made.run("RESET SESSION AUTHORIZATION")


def test_the_schema_with_the_user_s_name_comes_first(made: Client) -> None:
    assert made.run("SHOW search_path") == [("$user, public",)]
    made.run("CREATE TABLE x AS SELECT 1 AS a; CREATE SCHEMA AUTHORIZATION ana; SET SESSION AUTHORIZATION ana")
    assert made.run("SELECT current_schema()") == [("ana",)]
    made.run("CREATE TABLE x AS SELECT 2 AS a; CREATE FUNCTION f() RETURNS INT STABLE AS $$ SELECT 3 $$ LANGUAGE sql")
    assert made.run("SELECT a, ana.f() FROM x") == [("2", "3")]
    made.run("RESET SESSION AUTHORIZATION")
    assert made.run("SELECT a, current_schema() FROM x") == [("1", "public")]


def test_a_user_without_such_a_schema_is_in_public(ana: Client) -> None:
    assert ana.run("SELECT current_schema(), array_to_string(current_schemas(false), ',')") == [("public", "public")]
    ana.run("CREATE TABLE x (a INT)")
    assert ana.run("SELECT schemaname FROM pg_tables WHERE tablename = 'x'") == [("public",)]


def test_a_schema_that_another_session_has_made_is_looked_into(made: Client) -> None:
    other = Client(made.engine, {})
    made.run("SET search_path TO later, '$user', public")
    assert made.run("SHOW search_path") == [("later, $user, public",)]
    other.run("CREATE SCHEMA later; CREATE TABLE later.x AS SELECT 5 AS a")
    assert made.run("SELECT a FROM x") == [("5",)]
    other.run("DROP SCHEMA later CASCADE")
    other.session.close()
    assert made.run("SELECT current_schema()") == [("public",)]
    made.run("RESET search_path")


def test_overloads_are_gathered_along_the_path(made: Client) -> None:
    """PostgreSQL, "The Schema Search Path": of one signature the first schema's counts; another one is no rival."""
    body = "STABLE AS $$ SELECT {} $$ LANGUAGE sql"
    made.run("CREATE SCHEMA one; CREATE SCHEMA two")
    made.run(f"CREATE FUNCTION one.h(VARCHAR) RETURNS INT {body.format(1)}")
    made.run(f"CREATE FUNCTION two.h(INT) RETURNS INT {body.format(2)}")
    made.run(f"CREATE FUNCTION two.h(VARCHAR) RETURNS INT {body.format(3)}")
    made.run("CREATE PROCEDURE one.q(VARCHAR) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql")
    made.run("CREATE PROCEDURE two.q(n INT, INOUT m INT) AS $$ BEGIN m := n; END $$ LANGUAGE plpgsql")
    made.run("SET search_path TO one, two")
    assert made.run("SELECT h('x'::VARCHAR), h(1)") == [("1", "2")]
    assert made.run("CALL q(4, 5)") == [("4",)]
    made.run("DROP FUNCTION h(INT); RESET search_path")
