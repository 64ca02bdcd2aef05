"""The Docker engine through its command line: which also knows contexts, DOCKER_HOST and the plugin buildx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.adapters import process
from builder.adapters.process import CommandMissingError
from builder.core.images.bake_log import BakeLog
from builder.errors import BuildError, EngineError, redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# How long an engine may take to say its version, in seconds: one that hangs is as good as none.
PATIENCE = 20


def local_tag(prefix: str, module: str) -> str:
    """The label of a module's newest image in the engine, for people and for local runs. Deploy uses digests."""
    return f"{prefix}{module}:latest"


def check() -> str:
    """The engine's version. Raises EngineError where nothing can be built."""
    version = _ask("docker", "version", "--format", "{{.Server.Version}}")
    if not process.run(["docker", "buildx", "version"], timeout=PATIENCE).ok:
        raise EngineError(
            "the plugin buildx is missing", where="docker", hint="`make setup` installs it, or install docker-buildx"
        )
    return version


def present(names: Sequence[str]) -> dict[str, str]:
    """The ids of the engine's images with these tags or ids; those without an image are left out.

    Raises EngineError where no engine answers.
    """
    if not names:
        return {}
    command = ["docker", "image", "inspect", "--format", "{{.Id}} {{json .RepoTags}}", *names]
    found: dict[str, str] = {}
    done = _run(command)
    for line in done.out.splitlines():
        image, _, repo_tags = line.partition(" ")
        found |= {name: image for name in names if name == image or f'"{name}"' in repo_tags}
    if not done.ok and "No such image" not in done.err:
        raise _refused(done.err)
    return found


def bake(command: Sequence[str], environ: Mapping[str, str], *, folder: Path, log: Path) -> BakeLog:
    """Runs a bake, all that it says into `log`. Raises BuildError with the failing step's last lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    read = BakeLog()
    with log.open("w", encoding="utf-8") as file:

        def take(said: str) -> None:
            # pip stars the password of its index out; not every program of a build does.
            line = redacted(said)
            file.write(f"{line}\n")
            read.feed(line)

        code = process.follow(command, take, folder=folder, environ=environ)
    if code:
        raise read.error(log=str(log))
    return read


def save(tags: Sequence[str], target: Path) -> None:
    """Writes images into one tar. What they share is in it once."""
    done = process.run(["docker", "save", "--output", str(target), *tags])
    if not done.ok:
        raise BuildError(f"docker save failed: {_last_line(done.err)}", where=str(target))


def _ask(*command: str) -> str:
    done = _run(command)
    if not done.ok:
        raise _refused(done.err)
    return done.out.strip()


def _run(command: Sequence[str]) -> process.Completed:
    try:
        return process.run(command, timeout=PATIENCE)
    except CommandMissingError as error:
        raise EngineError(
            "the command docker is not on this machine", hint="`make setup`, or install Docker Engine 23 or newer"
        ) from error


def _refused(said: str) -> EngineError:
    return EngineError(f"the engine does not answer: {_last_line(said)}", where="docker", hint="`make setup` starts it")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
