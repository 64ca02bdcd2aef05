"""The reply: a JSON string whose text is the reply's object, encoded once, as UTF-8.

Redshift answers "Empty format" to an object that is not inside a string. Non-ASCII text stays as it is: escaped twice,
it would be three times as long. Lambda bounds the whole.
"""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import BatchError
from gateway.json_text import OPTIONS, plain

# "Response payload size exceeded maximum allowed payload size (6291556 bytes)": Lambda's own words; the quota's page
# says 6 MB. The quotes of the JSON string and the backslashes inside it count.
PAYLOAD_LIMIT = 6_291_556
# Redshift shows an error in one line of a console.
MESSAGE_LIMIT = 2_000


def success(results: Any, count: int) -> bytes:
    """The reply's object. `results` is what `results.encode` gave. Raises TypeError for what JSON cannot hold."""
    return orjson.dumps({"success": True, "num_records": count, "results": results}, plain, OPTIONS)


def failure(message: str, count: int) -> bytes:
    """The reply's object for a batch that has no answer."""
    if len(message) > MESSAGE_LIMIT:
        message = f"{message[:MESSAGE_LIMIT]}... ({len(message) - MESSAGE_LIMIT:,} characters more)"
    # An error may quote half a surrogate pair, which UTF-8 cannot carry.
    message = message.encode(errors="replace").decode()
    return orjson.dumps({"success": False, "num_records": count, "error_msg": message})


def payload(reply: bytes, count: int) -> bytes:
    """The Lambda payload: the reply as a JSON string. Raises BatchError where Lambda would refuse it."""
    text = orjson.dumps(reply.decode())
    if len(text) > PAYLOAD_LIMIT:
        fits = max(1, count * PAYLOAD_LIMIT * 9 // (len(text) * 10))
        raise BatchError(
            f"the reply of {count:,} rows is {len(text):,} bytes long and Lambda carries at most {PAYLOAD_LIMIT:,}: "
            f"lower max_batch_rows (clouds.redshift.config in function.yaml), here to about {fits:,}"
        )
    return text


def checked(reply: Any, count: int, *, name: str) -> bytes:
    """A plain handler's reply, as text or as a dict, with its number of results checked. Raises BatchError."""
    if isinstance(reply, (str, bytes)):
        body, text = _read(reply, name), reply.encode() if isinstance(reply, str) else reply
    else:
        body, text = reply, b""
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        raise BatchError(
            f"{name}: the handler returned {_shown(reply)}; expected a dict, or its JSON text, of the form "
            '{"success": true, "num_records": n, "results": [...]} or {"success": false, "error_msg": "..."}'
        )
    if not body["success"]:
        return failure(str(body.get("error_msg") or f"{name}: the handler gave no error_msg"), count)
    results = body.get("results")
    found = None if isinstance(results, (str, bytes, dict)) else getattr(results, "__len__", lambda: None)()
    if found != count:
        raise BatchError(f"{name}: the handler returned {'no' if found is None else found} results for {count} rows")
    if text and body.get("num_records") == count:
        return text
    try:
        return success(results, count)
    except TypeError as error:
        raise BatchError(
            f"{name}: the handler's results cannot be written as JSON: {error.__cause__ or error}"
        ) from error


def _read(reply: str | bytes, name: str) -> Any:
    try:
        return orjson.loads(reply)
    except ValueError as error:
        raise BatchError(f"{name}: the handler returned a text that is not JSON: {error}: {_shown(reply)}") from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  enough to recognise it
