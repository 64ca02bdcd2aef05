"""The Docker engine under the local cloud's Lambda: whether it is there, and which containers are the cloud's."""

from __future__ import annotations

from builder.adapters import process
from builder.adapters.process import CommandMissingError
from builder.errors import EngineError, LocalError

# How long an engine may take to answer, in seconds.
PATIENCE = 30
# ministack's label with the address that it serves on (ministack/core/container_reaper.py). We give it a name of our
# own for that, so that another ministack's containers are never meant.
EMULATOR = "ministack.instance"
# Those that the Redshift endpoint calls, under the local cloud's name.
ENDPOINT = "analytics-toolbox-gateway.endpoint"


def check() -> None:
    """Raises EngineError where no engine answers: Lambda functions are containers."""
    hint = "start Docker, or install it: `make setup` does on Debian"
    try:
        done = process.run(["docker", "version", "--format", "{{.Server.Version}}"], timeout=PATIENCE)
    except CommandMissingError as error:
        raise EngineError("the command docker is not there", where="docker", hint=hint) from error
    if not done.ok:
        raise EngineError(f"no Docker engine answers: {last_line(done.err)}", where="docker", hint=hint)


def remove(label: str, value: str) -> int:
    """Removes the containers with this label that were left; how many there were."""
    try:
        listed = process.run(["docker", "ps", "-aq", "--filter", f"label={label}={value}"], timeout=PATIENCE)
    except CommandMissingError:
        return 0
    found = listed.out.split()
    if not listed.ok or not found:
        return 0
    done = process.run(["docker", "rm", "-f", "-v", *found], timeout=2 * PATIENCE)
    if not done.ok:
        raise LocalError(
            f"containers of Lambda functions remain: {last_line(done.err)}", hint="docker rm -f " + " ".join(found)
        )
    return len(found)


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
