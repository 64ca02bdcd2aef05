"""Statements that would run for ever end with the endpoint, and with the client that has sent them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from builder.local.cloud import processes
from tests.integration.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SQL = "SELECT COUNT(*) FROM generate_series(1, 4000000) a(x), generate_series(1, 4000000) b(y) WHERE x * y % 7 = 3"
# An empty body: nothing inside the loop would notice anything.
LOOP = "CREATE OR REPLACE PROCEDURE endless() AS $$ BEGIN LOOP NULL; END LOOP; END $$ LANGUAGE plpgsql"
ENDLESS = (SQL, "CALL endless()")
# Far below what SQL takes, and far above what a busy machine needs.
PATIENCE = 60.0


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    made = Endpoint(tmp_path_factory.mktemp("redshift"))
    with psycopg.connect(made.conninfo, autocommit=True) as connection:
        connection.execute(LOOP)
    yield made
    made.stop()


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def state(task: Path) -> str:
    """proc(5): R where a thread computes, or would were a core free; "" for one that has ended."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def at_work(endpoint: Endpoint) -> bool:
    """Twenty looks: an endless statement leaves hardly one without a thread that computes."""
    seen = 0
    for _ in range(20):
        seen += any(state(task) == "R" for task in Path(f"/proc/{endpoint.handle.pid}/task").iterdir())
        time.sleep(0.02)
    return seen > 10


@pytest.mark.parametrize("endless", ENDLESS)
def test_a_client_that_is_killed_leaves_nothing_running(endpoint: Endpoint, endless: str) -> None:
    script = f"import psycopg; psycopg.connect({endpoint.conninfo!r}, autocommit=True).execute({endless!r})"
    client = subprocess.Popen([sys.executable, "-c", script])
    wait(lambda: at_work(endpoint))
    client.kill()
    client.wait()
    wait(lambda: not at_work(endpoint))
    with psycopg.connect(endpoint.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_sigterm_ends_what_runs_and_keeps_what_is_committed(endpoint: Endpoint) -> None:
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (a INT)")
        connection.execute("INSERT INTO kept VALUES (7)")
    idle = psycopg.connect(endpoint.conninfo)
    idle.execute("INSERT INTO kept VALUES (8)")
    told: list[str | None] = []

    def run(connection: psycopg.Connection, endless: str) -> None:
        try:
            connection.execute(endless)
        except psycopg.Error as error:
            told.append(error.sqlstate)

    busy = [(psycopg.connect(endpoint.conninfo, autocommit=True), endless) for endless in ENDLESS]
    threads = [threading.Thread(target=run, args=each) for each in busy]
    for thread in threads:
        thread.start()
    wait(lambda: at_work(endpoint))
    os.kill(endpoint.handle.pid, signal.SIGTERM)
    wait(lambda: not processes.alive(endpoint.handle))
    for thread in threads:
        thread.join()
    assert told == ["57P01", "57P01"]
    with pytest.raises(psycopg.errors.AdminShutdown):
        idle.execute("SELECT 1")
    # Written back: nothing is left to be replayed.
    assert not list(endpoint.folder.rglob("*.wal"))
    assert "did not end" not in (endpoint.folder / "log").read_text()
    endpoint.start()
    with psycopg.connect(endpoint.conninfo) as again:
        assert again.execute("SELECT a FROM kept").fetchall() == [(7,)]
