"""One deploy at a time, per account, Region and prefix, on one machine.

The lock is the kernel's (flock), not the file's being there: it ends with the process that holds it, however that ends.
So a crash leaves a file behind and no lock. The file says who holds it, for the message alone.

Across machines there is no lock: AWS has none that a deployer's permissions could take and a crash would give back.
There the pieces keep themselves whole: a module's SQL is one transaction, Lambda refuses a change during a change
(ResourceConflictException), and what one run has done the next one sees. See docs/deploy.md for CI.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from builder.errors import BusyError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from builder.core.deploy.observed import Identity


def path(state: Path, identity: Identity, prefix: str) -> Path:
    """`.builder/locks/000000000000-us-east-1-carto-at-.lock`: beside the receipt that it guards."""
    return state / "locks" / f"{identity.account}-{identity.region}-{prefix}.lock"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@contextmanager
def hold(file: Path, command: str, *, now: Callable[[], str] = _now) -> Iterator[None]:
    """Holds the lock. Raises BusyError at once where another process has it, naming that process;
    SettingsError where the state folder's file system has no locks, as some network file systems.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # Never removed: who waits on a removed file and who makes a new one would both hold "the" lock.
    with file.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            raise BusyError(
                f"{_holder(stream.read())} is at work with this prefix",
                where=str(file),
                hint="wait until it has ended; the lock ends with its process, the file need not be removed",
            ) from error
        except OSError as error:
            raise SettingsError(
                f"its file system has no locks: {error.strerror}",
                where=str(file),
                hint="give a folder on a local disk with --state",
            ) from error
        stream.truncate(0)
        holder = {"command": command, "pid": os.getpid(), "host": socket.gethostname(), "started": now()}
        stream.write(json.dumps(holder) + "\n")
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)


@contextmanager
def wait(file: Path) -> Iterator[None]:
    """Holds a lock for a short while, and waits for it: builds take their images in one after the other."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"{held['command']}, process {held['pid']} on {held['host']} since {held['started']},"
    except (ValueError, KeyError, TypeError):
        # It has the lock and has not written yet.
        return "another deploy"
