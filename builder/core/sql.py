"""Renders statements: create, drop by exact signature, grant. Every name and literal is quoted on its way in.

A Lambda function whose types all cross as themselves is one external function. Any other is two: an external function
`<name>_external` over the wire types, and a SQL function `<name>` that converts. A SQL function is one statement around
the body that its author wrote; with a template of its own, it is what the template says.

No statement ends with a semicolon. There is no DROP FUNCTION IF EXISTS in Redshift (DROP FUNCTION): drop what is there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder import __version__
from builder.core import sql_checks, sql_text
from builder.core.observed import Routine
from builder.core.sql_bodies import Variables, render
from builder.core.sql_templates import statement
from builder.core.types import crossing, needs_wrapper
from builder.errors import CatalogError, Problem
from builder.model import Statement
from builder.names import external_name, quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def create_schema(schema: str) -> Statement:
    """The schema, where there is none yet."""
    return statement("create_schema", subject=schema, schema=schema)


def drop_schema(schema: str) -> Statement:
    """RESTRICT: Redshift refuses while anything is left in it."""
    return statement("drop_schema", subject=schema, schema=schema)


def create(function: Function, target: Target) -> tuple[Statement, ...]:
    """What makes one function, in order; with `grantees`, its privileges too.

    Raises CatalogError with every problem of the function and of the target.
    """
    if problems := check(function, target=target):
        raise CatalogError(problems=problems)
    statements = _create(function, target)
    if target.grantees:
        statements += grant(function, schema=target.schema, grantees=target.grantees)
    return statements


def drop(function: Function, *, schema: str) -> tuple[Statement, ...]:
    """What takes one function away by its exact signatures: callers first, the external function last."""
    return tuple(drop_routine(routine, schema=schema) for routine in reversed(routines(function)))


def drop_routine(routine: Routine, *, schema: str) -> Statement:
    """Takes away one function or, where it returns nothing, one procedure, by its exact signature."""
    return statement("drop_routine", subject=f"{schema}.{routine.name}", schema=schema, **_signature(routine))


def grant(function: Function, *, schema: str, grantees: Sequence[str]) -> tuple[Statement, ...]:
    """Only these may call the function: `alice`, `group analysts`, `role analysts`, `public`.

    EXECUTE on a new function goes to PUBLIC, so it is revoked first (UDF security and permissions); in the transaction
    that creates the function, nobody sees the moment between. Without grantees nothing is sent and PUBLIC keeps
    EXECUTE: a caller still needs USAGE on the schema. The external function behind a wrapper gets the same grants:
    CREATE FUNCTION knows no SECURITY DEFINER, and running a function takes EXECUTE on each function that it calls.
    """
    if not grantees:
        return ()
    names = [_grantee(name) for name in grantees]
    found = [statement("grant_usage", subject=schema, schema=schema, grantees=names)]
    for routine in routines(function):
        of: dict[str, Any] = {"subject": f"{schema}.{routine.name}", "schema": schema, **_signature(routine)}
        found += [statement("revoke_execute", **of), statement("grant_execute", grantees=names, **of)]
    return tuple(found)


def routines(function: Function) -> tuple[Routine, ...]:
    """What the function is made of in Redshift, in the order of creation; a procedure returns "".

    Raises CatalogError when its template cannot be rendered.
    """
    if function.template:
        found = (sql_text.made(each.text) for each in _create(function, _ANYWHERE))
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


def signatures(function: Function) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, argument types) of all that the function is made of, as Redshift tells overloads apart."""
    return tuple(routine.key for routine in routines(function))


def check(function: Function, *, target: Target | None = None) -> list[Problem]:
    """Every problem that the function's SQL would have, in a target or in any."""
    at = target or _ANYWHERE
    problems = [*sql_checks.check_target(at), *sql_checks.check_function(function)]
    if problems or (function.kind == "lambda" and not function.template):
        return problems
    try:
        text = _rendered(function, at)
    except CatalogError as error:
        return list(error.problems)
    if function.template:
        return sql_checks.check_template(text, schema=at.schema, where=source_of(function))
    return sql_checks.check_body(text, arguments=len(function.parameters), where=source_of(function))


