"""The two processes of the local cloud: how each is started, and how it says that it is ready."""

from __future__ import annotations

import importlib.util
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.errors import LocalError
from builder.local.cloud import certificate, ports, processes
from builder.local.cloud.containers import last_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from builder.local.cloud.processes import Handle

REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
DATABASE = "dev"
# What the endpoint calls its one cluster.
CLUSTER = "local"
USER = "awsuser"
# A first start compiles ministack's modules; on a busy machine that has taken half a minute.
DEADLINE = 90.0
_POLL = 0.1
NEEDED = ("cryptography", "duckdb", "duckdb_extension_spatial", "ministack", "numpy", "orjson")
# What a process needs of ours to find its interpreter, its libraries and the Docker engine; nothing of AWS.
_INHERITED = (
    "PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "SSL_CERT_FILE", "DOCKER_HOST",
    "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "XDG_RUNTIME_DIR",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process before it runs. `option` changes its port; `ready` asks it, once, and gives a truth."""

    name: str
    title: str
    port: int
    option: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    ready: Callable[[int], bool]


def check_extra() -> None:
    """Raises LocalError where the packages of the extra `local` are missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise LocalError(
            f"the local cloud needs {', '.join(missing)}", hint="pip install 'analytics-toolbox-gateway[local]'"
        )


def emulator(*, port: int, data: Path, instance: str, environ: Mapping[str, str]) -> Part:
    """Ministack 1.5.33: everything by environment (ministack/app.py, core/persistence.py).

    PERSIST_STATE writes the services' state when the process is asked to end, and reads it at the next start.
    """
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": ports.HOST,
        "MINISTACK_HOSTNAME": instance,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "TMPDIR": str(data / "tmp"),
        "LOG_LEVEL": "INFO",
    }
    return Part(
        name="aws",
        title="AWS emulator",
        port=port,
        option="--aws-port",
        command=(sys.executable, "-m", "ministack"),
        environ=_inherited(environ) | settings,
        ready=_serves_http,
    )


def endpoint(*, port: int, aws_port: int, data: Path, password: str, instance: str, environ: Mapping[str, str]) -> Part:
    """Our Redshift. Its password comes by the environment: a command line can be read by every user."""
    tls = certificate.kept(data)
    settings = {
        **KEYS,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://localhost:{aws_port}",
        "LOCAL_REDSHIFT_PASSWORD": password,
    }
    options = (
        "--port", str(port), "--database", DATABASE, "--user", USER, "--file", str(data / "redshift.duckdb"),
        "--containers", instance, "--iam", environ.get("LOCAL_REDSHIFT_IAM") or "attached",
        "--external-types", environ.get("LOCAL_REDSHIFT_EXTERNAL_TYPES", ""),
    )  # fmt: skip
    encryption = ("--tls-certificate", str(tls.path), "--tls-key", str(tls.key))
    return Part(
        name="redshift",
        title="Redshift endpoint",
        port=port,
        option="--redshift-port",
        command=(sys.executable, "-m", "builder.local.redshift", *options, *encryption),
        environ=_inherited(environ) | settings,
        ready=_asks_for_a_password,
    )


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    paths = ":".join(path for path in sys.path if path)
    return {name: environ[name] for name in _INHERITED if name in environ} | {"PYTHONPATH": paths}


def check_port(part: Part) -> None:
    """Raises LocalError where the port is taken."""
    if not ports.free(part.port):
        holder = ports.holder(part.port)
        raise LocalError(
            f"port {part.port} for the {part.title} is in use" + (f" by {holder}" if holder else ""),
            hint=f"choose another one with {part.option}, or stop what has it",
        )


def launch(part: Part, log: Path) -> Handle:
    """Starts a part and waits until it answers. Raises LocalError with its last words; then nothing of it is left."""
    seen = log.stat().st_size if log.exists() else 0
    handle = processes.start(part.command, environ=part.environ, log=log)
    deadline = time.monotonic() + DEADLINE
    try:
        while not part.ready(part.port):
            _check(part, handle, log, seen, late=time.monotonic() > deadline)
            time.sleep(_POLL)
    except BaseException:
        processes.stop(handle)
        raise
    return handle


def _check(part: Part, handle: Handle, log: Path, seen: int, *, late: bool) -> None:
    if not processes.alive(handle):
        raise LocalError(f"the {part.title} ended at once: {_words(log, seen)}", hint=f"its log: {log}")
    if late:
        what = f"the {part.title} does not answer after {DEADLINE:.0f} s: {_words(log, seen)}"
        raise LocalError(what, hint=f"its log: {log}")


def _words(log: Path, seen: int) -> str:
    return last_line(log.read_bytes()[seen:].decode(errors="replace"))


def _serves_http(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{ports.HOST}:{port}/_ministack/health", timeout=2) as answer:
            return int(answer.status) == 200  # noqa: PLR2004 - HTTP's OK
    except (OSError, urllib.error.URLError):
        return False


def _asks_for_a_password(port: int) -> bool:
    """A start-up packet is answered with AuthenticationMD5Password: the database behind is open by then."""
    parameters = b"user\0" + USER.encode() + b"\0\0"
    packet = (8 + len(parameters)).to_bytes(4, "big") + (196608).to_bytes(4, "big") + parameters
    try:
        with socket.create_connection((ports.HOST, port), timeout=2) as client:
            client.sendall(packet)
            return client.recv(1) == b"R"
    except OSError:
        return False
