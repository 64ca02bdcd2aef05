"""A function's call as Redshift makes it: request bytes from rows of values, values from the reply.

The envelope is Redshift's own ("Creating a scalar Lambda UDF", Amazon Redshift Database Developer Guide). Values cross
by the table in `types`: SUPER as JSON text, floating point as text, geometries as text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from builder import names
from builder.core.calls.answers import float_text
from builder.core.catalog.types import SPATIAL, crossing, needs_wrapper
from builder.errors import InvokeError, UsageError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.model import Function, Parameter

_INTEGERS = {"SMALLINT", "INTEGER", "BIGINT"}
_FLOATS = {"REAL", "DOUBLE PRECISION"}
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def external_name(function: Function) -> str:
    """The name under which Redshift calls it: the external function's, where a SQL wrapper stands in front."""
    wrapped = not function.template and needs_wrapper(function.parameters, function.returns)
    return names.external_name(function.name) if wrapped else function.name


def request(function: Function, rows: Sequence[Sequence[Any]], *, schema: str = "carto") -> bytes:
    """The event for these rows. Values are Python's: None, bool, int, float, str, and lists or dicts for SUPER."""
    body = {
        "request_id": "00000000-0000-0000-0000-000000000000",
        "cluster": "arn:aws:redshift:us-east-1:000000000000:cluster:builder",
        "user": "builder",
        "database": "dev",
        "external_function": f"{schema}.{external_name(function)}",
        "query_id": 0,
        "num_records": len(rows),
        "arguments": [_encode_row(function, row) for row in rows],
    }
    return json.dumps(body, ensure_ascii=False).encode()


def results(function: Function, reply: str, *, count: int) -> list[Any]:
    """The values in a reply's text (the object inside the JSON string). Raises InvokeError in the function's words."""
    try:
        body = json.loads(reply)
    except ValueError as error:
        raise InvokeError(f"the reply is not JSON: {reply[:200]!r}", where=function.name) from error
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        raise InvokeError(
            f"the reply has no `success`: {reply[:200]!r}",
            where=function.name,
            hint='a handler answers {"success": true, "num_records": n, "results": [...]}',
        )
    if not body["success"]:
        raise InvokeError(str(body.get("error_msg", "")), where=function.name)
    values = body.get("results")
    if not isinstance(values, list) or len(values) != count:
        found = len(values) if isinstance(values, list) else "no"
        raise InvokeError(f"the reply holds {found} results for {count} rows", where=function.name)
    return values if function.template else [_decode(function.returns, value) for value in values]


def query(function: Function, row: Sequence[Any], *, schema: str) -> str:
    """A SELECT that calls the function once and gives a value of text, number or boolean."""
    if function.template:
        literals = [_untyped_literal(value) for value in row]
    else:
        pairs = zip(function.parameters, row, strict=True)
        literals = [_literal(parameter.type, value) for parameter, value in pairs]
    arguments = ", ".join(literals)
    call = f"{names.quote_identifier(schema)}.{names.quote_identifier(function.name)}({arguments})"
    shown = {"SUPER": "JSON_SERIALIZE({})", "GEOMETRY": "ST_ASTEXT({})", "GEOGRAPHY": "ST_ASTEXT({})"}
    return f"SELECT {shown.get(function.returns, '{}').format(call)} AS result"


def value(function: Function, cell: Any) -> Any:
    """What a driver gave for the SELECT of `query`, as `results` would have given it."""
    return _decode(function.returns, cell.decode() if isinstance(cell, bytes) else cell)


def unwrap(payload: bytes, *, where: str) -> str:
    """The reply's text out of a Lambda payload, which must be a JSON string (Redshift answers "Empty format" else)."""
    try:
        text = json.loads(payload)
    except ValueError:
        # The emulator reports a time-out as plain text and a dead process as an empty body, both with status 200.
        text = None
    if not isinstance(text, str):
        shown = payload[:500].decode(errors="replace") or "(empty: the process ended)"
        raise InvokeError(f"the Lambda did not answer with a JSON string: {shown}", where=where)
    return text


def parse_arguments(function: Function, words: Sequence[str]) -> list[Any]:
    """Arguments from a command line: `NULL` is NULL, everything else is read by the parameter's type."""
    if function.template:
        return [_untyped(word) for word in words]
    wanted = len(function.parameters)
    if len(words) != wanted:
        signature = ", ".join(f"{parameter.name} {parameter.type}" for parameter in function.parameters)
        raise UsageError(
            f"takes {counted(wanted, 'argument')}, {len(words)} given",
            where=function.name,
            hint=f"its signature: {function.name}({signature})",
        )
    return [_parse(function, *pair) for pair in zip(function.parameters, words, strict=True)]


def _untyped(word: str) -> Any:
    """Where a template has the types: JSON where it is JSON, else a text."""
    try:
        return None if word.upper() == "NULL" else json.loads(word)
    except ValueError:
        return word


def _untyped_literal(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    return str(value) if isinstance(value, (int, float)) else names.quote_literal(str(value))


def _literal(type_: str, value: Any) -> str:
    if value is None:
        return f"CAST(NULL AS {type_})"
    if type_ == "SUPER":
        return f"JSON_PARSE({names.quote_literal(_encode(type_, value))})"
    if type_ in SPATIAL:
        text = str(value)
        reader = "ST_GEOMFROMGEOJSON({})" if text.lstrip().startswith("{") else "ST_GEOMFROMTEXT({}, 4326)"
        return reader.format(names.quote_literal(text))
    return f"CAST({names.quote_literal(str(_encode(type_, value)))} AS {type_})"


def _parse(function: Function, parameter: Parameter, word: str) -> Any:
    if word.upper() == "NULL":
        return None
    try:
        if parameter.type in _INTEGERS:
            return int(word)
        if parameter.type in _FLOATS:
            return float(word)
        if parameter.type == "BOOLEAN":
            return _BOOLEANS[word.lower()]
        if parameter.type == "SUPER":
            return json.loads(word)
    except (ValueError, KeyError) as error:
        raise UsageError(
            f"{word!r} is not a {parameter.type}",
            where=f"{function.name} {parameter.name}",
            hint="NULL stands for NULL",
        ) from error
    return word


def _encode_row(function: Function, row: Sequence[Any]) -> list[Any]:
    if function.template:
        return list(row)
    return [_encode(parameter.type, value) for parameter, value in zip(function.parameters, row, strict=True)]


def _encode(type_: str, value: Any) -> Any:
    if value is None:
        return None
    if type_ == "SUPER":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str) or crossing(type_).plain:
        return value
    return float_text(value) if isinstance(value, float) else str(value)


def _decode(type_: str, value: Any) -> Any:
    if value is None:
        return None
    if type_ == "SUPER" and isinstance(value, str):
        return json.loads(value)
    if type_ in _FLOATS and isinstance(value, str):
        return float(value)
    return value
