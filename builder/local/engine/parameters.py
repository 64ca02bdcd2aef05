"""Parameters, $n: how many there are, and what stands for them: values, or something of their types."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import dialect, types
from builder.local.sql.bodies import parameter_index
from builder.local.sql.casts import to_sqlglot
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from builder.local.procedures.grammar import Call


def parameter_count(trees: Iterable[exp.Expr]) -> int:
    """The highest $n in them."""
    found = [parameter_index(each) for tree in trees for each in tree.find_all(exp.Parameter)]
    highest = max(found, default=0)
    # Bind counts its parameters in 16 bits.
    if highest >= 1 << 16:
        raise SqlError("42P02", f"there is no parameter ${highest}")
    return highest


def typed_stands(tree: exp.Expr, parameters: Sequence[int], unknown: exp.Expr) -> exp.Expr:
    """The tree with something of its type for each parameter; `unknown` where the client has announced none."""
    for each in list(tree.find_all(exp.Parameter)):
        index = parameter_index(each) - 1
        oid = parameters[index] if 0 <= index < len(parameters) else 0
        stand = unknown.copy()
        if oid in types.OID_NAMES:
            stand = opaque(types.of_oid(oid))
        elif isinstance(each.parent, (exp.Select, exp.Alias)):
            stand = exp.Cast(this=stand, to=exp.DataType.build("varchar", dialect="redshift"))
        each.replace(stand)
    return tree


def opaque(kind: types.Type) -> exp.Expr:
    """A value of a type that DuckDB cannot fold: it takes NULL || 'x', known while binding, for an INTEGER."""
    if kind.name in {"geometry", "geography"}:
        return exp.Cast(this=exp.null(), to=to_sqlglot(kind))
    text = exp.Cast(this=exp.Anonymous(this="random"), to=exp.DataType.build("varchar", dialect="redshift"))
    return exp.Cast(this=text, to=to_sqlglot(kind))


def with_values(tree: exp.Expr, values: Sequence[exp.Expr]) -> exp.Expr:
    """The tree with its parameters filled in."""
    tree = tree.copy()
    for each in list(tree.find_all(exp.Parameter)):
        index = parameter_index(each)
        if not 1 <= index <= len(values):
            raise SqlError("42P02", f"there is no parameter ${index}")
        each.replace(values[index - 1].copy())
    return tree


def call_parameter_count(statement: Call) -> int:
    """The highest $n of a CALL."""
    return parameter_count(dialect.parse_text(f"SELECT {text}") for text in statement.arguments if "$" in text)


def call_with(statement: Call, values: Sequence[exp.Expr]) -> Call:
    """A CALL with its parameters filled in: redshift-connector's callproc() sends them all."""
    texts = []
    for text in statement.arguments:
        tree = with_values(dialect.parse_text(f"SELECT {text}"), values) if "$" in text else None
        texts.append(tree.expressions[0].sql(dialect=dialect.LocalRedshift) if tree is not None else text)
    return replace(statement, arguments=tuple(texts))


def call_stands(statement: Call, parameters: Sequence[int]) -> Call:
    """A CALL to be described: of its parameters only the types count, where the client has announced them."""
    oids = [*parameters, *[0] * call_parameter_count(statement)]
    nulls = [
        exp.Cast(this=exp.null(), to=to_sqlglot(types.of_oid(oid))) if oid in types.OID_NAMES else exp.null()
        for oid in oids
    ]
    return call_with(statement, nulls)
