"""Users that CREATE USER has made, at the door: over the wire, by their passwords, and after a restart."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from builder.local.calls.invoker import FakeInvoker
from builder.local.engine.duck import open_database
from builder.local.engine.engine import Engine
from builder.local.wire.server import Server
from builder.local.wire.session import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.cloud

MASTER = "Master123"


@contextmanager
def served(file: Path) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """An endpoint over a file; gives what connects to it."""
    engine = Engine(database=open_database(file), invoker=FakeInvoker({}))
    server = Server(engine=engine, credentials=Credentials(user="awsuser", password=MASTER), port=0)
    server.start()

    def connect(user: str = "awsuser", password: str = MASTER) -> psycopg.Connection[Any]:
        port = server.address[1]
        return psycopg.connect(
            host="localhost", port=port, dbname="dev", user=user, password=password, sslmode="disable", autocommit=True
        )

    yield connect
    server.close()
    engine.close()


def test_a_user_logs_in_by_the_password_that_counts_now(tmp_path: Path) -> None:
    with served(tmp_path / "data.duckdb") as connect, connect() as master:
        master.execute("CREATE USER ana PASSWORD 'Secret123' VALID UNTIL '2099-01-01'")
        with connect("ana", "Secret123") as ana:
            assert ana.execute("SELECT current_user").fetchone() == ("ana",)
            assert ana.info.parameter_status("is_superuser") == "off"
            ana.execute("ALTER USER ana PASSWORD 'Another456'")
        for password in ("Secret123", "Master123", ""):
            with pytest.raises(psycopg.OperationalError, match="password"):
                connect("ana", password)
        connect("ana", "Another456").close()
        for change in ("PASSWORD DISABLE", "PASSWORD 'Secret123' VALID UNTIL '2001-01-01'"):
            master.execute(f"ALTER USER ana {change}")
            with pytest.raises(psycopg.OperationalError, match="ana"):
                connect("ana", "Secret123")


def test_users_grants_and_functions_outlive_a_restart(tmp_path: Path) -> None:
    with served(tmp_path / "data.duckdb") as connect, connect() as master:
        master.execute("CREATE USER ana PASSWORD 'Secret123'; CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO ana")
        master.execute("CREATE FUNCTION s.one() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql")
        master.execute("CREATE FUNCTION s.two() RETURNS INT STABLE AS $$ SELECT 2 $$ LANGUAGE sql")
        master.execute("REVOKE EXECUTE ON FUNCTION s.two() FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with served(tmp_path / "data.duckdb") as connect, connect("ana", "Secret123") as ana:
        assert ana.execute("SELECT s.one()").fetchone() == (1,)
        for refused in ("SELECT s.two()", "CREATE TABLE public.t (a INT)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ana.execute(refused)
