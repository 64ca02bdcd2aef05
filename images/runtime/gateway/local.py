"""The runtime without Lambda around it.

    python -m gateway.local MANIFEST < requests > replies

reads one JSON request per line and writes one reply per line: the text that Redshift would find in the JSON string.
What handlers print goes to standard error.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO

import orjson

from gateway import manifest
from gateway.dispatch import Dispatcher
from gateway.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The longest that Lambda lets a function run, in seconds.
_LONGEST = 900


class Context:
    """What a plain handler asks Lambda's context for, filled in for a local call."""

    function_name = "local"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:local"
    memory_limit_in_mb = "10240"
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_group_name = "local"
    log_stream_name = "local"
    identity = None
    client_context = None

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def answer(path: str | os.PathLike[str]) -> Callable[[bytes], str]:
    """Opens a manifest; gives a function of a request's bytes to the reply's text. Raises ManifestError."""
    dispatcher = Dispatcher(manifest.read(os.fspath(path)))

    def call(body: bytes) -> str:
        text: str = orjson.loads(dispatcher.answer(body, Context(time.monotonic() + _LONGEST)))
        return text

    return call


def serve(call: Callable[[bytes], str], requests: Iterable[bytes], replies: BinaryIO) -> None:
    """A reply a line for a request a line; blank lines are passed over."""
    for line in requests:
        if line.strip():
            replies.write(call(line).encode() + b"\n")
            replies.flush()


def main(words: list[str]) -> int:
    if len(words) != 1:
        sys.stderr.write("usage: python -m gateway.local MANIFEST\n")
        return 2
    # Libraries in C print to file descriptor 1 whatever sys.stdout is: keep it for ourselves, give them the other.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        call = answer(words[0])
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    serve(call, sys.stdin.buffer, replies)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
