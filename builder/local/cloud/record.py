"""What the local cloud remembers of itself: stack.json in its folder, and for others `env` and a pid file per part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builder.errors import LocalError
from builder.files import write_whole
from builder.local.cloud import parts, processes
from builder.local.cloud.processes import Handle

VERSION = 1
AWS_PORT = 4566
REDSHIFT_PORT = 5439
# boto3 and the AWS CLI read an endpoint per service.
_REDSHIFT_URLS = tuple(f"AWS_ENDPOINT_URL_REDSHIFT{name}" for name in ("", "_DATA", "_SERVERLESS"))

# The environment has the keys to the local cloud.
PRIVATE = 0o600


@dataclass(frozen=True, kw_only=True)
class Running:
    """A part that was started. `since` is ISO 8601, in UTC."""

    name: str
    title: str
    port: int
    handle: Handle
    since: str
    log: str

    @property
    def alive(self) -> bool:
        return processes.alive(self.handle)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What stack.json says. `data` is where both parts keep what they know."""

    folder: Path
    data: Path
    ephemeral: bool
    instance: str
    password: str
    aws: Running | None = None
    redshift: Running | None = None

    @property
    def running(self) -> tuple[Running, ...]:
        return tuple(part for part in (self.aws, self.redshift) if part is not None)

    @property
    def environment(self) -> dict[str, str]:
        """What points every command, and any AWS or Redshift client, at this cloud."""
        aws = self.aws.port if self.aws else AWS_PORT
        redshift = self.redshift.port if self.redshift else REDSHIFT_PORT
        return {
            "AWS_ENDPOINT_URL": f"http://localhost:{aws}",
            # The endpoint answers these beside the wire protocol, on the same port.
            **dict.fromkeys(_REDSHIFT_URLS, f"http://localhost:{redshift}"),
            **parts.KEYS,
            # boto3 reads the second one only, the SDKs of other languages the first.
            "AWS_REGION": parts.REGION,
            "AWS_DEFAULT_REGION": parts.REGION,
            "IMAGE_REGISTRY": f"localhost:{aws}",
            "RS_HOST": "localhost",
            "RS_PORT": str(redshift),
            "RS_DATABASE": parts.DATABASE,
            "RS_USER": parts.USER,
            "RS_PASSWORD": self.password,
            "RS_SSL": "false",
            # With RS_HOST beside it, whom the invoke role is attached to.
            "RS_CLUSTER_IDENTIFIER": parts.CLUSTER,
        }


def read(folder: Path) -> Stack | None:
    """The stack of a state folder, None where there is none. Raises LocalError for a file that is not ours."""
    path = folder / "stack.json"
    try:
        known = json.loads(path.read_text())
        if known["version"] != VERSION:
            raise LocalError(f"version {known['version']} is not {VERSION}", where=str(path), hint="remove the folder")
        running = {name: _running(known[name]) for name in ("aws", "redshift")}
        return Stack(
            folder=folder,
            data=Path(known["data"]),
            ephemeral=known["ephemeral"],
            instance=known["instance"],
            password=known["password"],
            **running,
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(f"cannot be read: {error}", where=str(path), hint="remove the folder") from error


def _running(known: dict[str, Any] | None) -> Running | None:
    if known is None:
        return None
    handle = Handle(pid=int(known["pid"]), started=str(known["started"]))
    names = ("name", "title", "port", "since", "log")
    return Running(handle=handle, **{name: known[name] for name in names})


def write(stack: Stack) -> None:
    """Atomically, and readable by nobody else: it holds the password."""
    known = {
        "version": VERSION,
        "data": str(stack.data),
        "ephemeral": stack.ephemeral,
        "instance": stack.instance,
        "password": stack.password,
        "aws": _known(stack.aws),
        "redshift": _known(stack.redshift),
    }
    write_whole(stack.folder / "stack.json", json.dumps(known, indent=2) + "\n", mode=PRIVATE)
    lines = [f"{name}={value}" for name, value in stack.environment.items()]
    write_whole(stack.folder / "env", "\n".join(lines) + "\n", mode=PRIVATE)
    for part in stack.running:
        write_whole(stack.folder / f"{part.name}.pid", f"{part.handle.pid}\n", mode=PRIVATE)


def _known(part: Running | None) -> dict[str, Any] | None:
    if part is None:
        return None
    names = ("name", "title", "port", "since", "log")
    return {name: getattr(part, name) for name in names} | {"pid": part.handle.pid, "started": part.handle.started}
