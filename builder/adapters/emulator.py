"""An image under Lambda's runtime emulator, run as Lambda would run it.

Read-only but for /tmp, an unprivileged user, bounded memory. The emulator answers one call at a time (a concurrent one
crashes it), reports a time-out as HTTP 200 with plain text and a dead process with an empty body, and cuts requests
over 6 MiB without a word, so the size is checked here.
"""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING, Any

from builder.errors import EngineError, InvokeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container
    from typing_extensions import Self

PATH = "/2015-03-31/functions/function/invocations"
PORT = "8080/tcp"
REQUEST_LIMIT = 6 * 1024 * 1024
LABEL = "analytics-toolbox-gateway.emulator"


class Emulator:
    """One container of one image. Use it as a context manager; it removes the container at the end."""

    def __init__(
        self,
        image: str,
        *,
        memory_mb: int = 512,
        timeout_seconds: int = 60,
        client: DockerClient | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._image = image
        self._memory_mb = memory_mb
        self._timeout = timeout_seconds
        self._client = client or connect()
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._container: Container | None = None
        self._port = 0

    def __enter__(self) -> Self:
        import docker.errors  # noqa: PLC0415  slow to import, and only this way needs it

        try:
            # `create` would look for the image in a registry: what is not here was not built.
            self._client.images.get(self._image)
            self._container = self._create()
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
        """Removes the container; a second call does nothing."""
        if self._container:
            self._container.remove(force=True)
            self._container = None

    def invoke(self, event: bytes) -> bytes:
        """The payload that the function answers with."""
        if len(event) > REQUEST_LIMIT:
            raise InvokeError(
                f"the request has {len(event)} bytes, Lambda takes {REQUEST_LIMIT}",
                where=self._image,
                hint="send fewer rows: lower max_batch_rows or max_batch_size in function.yaml",
            )
        with self._lock:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout + 10)
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
        """The end of the container's output."""
        return self._container.logs(tail=lines).decode(errors="replace") if self._container else ""

    def _create(self) -> Container:
        return self._client.containers.create(
            self._image,
            read_only=True,
            user="65534:65534",
            tmpfs={"/tmp": "rw,size=512m,mode=1777"},  # noqa: S108  Lambda's own scratch space
            mem_limit=f"{self._memory_mb}m",
            memswap_limit=f"{self._memory_mb}m",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            environment={
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self._timeout),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._memory_mb),
            },
            ports={PORT: ("127.0.0.1", 0)},
            labels={LABEL: "1"},
        )

    def _wait(self, *, deadline: float) -> None:
        """Until the emulator's port takes connections: it listens before it starts the runtime."""
        container: Any = self._container
        while True:
            container.reload()
            if container.status in {"exited", "dead"}:
                raise InvokeError(f"the container ended at once:\n{self.log()}", where=self._image)
            bindings = (container.ports or {}).get(PORT)
            if bindings:
                self._port = int(bindings[0]["HostPort"])
                if self._listens():
                    return
            if self._clock() > deadline:
                raise InvokeError(f"the emulator did not listen in time:\n{self.log()}", where=self._image)
            self._sleep(0.02)

    def _listens(self) -> bool:
        # Docker's proxy accepts before the emulator does, so a TCP connection proves nothing: ask for an answer.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


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
