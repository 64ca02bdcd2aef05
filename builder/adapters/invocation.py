"""One synchronous call of a deployed Lambda function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.errors import InvokeError

if TYPE_CHECKING:
    from builder.adapters.aws import Aws


def invoke(aws: Aws, name: str, event: bytes, *, version: str = "") -> bytes:
    """The payload that it answered with. Raises AwsError where it could not be called, InvokeError where it broke."""
    answer = aws.call(
        "lambda",
        "invoke",
        about=name,
        absent=("ResourceNotFoundException",),
        FunctionName=name,
        InvocationType="RequestResponse",
        Payload=event,
        **({"Qualifier": version} if version else {}),
    )
    if answer is None:
        raise InvokeError("there is no such Lambda function", where=name, hint="`builder deploy` makes it")
    payload: bytes = answer["Payload"].read()
    # `Unhandled`: the process ended, ran out of time or memory, or could not start; the payload says how.
    if answer.get("FunctionError"):
        raise InvokeError(
            payload[:1000].decode(errors="replace"), where=name, hint=f"its log is in CloudWatch, /aws/lambda/{name}"
        )
    return payload
