"""Relations as a statement names them: what each is asked for, which are CTEs, and which are functions of one value."""

from __future__ import annotations

from sqlglot import exp

from builder.local.sql import dialect

# What a statement needs of the relation that it changes ("GRANT": UPDATE and DELETE read too).
_CHANGES: tuple[tuple[type[exp.Expr], tuple[str, ...]], ...] = (
    (exp.Merge, ("SELECT", "INSERT", "UPDATE", "DELETE")),
    (exp.Insert, ("INSERT",)),
    (exp.Update, ("UPDATE", "SELECT")),
    (exp.Delete, ("DELETE", "SELECT")),
    (exp.TruncateTable, ("TRUNCATE",)),
    (exp.Alter, ("ALTER",)),
)
# How the names of Redshift's system tables and views begin: Redshift, "System tables and views reference".
SYSTEM_PREFIXES = ("stl_", "stv_", "svl_", "svcs_", "svv_", "sys_")
_LATE_BINDING = ("view_schema", "view_name", "col_name", "col_type", "col_num")


def needed(table: exp.Table) -> tuple[str, ...]:
    """What is asked of a relation: SELECT, or what changes it."""
    node: exp.Expr = table.parent if isinstance(table.parent, exp.Schema) else table
    for kind, privileges in _CHANGES:
        if isinstance(node.parent, kind) and node.arg_key in {"this", "expressions"}:
            return privileges
    return ("SELECT",)


def is_cte(table: exp.Table) -> bool:
    """Whether the name is that of a CTE which is in sight from there."""
    below: exp.Expr = table
    cte: exp.Expr | None = None
    while (node := below.parent) is not None:
        if isinstance(below, exp.CTE):
            cte = below
        with_ = node.args.get("with_")
        if isinstance(with_, exp.With) and not table.db:
            seen = with_.expressions
            if below is with_ and not with_.recursive:
                seen = seen[: next(index for index, each in enumerate(seen) if each is cte)]
            if any(each.alias.lower() == table.name for each in seen):
                return True
        below = node
    return False


def scalar(table: exp.Table) -> bool:
    """`FROM current_database()`: to PostgreSQL a function of one value is a relation of one row, and drivers ask so."""
    name = table.this.name.lower() if isinstance(table.this, exp.Anonymous) else ""
    if name in {"current_database", "current_schema", "version"}:
        select = exp.Select(expressions=[exp.alias_(table.this.copy(), name, quoted=True)])
    elif name == "pg_get_late_binding_view_cols":
        # Views here are bound late, all of them, and have their columns in pg_attribute nevertheless.
        given = table.args.get("alias")
        names = [column.name.lower() for column in given.columns if column.name] if given is not None else []
        *texts, number = names if len(names) == len(_LATE_BINDING) else _LATE_BINDING
        columns = [exp.alias_(exp.Literal.string(""), each, quoted=True) for each in texts]
        columns.append(exp.alias_(exp.Literal.number(0), number, quoted=True))
        select = exp.Select(expressions=columns, where=exp.Where(this=exp.false()))
    else:
        return False
    alias = exp.TableAlias(this=dialect.quoted(table.alias or name))
    table.replace(exp.Subquery(this=select, alias=alias))
    return True
