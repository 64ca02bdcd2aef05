"""User-defined functions: what CREATE says, checked as Redshift checks it.

Source: Redshift, "CREATE EXTERNAL FUNCTION", "CREATE FUNCTION", "DROP FUNCTION".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sql import types
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source

VOLATILITIES = ("VOLATILE", "STABLE", "IMMUTABLE")
RETRY_TIMEOUT = 20_000
MAX_BATCH_ROWS = 2_147_483_647
MAX_BATCH_SIZE = 5 * 1024 * 1024
# Redshift, "UDF constraints": at most 32 arguments.
ARGUMENTS = 32

# A qualifier behind a bare name is not in the documentation: it goes on to Invoke as it is, which takes it.
_LAMBDA = re.compile(r"[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?")
_LAMBDA_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?"
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/(?:[\w+=,.@/-]{1,512})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class External:
    """What an external function calls. Times in milliseconds, sizes in bytes."""

    lambda_name: str
    iam_role: str
    retry_timeout: int = RETRY_TIMEOUT
    max_batch_rows: int = MAX_BATCH_ROWS
    max_batch_size: int = MAX_BATCH_SIZE


@dataclass(frozen=True, kw_only=True)
class Function:
    """One overload. `body` is a SQL function's SELECT; an external function has `external` instead."""

    schema: str
    name: str
    arguments: tuple[types.Type, ...]
    returns: types.Type
    volatility: str
    argument_names: tuple[str, ...] = ()
    body: str = ""
    external: External | None = None
    oid: int = 0

    @property
    def signature(self) -> str:
        """Argument types without their lengths: what makes one overload differ from another."""
        return signature(self.arguments)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({self.signature})"


@dataclass(frozen=True, kw_only=True)
class CreateFunction:
    function: Function
    replace: bool


@dataclass(frozen=True, kw_only=True)
class DropFunction:
    schema: str
    name: str
    arguments: tuple[types.Type, ...]
    if_exists: bool = False
    cascade: bool = False


def signature(arguments: tuple[types.Type, ...]) -> str:
    """`bigint, character varying`, as oidvectortypes() prints pg_proc.proargtypes."""
    return ", ".join(argument.name for argument in arguments)


def parse_create(source: Source) -> CreateFunction:
    """CREATE [OR REPLACE] [EXTERNAL] FUNCTION. Raises SqlError for what Redshift's grammar refuses."""
    cursor = Cursor(source)
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    external = cursor.accept("EXTERNAL")
    cursor.expect("FUNCTION")
    schema, name = cursor.name()
    names, arguments = read_arguments(cursor)
    cursor.expect("RETURNS")
    returns = types.of(cursor.until(*VOLATILITIES, "AS", "LAMBDA", "SAGEMAKER", "LANGUAGE"))
    volatility = _volatility(cursor, external=external)
    function = Function(
        schema=schema,
        name=name,
        argument_names=names,
        arguments=arguments,
        returns=returns,
        volatility=volatility,
        external=_external(cursor) if external else None,
        body="" if external else _body(cursor),
    )
    cursor.end()
    return CreateFunction(function=function, replace=replace)


def read_arguments(cursor: Cursor) -> tuple[tuple[str, ...], tuple[types.Type, ...]]:
    cursor.expect("(")
    names: list[str] = []
    found: list[types.Type] = []
    while not cursor.accept(")"):
        if found:
            cursor.expect(",")
        names.append(_argument_name(cursor))
        found.append(types.of(cursor.until(",", ")")))
    if len(found) > ARGUMENTS:
        raise SqlError("54023", f"functions cannot have more than {ARGUMENTS} arguments")
    return tuple(names), tuple(found)


def _argument_name(cursor: Cursor) -> str:
    """`a int` has a name, `int` and `double precision` (one token) and `varchar(10)` have none."""
    named = cursor.peek(1) not in {",", ")", "("} and not _two_words(cursor)
    return cursor.identifier() if named else ""


