"""Retries of Lambda calls: what is repeated, for how long, with which pauses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from builder.local.calls.invoker import LambdaInvoker, Retrying, Throttled
from builder.local.sqlstate import SqlError


@dataclass
class Clock:
    """Sleeping moves it."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def time(self) -> float:
        return self.now


@dataclass
class Flaky:
    """Is throttled so often, then answers."""

    times: int

    def __call__(self, _function: str, _payload: bytes, /) -> bytes:
        if self.times:
            self.times -= 1
            raise Throttled("TooManyRequestsException")
        return b"done"

    def for_statement(self) -> Flaky:
        return self


def test_a_throttled_call_is_repeated_with_growing_pauses() -> None:
    clock = Clock()
    call = Retrying(Flaky(3), clock=clock.time, sleep=clock.sleep)
    assert call("f", b"", 20_000) == b"done"
    assert clock.pauses == [0.05, 0.1, 0.2]


def test_the_retry_timeout_ends_it() -> None:
    clock = Clock()
    with pytest.raises(SqlError, match="RETRY_TIMEOUT 1000 ms"):
        Retrying(Flaky(1000), clock=clock.time, sleep=clock.sleep)("f", b"", 1000)
    assert clock.now <= 1.0


def test_a_retry_timeout_of_0_repeats_nothing() -> None:
    clock = Clock()
    with pytest.raises(SqlError):
        Retrying(Flaky(1), clock=clock.time, sleep=clock.sleep)("f", b"", 0)
    assert clock.pauses == []


class Body:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self) -> bytes:
        return self.data


@dataclass
class Service:
    """boto3's Lambda client, as far as it is used: answers, or raises what it was given."""

    answer: dict[str, Any] | Exception

    def invoke(self, **_call: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")


@pytest.mark.parametrize("code", ["TooManyRequestsException", "EC2ThrottledException", "ServiceException"])
def test_the_errors_that_redshift_retries(code: str) -> None:
    with pytest.raises(Throttled):
        LambdaInvoker(client=Service(refused(code)))("f", b"")


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "RequestTooLargeException"])
def test_other_errors_are_told_at_once(code: str) -> None:
    with pytest.raises(SqlError, match=f"f was not invoked: {code}: no"):
        LambdaInvoker(client=Service(refused(code)))("f", b"")


def test_a_lambda_s_own_error_is_told_in_its_words() -> None:
    body = Body(b'{"errorType": "ValueError", "errorMessage": "bad row", "stackTrace": ["/var/task/x.py"]}')
    with pytest.raises(SqlError) as caught:
        LambdaInvoker(client=Service({"FunctionError": "Unhandled", "Payload": body}))("f", b"")
    assert caught.value.message == "Lambda function f failed: ValueError: bad row"


def test_an_endpoint_that_is_away_is_a_connection_error() -> None:
    with pytest.raises(SqlError) as caught:
        LambdaInvoker(client=Service(EndpointConnectionError(endpoint_url="http://localhost:1")))("f", b"")
    assert caught.value.code == "08006"
