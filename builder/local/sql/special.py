"""Functions that no macro can stand for: their calls are built anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import asking, formats
from builder.local.sql.dialect import call
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.resolve import Names


def _json(name: str) -> Callable[[exp.Anonymous, Names], exp.Expr]:
    def build(node: exp.Anonymous, _names: Names) -> exp.Expr:
        return exp.Anonymous(this=name, expressions=[argument.copy() for argument in node.expressions])

    return build


def _path_text(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """JSON_EXTRACT_PATH_TEXT(text, step, ... [, null_if_invalid])."""
    text, *steps = node.expressions
    quiet = isinstance(steps[-1], exp.Boolean) and bool(steps.pop().this) if steps else False
    if not steps:
        raise SqlError("42883", "function json_extract_path_text takes a text and at least one step")
    path: exp.Expr = exp.Literal.string("$")
    for step in steps:
        name = exp.Replace(this=step.copy(), expression=exp.Literal.string('"'), replacement=exp.Literal.string(""))
        path = exp.DPipe(this=path, expression=exp.DPipe(this=exp.Literal.string('."'), expression=name))
        path = exp.DPipe(this=path, expression=exp.Literal.string('"'))
    if all(isinstance(step, exp.Literal) for step in steps):
        # Known while it is planned, which is faster.
        path = exp.Literal.string("$" + "".join('."' + step.name.replace('"', "") + '"' for step in steps))
    found = exp.Anonymous(this="json_extract_string", expressions=[text.copy(), path])
    if not quiet:
        return found
    valid = exp.Anonymous(this="json_valid", expressions=[text.copy()])
    return exp.Case(ifs=[exp.If(this=valid, true=found)])


def _part(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """REGEXP_SUBSTR: with the parameter e the first subexpression."""
    given = [argument.copy() for argument in node.expressions]
    flags = given[4].name if len(given) > 4 else ""  # noqa: PLR2004 - source, pattern, position, occurrence, parameters
    return call("regexp_part" if "e" in flags else "regexp_substr", *given)


def _series(node: exp.Anonymous, _names: Names) -> exp.Expr | None:
    """In a select list its values are rows."""
    if isinstance(node.parent, (exp.Select, exp.Alias)):
        return exp.Anonymous(this="unnest", expressions=[node.copy()])
    return None


def _database(_node: exp.Anonymous, names: Names) -> exp.Expr:
    return exp.Literal.string(names.database)


def _schema(_node: exp.Anonymous, names: Names) -> exp.Expr:
    return exp.Literal.string(names.current_schema())


def _version(_node: exp.Anonymous, _names: Names) -> exp.Expr:
    return exp.Literal.string("PostgreSQL 8.0.2 on local, Redshift 1.0.0 (local endpoint over DuckDB)")


SPECIAL: dict[str, Callable[[exp.Anonymous, Names], exp.Expr | None]] = {
    "object": _json("json_object"),
    "array": _json("json_array"),
    "json_extract_path_text": _path_text,
    "generate_series": _series,
    "regexp_substr": _part,
    "to_char": formats.to_char,
    "to_number": formats.to_number,
    "to_date": formats.to_date,
    "to_timestamp": formats.to_timestamp,
    "current_database": _database,
    "current_schema": _schema,
    "version": _version,
    "rs_array_of": _json("array"),
    **dict.fromkeys(asking.KINDS, asking.privilege),
}
