"""From Redshift's meaning to DuckDB's: types, operators and functions of a resolved tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import asking, dialect, formats, types
from builder.local.sql.dialect import call, quoted
from builder.local.sql.spellings import UNPIVOT
from builder.local.sql.supers import dynamic
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.resolve import Names

SYSTEM = dialect.VIEWS
_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Mod: "mod",
    exp.SimilarTo: "similar",
}


def translate(tree: exp.Expr, names: Names) -> exp.Expr:
    """In place where it can be; returns the root, which may be new."""
    elements = _unnest(tree)
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
        raise SqlError("42P01", f'relation "{table.name}" does not exist')


def _node(node: exp.Expr, names: Names) -> exp.Expr | None:
    if isinstance(node, (exp.BitwiseLeftShift, exp.BitwiseRightShift)):
        return _shift(node)
    operator = _OPERATORS.get(type(node))
    if operator:
        return call(operator, node.this.copy(), node.args["expression"].copy())
    if isinstance(node, exp.Cast):
        return _cast(node)
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
    if node.meta.get("bigint"):
        return True
    if isinstance(node, exp.Cast):
        return bool(node.meta.get("translated")) and str(node.to.args.get("kind")) == "BIGINT"
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
    return duck_cast(found, types.of("integer"))


def _session_value(node: exp.Expr, names: Names) -> exp.Expr | None:
    if isinstance(node, (exp.CurrentUser, exp.SessionUser)):
        return exp.Literal.string(names.user)
    # As functions: DuckDB takes the keywords for columns where an output column has their name.
    if isinstance(node, exp.CurrentDate):
        return exp.Anonymous(this="today")
    if isinstance(node, (exp.CurrentTimestamp, exp.Localtimestamp)):
        # GETDATE() and SYSDATE are TIMESTAMP without time zone, in UTC.
        return duck_cast(exp.Anonymous(this="now"), types.of("timestamp"))
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


def _cast(node: exp.Cast) -> exp.Expr | None:
    spelled = node.to.sql().upper()
    if spelled in _IDENTIFIERS:
        return _identified(node.this.copy(), spelled)
    if node.to.this == exp.DType.USERDEFINED or node.meta.get("translated"):
        return None
    if node.to.this == exp.DType.INTERVAL:
        raise unsupported(f"a cast to {node.to.sql()}")
    target = types.from_sqlglot(node.to)
    value = node.this.copy()
    if target.name.startswith("character"):
        text = call("text", value)
        return exp.Left(this=text, expression=exp.Literal.number(target.arguments[0])) if target.arguments else text
    if target.name == "super":
        return call("super", value)
    if target.name == "geometry" and isinstance(value, exp.Literal) and value.is_string:
        return call("st_geomfromewkt" if "(" in value.name else "st_geomfromhexewkb", value)
    return duck_cast(value, target, safe=isinstance(node, exp.TryCast))


_IDENTIFIERS = frozenset({"REGCLASS", "REGTYPE", "REGPROC", "OID", "NAME", '"CHAR"', "ARRAY<TEXT>"})
_BY_NAME = {
    "REGCLASS": ("regclass", "regclass_name"),
    "REGTYPE": ("regtype", "format_type"),
    "REGPROC": ("regproc", "regproc_name"),
}


def _identified(value: exp.Expr, kind: str) -> exp.Expr:
    """PostgreSQL, "Object Identifier Types": a name becomes its OID, and an OID, which is shown, a name."""
    if kind in _BY_NAME:
        of_text, of_number = _BY_NAME[kind]
        if isinstance(value, exp.Literal) and value.is_string:
            return call(of_text, value)
        return call(of_number, value, *([exp.null()] if kind == "REGTYPE" else []))
    if kind == "ARRAY<TEXT>":
        return value
    return duck_cast(value, types.of("bigint")) if kind == "OID" else call("text", value)


def duck_cast(value: exp.Expr, target: types.Type, *, safe: bool = False) -> exp.Expr:
    """CAST to what DuckDB stores for a Redshift type."""
    made = exp.TryCast if safe else exp.Cast
    node: exp.Expr = made(this=value, to=exp.DataType(this=exp.DType.USERDEFINED, kind=target.duck))
    node.meta["translated"] = True
    return node


def _function(node: exp.Anonymous, names: Names) -> exp.Expr | None:
    name = node.name.lower()
    if isinstance(node.parent, exp.Dot) and node.parent.this.name == dialect.SCHEMA:
        return None
    special = _SPECIAL.get(name)
    if special:
        return special(node, names)
    if name in dialect.MACROS:
        return call(name, *(argument.copy() for argument in node.expressions))
    return None


def _json(name: str) -> Callable[[exp.Anonymous, Names], exp.Expr]:
    def build(node: exp.Anonymous, _names: Names) -> exp.Expr:
        return exp.Anonymous(this=name, expressions=[argument.copy() for argument in node.expressions])

    return build


def _path_text(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """JSON_EXTRACT_PATH_TEXT(text, step, ... [, null_if_invalid])."""
    text, *steps = node.expressions
    quiet = isinstance(steps[-1], exp.Boolean) and bool(steps.pop().this) if steps else False
    if not steps:
        raise SqlError("42883", "function json_extract_path_text takes a text and at least one step")
    path: exp.Expr = exp.Literal.string("$")
    for step in steps:
        name = exp.Replace(this=step.copy(), expression=exp.Literal.string('"'), replacement=exp.Literal.string(""))
        path = exp.DPipe(this=path, expression=exp.DPipe(this=exp.Literal.string('."'), expression=name))
        path = exp.DPipe(this=path, expression=exp.Literal.string('"'))
    if all(isinstance(step, exp.Literal) for step in steps):
        # Known while it is planned, which is faster.
        path = exp.Literal.string("$" + "".join('."' + step.name.replace('"', "") + '"' for step in steps))
    found = exp.Anonymous(this="json_extract_string", expressions=[text.copy(), path])
    if not quiet:
        return found
    valid = exp.Anonymous(this="json_valid", expressions=[text.copy()])
    return exp.Case(ifs=[exp.If(this=valid, true=found)])


def _part(node: exp.Anonymous, _names: Names) -> exp.Expr:
    """REGEXP_SUBSTR: with the parameter e the first subexpression."""
    given = [argument.copy() for argument in node.expressions]
    flags = given[4].name if len(given) > 4 else ""  # noqa: PLR2004 - source, pattern, position, occurrence, parameters
    return call("regexp_part" if "e" in flags else "regexp_substr", *given)


def _series(node: exp.Anonymous, _names: Names) -> exp.Expr | None:
    """In a select list its values are rows."""
    if isinstance(node.parent, (exp.Select, exp.Alias)):
        return exp.Anonymous(this="unnest", expressions=[node.copy()])
    return None


def _database(_node: exp.Anonymous, names: Names) -> exp.Expr:
    return exp.Literal.string(names.database)


def _schema(_node: exp.Anonymous, names: Names) -> exp.Expr:
    return exp.Literal.string(names.current_schema())


def _version(_node: exp.Anonymous, _names: Names) -> exp.Expr:
    return exp.Literal.string("PostgreSQL 8.0.2 on local, Redshift 1.0.0 (local endpoint over DuckDB)")


_SPECIAL: dict[str, Callable[[exp.Anonymous, Names], exp.Expr | None]] = {
    "object": _json("json_object"),
    "array": _json("json_array"),
    "json_extract_path_text": _path_text,
    "generate_series": _series,
    "regexp_substr": _part,
    "to_char": formats.to_char,
    "to_number": formats.to_number,
    "to_date": formats.to_date,
    "to_timestamp": formats.to_timestamp,
    "current_database": _database,
    "current_schema": _schema,
    "version": _version,
    "rs_array_of": _json("array"),
    **dict.fromkeys(asking.KINDS, asking.privilege),
}


def _unnest(tree: exp.Expr) -> set[str]:
    """`FROM t, t.arr AS x AT i`: one row per element. The alias is the element itself, not a relation; their names."""
    aliases = set()
    for index, join in enumerate(list(tree.find_all(exp.Join))):
        found = _unnested(join.this)
        if found is None:
            continue
        path, value, position = found
        if value.startswith(UNPIVOT):
            value = value.removeprefix(UNPIVOT)
            join.set("this", _pairs(path, value, position, index))
            join.set("kind", "CROSS")
            aliases.add(value)
            continue
        aliases.add(value)
        elements = call("elements", path.copy())
        columns: list[exp.Expr] = [exp.alias_(exp.Anonymous(this="unnest", expressions=[elements]), value, quoted=True)]
        if position:
            counted = exp.Anonymous(this="generate_subscripts", expressions=[elements.copy(), exp.Literal.number(1)])
            columns.append(exp.alias_(exp.Sub(this=counted, expression=exp.Literal.number(1)), position, quoted=True))
        select = exp.Select(expressions=columns)
        lateral = exp.Lateral(this=exp.Subquery(this=select), alias=exp.TableAlias(this=quoted(f"_u{index}")))
        join.set("this", lateral)
        if not join.args.get("side") and not join.args.get("on"):
            join.set("kind", "CROSS")
    return aliases


def _pairs(path: exp.Expr, value: str, name: str, index: int) -> exp.Lateral:
    """`UNPIVOT t.object AS value AT name`: a row for each attribute of an object, and none for another value."""
    inner = exp.Select(
        expressions=[
            exp.alias_(exp.Anonymous(this="unnest", expressions=[call("pairs", path.copy())]), "p", quoted=True)
        ]
    )
    columns = [(("v", value), ("k", name))[place] for place in range(2 if name else 1)]
    outer = exp.Select(
        expressions=[
            exp.alias_(exp.Dot(this=exp.column("p", quoted=True), expression=exp.to_identifier(part)), to, quoted=True)
            for part, to in columns
        ]
    ).from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=quoted(f"_q{index}"))))
    return exp.Lateral(this=exp.Subquery(this=outer), alias=exp.TableAlias(this=quoted(f"_u{index}")))


def _unnested(node: exp.Expr) -> tuple[exp.Expr, str, str] | None:
    """The path, the element's name and the name of its place."""
    position = ""
    if isinstance(node, exp.AtIndex):
        position = node.expression.name
        node = node.this
    if isinstance(node, exp.Unnest):
        alias = node.args.get("alias")
        names = [column.name for column in alias.columns] if alias else []
        if len(node.expressions) != 1 or not names:
            raise unsupported("UNNEST without an alias")
        return node.expressions[0], names[0], position
    if isinstance(node, exp.Alias) and isinstance(node.this, (exp.Column, exp.Dot, exp.Bracket)):
        return node.this, node.alias, position
    return None


def check_parameters(tree: exp.Expr) -> None:
    """A statement that is run as it stands has no $n left."""
    parameter = tree.find(exp.Parameter)
    if parameter is not None:
        raise SqlError("42P02", f"there is no parameter ${parameter.name}")
