"""Containers of functions: one call at a time in each, kept warm, never used after a change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from builder.errors import EngineError, InvokeError
from builder.local.calls.direct import DirectInvoker, read
from builder.local.calls.invoker import LambdaInvoker, Throttled
from builder.local.calls.sandboxes import Sandboxes, Target
from builder.local.sqlstate import SqlError

ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f"
TARGET = Target(arn=ARN, version="1", image="f@sha256:1", memory_mb=128, timeout_seconds=3)


@dataclass(eq=False)
class Box:
    """Answers with `answer`, or raises it."""

    target: Target
    answer: bytes | Exception = b'"{}"'
    closed: bool = False

    def invoke(self, _event: bytes) -> bytes:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


@dataclass
class Engine:
    """Starts boxes, and remembers them."""

    boxes: list[Box] = field(default_factory=list)
    answer: bytes | Exception = b'"{}"'

    def __call__(self, target: Target) -> Box:
        self.boxes.append(Box(target, self.answer))
        return self.boxes[-1]


def test_a_container_is_used_again_after_its_call() -> None:
    engine = Engine()
    boxes = Sandboxes(start=engine)
    for _ in range(3):
        with boxes.lent(TARGET):
            pass
    assert len(engine.boxes) == 1


def test_calls_at_the_same_time_have_containers_of_their_own() -> None:
    engine = Engine()
    boxes = Sandboxes(start=engine)
    with boxes.lent(TARGET) as one, boxes.lent(TARGET) as two:
        assert one is not two
    with boxes.lent(TARGET), boxes.lent(TARGET):
        pass
    assert len(engine.boxes) == 2


def test_a_change_of_the_function_ends_the_containers_of_before() -> None:
    engine = Engine()
    boxes = Sandboxes(start=engine)
    with boxes.lent(TARGET):
        pass
    with boxes.lent(replace(TARGET, version="2", image="f@sha256:2")) as new:
        assert new.target.image == "f@sha256:2"  # type: ignore[attr-defined]
    assert [box.closed for box in engine.boxes] == [True, False]


def test_a_container_that_failed_is_removed() -> None:
    engine = Engine()
    boxes = Sandboxes(start=engine)
    with pytest.raises(InvokeError), boxes.lent(TARGET):
        raise InvokeError("gone")
    assert engine.boxes[0].closed
    assert not boxes.idle.get(TARGET)


def test_reserved_concurrency_is_a_limit_over_all_versions() -> None:
    boxes = Sandboxes(start=Engine())
    with (
        boxes.lent(replace(TARGET, reserved=1)),
        pytest.raises(Throttled, match="ReservedFunctionConcurrent"),
        boxes.lent(replace(TARGET, reserved=1, version="2")),
    ):
        pass
    with boxes.lent(replace(TARGET, reserved=1)):
        pass
    with pytest.raises(Throttled), boxes.lent(replace(TARGET, reserved=0)):
        pass


def test_an_idle_container_is_removed_after_its_time() -> None:
    now = [0.0]
    engine = Engine()
    boxes = Sandboxes(start=engine, clock=lambda: now[0], idle_seconds=300)
    with boxes.lent(TARGET):
        now[0] = 100.0
    now[0] = 399.0
    boxes.sweep()
    assert not engine.boxes[0].closed
    now[0] = 400.0
    boxes.sweep()
    assert engine.boxes[0].closed


def test_the_end_removes_all_those_at_work_included() -> None:
    engine = Engine()
    boxes = Sandboxes(start=engine)
    with boxes.lent(TARGET):
        with boxes.lent(TARGET):
            pass
        boxes.close()
        assert [box.closed for box in engine.boxes] == [False, True]
    assert [box.closed for box in engine.boxes] == [True, True]


# What a function is -------------------------------------------------------------------------------------------------


def described(**changes: Any) -> dict[str, Any]:
    """GetFunction's answer, after Lambda's API reference."""
    configuration = {
        "FunctionName": "f",
        "FunctionArn": ARN,
        "PackageType": "Image",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "MemorySize": 256,
        "Timeout": 7,
        "Version": "$LATEST",
        "LastModified": "r1",
        "CodeSha256": "c1",
        "Environment": {"Variables": {"MODE": "x"}},
        "ImageConfigResponse": {"ImageConfig": {"Command": ["run"], "EntryPoint": ["/in"], "WorkingDirectory": "/w"}},
    }
    return {"Configuration": configuration | changes, "Code": {"ImageUri": "f@sha256:1"}}


def test_a_function_s_container_is_what_lambda_says_of_it() -> None:
    target = read({**described(), "Concurrency": {"ReservedConcurrentExecutions": 2}})
    assert target is not None
    assert (target.memory_mb, target.timeout_seconds, target.reserved) == (256, 7, 2)
    assert (target.command, target.entrypoint, target.working_dir) == (("run",), ("/in",), "/w")
    environment = dict(target.environment)
    assert environment["MODE"] == "x"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "f"


@pytest.mark.parametrize(
    "changes",
    [{"State": "Pending"}, {"State": "Failed"}, {"State": "Inactive"}, {"PackageType": "Zip"}],
)
def test_what_is_not_an_active_image_is_left_to_the_api(changes: dict[str, str]) -> None:
    assert read(described(**changes)) is None


def test_a_change_makes_another_target() -> None:
    assert read(described()) == read(described())
    assert read(described()) != read(described(LastModified="r2"))


# Calls --------------------------------------------------------------------------------------------------------------


class Api:
    """boto3's Lambda client: GetFunction says what it is told, Invoke answers with `through`."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.invoked = 0

    def get_function(self, **_call: Any) -> dict[str, Any]:
        return self.answers.pop(0)

    def invoke(self, **_call: Any) -> dict[str, Any]:
        self.invoked += 1

        class Body:
            def read(self) -> bytes:
                return b"through"

        return {"Payload": Body()}


