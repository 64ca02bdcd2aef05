"""What one catalogue function is in Redshift: its statements, and the signatures that they leave there.

A Lambda function whose types all cross as themselves is one external function. Any other is two: an external function
`<name>_external` over the wire types, and a SQL function `<name>` that converts. A SQL function is one statement around
the body that its author wrote; with a template of its own, it is what the template says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder import __version__
from builder.core.catalog.types import crossing, needs_wrapper
from builder.core.sql import text as sql_text
from builder.core.sql.bodies import Variables, render
from builder.core.sql.templates import role_chain, statement
from builder.errors import CatalogError
from builder.model import Routine, Statement
from builder.names import external_name

if TYPE_CHECKING:
    from builder.model import Function, Volatility

DEFAULT_ROLE = "default"
DEFAULT_RETRY_TIMEOUT = 20_000
# CREATE EXTERNAL FUNCTION: MAX_BATCH_ROWS has INT_MAX as limit and default, MAX_BATCH_SIZE 5 MB.
DEFAULT_BATCH_ROWS = 2_147_483_647
DEFAULT_BATCH_SIZE = 5 * 1024 * 1024
_KILOBYTE = 1024


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a module's SQL functions go, and what they call.

    `lambda_reference` is the name (same account and Region) or the ARN of the module's Lambda. `iam_role` is an ARN, a
    comma-separated chain, or `default`. `retry_timeout` in milliseconds (0: no retries), `max_batch_rows` in rows
    (None: Redshift's own limit), `max_batch_size` in bytes; a function's own config comes first. `grantees`: see grant.
    """

    schema: str
    lambda_reference: str
    iam_role: str
    retry_timeout: int = DEFAULT_RETRY_TIMEOUT
    max_batch_rows: int | None = None
    max_batch_size: int = DEFAULT_BATCH_SIZE
    grantees: tuple[str, ...] = ()


def statements_of(function: Function, target: Target) -> tuple[Statement, ...]:
    """What makes the function, in order. The function must have passed its checks."""
    subject = f"{target.schema}.{function.name.lower()}"
    if function.template:
        parts = sql_text.split(rendered(function, target))
        return tuple(Statement(subject=subject, text=part) for part in parts)
    if function.kind == "sql":
        (body,) = sql_text.split(rendered(function, target))
        return (_sql_function(function, target, body, function.config.volatility or _volatility(body, target.schema)),)
    if not _is_wrapped(function):
        return (_external_function(function, target, function.name.lower()),)
    external = external_name(function.name.lower())
    converted = statement(
        "wrapper_body",
        subject=subject,
        schema=target.schema,
        name=external,
        arguments=[crossing(each.type).argument.format(f"${n}") for n, each in enumerate(function.parameters, 1)],
        result=crossing(function.returns).result,
    )
    return (
        _external_function(function, target, external),
        _sql_function(function, target, converted.text, _external_volatility(function)),
    )


def _external_function(function: Function, target: Target, name: str) -> Statement:
    size = function.config.max_batch_size or target.max_batch_size
    return statement(
        "create_external_function",
        subject=f"{target.schema}.{name}",
        schema=target.schema,
        name=name,
        arguments=[crossing(parameter.type).wire_type for parameter in function.parameters],
        returns=crossing(function.returns).wire_type,
        volatility=_external_volatility(function).upper(),
        lambda_reference=target.lambda_reference,
        iam_role=target.iam_role,
        retry_timeout=target.retry_timeout,
        max_batch_rows=function.config.max_batch_rows or target.max_batch_rows,
        # A bare number means KB; downward, so that no batch is larger than was asked for.
        max_batch_kilobytes=size // _KILOBYTE,
    )


def _sql_function(function: Function, target: Target, body: str, volatility: Volatility) -> Statement:
    return statement(
        "create_function",
        subject=f"{target.schema}.{function.name.lower()}",
        schema=target.schema,
        name=function.name.lower(),
        arguments=[parameter.type for parameter in function.parameters],
        returns=function.returns,
        volatility=volatility.upper(),
        body=body,
    )


def _external_volatility(function: Function) -> Volatility:
    """Of an external function and of its wrapper: today's grammar knows VOLATILE and STABLE.

    The wrapper claims no more than what it calls: PostgreSQL, from which Redshift comes, does not inline a SQL function
    that is stricter than its body (inline_function in clauses.c), and only what is inlined reaches the compute nodes.
    """
    return "volatile" if function.config.volatility == "volatile" else "stable"


def _volatility(body: str, schema: str) -> Volatility:
    """Where the author says nothing: a function of ours that the body calls may be external, so no more than STABLE."""
    return "stable" if sql_text.calls(body, schema) else "immutable"


def _is_wrapped(function: Function) -> bool:
    return function.kind == "lambda" and needs_wrapper(function.parameters, function.returns)


def routines(function: Function) -> tuple[Routine, ...]:
    """What the function is made of in Redshift, in the order of creation; a procedure returns "".

    Raises CatalogError when its template cannot be rendered.
    """
    if function.template:
        found = (sql_text.made(each.text) for each in statements_of(function, ANYWHERE))
        return tuple(Routine(name=m.name, arguments=m.arguments, returns=m.returns) for m in found if m is not None)
    whole = Routine(
        name=function.name.lower(),
        arguments=tuple(sql_text.family(parameter.type) for parameter in function.parameters),
        returns=sql_text.family(function.returns),
    )
    if not _is_wrapped(function):
        return (whole,)
    external = Routine(
        name=external_name(whole.name),
        arguments=tuple(sql_text.family(crossing(parameter.type).wire_type) for parameter in function.parameters),
        returns=sql_text.family(crossing(function.returns).wire_type),
    )
    return external, whole


def rendered(function: Function, target: Target) -> str:
    """The author's SQL with its variables filled in. Raises CatalogError, also for a quote that is never closed."""
    rows = function.config.max_batch_rows or target.max_batch_rows or DEFAULT_BATCH_ROWS
    size = function.config.max_batch_size or target.max_batch_size
    variables = Variables(
        schema=target.schema,
        function_name=function.name.lower(),
        lambda_reference=target.lambda_reference,
        iam_role=role_chain(target.iam_role),
        max_batch_rows=rows,
        max_batch_size=size // _KILOBYTE,
        retry_timeout=target.retry_timeout,
        package_version=__version__,
        empty=frozenset() if function.config.max_batch_rows or target.max_batch_rows else frozenset({"max_batch_rows"}),
    )
    text = render(function.sql or "", variables, where=source_of(function))
    try:
        sql_text.tokens(text)
    except ValueError as error:
        raise CatalogError(str(error), where=source_of(function), hint="close it") from error
    return text


def source_of(function: Function) -> str:
    """The file that holds an author's SQL."""
    return f"{function.root}/{function.sql_file}"


# Where names and types matter and the place does not.
ANYWHERE = Target(schema="any_schema", lambda_reference="any-function", iam_role=DEFAULT_ROLE)
