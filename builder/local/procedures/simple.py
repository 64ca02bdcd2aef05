"""The steps of PL/pgSQL that hold no others, and declarations: each read up to its semicolon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.local.procedures.pieces import expression, targets
from builder.local.procedures.steps import Assign, Diagnostics, End, Leave, Raise, Run, Step, Variable
from builder.local.sql.tokens import Source, tokenize
from builder.local.sqlstate import syntax, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.tokens import Cursor

_LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")


def variable(cursor: Cursor) -> Variable:
    name = cursor.identifier()
    if cursor.accept("ALIAS"):
        cursor.expect("FOR")
        alias = cursor.until(";")
        cursor.expect(";")
        return Variable(name=name, type="", alias=alias)
    constant = cursor.accept("CONSTANT")
    kind = cursor.until(";", ":=", "=", "DEFAULT", "NOT")
    if "cursor" in kind.lower():
        raise unsupported("a cursor in a procedure")
    not_null = cursor.accept("NOT", "NULL")
    default = ""
    if any(cursor.accept(word) for word in (":=", "=", "DEFAULT")):
        default = cursor.until(";")
    cursor.expect(";")
    return Variable(name=name, type=kind, default=default, constant=constant, not_null=not_null)


def assign(cursor: Cursor) -> Assign:
    name, field = cursor.identifier(), ""
    if cursor.accept("."):
        field = cursor.identifier()
    cursor.take()
    return Assign(name=name, field=field, value=expression(cursor, ";"))


def _leave(cursor: Cursor, kind: str) -> Leave:
    label = cursor.identifier() if cursor.peek() not in {"WHEN", ";"} else ""
    condition = expression(cursor, ";") if cursor.accept("WHEN") else ""
    return Leave(kind=kind, label=label, condition=condition)


def _return(cursor: Cursor) -> Leave:
    if cursor.peek() != ";":
        raise syntax("RETURN cannot have a parameter in a procedure")
    return Leave(kind="RETURN")


def _raise(cursor: Cursor) -> Raise:
    level = next((each for each in _LEVELS if cursor.accept(each)), "EXCEPTION")
    if cursor.peek() == ";":
        return Raise(level="EXCEPTION", format="", arguments=())
    text = cursor.string()
    arguments = []
    while cursor.accept(","):
        arguments.append(expression(cursor, ",", ";"))
    return Raise(level=level, format=text, arguments=tuple(arguments))


def _execute(cursor: Cursor) -> Run:
    text = expression(cursor, "INTO", ";")
    into = targets(cursor) if cursor.accept("INTO") else ()
    return Run(sql=Source(sql=text, tokens=tokenize(text)), into=into, dynamic=True)


def _perform(cursor: Cursor) -> Run:
    text = f"SELECT {expression(cursor, ';')}"
    return Run(sql=Source(sql=text, tokens=tokenize(text)))


def _diagnostics(cursor: Cursor) -> Diagnostics:
    cursor.expect("DIAGNOSTICS")
    name = cursor.identifier()
    cursor.take()
    cursor.expect("ROW_COUNT")
    return Diagnostics(name=name)


# By the word that a step begins with, which has been taken.
SIMPLE: dict[str, Callable[[Cursor], Step | None]] = {
    "EXIT": lambda cursor: _leave(cursor, "EXIT"),
    "CONTINUE": lambda cursor: _leave(cursor, "CONTINUE"),
    "RETURN": _return,
    "RAISE": _raise,
    "EXECUTE": _execute,
    "PERFORM": _perform,
    "GET": _diagnostics,
    "NULL": lambda _cursor: None,
    "COMMIT": lambda _cursor: End(kind="COMMIT"),
    "ROLLBACK": lambda _cursor: End(kind="ROLLBACK"),
}
