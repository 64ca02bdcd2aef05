"""An image under Lambda's runtime emulator, run as Lambda would run it.

Read-only but for /tmp, an unprivileged user, bounded memory. The emulator answers one call at a time (a concurrent one
crashes it), reports a time-out as HTTP 200 with plain text and a dead process with an empty body, and cuts requests
over 6 MiB without a word, so the size is checked here.

testcontainers runs the container: it knows remote engines, and engines whose ports are reached over a gateway. Its
reaper, a container that clears up after a killed process, needs an image of its own from Docker Hub, so it runs only
where TESTCONTAINERS_RYUK_DISABLED=false asks for it; a container that was left behind is found by its label.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.errors import EngineError, InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docker import DockerClient
    from testcontainers.core.container import DockerContainer
    from typing_extensions import Self

PATH = "/2015-03-31/functions/function/invocations"
PORT = 8080
REQUEST_LIMIT = 6 * 1024 * 1024
LABEL = "analytics-toolbox-gateway.emulator"
# The engine's name for the machine that it runs on. Docker Desktop knows it, an engine on Linux has to be told.
HOST = "host.docker.internal"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a container gets beside its image: empty parts are the image's own. `spare_mb` is on top of the function's
    memory, for the emulator's copies of what comes and goes.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: {LABEL: "1"})
    spare_mb: int = 0


class Emulator:
    """One container of one image. Use it as a context manager; it removes the container at the end."""

    def __init__(
        self,
        image: str,
        *,
        memory_mb: int = 512,
        timeout_seconds: int = 60,
        setup: Setup | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._image = image
        self._memory_mb = memory_mb
        self._timeout = timeout_seconds
        self._setup = setup or Setup()
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._container: DockerContainer | None = None
        self.address = ("", 0)

    def __enter__(self) -> Self:
        import docker.errors  # noqa: PLC0415  slow to import, and only this way needs it

        try:
            with closing(connect()) as client:
                # testcontainers would look for the image in a registry: what is not here was not built.
                client.images.get(self._image)
            self._container = self._configured()
            self._container.start()
            self._wait(deadline=self._clock() + 30)
        except docker.errors.ImageNotFound as error:
            raise InvokeError(
                "no such image in the Docker engine", where=self._image, hint="run `builder build` first"
            ) from error
        except docker.errors.APIError as error:
            self.close()
            reason = error.explanation or error
            raise EngineError(f"the container did not start: {reason}", where=self._image) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Removes the container; a second call does nothing. Raises EngineError where the engine refuses."""
        import docker.errors  # noqa: PLC0415  slow to import, and only this way needs it

        container, self._container = self._container, None
        if container is None:
            return
        try:
            container.stop()
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            raise EngineError(
                f"the container was not removed: {error.explanation or error}", where=self._image
            ) from error

    def invoke(self, event: bytes) -> bytes:
        """The payload that the function answers with."""
        if len(event) > REQUEST_LIMIT:
            raise InvokeError(
                f"the request has {len(event)} bytes, Lambda takes {REQUEST_LIMIT}",
                where=self._image,
                hint="send fewer rows: lower max_batch_rows or max_batch_size in function.yaml",
            )
        with self._lock:
            connection = http.client.HTTPConnection(*self.address, timeout=self._timeout + 10)
            try:
                connection.request("POST", PATH, body=event, headers={"Content-Type": "application/json"})
                return connection.getresponse().read()
            except (OSError, http.client.HTTPException) as error:
                raise InvokeError(
                    f"the emulator did not answer: {error!r}", where=self._image, hint=f"its log ends:\n{self.log()}"
                ) from error
            finally:
                connection.close()

    def log(self, lines: int = 20) -> str:
        """The end of the container's output; "" where there is no container any more."""
        import docker.errors  # noqa: PLC0415  slow to import, and only this way needs it

        try:
            if self._container is None:
                return ""
            return self._container.get_wrapped_container().logs(tail=lines).decode(errors="replace")
        except docker.errors.APIError:
            return ""

    def _configured(self) -> DockerContainer:
        from testcontainers.core.config import testcontainers_config  # noqa: PLC0415  slow to import
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415

        if "TESTCONTAINERS_RYUK_DISABLED" not in os.environ:
            testcontainers_config.ryuk_disabled = True
        setup = self._setup
        limit = f"{self._memory_mb + setup.spare_mb}m"
        container = DockerContainer(
            self._image,
            entrypoint=list(setup.entrypoint) or None,
            working_dir=setup.working_dir or None,
            read_only=True,
            user="65534:65534",
            mem_limit=limit,
            memswap_limit=limit,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            extra_hosts={HOST: "host-gateway"},
            labels=dict(setup.labels),
        )
        if setup.command:
            container.with_command(list(setup.command))
        container.with_tmpfs_mount("/tmp", "rw,size=512m,mode=1777")  # noqa: S108  Lambda's own scratch space
        container.with_envs(
            **{
                **setup.environment,
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self._timeout),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._memory_mb),
            }
        )
        # testcontainers would publish it on every address of the engine's machine.
        container.ports[str(PORT)] = _published_on(container)  # type: ignore[assignment]  # an address is not foreseen
        return container

    def _wait(self, *, deadline: float) -> None:
        """Until the emulator's port takes connections: it listens before it starts the runtime."""
        container: Any = self._container
        while True:
            container.reload()
            if container.status in {"exited", "dead"}:
                raise InvokeError(f"the container ended at once:\n{self.log()}", where=self._image)
            with suppress(ConnectionError):
                # "Port mapping ... is not available" until the engine has made it.
                self.address = (container.get_container_host_ip(), container.get_exposed_port(PORT))
                if self._listens():
                    return
            if self._clock() > deadline:
                raise InvokeError(f"the emulator did not listen in time:\n{self.log()}", where=self._image)
            self._sleep(0.02)

    def _listens(self) -> bool:
        # Docker's proxy accepts before the emulator does, so a TCP connection proves nothing: ask for an answer.
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def _published_on(container: DockerContainer) -> tuple[str, ...] | None:
    """The one address that we reach the port by; None, all of them, where that cannot be told from here."""
    from testcontainers.core.config import ConnectionMode  # noqa: PLC0415  slow to import

    engine = container.get_docker_client()
    mode = engine.get_connection_mode()
    if mode is ConnectionMode.gateway_ip:
        # From inside a container (a devcontainer, a CI job) this machine is the bridge's gateway.
        bridge = engine.client.networks.get("bridge").attrs["IPAM"]["Config"]
        return (bridge[0]["Gateway"],)
    return ("127.0.0.1",) if mode is ConnectionMode.docker_host and engine.host() == "localhost" else None


def connect() -> DockerClient:
    """The engine that the environment points at. Raises EngineError where none answers."""
    import docker  # noqa: PLC0415  slow to import, and only this way needs it
    import docker.errors  # noqa: PLC0415

    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        raise EngineError(
            "no Docker engine answers", hint="start it, or run `make setup`; what needs none: validate, plan, sql"
        ) from error
    return client


def fetch(client: DockerClient, image: str) -> None:
    """Pulls an image that the engine has not. Raises EngineError where it cannot be had."""
    import docker.errors  # noqa: PLC0415  slow to import, and only this way needs it

    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        try:
            client.images.pull(image)
        except docker.errors.APIError as error:
            raise EngineError(f"the image cannot be pulled: {error.explanation or error}", where=image) from error
