"""The endpoint as a process of its own, and real clients: redshift-connector, psycopg, psql."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redshift_connector

from tests.integration.endpoint import PASSWORD, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    made = Endpoint(tmp_path_factory.mktemp("redshift"))
    yield made
    made.stop()


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_every_type_there_and_back_by_redshift_connector(endpoint: Endpoint, protocol: int) -> None:
    values = [
        -(2**63), 2**31 - 1, -(2**15), Decimal("12345678901234567.123"), dt.date(1969, 12, 31),
        dt.datetime(2020, 1, 2, 3, 4, 5, 678),  # noqa: DTZ001 - TIMESTAMP has no zone
        True, 0.1, "日本'\\ é", None,
    ]  # fmt: skip
    names = "BIGINT INT SMALLINT DECIMAL(20,3) DATE TIMESTAMP BOOLEAN FLOAT8 VARCHAR(100) VARCHAR(1)".split()  # noqa: SIM905
    with endpoint.connect(client_protocol_version=protocol) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"c{index} {name.replace('_', ' ')}" for index, name in enumerate(names))
        cursor.execute(f"CREATE TEMP TABLE every ({columns})")
        cursor.execute(f"INSERT INTO every VALUES ({', '.join(['%s'] * len(values))})", values)
        cursor.execute("SELECT * FROM every")
        assert cursor.fetchone() == values
        cursor.execute("SELECT JSON_PARSE('[1]'), ST_POINT(1, 2), TO_VARBYTE('6162', 'hex'), CAST(NULL AS SUPER)")
        ((document, point, _bytes, nothing),) = cursor.fetchall()
        assert (document, nothing) == ("[1]", None)
        assert point == "0101000000000000000000F03F0000000000000040"


def test_transactions_of_redshift_connector(endpoint: Endpoint) -> None:
    with endpoint.connect() as one, endpoint.connect() as two:
        one.cursor().execute("CREATE TABLE seen (a INT)")
        two.autocommit = True
        with pytest.raises(redshift_connector.error.ProgrammingError, match="42P01"):
            two.cursor().execute("SELECT * FROM seen")
        one.commit()
        cursor = two.cursor()
        cursor.execute("SELECT COUNT(*) FROM seen")
        assert cursor.fetchone() == [0]
        one.cursor().execute("INSERT INTO seen VALUES (1)")
        one.rollback()
        cursor.execute("SELECT COUNT(*) FROM seen")
        assert cursor.fetchone() == [0]


def test_many_rows_at_once_and_many_times(endpoint: Endpoint) -> None:
    with endpoint.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE many (a INT, b VARCHAR(20))")
        cursor.executemany("INSERT INTO many VALUES (%s, %s)", [(index, str(index)) for index in range(50)])
        cursor.execute("INSERT INTO many VALUES " + ", ".join("(%s, %s)" for _ in range(500)), list(range(1000)))
        cursor.execute("SELECT COUNT(*), SUM(a) FROM many")
        assert cursor.fetchone() == [550, sum(range(50)) + sum(range(0, 1000, 2))]


def test_a_large_result_comes_whole(endpoint: Endpoint) -> None:
    with endpoint.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n, REPEAT('x', 100) FROM generate_series(1, 50000) AS g(n)")
        rows = cursor.fetchall()
    assert len(rows) == 50_000
    assert sum(row[0] for row in rows) == 50_000 * 50_001 // 2


@pytest.mark.parametrize(
    ("changed", "code"), [({"password": "wrong"}, "28000"), ({"user": "other"}, "28000"), ({"database": "x"}, "3D000")]
)
def test_who_may_not_come_in(endpoint: Endpoint, changed: dict[str, str], code: str) -> None:
    with pytest.raises(redshift_connector.error.Error, match=code):
        endpoint.connect(**changed)


def test_psycopg(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        row = connection.execute("SELECT 1, 'a', 2.50, NULL, true, DATE '2020-01-02', %s::INT, %s", (5, "é")).fetchone()
        assert row == (1, "a", Decimal("2.50"), None, True, dt.date(2020, 1, 2), 5, "é")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1 / 0")
        with connection.transaction():
            connection.execute("CREATE TEMP TABLE made (a INT)")
        with connection.cursor(binary=True) as cursor:
            assert cursor.execute("SELECT CAST(7 AS BIGINT), 0.5::FLOAT8").fetchone() == (7, 0.5)
            # NUMERIC and TIME in PostgreSQL's binary form, both ways.
            values = (Decimal("-12345.0600"), Decimal("0.00"), Decimal(10**20), dt.time(1, 2, 3))
            assert cursor.execute("SELECT %b::DECIMAL(12,4), %b, %b, %b::TIME", values).fetchone() == values


def test_a_query_is_cancelled(endpoint: Endpoint) -> None:
    sql = "SELECT COUNT(*) FROM generate_series(1, 400000) a(x), generate_series(1, 400000) b(y) WHERE x * y % 7 = 3"
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        stop = threading.Timer(0.3, connection.cancel)
        stop.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(sql)
        stop.join()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_psql(endpoint: Endpoint) -> None:
    psql = shutil.which("psql")
    assert psql is not None, "psql belongs to the tools of the tests: apt-get install postgresql-client"
    script = "SELECT 1 AS a, NULL AS b;\nBEGIN;\nSELECT 1 / 0;\nROLLBACK;\n\\echo done"
    environ = {"PGPASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}
    command = [psql, "-X", "-At", "-h", "localhost", "-p", str(endpoint.port), "-U", "awsuser", "dev"]
    done = subprocess.run(command, input=script, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1|", "BEGIN", "ROLLBACK", "done"]
    assert "division by zero" in done.stderr


def test_many_connections_at_a_time(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE crowd (n INT)")
    everybody = threading.Barrier(40)

    def one(number: int) -> tuple[int, ...] | None:
        with psycopg.connect(endpoint.conninfo) as connection:
            everybody.wait()
            connection.execute("INSERT INTO crowd VALUES (%s)", (number,))
            return connection.execute("SELECT %s::INT", (number,)).fetchone()

    with ThreadPoolExecutor(everybody.parties) as pool:
        assert list(pool.map(one, range(40))) == [(number,) for number in range(40)]
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        assert connection.execute("SELECT COUNT(*), SUM(n) FROM crowd").fetchone() == (40, sum(range(40)))
        connection.execute("DROP TABLE crowd")


@pytest.mark.parametrize(
    "noise", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, b"\xff" * 4096, b"\0\0\0\x08\x04\xd2\x16\x2f"]
)
def test_noise_harms_nobody_else(endpoint: Endpoint, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=5) as client:
        client.sendall(noise)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    with psycopg.connect(endpoint.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_was_committed_outlives_a_crash(endpoint: Endpoint) -> None:
    connection = psycopg.connect(endpoint.conninfo)
    connection.execute("CREATE SCHEMA kept")
    connection.execute("CREATE TABLE kept.t (a INT, g GEOMETRY, s SUPER, v VARCHAR(5))")
    connection.execute("INSERT INTO kept.t VALUES (1, ST_POINT(1, 2), JSON_PARSE('[1]'), 'x')")
    connection.execute("CREATE FUNCTION kept.f(INT) RETURNS INT STABLE AS $$ SELECT $1 + 1 $$ LANGUAGE sql")
    connection.execute("CREATE TABLE kept.i (id BIGINT IDENTITY(5, 5), v VARCHAR(2))")
    connection.execute("INSERT INTO kept.i (v) VALUES ('a')")
    connection.execute("CREATE MATERIALIZED VIEW kept.m AS SELECT COUNT(*) AS n FROM kept.i")
    connection.execute("CREATE PROCEDURE kept.p(INOUT n INT) AS $$ BEGIN n := n * 2; END $$ LANGUAGE plpgsql")
    connection.commit()
    connection.execute("INSERT INTO kept.t (a) VALUES (2)")
    endpoint.kill()
    connection.close()
    endpoint.start()
    with psycopg.connect(endpoint.conninfo) as connection:
        row = connection.execute("SELECT kept.f(a), ST_ASTEXT(g), s, v FROM kept.t").fetchall()
        connection.execute("INSERT INTO kept.i (v) VALUES ('b')")
        connection.execute("REFRESH MATERIALIZED VIEW kept.m")
        more = connection.execute("SELECT MAX(id), MAX(n) FROM kept.i, kept.m").fetchall()
        called = connection.execute("CALL kept.p(21)").fetchall()
        with pytest.raises(psycopg.errors.StringDataRightTruncation):
            connection.execute("INSERT INTO kept.i (v) VALUES ('abc')")
    assert row == [(2, "POINT(1 2)", "[1]", "x")]
    assert (more, called) == ([(10, 2)], [(42,)])


def test_the_log_has_no_password(endpoint: Endpoint) -> None:
    assert PASSWORD not in (endpoint.folder / "log").read_text()
    assert PASSWORD not in Path(f"/proc/{endpoint.handle.pid}/cmdline").read_text()


def test_arrow_reads_a_list_in_a_process_that_has_no_frames() -> None:
    # Arrow asks for pandas once in a process: what it did then was the end of the first call after a start.
    lines = "from builder.local.engine.duck import without_frames", "without_frames()", "import pyarrow"
    code = "; ".join((*lines, "print(pyarrow.array([0, 3]).to_pylist())"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[0, 3]\n"), done.stderr
