"""The HTTP side of the local Redshift: AWS's JSON protocol for the Data API and serverless, Query for clusters."""

from __future__ import annotations

import json
import logging
import threading
import urllib.parse
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError
from botocore.model import OperationNotFoundError

from builder.local.data_api import model
from builder.local.data_api.model import ApiError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from builder.local.data_api.operations import DataApi
    from builder.local.data_api.warehouse import Warehouse

log = logging.getLogger(__name__)
# 40 statements of 100 KB, escaped in JSON, and parameters.
BODY_BYTES = 16 * 1024 * 1024
CONNECTIONS = 200
# A client that keeps its connection open between two calls, or stops in the middle of one.
IDLE_SECONDS = 90.0
_XMLNS = "http://redshift.amazonaws.com/doc/2012-12-01/"
_TARGETS = {"RedshiftData": "redshift-data", "RedshiftServerless": "redshift-serverless"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    kind: str
    body: bytes
    error: str = ""


@dataclass(kw_only=True)
class Front:
    """Answers requests. `serve` takes a connected client and returns when it has gone; `closing` ends the rest."""

    data: DataApi
    warehouse: Warehouse
    closing: Callable[[], None]

    def __post_init__(self) -> None:
        self.room = threading.BoundedSemaphore(CONNECTIONS)

    def serve(self, client: socket.socket) -> None:
        """HTTP/1.1, one request behind the other."""
        if not self.room.acquire(blocking=False):
            return
        try:
            client.settimeout(IDLE_SECONDS)
            _Handler(client, client.getpeername(), self)  # type: ignore[arg-type]  # any object serves as its server
        finally:
            self.room.release()

    def close(self) -> None:
        self.closing()

    def answer(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request's reply."""
        target = _header(headers, "x-amz-target")
        signed = _header(headers, "authorization").startswith("AWS4-HMAC-SHA256 ")
        if target:
            return self._json(target, body, signed=signed)
        return self._query(body, signed=signed)

    def _json(self, target: str, body: bytes, *, signed: bool) -> Reply:
        prefix, _, operation = target.partition(".")
        try:
            _check_signed(signed=signed)
            reply = self._called(_TARGETS.get(prefix, ""), operation, body)
            return Reply(status=200, kind="application/x-amz-json-1.1", body=_dumped(reply))
        except ApiError as error:
            # The services disagree about the message's case; readers of AWS's JSON errors take either.
            member = "message" if prefix == "RedshiftServerless" else "Message"
            content = {"__type": error.code, member: error.message, **error.fields}
            return Reply(
                status=error.status, kind="application/x-amz-json-1.1", body=_dumped(content), error=error.code
            )

    def _called(self, service: str, operation: str, body: bytes) -> dict[str, Any]:
        shape = _input(service, operation)
        try:
            given = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            raise ApiError("SerializationException", "the request is not JSON") from None
        model.check(shape, given)
        given = {name: given[name] for name in shape.members if given.get(name) is not None}
        return self._dispatched(service, operation, given)

    def _dispatched(self, service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        try:
            if service == "redshift-data":
                return self.data.call(operation, given)
            return self.warehouse.call(operation, given)
        except ApiError:
            raise
        except Exception:
            log.exception("%s failed inside the endpoint", operation)
            text = "internal error of the local endpoint; its log has the details"
            raise ApiError("InternalServerException", text, status=500) from None

    def _query(self, body: bytes, *, signed: bool) -> Reply:
        try:
            _check_signed(signed=signed)
            form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            operation = form.get("Action", "")
            shape = _input("redshift", operation)
            given = model.read_query(shape, form)
            model.check(shape, given)
            reply = self._dispatched("redshift", operation, given)
            output = model.service("redshift").operation_model(operation).output_shape
            inner = model.write_query(output, reply, f"{operation}Result")
            return _xml(200, f"{operation}Response", f"{inner}<ResponseMetadata>{_request_id()}</ResponseMetadata>")
        except UnicodeDecodeError:
            return _refused(ApiError("MalformedInput", "the request is not UTF-8"))
        except ApiError as error:
            return _refused(error)


def _check_signed(*, signed: bool) -> None:
    """No signature is verified: the local cloud's keys are known to all. But a web page cannot send the header."""
    if not signed:
        raise ApiError("MissingAuthenticationToken", "Missing Authentication Token", status=403)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _input(service: str, operation: str) -> Any:
    try:
        return model.service(service).operation_model(operation).input_shape
    except (OperationNotFoundError, BotoCoreError, ValueError):
        code = "InvalidAction" if service == "redshift" else "UnknownOperationException"
        raise ApiError(code, f"Could not find operation {operation}") from None


def _dumped(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _request_id() -> str:
    return f"<RequestId>{uuid.uuid4()}</RequestId>"


def _refused(error: ApiError) -> Reply:
    side = "Sender" if error.status < 500 else "Receiver"  # noqa: PLR2004 - HTTP's classes
    fault = f"<Type>{side}</Type><Code>{error.code}</Code><Message>{model.escape(error.message)}</Message>"
    return _xml(error.status, "ErrorResponse", f"<Error>{fault}</Error>{_request_id()}")


def _xml(status: int, name: str, inner: str) -> Reply:
    return Reply(status=status, kind="text/xml", body=f'<{name} xmlns="{_XMLNS}">{inner}</{name}>'.encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LocalRedshift"
    server: Front  # type: ignore[assignment]  # see Front.serve

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_BYTES:
            self.close_connection = True
            self.send_error(413 if length.isdigit() else 411)
            return
        reply = self.server.answer(dict(self.headers.items()), self.rfile.read(int(length)))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if reply.error:
            self.send_header("x-amzn-ErrorType", reply.error)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        log.debug(format, *args)
