"""From Redshift's meaning to DuckDB's: types, operators and functions of a resolved tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import casts, dialect, types
from builder.local.sql.dialect import call, quoted
from builder.local.sql.relations import SYSTEM_PREFIXES
from builder.local.sql.special import SPECIAL
from builder.local.sql.supers import dynamic
from builder.local.sql.unnest import unnest
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from builder.local.sql.resolve import Names

SYSTEM = dialect.VIEWS
_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Mod: "mod",
    exp.SimilarTo: "similar",
}


def translate(tree: exp.Expr, names: Names) -> exp.Expr:
    """In place where it can be; returns the root, which may be new."""
    elements = unnest(tree)
    dynamic(tree, elements)
    for table in tree.find_all(exp.Table):
        _system(table)
    for column in tree.find_all(exp.Column):
        if column.db in {"pg_catalog", "information_schema"}:
            column.set("db", None)
    for node in reversed(list(tree.walk())):
        new = _node(node, names)
        if new is not None and new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _system(table: exp.Table) -> None:
    """System views are ours. What DuckDB has in these schemas is not Redshift's, and is not there."""
    name = f"is_{table.name}" if table.db == "information_schema" else table.name
    if name in SYSTEM and table.db in {"", "pg_catalog", "information_schema"}:
        table.set("alias", table.args.get("alias") or exp.TableAlias(this=quoted(table.name)))
        if name in dialect.IN_MEMORY:
            table.set("this", quoted(f"_rs_{name}"))
            table.set("db", None)
        else:
            table.set("this", quoted(name))
            table.set("db", quoted(dialect.SCHEMA))
    elif table.db in {"pg_catalog", "information_schema"} or (
        not table.db and table.name.startswith(("pg_", "duckdb_"))
    ):
        if table.name.startswith(SYSTEM_PREFIXES):
            raise unsupported(f"system table {table.name}")
        raise SqlError("42P01", f'relation "{table.name}" does not exist')


def _node(node: exp.Expr, names: Names) -> exp.Expr | None:
    if isinstance(node, (exp.BitwiseLeftShift, exp.BitwiseRightShift)):
        return _shift(node)
    operator = _OPERATORS.get(type(node))
    if operator:
        return call(operator, node.this.copy(), node.args["expression"].copy())
    if isinstance(node, exp.Cast):
        return casts.translated(node)
    if isinstance(node, exp.GroupConcat) and node.args.get("separator") is None:
        # LISTAGG puts nothing between its values unless told, DuckDB a comma.
        node.set("separator", exp.Literal.string(""))
    if isinstance(node, (exp.Length, exp.StrPosition, exp.Substring)):
        return _counted(node)
    if isinstance(node, exp.Anonymous):
        return _function(node, names)
    if isinstance(node, exp.Bracket):
        # SUPER counts from 0, as DuckDB's JSON does; sqlglot would shift to the 1 of DuckDB's lists.
        node.set("offset", 1)
    _refuse(node)
    return _session_value(node, names)


def _shift(node: exp.Binary) -> exp.Expr:
    """A shift gives a BIGINT here, so one of another is of 64 bits, and has no need to ask for its type."""
    name = "shl" if isinstance(node, exp.BitwiseLeftShift) else "shr"
    made = call(f"{name}64" if _wide(node.this) else name, node.this.copy(), node.expression.copy())
    made.meta["bigint"] = True
    return made


def _wide(node: exp.Expr) -> bool:
    """Whether a translated expression is a BIGINT because a shift, or a cast to BIGINT, is a part of its arithmetic."""
    if node.meta_get("bigint"):
        return True
    if isinstance(node, exp.Cast):
        return bool(node.meta_get("translated")) and str(node.to.args.get("kind")) == "BIGINT"
    if isinstance(node, (exp.Paren, exp.Neg, exp.BitwiseNot)):
        return _wide(node.this)
    arithmetic = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.Add, exp.Sub, exp.Mul)
    return isinstance(node, arithmetic) and (_wide(node.left) or _wide(node.right))


def _counted(node: exp.Expr) -> exp.Expr:
    """Functions of characters: lengths and positions are INTEGER in Redshift, BIGINT in DuckDB."""
    if isinstance(node, exp.Length):
        return call("characters", node.this.copy())
    if isinstance(node, exp.Substring):
        return call(
            "substring", *(node.args[name].copy() for name in ("this", "start", "length") if node.args.get(name))
        )
    found = exp.Anonymous(this="instr", expressions=[node.this.copy(), node.args["substr"].copy()])
    return casts.duck(found, types.of("integer"))


def _session_value(node: exp.Expr, names: Names) -> exp.Expr | None:
    if isinstance(node, (exp.CurrentUser, exp.SessionUser)):
        return exp.Literal.string(names.user)
    if isinstance(node, exp.CurrentCatalog):
        return exp.Literal.string(names.database)
    # As functions: DuckDB takes the keywords for columns where an output column has their name.
    if isinstance(node, exp.CurrentDate):
        return exp.Anonymous(this="today")
    if isinstance(node, (exp.CurrentTimestamp, exp.Localtimestamp)):
        # GETDATE() and SYSDATE are TIMESTAMP without time zone, in UTC.
        return casts.duck(exp.Anonymous(this="now"), types.of("timestamp"))
    return None


_DATED = (exp.DateAdd, exp.DateSub, exp.DateDiff, exp.TsOrDsAdd, exp.TsOrDsDiff)
# As sqlglot writes Redshift's many spellings ("Date parts for date or timestamp functions").
_UNITS = frozenset(
    {"millennium", "century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second"}
    | {"millisecond", "microsecond", "epoch", "nanosecond"}
)


def _refuse(node: exp.Expr) -> None:
    for kind, what in (
        (exp.Into, "SELECT INTO inside a statement"),
        (exp.Placeholder, "a bare ? or :name"),
        (exp.CurrentTime, "CURRENT_TIME"),
    ):
        if isinstance(node, kind):
            raise unsupported(what)
    if isinstance(node, exp.Distinct) and node.args.get("on") is not None:
        raise SqlError("0A000", "SELECT DISTINCT ON is not supported")
    if isinstance(node, (exp.TableSample, exp.Returning)):
        raise SqlError("0A000", f"{type(node).__name__.upper()} is not supported")
    unit = node.args.get("unit")
    if isinstance(node, _DATED) and unit is not None and unit.name.lower() not in _UNITS:
        raise SqlError("22023", f'timestamp units "{unit.name.lower()}" not recognized')


def _function(node: exp.Anonymous, names: Names) -> exp.Expr | None:
    name = node.name.lower()
    if isinstance(node.parent, exp.Dot) and node.parent.this.name == dialect.SCHEMA:
        return None
    special = SPECIAL.get(name)
    if special:
        return special(node, names)
    if name in dialect.MACROS:
        return call(name, *(argument.copy() for argument in node.expressions))
    return None


def check_parameters(tree: exp.Expr) -> None:
    """A statement that is run as it stands has no $n left."""
    parameter = tree.find(exp.Parameter)
    if parameter is not None:
        raise SqlError("42P02", f"there is no parameter ${parameter.name}")
