"""Whether a port of this machine is free, and who has it."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from pathlib import Path

HOST = "127.0.0.1"
# proc(5), net/tcp: the state of a listening socket.
_LISTENING = "0A"


def free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        # As servers do: a port whose last connections linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def pick() -> int:
    """A port that nobody has at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> str:
    """`python (pid 12)`, or "" where it cannot be known: another user's process, or no /proc."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if inodes & {str(link.readlink()) for link in (folder / "fd").iterdir()}:
                return f"{(folder / 'comm').read_text().strip()} (pid {folder.name})"
    return ""


def _inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found
