"""Renders statements: create, drop by exact signature, grant. Every name and literal is quoted on its way in.

No statement ends with a semicolon. Redshift has no DROP FUNCTION IF EXISTS (DROP FUNCTION): drop what is there.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from builder.core.sql import checks as sql_checks
from builder.core.sql import text as sql_text
from builder.core.sql.functions import ANYWHERE, Target, rendered, routines, source_of, statements_of
from builder.core.sql.grantees import written
from builder.core.sql.templates import statement
from builder.errors import CatalogError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from builder.model import Function, Routine, Statement

__all__ = [
    "Target",
    "check",
    "checked",
    "create",
    "create_schema",
    "creation",
    "cut_off",
    "drop",
    "drop_routine",
    "drop_schema",
    "fingerprint",
    "grant",
    "in_order",
    "revoke",
    "revoke_usage",
    "routines",
    "signatures",
    "source_of",
]


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
    return checked(function, target)


def checked(function: Function, target: Target) -> tuple[Statement, ...]:
    """The same for a function whose problems in this target were asked for already: a catalogue has thousands."""
    return (*creation(function, target), *grant(function, schema=target.schema, grantees=target.grantees))


def creation(function: Function, target: Target) -> tuple[Statement, ...]:
    """The same without its privileges."""
    return statements_of(function, target)


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
    names = [written(name) for name in grantees]
    found = [statement("grant_usage", subject=schema, schema=schema, grantees=names)]
    for routine in routines(function):
        found += [
            _privilege("revoke_execute", routine, schema=schema, names=["PUBLIC"]),
            _privilege("grant_execute", routine, schema=schema, names=names),
        ]
    return tuple(found)


def revoke(
    routines: Iterable[Routine], *, schema: str, grantees: Sequence[str], public: bool = False
) -> tuple[Statement, ...]:
    """Takes EXECUTE from these. `public` gives it back to PUBLIC, which `grant` took it from."""
    found = []
    for routine in routines:
        if grantees:
            names = [written(name) for name in grantees]
            found.append(_privilege("revoke_execute", routine, schema=schema, names=names))
        if public:
            found.append(_privilege("grant_execute", routine, schema=schema, names=["PUBLIC"]))
    return tuple(found)


def revoke_usage(schema: str, grantees: Sequence[str]) -> Statement:
    """Takes USAGE of the schema from these."""
    return statement("revoke_usage", subject=schema, schema=schema, grantees=[written(name) for name in grantees])


def signatures(function: Function) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, argument types) of all that the function is made of, as Redshift tells overloads apart."""
    return tuple(routine.key for routine in routines(function))


def refuse(functions: Iterable[tuple[Function, Target]]) -> None:
    """Raises CatalogError with the problems of every function, each in its target."""
    problems = [problem for function, target in functions for problem in check(function, target=target)]
    if problems:
        raise CatalogError(problems=dict.fromkeys(problems))


def check(function: Function, *, target: Target | None = None) -> list[Problem]:
    """Every problem that the function's SQL would have, in a target or in any."""
    at = target or ANYWHERE
    problems = [*sql_checks.check_target(at), *sql_checks.check_function(function)]
    if problems or (function.kind == "lambda" and not function.template):
        return problems
    try:
        text = rendered(function, at)
    except CatalogError as error:
        return list(error.problems)
    if function.template:
        return [
            *sql_checks.check_template(text, schema=at.schema, where=source_of(function)),
            *sql_checks.check_externals(function, text, where=source_of(function)),
        ]
    return sql_checks.check_body(text, arguments=len(function.parameters), where=source_of(function))


def in_order(functions: Iterable[Function]) -> tuple[Function, ...]:
    """Callees before callers, else the order given: Redshift refuses a SQL function that calls one not yet there.

    A call counts when it is qualified by the schema. Raises CatalogError for a circle, naming all who are in it.
    """
    given = {function.name.lower(): function for function in functions}
    if all(function.sql is None for function in given.values()):
        return tuple(given.values())  # what we write ourselves calls nobody else's
    owners = {routine.name: name for name, function in given.items() for routine in routines(function)}
    waiting = {name: _callees(function, owners) for name, function in given.items()}
    placed = callees_first(waiting)
    if len(placed) < len(given):
        stuck = {name: callees for name, callees in waiting.items() if name not in placed}
        raise CatalogError(problems=[_circle(stuck, given)])
    return tuple(given[name] for name in placed)


def callees_first(calls: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Names in an order in which each comes after those that it calls, else as given. Who is in a circle is missing."""
    waiting = dict(calls)
    placed: dict[str, None] = {}
    while True:
        ready = next((name for name, callees in waiting.items() if callees <= placed.keys()), None)
        if ready is None:
            return tuple(placed)
        placed[ready] = None
        del waiting[ready]


def cut_off(functions: Iterable[Function], left_out: Iterable[Function]) -> list[Problem]:
    """Functions whose SQL calls one that is left out of production."""
    owners = {routine.name: each.name for each in left_out for routine in routines(each)}
    return [
        Problem(
            where=source_of(function),
            what=f"{function.name} calls {', '.join(sorted(called))}, which is in development and not in production",
            hint="release both, or neither: `status` in function.yaml",
        )
        for function in functions
        if (called := _callees(function, owners))
    ]


def fingerprint(statements: Iterable[Statement], *, written_here: bool = False) -> str:
    """The same for the same SQL, whatever its comments and blanks outside of quotes: `sha256:...`.

    `written_here`: all of it is from our own templates, which have no comments and quote every name and text.
    """
    texts = [each.text for each in statements]
    # Every quote of ours is closed in its own statement, so all of them can be read as one.
    whole = sql_text.normal_blanks("\0".join(texts)) if written_here else "\0".join(map(sql_text.normal, texts))
    return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


def _callees(function: Function, owners: dict[str, str]) -> set[str]:
    if function.sql is None:
        return set()
    called = sql_text.calls(rendered(function, ANYWHERE), ANYWHERE.schema)
    callees = {owners[name] for name in called if name in owners}
    # A template orders its own statements.
    return callees - {function.name.lower()} if function.template else callees


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


def _privilege(template: str, routine: Routine, *, schema: str, names: Sequence[str]) -> Statement:
    of = _signature(routine)
    return statement(template, subject=f"{schema}.{routine.name}", schema=schema, grantees=names, **of)
