"""The handler that awslambdaric runs, and the way past its JSON.

awslambdaric parses every request with `json` and writes every reply with `simplejson`, which costs more than the whole
dispatch. Its client has a class attribute `marshaller` for "function authors to override the default implementation"
(its own docstring): ours hands the request's bytes on and takes the reply's bytes as they are. All else is
awslambdaric's: the loop, deadlines and context, logging, X-Ray, SnapStart hooks, errors at start-up.

A broken manifest raises here, at import; awslambdaric reports it as an error of initialisation.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient

from gateway import manifest
from gateway.dispatch import Dispatcher


class PlainBytes:
    """Marshals nothing."""

    @staticmethod
    def unmarshal_request(request: bytes, content_type: str = "application/json") -> bytes:
        del content_type
        return request

    @staticmethod
    def marshal_response(response: bytes) -> tuple[bytes, str]:
        return response, "application/json"


def manifest_path() -> str:
    """GATEWAY_MANIFEST, else manifest.json in the folder where Lambda keeps a function's code."""
    folder = os.environ.get("LAMBDA_TASK_ROOT") or "/var/task"
    return os.environ.get("GATEWAY_MANIFEST") or f"{folder}/manifest.json"


BaseLambdaRuntimeClient.marshaller = PlainBytes()
_DISPATCHER = Dispatcher(manifest.read(manifest_path()))
# What start-up has made stays for good; the collector need not look at it again.
gc.freeze()


def handler(body: bytes, context: Any) -> bytes:
    """Redshift's request to the reply's payload, both as bytes."""
    return _DISPATCHER.answer(body, context)
