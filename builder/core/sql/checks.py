"""What Redshift would refuse in a function's SQL, found before anything is sent. Nothing here raises."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from builder.core.catalog import sql_names
from builder.core.catalog.types import needs_wrapper
from builder.core.sql import text as sql_text
from builder.core.sql.templates import is_type, role_chain
from builder.errors import Problem, counted
from builder.names import check_identifier, external_name

if TYPE_CHECKING:
    from builder.core.sql.functions import Target
    from builder.model import Function

# CREATE FUNCTION: "You can specify a maximum of 32 arguments."
ARGUMENT_LIMIT = 32
# CREATE EXTERNAL FUNCTION, MAX_BATCH_ROWS and MAX_BATCH_SIZE.
BATCH_ROWS = (1, 2_147_483_647)
BATCH_SIZE = (1024, 5 * 1024 * 1024)
# `LAMBDA '...'`: longer texts were refused to a public project, though AWS's samples stay far below (unverified).
LAMBDA_TEXT_LIMIT = 64

_EXTERNAL = re.compile(r"CREATE (?:OR REPLACE )?EXTERNAL FUNCTION\b", re.IGNORECASE)
_LAMBDA = re.compile(r"[A-Za-z0-9:_-]+")
_ARN = r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=.@/-]+"
_ROLE = re.compile(rf"default|{_ARN}(?:,{_ARN})*")


@lru_cache(maxsize=1024)
def check_target(target: Target) -> tuple[Problem, ...]:
    """Problems of the place: schema, Lambda, role, limits. Kept: all functions of a module have the same."""
    problems = check_identifier(target.schema, where="schema")
    if not _LAMBDA.fullmatch(target.lambda_reference):
        what = f"{target.lambda_reference!r} is neither a Lambda function's name nor its ARN"
        problems.append(Problem(where="LAMBDA", what=what, hint="check RS_LAMBDA_PREFIX"))
    if not _ROLE.fullmatch(role_chain(target.iam_role)):
        what = f"{target.iam_role!r} is not a role's ARN, nor a chain of them with commas between, nor `default`"
        problems.append(Problem(where="IAM_ROLE", what=what, hint="check RS_LAMBDA_INVOKE_ROLE"))
    if target.retry_timeout < 0:
        what = f"{target.retry_timeout} ms is no retry timeout"
        problems.append(Problem(where="RETRY_TIMEOUT", what=what, hint="write 0 (no retries) or more"))
    return (*problems, *_limits(target.max_batch_rows, target.max_batch_size, "target"))


def notices(target: Target) -> tuple[str, ...]:
    """What may go wrong, though no rule says so."""
    size = len(target.lambda_reference)
    if size <= LAMBDA_TEXT_LIMIT:
        return ()
    text = f"LAMBDA '{target.lambda_reference}' has {size} characters; some have seen Redshift refuse more than"
    return (f"{text} {LAMBDA_TEXT_LIMIT}: if CREATE EXTERNAL FUNCTION fails, shorten RS_LAMBDA_PREFIX",)


def check_function(function: Function) -> list[Problem]:
    """Problems of names, types and limits, before any text is rendered."""
    names = [function.name]
    if function.kind == "lambda" and not function.template and needs_wrapper(function.parameters, function.returns):
        names.append(external_name(function.name))
    problems = [problem for name in names for problem in check_identifier(name, where=function.root)]
    if len(function.parameters) > ARGUMENT_LIMIT:
        what = f"{len(function.parameters)} arguments, Redshift takes {ARGUMENT_LIMIT}"
        problems.append(Problem(where=function.root, key="arguments", what=what, hint="put some into one object"))
    if function.template and not function.returns:
        return [*problems, *_limits(function.config.max_batch_rows, function.config.max_batch_size, function.root)]
    wrong = [(f"arguments.{each.name}", each.type) for each in function.parameters if not is_type(each.type)]
    if not is_type(function.returns):
        wrong.append(("output", function.returns))
    problems += [
        Problem(where=function.root, key=key, what=f"{text!r} is not a type", hint="write a Redshift type")
        for key, text in wrong
    ]
    return [*problems, *_limits(function.config.max_batch_rows, function.config.max_batch_size, function.root)]


def check_body(body: str, *, arguments: int, where: str) -> list[Problem]:
    """Problems of the one SELECT that a SQL function is."""
    parts = sql_text.split(body)
    if len(parts) != 1:
        return [Problem(where=where, what=f"{len(parts)} statements", hint="a SQL function's body is one SELECT")]
    problems = []
    if sql_text.tokens(body)[0].text.upper() != "SELECT":
        problems.append(Problem(where=where, what="the body does not begin with SELECT", hint="write SELECT ..."))
    if clauses := sql_text.refused_clauses(body):
        what = f"{', '.join(clauses)} in a SQL function, where Redshift takes none (CREATE FUNCTION)"
        problems.append(Problem(where=where, what=what, hint="compute from the arguments alone"))
    beyond = sorted(n for n in sql_text.placeholders(body) if not 1 <= n <= arguments)
    if beyond:
        what = f"{', '.join(f'${n}' for n in beyond)} in a function of {counted(arguments, 'argument')}"
        problems.append(Problem(where=where, what=what, hint="number the arguments from $1"))
    return problems


def check_template(text: str, *, schema: str, where: str) -> list[Problem]:
    """Problems of a template of statements, rendered: it must make something, and in our schema, to be removable."""
    made = [each for each in map(sql_text.made, sql_text.split(text)) if each is not None]
    if not made:
        hint = "write CREATE OR REPLACE FUNCTION, EXTERNAL FUNCTION or PROCEDURE"
        return [Problem(where=where, what="the template makes no function", hint=hint)]
    return [
        Problem(
            where=where, what=f"{each.name} is made outside of the schema", hint=f"write {{{{ schema }}}}.{each.name}"
        )
        for each in made
        if each.schema != schema.lower()
    ]


def check_externals(function: Function, text: str, *, where: str) -> list[Problem]:
    """External functions whose names an expression makes: Redshift would call the Lambda by names it does not know."""
    known = sql_names.answered(function)
    made = [(part, sql_text.made(part)) for part in sql_text.split(text)]
    return [
        Problem(
            where=where,
            what=f"the external function {each.name} gets its name from an expression",
            hint="write the name, @@FUNCTION_NAME@@ or {{ function_name }}",
        )
        for part, each in made
        if each is not None and _EXTERNAL.match(sql_text.normal(part)) and each.name not in known
    ]


def _limits(rows: int | None, size: int | None, where: str) -> list[Problem]:
    if rows is None and size is None:
        return []
    found = (("max_batch_rows", rows, BATCH_ROWS, "rows"), ("max_batch_size", size, BATCH_SIZE, "bytes"))
    return [
        Problem(where=where, key=key, what=f"{value} {unit}, Redshift takes {low} to {high}", hint="change it")
        for key, value, (low, high), unit in found
        if value is not None and not low <= value <= high
    ]