def _two_words(cursor: Cursor) -> bool:
    pairs = {("CHARACTER", "VARYING"), ("BINARY", "VARYING"), ("TIMESTAMP", "WITHOUT"), ("TIMESTAMP", "WITH")}
    return (cursor.peek(), cursor.peek(1)) in pairs or (cursor.peek(), cursor.peek(1)) in {
        ("TIME", "WITHOUT"),
        ("TIME", "WITH"),
    }


def _volatility(cursor: Cursor, *, external: bool) -> str:
    for word in VOLATILITIES:
        if cursor.accept(word):
            if external and word == "IMMUTABLE":
                raise syntax("IMMUTABLE is not allowed for an external function: use VOLATILE or STABLE")
            return word.lower()
    raise cursor.error()


def _body(cursor: Cursor) -> str:
    cursor.expect("AS")
    body = cursor.string()
    cursor.expect("LANGUAGE")
    language = cursor.take().text.lower()
    if language != "sql":
        raise unsupported(f"a function in language {language}")
    return body


def _external(cursor: Cursor) -> External:
    if cursor.accept("SAGEMAKER"):
        raise unsupported("an external function on SageMaker")
    cursor.expect("LAMBDA")
    lambda_name = check_lambda(cursor.string())
    cursor.expect("IAM_ROLE")
    role = "default" if cursor.accept("DEFAULT") else check_roles(cursor.string())
    retry, rows, size = RETRY_TIMEOUT, MAX_BATCH_ROWS, MAX_BATCH_SIZE
    if cursor.accept("RETRY_TIMEOUT"):
        retry = _within("RETRY_TIMEOUT", cursor.integer(), 0, 2_147_483_647)
    if cursor.accept("MAX_BATCH_ROWS"):
        rows = _within("MAX_BATCH_ROWS", cursor.integer(), 1, MAX_BATCH_ROWS)
    if cursor.accept("MAX_BATCH_SIZE"):
        size = _batch_size(cursor)
    return External(
        lambda_name=lambda_name, iam_role=role, retry_timeout=retry, max_batch_rows=rows, max_batch_size=size
    )


def _batch_size(cursor: Cursor) -> int:
    """In bytes. A bare number counts in KB (Redshift, "CREATE EXTERNAL FUNCTION")."""
    size = cursor.integer() * 1024
    if cursor.accept("MB"):
        size *= 1024
    else:
        cursor.accept("KB")
    return _within("MAX_BATCH_SIZE in bytes", size, 1024, MAX_BATCH_SIZE)


def _within(what: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise SqlError("22023", f"{what} must be between {low} and {high}, not {value}")
    return value


def check_lambda(name: str) -> str:
    """A function's name or ARN, with or without a qualifier."""
    if not (_LAMBDA.fullmatch(name) or _LAMBDA_ARN.fullmatch(name)):
        raise SqlError("22023", f"'{name}' is neither the name nor the ARN of a Lambda function")
    return name


def check_roles(text: str) -> str:
    """One role's ARN, or a chain of them separated by commas."""
    for role in text.split(","):
        if not _ROLE.fullmatch(role.strip()):
            raise SqlError("22023", f"'{role.strip()}' is not the ARN of an IAM role")
    return text


def check_types(function: Function, more: frozenset[str]) -> None:
    """Raises SqlError 0A000 for a type that the guide does not list ("Scalar Lambda UDFs"), but for those of `more`."""
    for kind in (*function.arguments, function.returns):
        if kind.name not in types.EXTERNAL | more:
            raise SqlError(
                "0A000",
                f"type {kind.name} is not supported in external functions",
                hint="pass it as VARCHAR and wrap the external function in a SQL function",
            )


def parse_drop(source: Source) -> DropFunction:
    """DROP FUNCTION name([arg] type, ...) [CASCADE | RESTRICT]."""
    cursor = Cursor(source)
    cursor.expect("DROP", "FUNCTION")
    exists = cursor.accept("IF", "EXISTS")
    schema, name = cursor.name()
    _, arguments = read_arguments(cursor)
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    cursor.end()
    return DropFunction(schema=schema, name=name, arguments=arguments, if_exists=exists, cascade=cascade)
