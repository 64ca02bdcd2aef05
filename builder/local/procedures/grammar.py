"""CREATE, DROP and CALL of procedures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.objects.functions import signature
from builder.local.procedures.block import parse_body
from builder.local.sql import types
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.procedures.steps import Block
    from builder.local.sql.tokens import Source

MODES = ("IN", "OUT", "INOUT")
# Redshift, "Limits and differences for stored procedure support".
MOST_INPUTS = 32


@dataclass(frozen=True, kw_only=True)
class Argument:
    """`name` is "" where none is given: then it is $n alone."""

    name: str
    mode: str
    type: types.Type


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """`signature` has the types of what a caller passes; `key` is the procedure as `_rs.acl` names it."""

    schema: str
    name: str
    arguments: tuple[Argument, ...]
    body: str
    atomic: bool = True
    definer: bool = False
    owner: str = ""

    @property
    def inputs(self) -> tuple[Argument, ...]:
        return tuple(each for each in self.arguments if each.mode != "OUT")

    @property
    def outputs(self) -> tuple[Argument, ...]:
        return tuple(each for each in self.arguments if each.mode != "IN")

    @property
    def signature(self) -> str:
        return signature(tuple(each.type for each in self.inputs))

    @property
    def key(self) -> str:
        return f"{self.schema}.{self.name}({self.signature})"

    def block(self) -> Block:
        return parse_body(self.body)


@dataclass(frozen=True, kw_only=True)
class CreateProcedure:
    procedure: Procedure
    replace: bool


@dataclass(frozen=True, kw_only=True)
class DropProcedure:
    schema: str
    name: str
    arguments: tuple[types.Type, ...]
    if_exists: bool


@dataclass(frozen=True, kw_only=True)
class Call:
    """`arguments` are texts of expressions."""

    schema: str
    name: str
    arguments: tuple[str, ...]


def parse_create_procedure(source: Source) -> CreateProcedure:
    """CREATE [OR REPLACE] PROCEDURE name (arguments) [NONATOMIC] AS $$ body $$ LANGUAGE plpgsql [SECURITY ...]."""
    cursor = Cursor(source)
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    cursor.expect("PROCEDURE")
    schema, name = cursor.name()
    arguments = _arguments(cursor)
    atomic = not cursor.accept("NONATOMIC")
    cursor.expect("AS")
    body = cursor.string()
    cursor.expect("LANGUAGE")
    language = cursor.take().text.lower()
    if language != "plpgsql":
        raise unsupported(f"a procedure in the language {language}")
    definer = False
    if cursor.accept("SECURITY"):
        definer = cursor.accept("DEFINER")
        if not definer:
            cursor.expect("INVOKER")
    if cursor.peek() == "SET":
        raise unsupported("SET in CREATE PROCEDURE")
    cursor.end()
    made = Procedure(schema=schema, name=name, arguments=arguments, body=body, atomic=atomic, definer=definer)
    if len(made.inputs) > MOST_INPUTS:
        raise SqlError("54023", f"functions cannot have more than {MOST_INPUTS} arguments")
    made.block()
    return CreateProcedure(procedure=made, replace=replace)


def _arguments(cursor: Cursor) -> tuple[Argument, ...]:
    cursor.expect("(")
    found: list[Argument] = []
    while not cursor.accept(")"):
        if found:
            cursor.expect(",")
        found.append(_argument(cursor))
    return tuple(found)


def read_inputs(cursor: Cursor) -> tuple[types.Type, ...]:
    """The types of what a caller passes, out of a list of arguments: they tell overloads apart."""
    return tuple(each.type for each in _arguments(cursor) if each.mode != "OUT")


def _argument(cursor: Cursor) -> Argument:
    """`[name] [mode] type`, or with the mode in front."""
    mode = _mode(cursor)
    name = ""
    # A name is followed by something that is no part of a type's own spelling.
    if cursor.peek(1) not in {",", ")", "(", "VARYING", "PRECISION"} and cursor.peek() != "DOUBLE PRECISION":
        name = cursor.identifier()
    mode = mode or _mode(cursor) or "IN"
    text = cursor.until(",", ")")
    if text.lower() == "refcursor":
        raise unsupported("refcursor in a procedure")
    return Argument(name=name, mode=mode, type=types.of(text))


def _mode(cursor: Cursor) -> str:
    if cursor.accept("IN", "OUT"):
        return "INOUT"
    return next((mode for mode in MODES if cursor.accept(mode)), "")


def parse_drop_procedure(source: Source) -> DropProcedure:
    """DROP PROCEDURE [IF EXISTS] name (types): of what a caller passes."""
    cursor = Cursor(source)
    cursor.expect("DROP", "PROCEDURE")
    exists = cursor.accept("IF", "EXISTS")
    schema, name = cursor.name()
    inputs = read_inputs(cursor) if cursor.peek() == "(" else ()
    if not cursor.accept("CASCADE"):
        cursor.accept("RESTRICT")
    cursor.end()
    return DropProcedure(schema=schema, name=name, arguments=inputs, if_exists=exists)


def parse_call(source: Source) -> Call:
    cursor = Cursor(source)
    cursor.expect("CALL")
    schema, name = cursor.name()
    cursor.expect("(")
    arguments = []
    if not cursor.accept(")"):
        arguments.append(cursor.until(",", ")"))
        while cursor.accept(","):
            arguments.append(cursor.until(",", ")"))
        cursor.expect(")")
    cursor.end()
    return Call(schema=schema, name=name, arguments=tuple(arguments))
