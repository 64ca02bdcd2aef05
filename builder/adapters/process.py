"""The only place that starts processes. A command line is an array, built by a pure function; there is no shell."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.errors import BuilderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# After a polite request to end: how long a process may take before it is killed, in seconds.
GRACE = 10


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A process that ended, and all that it said."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.code == 0


class CommandMissingError(BuilderError):
    """The program is not on this machine."""


def run(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    text: str | None = None,
    timeout: float | None = None,
) -> Completed:
    """Runs to the end. `environ` is added to our own; `text` is its standard input; `timeout` is in seconds.

    Any exit code is an answer; CommandMissingError is raised where there is no such program, BuilderError on a timeout.
    """
    try:
        done = subprocess.run(  # noqa: S603  arrays only, no shell
            list(command),
            cwd=folder,
            env=_environment(environ),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise _missing(command, folder) from error
    except subprocess.TimeoutExpired as error:
        raise BuilderError(f"did not end within {timeout:g} s", where=" ".join(command[:3])) from error
    return Completed(command=tuple(command), code=done.returncode, out=done.stdout, err=done.stderr)


def follow(
    command: Sequence[str],
    on_line: Callable[[str], None],
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Runs to the end and hands over each line of both outputs as it comes. Gives the exit code.

    When we are stopped meanwhile (Ctrl-C, an error in `on_line`), so is the process.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  arrays only, no shell
            list(command),
            cwd=folder,
            env=_environment(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        raise _missing(command, folder) from error
    with process:
        try:
            for line in process.stdout or ():
                on_line(line.rstrip("\n"))
            return process.wait()
        except BaseException:
            _end(process)
            raise


def start(
    command: Sequence[str], *, log: Path, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> int:
    """Starts a process that outlives us, in a session of its own, with its output in `log`. Gives its id."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  arrays only, no shell
                list(command),
                cwd=folder,
                env=_environment(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except FileNotFoundError as error:
        raise _missing(command, folder) from error
    return process.pid


def _environment(added: Mapping[str, str] | None) -> dict[str, str] | None:
    return {**os.environ, **added} if added else None


def _missing(command: Sequence[str], folder: Path | None) -> BuilderError:
    if folder is not None and not folder.is_dir():
        return BuilderError("the folder to run in does not exist", where=str(folder))
    return CommandMissingError("not found on this machine", where=command[0], hint="install it, or check the PATH")


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
