"""The short way to a function of the local cloud: its payloads go straight to containers of its image.

The emulator of AWS is one Python process that parses every request, writes it again for the container, and does the
same with the reply: it passed a fifth of what its containers can answer. So the endpoint asks it what the function is
(GetFunction), runs containers of that image itself, and leaves to the emulator whatever is not plain: a function that
is not active, not an image, or not there is refused by Lambda's API in its own words. The emulator's own containers
are left alone: the runtime emulator in a container answers one call at a time, and crashes on a second one.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.adapters import emulator
from builder.errors import EngineError, InvokeError
from builder.local.calls.invoker import failure
from builder.local.calls.sandboxes import Sandboxes, Target
from builder.local.cloud.containers import ENDPOINT
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from builder.local.calls.invoker import Invoker, LambdaInvoker
    from builder.local.calls.sandboxes import Sandbox

log = logging.getLogger(__name__)
# The runtime emulator holds several copies of a request and of a reply of up to 6 MB; Lambda's own does so elsewhere.
SPARE_MB = 64
# Lambda, "Quotas", and the error of a reply beyond it.
REPLY_LIMIT = 6 * 1024 * 1024 + 100
_MEMORY, _TIMEOUT = 128, 3


@dataclass(kw_only=True)
class DirectInvoker:
    """`through` is the way by the API: for what a function is, and for all calls that cannot go the short way."""

    through: LambdaInvoker
    sandboxes: Sandboxes

    def for_statement(self) -> Invoker:
        """With what functions are at this moment: code that was changed before a statement is what it calls."""
        return _Statement(whole=self)

    def __call__(self, function: str, payload: bytes, /) -> bytes:
        return self.for_statement()(function, payload)

    def close(self) -> None:
        self.sandboxes.close()


@dataclass(kw_only=True)
class _Statement:
    whole: DirectInvoker
    targets: dict[str, Target | None] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def for_statement(self) -> Invoker:
        return self

    def __call__(self, function: str, payload: bytes, /) -> bytes:
        with self.lock:
            if function not in self.targets:
                self.targets[function] = read(self.whole.through.described(function))
        target = self.targets[function]
        if target is None:
            return self.whole.through(function, payload)
        try:
            return _called(self.whole.sandboxes, target, function, payload)
        except EngineError as error:
            log.warning("%s is called through the emulator: %s", function, error)
            self.targets[function] = None
            return self.whole.through(function, payload)


class _EndedError(Exception):
    """The reply says that the container is of no more use; its words."""


def _called(sandboxes: Sandboxes, target: Target, function: str, payload: bytes) -> bytes:
    """Raises SqlError with what the function's runtime says where it fails."""
    try:
        with sandboxes.lent(target) as sandbox:
            body = sandbox.invoke(payload)
            _check_alive(body, target)
    except InvokeError as error:
        if isinstance(error.__cause__, ConnectionRefusedError):
            # It was removed by somebody while it waited: the call never began, and goes to another one.
            return _called(sandboxes, target, function, payload)
        log.info("a container of %s ended: %s", function, error)
        raise SqlError(
            "XX000", f"Lambda function {function} failed: Runtime.ExitError: Runtime exited without providing a reason"
        ) from error
    except _EndedError as ended:
        raise SqlError("XX000", f"Lambda function {function} failed: {ended}") from ended
    # A reply to Redshift is a JSON string; what fails in a handler is an object with an errorType.
    if body[:1] == b"{" and b'"errorType"' in body:
        raise SqlError("XX000", f"Lambda function {function} failed: {failure(body)}")
    if len(body) > REPLY_LIMIT:
        # Lambda, "Errors": the payload is larger than a synchronous reply may be.
        what = f"Response payload size exceeded maximum allowed payload size ({REPLY_LIMIT} bytes)."
        raise SqlError("XX000", f"Lambda function {function} failed: Function.ResponseSizeTooLarge: {what}")
    return body


def _check_alive(body: bytes, target: Target) -> None:
    """The runtime emulator tells a time-out in plain text, and a process that ended by nothing or by its errorType."""
    if body[:1] == b'"':
        return
    if not body:
        raise _EndedError("Runtime.ExitError: Runtime exited without providing a reason")
    if body.startswith(b"Task timed out after"):
        raise _EndedError(f"Sandbox.Timedout: Task timed out after {target.timeout_seconds}.00 seconds")
    if b'"errorType":"Runtime.' in body or b'"errorType": "Runtime.' in body:
        raise _EndedError(failure(body))


def read(described: Mapping[str, Any] | None) -> Target | None:
    """GetFunction's answer as what containers are made of; None for what Lambda's API has to answer itself."""
    if described is None:
        return None
    known = described["Configuration"]
    code = described.get("Code", {})
    plain = known.get("PackageType") == "Image" and known.get("State", "Active") == "Active" and code.get("ImageUri")
    if not plain:
        return None
    image = (known.get("ImageConfigResponse") or {}).get("ImageConfig") or known.get("ImageConfig") or {}
    return Target(
        arn=known["FunctionArn"],
        # Not RevisionId: it moves with a function's states too, and would end containers that are as good as new.
        version=f"{known.get('LastModified', '')} {known.get('CodeSha256', '')}",
        image=code["ImageUri"],
        memory_mb=int(known.get("MemorySize", _MEMORY)),
        timeout_seconds=int(known.get("Timeout", _TIMEOUT)),
        reserved=(described.get("Concurrency") or {}).get("ReservedConcurrentExecutions"),
        environment=tuple(sorted(_environment(known).items())),
        entrypoint=tuple(image.get("EntryPoint") or ()),
        command=tuple(image.get("Command") or ()),
        working_dir=image.get("WorkingDirectory") or "",
    )


def _environment(known: Mapping[str, Any]) -> dict[str, str]:
    """Lambda, "Defined runtime environment variables", and the function's own."""
    _, _, _, region, account, *_ = known["FunctionArn"].split(":")
    name = known["FunctionName"]
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": known.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        # As the emulator's own containers have them: it takes a key of twelve digits for the account.
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "test",
        **((known.get("Environment") or {}).get("Variables") or {}),
    }


def in_docker(name: str, *, endpoint_url: str) -> Callable[[Target], Sandbox]:
    """Starts containers that carry the local cloud's name. Their AWS is the emulator, by the engine's way to it."""
    clients: list[Any] = []
    lock = threading.Lock()
    url = endpoint_url.replace("localhost", emulator.HOST).replace("127.0.0.1", emulator.HOST)

    def start(target: Target) -> Sandbox:
        with lock:
            if not clients:
                clients.append(emulator.connect())
            emulator.fetch(clients[0], target.image)
        setup = emulator.Setup(
            environment={**dict(target.environment), "AWS_ENDPOINT_URL": url},
            entrypoint=target.entrypoint,
            command=target.command,
            working_dir=target.working_dir,
            labels={ENDPOINT: name},
            spare_mb=SPARE_MB,
        )
        made = emulator.Emulator(
            target.image,
            memory_mb=target.memory_mb,
            timeout_seconds=target.timeout_seconds,
            setup=setup,
        )
        try:
            return made.__enter__()
        except InvokeError as error:
            raise EngineError(str(error), where=target.image) from error

    return start
