"""`builder local` as users call it: up, again, status, after a crash, down, and what stands in its way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from builder.local.cloud import processes, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.cloud


class Local:
    """The command in a process of its own, with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.project = folder / "project"
        self.project.mkdir()

    def __call__(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "builder", "--project", str(self.project), "--state", str(self.state), "local"]
        whole = os.environ | environ
        return subprocess.run([*command, *words], env=whole, capture_output=True, text=True, check=False, timeout=180)

    def up(self, *words: str) -> dict[str, Any]:
        done = self("up", "--aws-port", "0", "--redshift-port", "0", "--format", "json", *words)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    @property
    def folder(self) -> Path:
        return self.state / "local"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    made = Local(tmp_path)
    yield made
    assert made("down").returncode == 0


def asked(environment: dict[str, str], sql: str) -> list[tuple[Any, ...]]:
    words = {
        "host": "RS_HOST",
        "port": "RS_PORT",
        "dbname": "RS_DATABASE",
        "user": "RS_USER",
        "password": "RS_PASSWORD",
    }
    conninfo = psycopg.conninfo.make_conninfo(**{key: environment[name] for key, name in words.items()})
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_up_again_status_and_down(local: Local) -> None:
    first = local.up()
    again = local("up")
    assert again.returncode == 0
    assert "already running" in again.stderr
    exported = dict(line.removeprefix("export ").split("=", 1) for line in again.stdout.splitlines()[1:])
    assert exported == first["environment"]
    assert asked(first["environment"], "SELECT 1") == [(1,)]
    shown = local("status")
    host, port = first["environment"]["RS_HOST"], first["environment"]["RS_PORT"]
    ways = ("psql", "redshift_connector.connect", f"jdbc:redshift://{host}:{port}/dev", f"Server={host};Port={port}")
    # People read standard error where a shell's eval takes standard output.
    for word in (*ways, "AWS emulator", "Redshift endpoint", f"port {port}"):
        assert word in again.stderr
    for word in ("running", port, *ways):
        assert word in shown.stdout
    stack = record.read(local.folder)
    assert stack is not None
    assert local("down").returncode == 0
    assert not any(processes.alive(part.handle) for part in stack.running)
    assert not local.folder.exists()
    assert "no local cloud" in local("status").stdout
    assert local("down").returncode == 0


def test_after_a_crash_up_starts_what_is_gone_with_its_data(local: Local) -> None:
    before = local.up()["environment"]
    asked(before, "CREATE TABLE kept AS SELECT 7 AS a")
    stack = record.read(local.folder)
    assert stack is not None
    for part in stack.running:
        os.kill(part.handle.pid, signal.SIGKILL)
        while processes.alive(part.handle):
            time.sleep(0.01)
    states = json.loads(local("status", "--format", "json").stdout)["parts"]
    assert [part["state"] for part in states] == ["stopped", "stopped"]
    done = local("up", "--format", "json")
    after = json.loads(done.stdout)["environment"]
    assert after == before
    assert asked(after, "SELECT a FROM kept") == [(7,)]


def test_a_record_whose_processes_are_others_by_now_harms_nobody(local: Local) -> None:
    local.up()
    path = local.folder / "stack.json"
    known = json.loads(path.read_text())
    parts = {name: dict(known[name]) for name in ("aws", "redshift")}
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    try:
        known["redshift"]["pid"] = bystander.pid
        path.write_text(json.dumps(known))
        assert local("down").returncode == 0
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        os.kill(parts["redshift"]["pid"], signal.SIGTERM)


@pytest.mark.parametrize(("option", "other"), [("--aws-port", "--redshift-port"), ("--redshift-port", "--aws-port")])
def test_a_port_in_use_is_named_and_nothing_is_left(local: Local, option: str, other: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = local("up", option, str(port), other, "0")
    assert done.returncode == 9
    for word in (f"port {port}", "in use", f"pid {os.getpid()}", option):
        assert word in done.stderr
    assert done.stdout == ""
    assert not local.folder.exists()


def test_another_port_than_the_one_that_runs_is_refused(local: Local) -> None:
    local.up()
    done = local("up", "--redshift-port", "1")
    assert done.returncode == 9
    assert "already runs on port" in done.stderr


def test_an_ephemeral_cloud_keeps_its_data_elsewhere_and_leaves_nothing(local: Local) -> None:
    found = local.up("--ephemeral")
    stack = record.read(local.folder)
    assert stack is not None
    assert stack.data.exists()
    assert local.state not in stack.data.parents
    assert asked(found["environment"], "SELECT 1") == [(1,)]
    assert local("down").returncode == 0
    assert not stack.data.exists()


def test_two_clouds_side_by_side(local: Local, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = Local(tmp_path / "second")
    one, two = local.up()["environment"], second.up()["environment"]
    assert one["RS_PORT"] != two["RS_PORT"]
    asked(one, "CREATE TABLE only_here (a INT)")
    with pytest.raises(psycopg.errors.UndefinedTable):
        asked(two, "SELECT * FROM only_here")
    assert second("down").returncode == 0
    assert asked(one, "SELECT COUNT(*) FROM only_here") == [(0,)]


def test_without_an_engine_the_first_line_says_so(local: Local) -> None:
    done = local("up", "--aws-port", "0", "--redshift-port", "0", DOCKER_HOST="tcp://127.0.0.1:1")
    assert done.returncode == 69
    assert done.stderr.startswith("error: docker: no Docker engine answers")
    assert not local.folder.exists()


def test_without_the_extra_the_error_says_what_to_install(local: Local, tmp_path: Path) -> None:
    # A package that cannot be found: as in an installation without the extra.
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'ministack' else find(name, package)\n"
    )
    done = local("up", PYTHONPATH=f"{hidden}:{os.environ.get('PYTHONPATH', '')}")
    assert done.returncode == 9
    assert "needs ministack" in done.stderr
    assert "pip install 'analytics-toolbox-gateway[local]'" in done.stderr


def test_eval_of_what_up_prints_points_a_shell_at_it(local: Local) -> None:
    local.up()
    printed = local("up").stdout
    shell = subprocess.run(
        ["/bin/bash", "-c", f'AWS_PROFILE=other\n{printed}\necho "$AWS_PROFILE|$RS_PORT|$AWS_ENDPOINT_URL"'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    stack = record.read(local.folder)
    assert stack is not None
    assert stack.redshift is not None
    expected = f"|{stack.redshift.port}|{stack.environment['AWS_ENDPOINT_URL']}"
    assert shell.stdout.strip() == expected
