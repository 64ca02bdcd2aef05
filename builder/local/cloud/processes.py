"""Processes that outlive the command that starts them, known again by pid and start time.

A pid alone says nothing after a crash or a reboot: another process may have it by then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from builder.adapters import process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# After a polite request to end, seconds.
GRACE = 15.0
_POLL = 0.05
# proc(5): the 22nd field of stat is the start time; the second, the name, may hold blanks, and ends with a bracket.
_START_FIELD = 22 - 3


@dataclass(frozen=True, kw_only=True)
class Handle:
    """A process that we started. `started` is what the system says of its start, "" where it could not be read."""

    pid: int
    started: str


def start(command: Sequence[str], *, environ: Mapping[str, str], log: Path) -> Handle:
    """Starts a process in a session of its own, both outputs appended to `log`, with this environment and no more."""
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603  an array, no shell
            list(command), env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
    return Handle(pid=child.pid, started=_started(child.pid))


def alive(handle: Handle) -> bool:
    """Whether this very process still runs."""
    # Our own child, once ended, stays a zombie until it is asked for.
    with suppress(ChildProcessError):
        os.waitpid(handle.pid, os.WNOHANG)
    started = _started(handle.pid)
    return started != "" and started == handle.started


def stop(handle: Handle, *, grace: float = GRACE) -> None:
    """Asks the process to end, and ends it where it has not after `grace` seconds. Nothing happens to another's pid."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE)):
        if not alive(handle):
            return
        with suppress(ProcessLookupError):
            os.kill(handle.pid, number)
        deadline = time.monotonic() + seconds
        while alive(handle) and time.monotonic() < deadline:
            time.sleep(_POLL)


def _started(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        # Counted from the boot, so the boot belongs to it.
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if fields[0] == "Z" else f"{boot} {fields[_START_FIELD]}"
    done = process.run(["ps", "-o", "lstart=", "-p", str(pid)])
    return done.out.strip()
