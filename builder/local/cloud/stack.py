"""The local cloud as a whole: up, down and what runs. Its memory is one folder with one file, stack.json."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import LocalError
from builder.local.cloud import containers, parts, ports, processes, record
from builder.local.cloud.record import AWS_PORT, REDSHIFT_PORT, Running, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What `up` is asked for. Port 0 takes a free one; None the one that was used before, or the default."""

    folder: Path
    environ: Mapping[str, str]
    ephemeral: bool = False
    aws_port: int | None = None
    redshift_port: int | None = None


def up(wish: Wish, say: Callable[[str], None]) -> Stack:
    """Starts what does not run yet and waits for it. On a failure, what this call started is stopped again."""
    parts.check_extra()
    with _alone(wish.folder):
        known = record.read(wish.folder)
        _check_wish(known, wish)
        if known is not None and len(known.running) > 1 and all(part.alive for part in known.running):
            say("the local cloud is already running")
            return known
        containers.check()
        fresh = known is None
        stack = known or _new(wish)
        try:
            return _start(stack, wish, say)
        except BaseException:
            if fresh:
                _forget(stack)
            raise


def _new(wish: Wish) -> Stack:
    folder = wish.folder.resolve()
    data = Path(tempfile.mkdtemp(prefix="builder-local-")) if wish.ephemeral else folder / "data"
    # One folder, one emulator: the name tells its containers from those of any other on this engine.
    instance = "builder-" + hashlib.sha256(f"{folder}|{data}".encode()).hexdigest()[:12]
    return Stack(
        folder=wish.folder,
        data=data,
        ephemeral=wish.ephemeral,
        instance=instance,
        password=secrets.token_urlsafe(12),
    )


def _check_wish(known: Stack | None, wish: Wish) -> None:
    if known is None:
        return
    for part, port, option in (
        (known.aws, wish.aws_port, "--aws-port"), (known.redshift, wish.redshift_port, "--redshift-port"),
    ):  # fmt: skip
        if part is not None and part.alive and port not in {None, 0, part.port}:
            raise LocalError(
                f"the {part.title} already runs on port {part.port}, not on {port}",
                hint=f"leave {option} out, or `builder local down` first (which removes the data)",
            )
    if wish.ephemeral and not known.ephemeral:
        raise LocalError("a local cloud that keeps its data is there already", hint="`builder local down` removes it")


def _start(stack: Stack, wish: Wish, say: Callable[[str], None]) -> Stack:
    """The emulator first: the endpoint is told its address."""
    for folder in (stack.folder, stack.data, stack.data / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    started: list[Running] = []
    try:
        aws = stack.aws if stack.aws is not None and stack.aws.alive else None
        if aws is None:
            port = _port(wish.aws_port, stack.aws, AWS_PORT)
            # What a crash left would answer on ports that the new emulator does not know.
            containers.remove(containers.EMULATOR, _address(stack.instance, stack.aws.port if stack.aws else port))
            part = parts.emulator(port=port, data=stack.data, instance=stack.instance, environ=wish.environ)
            aws = _launched(part, stack, started, say)
        redshift = stack.redshift if stack.redshift is not None and stack.redshift.alive else None
        if redshift is None:
            port = _port(wish.redshift_port, stack.redshift, REDSHIFT_PORT)
            containers.remove(containers.ENDPOINT, stack.instance)
            part = parts.endpoint(
                port=port,
                aws_port=aws.port,
                data=stack.data,
                password=stack.password,
                instance=stack.instance,
                environ=wish.environ,
            )
            redshift = _launched(part, stack, started, say)
        stack = replace(stack, aws=aws, redshift=redshift)
        record.write(stack)
    except BaseException:
        for running in reversed(started):
            processes.stop(running.handle)
        raise
    return stack


def _launched(part: parts.Part, stack: Stack, started: list[Running], say: Callable[[str], None]) -> Running:
    parts.check_port(part)
    log = stack.folder / f"{part.name}.log"
    since = dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
    handle = parts.launch(part, log)
    running = Running(name=part.name, title=part.title, port=part.port, handle=handle, since=since, log=str(log))
    started.append(running)
    say(f"{part.title} on port {part.port}")
    return running


def _port(wished: int | None, before: Running | None, default: int) -> int:
    if wished == 0:
        return ports.pick()
    return wished or (before.port if before else default)


def _address(instance: str, port: int) -> str:
    return f"{instance}:{port}"


def down(folder: Path, say: Callable[[str], None]) -> bool:
    """Stops both parts, removes the containers that they left, and all data. Whether there was anything."""
    if not folder.exists():
        return False
    with _alone(folder):
        stack = record.read(folder)
        if stack is not None:
            for part in reversed(stack.running):
                if part.alive:
                    processes.stop(part.handle)
                    say(f"stopped the {part.title} on port {part.port}")
            removed = containers.remove(containers.ENDPOINT, stack.instance)
            if stack.aws:
                removed += containers.remove(containers.EMULATOR, _address(stack.instance, stack.aws.port))
            if removed:
                say(f"removed {removed} container{'s' if removed > 1 else ''} of Lambda functions")
            _forget(stack)
        else:
            shutil.rmtree(folder)
    return stack is not None


def _forget(stack: Stack) -> None:
    shutil.rmtree(stack.data, ignore_errors=True)
    shutil.rmtree(stack.folder, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One `up` or `down` at a time. The lock's file stays, beside the folder that `down` removes."""
    import fcntl  # noqa: PLC0415 - not on Windows, where Docker's Lambda containers do not run either

    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("another `builder local` is at work on this folder", where=str(folder)) from None
        yield