def invoker(api: Api, start: Any) -> DirectInvoker:
    return DirectInvoker(through=LambdaInvoker(client=api), sandboxes=Sandboxes(start=start))


def test_one_statement_asks_once_and_the_next_one_again() -> None:
    api = Api(described(), described(LastModified="r2"))
    engine = Engine()
    whole = invoker(api, engine)
    statement = whole.for_statement()
    assert [statement("f", b"1"), statement("f", b"2")] == [b'"{}"', b'"{}"']
    assert len(api.answers) == 1
    whole.for_statement()("f", b"3")
    assert [box.closed for box in engine.boxes] == [True, False]


def test_a_function_that_is_not_active_goes_by_the_api() -> None:
    api = Api(described(State="Pending"))
    assert invoker(api, Engine())("f", b"") == b"through"


def test_without_a_container_the_call_goes_by_the_api() -> None:
    def refused(_target: Target) -> Box:
        raise EngineError("no image")

    api = Api(described())
    statement = invoker(api, refused).for_statement()
    assert [statement("f", b""), statement("f", b"")] == [b"through", b"through"]


@pytest.mark.parametrize(
    ("answer", "words", "removed"),
    [
        (b"", "f failed: Runtime.ExitError: Runtime exited without providing a reason", True),
        (InvokeError("reset"), "f failed: Runtime.ExitError: Runtime exited without providing a reason", True),
        (b"Task timed out after 3.00 seconds", "f failed: Sandbox.Timedout: Task timed out after 3.00 seconds", True),
        (b'{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}', "Runtime.ExitError: exit status 1", True),
        (b'{"errorMessage": "no", "errorType": "ValueError", "stackTrace": []}', "f failed: ValueError: no", False),
        (b'"' + b"x" * 6_291_557 + b'"', r"ResponseSizeTooLarge: .* payload size \(6291556 bytes\)", False),
    ],
)
def test_what_fails_is_told_and_only_a_sound_container_is_kept(
    answer: bytes | Exception,
    words: str,
    removed: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    engine = Engine(answer=answer)
    call = invoker(Api(described(Timeout=3)), engine).for_statement()
    with pytest.raises(SqlError, match=words):
        call("f", b"")
    assert engine.boxes[0].closed is removed


def test_a_container_that_was_removed_while_it_waited_is_replaced() -> None:
    engine = Engine()
    call = invoker(Api(described()), engine).for_statement()
    call("f", b"")
    refused = InvokeError("refused")
    refused.__cause__ = ConnectionRefusedError()
    engine.boxes[0].answer = refused
    assert call("f", b"") == b'"{}"'
    assert [box.closed for box in engine.boxes] == [True, False]
