"""What people read when Redshift says no. The fields are those of PostgreSQL's ErrorResponse."""

from __future__ import annotations

import socket
import ssl

import pytest
from redshift_connector.error import InterfaceError, OperationalError, ProgrammingError

from builder.adapters.warehouse_errors import not_committed, refused, unreachable
from builder.core.config.settings import Connection, Secret

PLACE = Connection(host="db.example", user="alice", database="dev", password=Secret("hunter2"))


def server(code: str, message: str, **fields: str) -> ProgrammingError:
    return ProgrammingError({"S": "ERROR", "C": code, "M": message, **fields})


@pytest.mark.parametrize(
    ("error", "what", "hint"),
    [
        (InterfaceError("communication error", ConnectionRefusedError(111, "no")), "nothing listens there", "RS_PORT"),
        (InterfaceError("communication error", socket.gaierror(-2, "no")), "the host's name is not known", "RS_HOST"),
        (OperationalError("connection time out", TimeoutError("timed out")), "no answer within 15 s", "security group"),
        (TimeoutError("timed out"), "no answer within 15 s", "security group"),
        (InterfaceError("Server refuses SSL"), "no session: Server refuses SSL", "RS_SSL=false"),
        (KeyError(b"H"), "what listens there does not speak Redshift's protocol", "RS_PORT"),
        (ssl.SSLError(1, "wrong version number"), "no session: ", "RS_SSL=false"),
        (InterfaceError({"C": "28000", "M": "no"}), "no [28000] (database 'dev', user 'alice')", "RS_PASSWORD"),
        (server("3D000", "no"), "no [3D000] (database 'dev', user 'alice')", "RS_DATABASE"),
    ],
)
def test_why_there_is_no_session(error: Exception, what: str, hint: str) -> None:
    (problem,) = unreachable(error, PLACE, seconds=15).problems

    assert problem.where == "db.example:5439"
    assert problem.what.startswith(what)
    assert hint in problem.hint
    assert "hunter2" not in str(problem)


def test_a_refused_statement_shows_its_place_in_the_transaction_and_the_character() -> None:
    error = server("42601", 'syntax error at or near "FORM"', P="10", D="a detail")

    (problem,) = refused(error, sql="SELECT 1\nFORM t", where="carto.f", of="statement 2 of 3").problems

    assert problem.where == "carto.f"
    assert problem.what == (
        'syntax error at or near "FORM" [42601] (statement 2 of 3, none of this SQL has happened)\n'
        "a detail\n"
        "    SELECT 1\n"
        "    FORM t\n"
        "    ^"
    )
    assert "builder sql" in problem.hint


@pytest.mark.parametrize("code", ["42501", "42P13", "3F000", "42883", "XX000"])
def test_what_we_know_comes_with_what_to_do(code: str) -> None:
    assert refused(server(code, "no"), sql="SELECT 1").problems[0].hint


def test_a_long_statement_is_shown_around_the_character() -> None:
    text = "\n".join(f"line {n} {'x' * 300}" for n in range(100))
    position = text.index("line 50") + 1

    shown = str(refused(server("42601", "no", P=str(position)), sql=text))

    assert "line 50" in shown
    assert "line 2 " not in shown
    assert len(shown) < 3000


def test_a_lost_session_says_that_nothing_has_been_changed() -> None:
    (problem,) = refused(InterfaceError("BrokenPipe"), sql="SELECT 1", of="statement 1 of 1").problems

    assert problem.what.startswith("the session was lost: BrokenPipe, statement 1 of 1, none of this SQL has happened")


def test_a_commit_without_an_answer_promises_nothing() -> None:
    assert "may or may not have happened" in str(not_committed(ConnectionResetError("reset")))
    assert "none of this SQL has happened" in str(not_committed(server("40001", "serializable isolation violation")))


def test_a_local_endpoint_that_is_stopped_is_started_by_local_up() -> None:
    place = Connection(host="localhost", user="awsuser", database="dev", password=Secret("hunter2"))
    error = InterfaceError("communication error", ConnectionRefusedError(111, "no"))
    assert "`builder local up`" in unreachable(error, place, seconds=15).problems[0].hint
    assert "local up" not in unreachable(error, PLACE, seconds=15).problems[0].hint


@pytest.mark.parametrize("code", ["42601", "42501", "3F000"])
def test_whoever_typed_the_statement_hears_nothing_of_the_catalogue_s_sql(code: str) -> None:
    hint = refused(server(code, "no"), sql="SELECT 1").problems[0].hint
    assert hint != refused(server(code, "no"), sql="SELECT 1", of="statement 1 of 1").problems[0].hint
    assert "catalogue" not in hint
    assert "EXFUNC" not in hint


def test_a_failed_call_names_the_view_of_lambda_functions() -> None:
    """SVL_UDF_LOG is of Python's functions: Redshift, "SVL_UDF_LOG" and "SYS_LUDF_DETAIL"."""
    hint = refused(server("XX000", "no"), sql="SELECT 1").problems[0].hint
    assert "SYS_LUDF_DETAIL" in hint
    assert "SVL_UDF_LOG" not in hint