def in_order(functions: Iterable[Function]) -> tuple[Function, ...]:
    """Callees before callers, else the order given: Redshift refuses a SQL function that calls one not yet there.

    A call counts when it is qualified by the schema. Raises CatalogError for a circle, naming all who are in it.
    """
    given = {function.name.lower(): function for function in functions}
    owners = {routine.name: name for name, function in given.items() for routine in routines(function)}
    waiting = {name: _callees(function, owners) - {name} for name, function in given.items()}
    placed: list[str] = []
    while waiting:
        ready = next((name for name, callees in waiting.items() if callees <= set(placed)), None)
        if ready is None:
            raise CatalogError(problems=[_circle(waiting, given)])
        placed.append(ready)
        del waiting[ready]
    return tuple(given[name] for name in placed)


def fingerprint(statements: Iterable[Statement]) -> str:
    """The same for the same SQL, whatever its comments and blanks outside of quotes: `sha256:...`."""
    whole = "\0".join(sql_text.normal(each.text) for each in statements)
    return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def source_of(function: Function) -> str:
    """The file that holds an author's SQL."""
    return f"{function.root}/code/redshift.sql"


def _create(function: Function, target: Target) -> tuple[Statement, ...]:
    subject = f"{target.schema}.{function.name.lower()}"
    if function.template:
        parts = sql_text.split(_rendered(function, target))
        return tuple(Statement(subject=subject, text=part) for part in parts)
    if function.kind == "sql":
        (body,) = sql_text.split(_rendered(function, target))
        return (_sql_function(function, target, body, function.config.volatility or "immutable"),)
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


def _is_wrapped(function: Function) -> bool:
    return function.kind == "lambda" and needs_wrapper(function.parameters, function.returns)


def _rendered(function: Function, target: Target) -> str:
    rows = function.config.max_batch_rows or target.max_batch_rows or DEFAULT_BATCH_ROWS
    size = function.config.max_batch_size or target.max_batch_size
    variables = Variables(
        schema=target.schema,
        function_name=function.name.lower(),
        lambda_reference=target.lambda_reference,
        iam_role=target.iam_role,
        max_batch_rows=rows,
        max_batch_size=size // _KILOBYTE,
        retry_timeout=target.retry_timeout,
        package_version=__version__,
    )
    return render(function.sql or "", variables, where=source_of(function))


def _callees(function: Function, owners: dict[str, str]) -> set[str]:
    if function.sql is None:
        return set()
    return {owners[name] for name in sql_text.calls(_rendered(function, _ANYWHERE), _ANYWHERE.schema) if name in owners}


def _circle(waiting: dict[str, set[str]], given: dict[str, Function]) -> Problem:
    path = [next(iter(waiting))]
    while True:
        callee = next(name for name in sorted(waiting[path[-1]]) if name in waiting)
        if callee in path:
            path = [*path[path.index(callee) :], callee]
            break
        path.append(callee)
    what = f"SQL functions that call one another in a circle: {' -> '.join(path)}"
    hint = "Redshift creates a function only when those that it calls are there: break the circle"
    return Problem(where=source_of(given[path[0]]), what=what, hint=hint)


def _signature(routine: Routine) -> dict[str, Any]:
    return {"name": routine.name, "arguments": list(routine.arguments), "procedure": not routine.returns}


def _grantee(text: str) -> str:
    kind, _, name = text.strip().partition(" ")
    if not name:
        return "PUBLIC" if kind.lower() == "public" else quote_identifier(kind)
    if kind.lower() in {"group", "role"}:
        return f"{kind.upper()} {quote_identifier(name.strip())}"
    return quote_identifier(text.strip())


# Where names and types matter and the place does not.
_ANYWHERE = Target(schema="any_schema", lambda_reference="any-function", iam_role=DEFAULT_ROLE)
