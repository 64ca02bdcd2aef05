"""Users, groups, roles and what they may do. Expectations: Redshift, "GRANT", "UDF security and privileges",
"System permissions for RBAC", "CREATE USER"; the words of refusals: PostgreSQL's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from tests.unit.local.client import Client

DOUBLE = "CREATE FUNCTION s.double(INT) RETURNS INT STABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql"
ROLE = "arn:aws:iam::123456789012:role/invoke"
EXTERNAL = f"CREATE EXTERNAL FUNCTION s.same(INT) RETURNS INT STABLE LAMBDA 'same' IAM_ROLE '{ROLE}'"


@pytest.fixture
def ana(client: Client) -> Client:
    """A schema s, a table s.t and the user ana, who has been granted nothing."""
    client.run("CREATE SCHEMA s; CREATE TABLE s.t (a INT); INSERT INTO s.t VALUES (1), (2)")
    client.run("CREATE USER ana PASSWORD 'Secret123'")
    return client


def as_user(client: Client, user: str, sql: str) -> list[tuple[str | None, ...]]:
    client.run(f"SET SESSION AUTHORIZATION {user}")
    try:
        return client.run(sql)
    finally:
        if client.session.status == "E":
            client.session.rollback()
        client.run("SET SESSION AUTHORIZATION DEFAULT")


def refused(client: Client, sql: str, user: str = "awsuser") -> tuple[str, str]:
    with pytest.raises(SqlError) as caught:
        as_user(client, user, sql)
    return caught.value.code, caught.value.message


def test_a_session_is_its_user_s(ana: Client) -> None:
    who = "SELECT current_user, session_user"
    assert as_user(ana, "ana", who) == [("ana", "ana")]
    assert ana.run(who) == [("awsuser", "awsuser")]
    assert ana.run("SET SESSION AUTHORIZATION 'ana'; " + who) == [("ana", "ana")]
    assert ana.run("SHOW is_superuser") == [("off",)]
    assert ana.run("RESET SESSION AUTHORIZATION; " + who) == [("awsuser", "awsuser")]


def test_only_a_superuser_becomes_another(ana: Client) -> None:
    other = ana.engine.session("ana")
    ana.session, before = other, ana.session
    with pytest.raises(SqlError) as caught:
        ana.run("SET SESSION AUTHORIZATION awsuser")
    ana.session = before
    other.close()
    assert (caught.value.code, caught.value.message) == ("42501", "permission denied to set session authorization")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (EXTERNAL, "permission denied for schema s"),
        (DOUBLE, "permission denied for schema s"),
        ("SELECT * FROM s.t", "permission denied for schema s"),
        ("CREATE TABLE s.u (a INT)", "permission denied for schema s"),
        ("CREATE VIEW s.v AS SELECT 1 AS a", "permission denied for schema s"),
        ("CREATE SCHEMA mine", "permission denied for database dev"),
        ("DROP SCHEMA s CASCADE", "must be owner of schema s"),
        ("CREATE USER bob PASSWORD DISABLE", "permission denied: must be superuser to create users"),
        ("GRANT SELECT ON s.t TO PUBLIC", "permission denied for relation t"),
        ("GRANT USAGE ON LANGUAGE exfunc TO ana", "permission denied for language exfunc"),
    ],
)
def test_what_a_new_user_may_not_do(ana: Client, sql: str, message: str) -> None:
    assert refused(ana, sql, "ana") == ("42501", message)


def test_an_external_function_takes_create_on_its_schema_and_usage_of_the_language(ana: Client) -> None:
    ana.run("GRANT CREATE, USAGE ON SCHEMA s TO ana")
    assert refused(ana, EXTERNAL, "ana") == ("42501", "permission denied for language exfunc")
    ana.run("GRANT USAGE ON LANGUAGE EXFUNC TO ana")
    assert as_user(ana, "ana", f"{EXTERNAL}; SELECT s.same(3)") == [("3",)]
    ana.run("REVOKE USAGE ON LANGUAGE EXFUNC FROM ana; DROP FUNCTION s.same(INT)")
    assert refused(ana, EXTERNAL, "ana") == ("42501", "permission denied for language exfunc")


def test_everybody_may_write_sql_functions_until_it_is_revoked(ana: Client) -> None:
    ana.run("GRANT CREATE, USAGE ON SCHEMA s TO ana")
    as_user(ana, "ana", DOUBLE)
    ana.run("REVOKE USAGE ON LANGUAGE sql FROM PUBLIC; DROP FUNCTION s.double(INT)")
    assert refused(ana, DOUBLE, "ana") == ("42501", "permission denied for language sql")


def test_execute_is_public_s_until_it_is_revoked(ana: Client) -> None:
    ana.run(f"{DOUBLE}; GRANT USAGE ON SCHEMA s TO ana")
    assert as_user(ana, "ana", "SELECT s.double(2)") == [("4",)]
    ana.run("REVOKE EXECUTE ON FUNCTION s.double(INT) FROM PUBLIC")
    assert refused(ana, "SELECT s.double(2)", "ana") == ("42501", "permission denied for function double")
    ana.run("GRANT EXECUTE ON FUNCTION s.double(INT) TO ana")
    assert as_user(ana, "ana", "SELECT s.double(2)") == [("4",)]


@pytest.mark.parametrize("grantee", ["GROUP readers", "ROLE reader", "PUBLIC", "ana"])
def test_every_kind_of_grantee(ana: Client, grantee: str) -> None:
    ana.run("CREATE GROUP readers WITH USER ana; CREATE ROLE reader; GRANT ROLE reader TO ana")
    ana.run(f"{DOUBLE}; REVOKE ALL ON FUNCTION s.double(INT) FROM PUBLIC")
    ana.run(f"GRANT USAGE ON SCHEMA s TO {grantee}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA s TO {grantee}")
    assert as_user(ana, "ana", "SELECT s.double(2)") == [("4",)]
    ana.run(f"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA s FROM {grantee}")
    assert refused(ana, "SELECT s.double(2)", "ana")[0] == "42501"


def test_a_role_is_held_through_another(ana: Client) -> None:
    ana.run("CREATE ROLE low; CREATE ROLE high; GRANT ROLE low TO ROLE high; GRANT ROLE high TO ana")
    ana.run("GRANT USAGE ON SCHEMA s TO ROLE low; GRANT SELECT ON s.t TO ROLE low")
    assert as_user(ana, "ana", "SELECT SUM(a) FROM s.t") == [("3",)]
    assert refused(ana, "GRANT ROLE high TO ROLE low")[0] == "0LP01"
    ana.run("REVOKE ROLE low FROM ROLE high")
    assert refused(ana, "SELECT SUM(a) FROM s.t", "ana")[0] == "42501"


def test_a_wrapper_s_caller_needs_execute_on_what_it_calls(ana: Client) -> None:
    """UDF security and privileges: "To run a UDF, you must have permission to do so for each function"."""
    wrapper = "CREATE FUNCTION s.wrapped(INT) RETURNS INT STABLE AS $$ SELECT s.same($1) $$ LANGUAGE sql"
    ana.run(f"{EXTERNAL}; {wrapper}; GRANT USAGE ON SCHEMA s TO ana")
    assert as_user(ana, "ana", "SELECT s.wrapped(1)") == [("1",)]
    ana.run("REVOKE EXECUTE ON FUNCTION s.same(INT) FROM PUBLIC")
    assert refused(ana, "SELECT s.wrapped(1)", "ana") == ("42501", "permission denied for function same")


def test_a_view_reads_by_its_owner_s_rights_and_calls_by_the_caller_s(ana: Client) -> None:
    ana.run(f"{DOUBLE}; CREATE VIEW s.v AS SELECT s.double(a) AS d FROM s.t")
    ana.run("GRANT USAGE ON SCHEMA s TO ana; GRANT SELECT ON s.v TO ana")
    assert as_user(ana, "ana", "SELECT SUM(d) FROM s.v") == [("6",)]
    assert refused(ana, "SELECT * FROM s.t", "ana") == ("42501", "permission denied for relation t")
    ana.run("REVOKE EXECUTE ON FUNCTION s.double(INT) FROM PUBLIC")
    assert refused(ana, "SELECT SUM(d) FROM s.v", "ana") == ("42501", "permission denied for function double")


@pytest.mark.parametrize(
    ("needed", "sql"),
    [
        ("SELECT", "SELECT * FROM s.t"),
        ("SELECT", "SELECT (SELECT MAX(a) FROM s.t)"),
        ("SELECT", "WITH x AS (SELECT * FROM s.t) SELECT * FROM x"),
        ("SELECT", "CREATE TEMP TABLE mine AS SELECT * FROM s.t"),
        ("INSERT", "INSERT INTO s.t VALUES (3)"),
        ("SELECT, UPDATE", "UPDATE s.t SET a = 1"),
        ("SELECT, DELETE", "DELETE FROM s.t WHERE a = 1"),
        ("TRUNCATE", "TRUNCATE s.t"),
        ("ALTER", "ALTER TABLE s.t ADD COLUMN b INT"),
        ("DROP", "DROP TABLE s.t"),
    ],
)
def test_what_a_table_asks(ana: Client, needed: str, sql: str) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana")
    assert refused(ana, sql, "ana")[0] == "42501"
    ana.run(f"GRANT {needed} ON TABLE s.t TO ana")
    as_user(ana, "ana", sql)


def test_a_cte_of_a_table_s_name_opens_no_table(ana: Client) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana; SET search_path TO s")
    asked = "SELECT (WITH t AS (SELECT 5 AS a) SELECT a FROM t), a FROM t"
    assert refused(ana, asked, "ana") == ("42501", "permission denied for relation t")
    assert as_user(ana, "ana", "WITH t AS (SELECT 5 AS a) SELECT a FROM t") == [("5",)]
    assert refused(ana, "WITH t AS (SELECT a FROM t) SELECT a FROM t", "ana")[0] == "42501"


def test_an_owner_may_do_everything_with_what_is_theirs(ana: Client) -> None:
    ana.run("GRANT CREATE ON DATABASE dev TO ana")
    made = "CREATE SCHEMA mine; CREATE TABLE mine.t (a INT); INSERT INTO mine.t VALUES (7); CREATE USER"
    as_user(ana, "ana", made.removesuffix("; CREATE USER"))
    ana.run("CREATE USER bob PASSWORD DISABLE")
    assert refused(ana, "SELECT * FROM mine.t", "bob")[0] == "42501"
    as_user(ana, "ana", "GRANT USAGE ON SCHEMA mine TO bob; GRANT SELECT ON mine.t TO bob")
    assert as_user(ana, "bob", "SELECT * FROM mine.t") == [("7",)]
    assert refused(ana, "DROP TABLE mine.t", "bob") == ("42501", "must be owner of relation t")
    as_user(ana, "ana", "DROP TABLE mine.t; DROP SCHEMA mine")
    assert ana.run("SELECT COUNT(*) FROM svv_relation_privileges") == [("0",)]


def test_a_grant_with_grant_option_goes_on(ana: Client) -> None:
    ana.run(f"{DOUBLE}; REVOKE ALL ON FUNCTION s.double(INT) FROM PUBLIC; CREATE USER bob PASSWORD DISABLE")
    ana.run("GRANT USAGE ON SCHEMA s TO PUBLIC; GRANT EXECUTE ON FUNCTION s.double(INT) TO ana")
    assert refused(ana, "GRANT EXECUTE ON FUNCTION s.double(INT) TO bob", "ana")[0] == "42501"
    ana.run("GRANT EXECUTE ON FUNCTION s.double(INT) TO ana WITH GRANT OPTION")
    as_user(ana, "ana", "GRANT EXECUTE ON FUNCTION s.double(INT) TO bob")
    assert as_user(ana, "bob", "SELECT s.double(1)") == [("2",)]
    assert refused(ana, "REVOKE EXECUTE ON FUNCTION s.double(INT) FROM ana") == ("2BP01", "dependent privileges exist")
    ana.run("REVOKE EXECUTE ON FUNCTION s.double(INT) FROM ana CASCADE")
    assert refused(ana, "SELECT s.double(1)", "bob")[0] == "42501"
    assert refused(ana, "GRANT EXECUTE ON FUNCTION s.double(INT) TO PUBLIC WITH GRANT OPTION")[0] == "0LP01"


def test_default_privileges_come_with_what_is_made_later(ana: Client) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO ana")
    ana.run("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    assert refused(ana, "SELECT * FROM s.t", "ana")[0] == "42501"
    ana.run(f"CREATE TABLE s.later (a INT); {DOUBLE}")
    assert as_user(ana, "ana", "SELECT COUNT(*) FROM s.later") == [("0",)]
    assert refused(ana, "SELECT s.double(1)", "ana")[0] == "42501"
    ana.run("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC; DROP FUNCTION s.double(INT)")
    ana.run(DOUBLE)
    assert as_user(ana, "ana", "SELECT s.double(1)") == [("2",)]


def test_a_role_with_a_system_permission(ana: Client) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana; CREATE ROLE deployer; GRANT ROLE deployer TO ana")
    ana.run("GRANT CREATE OR REPLACE EXTERNAL FUNCTION, DROP FUNCTION TO ROLE deployer")
    as_user(ana, "ana", EXTERNAL)
    as_user(ana, "ana", EXTERNAL.replace("CREATE", "CREATE OR REPLACE"))
    ana.run(DOUBLE)
    as_user(ana, "ana", "DROP FUNCTION s.double(INT)")
    assert refused(ana, "GRANT CREATE TABLE TO ana")[0] == "42601"


def test_only_a_superuser_replaces_an_external_function(ana: Client) -> None:
    ana.run("GRANT CREATE, USAGE ON SCHEMA s TO ana; GRANT USAGE ON LANGUAGE exfunc TO ana")
    as_user(ana, "ana", EXTERNAL)
    assert refused(ana, EXTERNAL.replace("CREATE", "CREATE OR REPLACE"), "ana")[0] == "42501"
    ana.run(EXTERNAL.replace("CREATE", "CREATE OR REPLACE"))
    as_user(ana, "ana", "DROP FUNCTION s.same(INT)")


def test_a_replaced_function_keeps_its_grants_and_its_owner(ana: Client) -> None:
    ana.run(f"{DOUBLE}; REVOKE EXECUTE ON FUNCTION s.double(INT) FROM PUBLIC; GRANT USAGE ON SCHEMA s TO ana")
    ana.run(DOUBLE.replace("CREATE", "CREATE OR REPLACE"))
    assert refused(ana, "SELECT s.double(1)", "ana")[0] == "42501"
    ana.run(f"DROP FUNCTION s.double(INT); {DOUBLE}")
    assert as_user(ana, "ana", "SELECT s.double(1)") == [("2",)]


def test_questions_about_privileges(ana: Client) -> None:
    ana.run(f"{DOUBLE}; REVOKE EXECUTE ON FUNCTION s.double(INT) FROM PUBLIC; GRANT USAGE ON SCHEMA s TO ana")
    asked = (
        "SELECT has_schema_privilege('ana', 's', 'usage'), has_schema_privilege('ana', 's', 'CREATE'), "
        "has_function_privilege('ana', 's.double(INT)', 'execute'), has_table_privilege('ana', 's.t', 'select'), "
        "has_language_privilege('ana', 'sql', 'usage'), has_language_privilege('ana', 'exfunc', 'usage'), "
        "has_database_privilege('ana', 'dev', 'temp'), has_table_privilege('s.t', 'select')"
    )
    assert ana.run(asked) == [("t", "f", "f", "f", "t", "f", "t", "t")]
    assert as_user(
        ana, "ana", "SELECT has_schema_privilege(nspname, 'usage') FROM pg_namespace WHERE nspname = 's'"
    ) == [("t",)]
    assert refused(ana, "SELECT has_function_privilege('nothing(INT)', 'execute')")[0] == "42883"
    assert refused(ana, "SELECT has_table_privilege('nothing', 'select')")[0] == "42P01"


def test_the_views_of_privileges(ana: Client) -> None:
    ana.run(f"CREATE GROUP g; CREATE ROLE r; GRANT ROLE r TO ana WITH ADMIN OPTION; {DOUBLE}")
    ana.run("GRANT EXECUTE ON FUNCTION s.double(INT) TO ROLE r; GRANT USAGE ON LANGUAGE exfunc TO ana")
    ana.run("GRANT CREATE ON SCHEMA s TO GROUP g; GRANT SELECT, INSERT ON s.t TO ana WITH GRANT OPTION")
    assert ana.run(
        "SELECT namespace_name, function_name, argument_types, privilege_type, identity_name, identity_type, "
        "admin_option FROM svv_function_privileges ORDER BY identity_name"
    ) == [
        ("s", "double", "integer", "EXECUTE", "public", "public", "f"),
        ("s", "double", "integer", "EXECUTE", "r", "role", "f"),
    ]
    language = "SELECT identity_name, identity_type FROM svv_language_privileges WHERE language_name = 'exfunc'"
    assert ana.run(language) == [("ana", "user")]
    schema = "SELECT privilege_type, identity_name, identity_type FROM svv_schema_privileges WHERE namespace_name = 's'"
    assert ana.run(schema) == [("CREATE", "g", "group")]
    relation = (
        "SELECT relation_name, privilege_type, identity_name, admin_option FROM svv_relation_privileges ORDER BY 2"
    )
    assert ana.run(relation) == [("t", "INSERT", "ana", "t"), ("t", "SELECT", "ana", "t")]
    assert ana.run("SELECT user_name, role_name, admin_option FROM svv_user_grants") == [("ana", "r", "t")]
    # Others see what they are.
    assert as_user(ana, "ana", schema) == []
    assert as_user(ana, "ana", language) == [("ana", "user")]


def test_the_views_of_accounts(ana: Client) -> None:
    ana.run("CREATE GROUP readers WITH USER ana, awsuser; CREATE USER boss PASSWORD DISABLE CREATEUSER")
    assert ana.run("SELECT usename, usesuper FROM pg_user ORDER BY usename") == [
        ("ana", "f"),
        ("awsuser", "t"),
        ("boss", "t"),
    ]
    assert ana.run("SELECT groname FROM pg_group") == [("readers",)]
    members = "SELECT usename FROM pg_user, pg_group WHERE usesysid = ANY(grolist) AND groname = 'readers' ORDER BY 1"
    assert ana.run(members) == [("ana",), ("awsuser",)]
    ana.run("ALTER GROUP readers DROP USER ana; ALTER GROUP readers RENAME TO few")
    assert ana.run(members.replace("readers", "few")) == [("awsuser",)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE USER ana PASSWORD DISABLE", "42710"),
        ("CREATE USER bob", "42601"),
        ("CREATE USER bob PASSWORD 'short1A'", "22023"),
        ("CREATE USER bob PASSWORD 'alllower1'", "22023"),
        ("CREATE USER bob PASSWORD 'Nodigits'", "22023"),
        ("CREATE USER bob PASSWORD 'With/Slash1'", "22023"),
        ("CREATE USER bob PASSWORD 'Secret123' IN GROUP nothing", "42704"),
        ("CREATE ROLE ana", "42710"),
        ("CREATE USER public PASSWORD DISABLE", "42939"),
        ("ALTER USER nobody NOCREATEUSER", "42704"),
        ("ALTER USER awsuser PASSWORD 'Secret123'", "0A000"),
        ("DROP USER nobody", "42704"),
        ("DROP GROUP nothing", "42704"),
        ("DROP USER awsuser", "55006"),
        ("GRANT SELECT ON s.t TO nobody", "42704"),
        ("GRANT SELECT ON s.t TO GROUP nothing", "42704"),
        ("GRANT SELECT (a) ON s.t TO ana", "0A000"),
        ("GRANT SELECT ON s.nothing TO ana", "42P01"),
        ("GRANT USAGE ON SCHEMA nothing TO ana", "3F000"),
        ("GRANT USAGE ON LANGUAGE cobol TO ana", "42704"),
        ("SET SESSION AUTHORIZATION nobody", "42704"),
    ],
)
def test_statements_about_accounts_that_are_refused(ana: Client, sql: str, code: str) -> None:
    assert refused(ana, sql)[0] == code


def test_a_user_who_owns_or_holds_something_is_not_dropped(ana: Client) -> None:
    ana.run("GRANT CREATE ON DATABASE dev TO ana")
    words = 'user "ana" cannot be dropped because the user has a privilege on some object'
    assert refused(ana, "DROP USER ana") == ("55006", words)
    as_user(ana, "ana", "CREATE SCHEMA mine")
    assert refused(ana, "DROP USER ana") == ("55006", 'user "ana" cannot be dropped because the user owns some object')
    ana.run("DROP SCHEMA mine; REVOKE CREATE ON DATABASE dev FROM ana; DROP USER ana; DROP USER IF EXISTS ana")
    assert ana.run("SELECT usename FROM pg_user") == [("awsuser",)]


def test_a_renamed_table_keeps_its_grants_and_its_owner(ana: Client) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana; GRANT SELECT ON s.t TO ana; ALTER TABLE s.t RENAME TO u")
    assert as_user(ana, "ana", "SELECT SUM(a) FROM s.u") == [("3",)]
    assert refused(ana, "DROP TABLE s.u", "ana") == ("42501", "must be owner of relation u")


def test_a_grant_is_part_of_its_transaction(ana: Client) -> None:
    ana.run("BEGIN; CREATE USER bob PASSWORD DISABLE; GRANT USAGE ON SCHEMA s TO ana; ROLLBACK")
    assert refused(ana, "SELECT * FROM s.t", "ana") == ("42501", "permission denied for schema s")
    assert ana.run("SELECT COUNT(*) FROM pg_user WHERE usename = 'bob'") == [("0",)]


def test_a_procedure_that_fails_leaves_its_owner_s_rights(ana: Client) -> None:
    ana.run("GRANT USAGE ON SCHEMA s TO ana")
    body = "$$ BEGIN INSERT INTO s.t SELECT CAST('x' AS INT); END $$"
    ana.run(f"CREATE PROCEDURE s.bad() AS {body} LANGUAGE plpgsql SECURITY DEFINER")
    ana.run("GRANT EXECUTE ON PROCEDURE s.bad() TO ana; SET SESSION AUTHORIZATION ana")
    for before, after in (("", ""), ("BEGIN; ", "ROLLBACK; ")):
        with pytest.raises(SqlError) as caught:
            ana.run(f"{before}CALL s.bad()")
        assert caught.value.code == "22P02"
        assert ana.run(f"{after}SELECT current_user") == [("ana",)]
        with pytest.raises(SqlError, match="permission denied for relation t"):
            ana.run("SELECT * FROM s.t")


def test_a_dropped_schema_takes_its_procedures_along(ana: Client) -> None:
    ana.run("CREATE PROCEDURE s.p(n INT) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql")
    ana.run("GRANT EXECUTE ON PROCEDURE s.p(INT) TO ana")
    assert refused(ana, "DROP SCHEMA s")[0] == "2BP01"
    ana.run("DROP SCHEMA s CASCADE; CREATE SCHEMA s")
    assert refused(ana, "CALL s.p(1)")[0] == "42883"
    ana.run("DROP USER ana")
