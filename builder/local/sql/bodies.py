"""A SQL function's body: its one expression, and the arguments in place of its $n."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import dialect
from builder.local.sql.outputs import unalias
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.objects.functions import Function


def body_of(function: Function) -> exp.Expr:
    """The expression of a SQL function: Redshift takes one SELECT of one expression, without FROM and the rest."""
    tree = dialect.parse_text(function.body)
    plain = isinstance(tree, exp.Select) and len(tree.expressions) == 1
    if not plain or any(value for key, value in tree.args.items() if key not in {"expressions", "kind", "hint"}):
        raise SqlError("42P13", f"the body of {function.name} must be one SELECT of one expression, without FROM")
    return unalias(tree.expressions[0]).copy()


def filled(body: exp.Expr, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """In place where it can be; returns the root, which may be new. Raises SqlError 42P02."""
    for parameter in list(body.find_all(exp.Parameter)):
        index = parameter_index(parameter)
        if not 1 <= index <= len(arguments):
            raise SqlError("42P02", f"there is no parameter ${index}")
        if parameter is body:
            body = arguments[index - 1].copy()
        else:
            parameter.replace(exp.Paren(this=arguments[index - 1].copy()))
    return body


def parameter_index(parameter: exp.Parameter) -> int:
    text = parameter.name or str(parameter.this)
    if not text.isdigit():
        raise SqlError("42601", f'syntax error at or near "${text}"')
    return int(text)
