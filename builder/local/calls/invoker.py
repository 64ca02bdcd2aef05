"""How a batch reaches a Lambda function: one small protocol, boto3 behind it, and a fake that runs in memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Redshift retries these, within RETRY_TIMEOUT (Redshift, "CREATE EXTERNAL FUNCTION"); Lambda names the error of
# too many calls at a time in full.
RETRIED = ("TooManyRequestsException", "EC2ThrottledException", "ServiceException", "Throttling")
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
# Lambda runs a synchronous call for at most 900 s.
READ_TIMEOUT = 910


class Throttled(Exception):  # noqa: N818 - no error yet: the call may be repeated
    """Lambda asks for the call to be repeated later."""


class Invoker(Protocol):
    """Calls a function by name or ARN with a payload. Raises Throttled, or SqlError for what no retry mends."""

    def __call__(self, function: str, payload: bytes, /) -> bytes:
        """The reply's bytes."""

    def for_statement(self) -> Invoker:
        """The invoker that one statement's calls use."""


@dataclass
class LambdaInvoker:
    """boto3's Lambda client, one for all threads. Endpoint and credentials come from its own chain."""

    region: str | None = None
    endpoint_url: str | None = None
    connections: int = 16
    client: Any = field(default=None, repr=False)

    def _connect(self) -> Any:
        if self.client is None:
            import boto3  # noqa: PLC0415 - 100 ms that an endpoint without external calls never pays
            from botocore.config import Config  # noqa: PLC0415

            retries = {"total_max_attempts": 1, "mode": "standard"}
            config = Config(max_pool_connections=self.connections, read_timeout=READ_TIMEOUT, retries=retries)
            session = boto3.Session(region_name=self.region)
            self.client = session.client("lambda", endpoint_url=self.endpoint_url, config=config)
        return self.client

    def for_statement(self) -> Invoker:
        return self

    def described(self, function: str) -> dict[str, Any] | None:
        """GetFunction's answer; None where there is none, because the call itself will say why."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            answer: dict[str, Any] = self._connect().get_function(FunctionName=function)
        except (BotoCoreError, ClientError):
            return None
        return answer

    def __call__(self, function: str, payload: bytes, /) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            answer = self._connect().invoke(FunctionName=function, Payload=payload)
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code.startswith(RETRIED):
                raise Throttled(code) from error
            message = error.response["Error"].get("Message", code)
            raise SqlError("XX000", f"Lambda function {function} was not invoked: {code}: {message}") from error
        except BotoCoreError as error:
            raise SqlError("08006", f"Lambda function {function} was not reached: {error}") from error
        body: bytes = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise SqlError("XX000", f"Lambda function {function} failed: {failure(body)}")
        return body


def failure(body: bytes) -> str:
    """The errorType and errorMessage that a Lambda runtime reports for an unhandled exception."""
    try:
        report = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:500].decode(errors="replace")
    if isinstance(report, dict) and report.get("errorMessage"):
        return ": ".join(str(report[key]) for key in ("errorType", "errorMessage") if report.get(key))
    return body[:500].decode(errors="replace")


@dataclass
class Retrying:
    """Repeats throttled calls with growing pauses until `timeout` milliseconds are over. Clock and sleep come in."""

    invoker: Invoker
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, function: str, payload: bytes, timeout: int) -> bytes:
        start, pause = self.clock(), FIRST_PAUSE
        while True:
            try:
                return self.invoker(function, payload)
            except Throttled as error:
                if self.clock() - start + pause > timeout / 1000:
                    message = f"Lambda function {function} is throttled ({error}) beyond RETRY_TIMEOUT {timeout} ms"
                    raise SqlError("53400", message) from error
            self.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


@dataclass
class FakeInvoker:
    """Functions in memory, by Lambda name: each takes Redshift's request and gives the value of its reply.

    A dict is answered as Redshift wants it, as a JSON string; any other value is answered as it is.
    """

    functions: Mapping[str, Callable[[dict[str, Any]], Any]]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def for_statement(self) -> Invoker:
        return self

    def __call__(self, function: str, payload: bytes, /) -> bytes:
        request = orjson.loads(payload)
        self.calls.append((function, request))
        if function not in self.functions:
            raise SqlError("XX000", f"Lambda function {function} was not invoked: ResourceNotFoundException")
        answer = self.functions[function](request)
        if isinstance(answer, bytes):
            return answer
        return orjson.dumps(orjson.dumps(answer).decode() if isinstance(answer, dict) else answer)


def rowwise(handler: Callable[..., Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function of one row's arguments, for FakeInvoker."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        results = [handler(*row) for row in request["arguments"]]
        return {"success": True, "num_records": len(results), "results": results}

    return answer
