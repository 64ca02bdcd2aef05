"""Names in a statement: folds identifiers, refuses what is not there, and puts user-defined functions in place.

SQL functions are expanded where they are called. Calls of external functions become `ExternalCall` nodes, which
`staging.py` takes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from builder.local.sql import asking, carriers, dialect, probe, types
from builder.local.sql.outputs import name_columns
from builder.local.sql.overloads import choose
from builder.local.sql.supers import spell_paths
from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.local.objects.access import Access
    from builder.local.objects.functions import Function

# Functions whose body calls functions: deeper than this is a cycle.
DEPTH = 32
_HIDDEN = frozenset({"_rs", "main", "temp", "system"})
_HANDLED = frozenset(
    {
        "object",
        "array",
        "json_extract_path_text",
        "regexp_substr",
        "to_char",
        "to_number",
        "to_date",
        "to_timestamp",
        "version",
        "pg_backend_pid",
        "rs_array_of",
        "array_to_string",
        "current_user_id",
        *asking.KINDS,
    }
)
# What a statement needs of the relation that it changes ("GRANT": UPDATE and DELETE read too).
_CHANGES: tuple[tuple[type[exp.Expr], tuple[str, ...]], ...] = (
    (exp.Merge, ("SELECT", "INSERT", "UPDATE", "DELETE")),
    (exp.Insert, ("INSERT",)),
    (exp.Update, ("UPDATE", "SELECT")),
    (exp.Delete, ("DELETE", "SELECT")),
    (exp.TruncateTable, ("TRUNCATE",)),
    (exp.Alter, ("ALTER",)),
)


class ExternalCall(exp.Expression):
    """A call whose answer comes from a Lambda function. `oid` finds the function in `Resolved.externals`."""

    arg_types = {"oid": True, "expressions": False, "guard": False}  # noqa: RUF012 - sqlglot's own form

    @property
    def oid(self) -> int:
        return int(self.args["oid"].name)


@dataclass(frozen=True, kw_only=True)
class Names:
    """What resolving needs to know of the session. `lookup` gives the overloads of a name (schema "" : search path);
    `view` the text of a view that we keep, or None; `access` refuses what the user may not read or call; `bind` gives
    the types of a SELECT's columns, whose calls are of the functions that are handed in.
    """

    database: str
    user: str
    current_schema: Callable[[], str]
    lookup: Callable[[str, str], Sequence[Function]]
    view: Callable[[str, str], str | None]
    access: Access
    bind: Callable[[Resolved], Sequence[types.Type]]


@dataclass
class Resolved:
    """A statement's tree with every name settled. `functions` are those that it names itself, or a view in it."""

    tree: exp.Expr
    externals: dict[int, Function] = field(default_factory=dict)
    functions: set[int] = field(default_factory=set)


def resolve(tree: exp.Expr, names: Names) -> Resolved:
    """Raises SqlError 42883 for a function that is not there, 42P01 and 3F000 for hidden relations and schemas."""
    resolver = _Resolver(names)
    return Resolved(tree=resolver.settle(tree, 0), externals=resolver.externals, functions=resolver.functions)


class _Resolver:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.externals: dict[int, Function] = {}
        self.parameters: tuple[types.Type, ...] = ()
        self.functions: set[int] = set()
        self.bodies = 0

    def settle(self, tree: exp.Expr, depth: int, owner: str = "") -> exp.Expr:
        """`owner` is whose rights the relations are read by: a view's owner, "" for the session's user."""
        if depth > DEPTH:
            raise SqlError("54001", "functions or views are nested too deeply, or in a circle")
        spell_paths(tree)
        tree = self._views(tree, depth, owner)
        fold(tree)
        self._relations(tree, owner)
        for select in tree.find_all(exp.Select):
            name_columns(select)
        # From the innermost call outwards: an expanded body must not be walked again.
        for node in reversed(list(tree.find_all(exp.Anonymous))):
            settled = self._function(node, depth, owner)
            if settled is not None:
                old = _whole(node)
                if old is tree:
                    tree = settled
                else:
                    old.replace(settled)
        return tree

    def _views(self, tree: exp.Expr, depth: int, owner: str) -> exp.Expr:
        if isinstance(tree, exp.Drop):
            return tree
        known = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            name, schema = table.name.lower(), table.db.lower()
            text = None if (name in known and not schema) else self.names.view(schema, name)
            if text is not None and not isinstance(table.parent, (exp.Create, exp.Insert, exp.Schema)):
                self.names.access.relation(schema, name, ("SELECT",), owner)
                body = self.settle(dialect.parse_text(text), depth + 1, self.names.access.view(schema, name))
                alias = exp.TableAlias(this=dialect.quoted((table.alias or table.name).lower()))
                table.replace(exp.Subquery(this=body, alias=alias))
        return tree

    def _relations(self, tree: exp.Expr, owner: str) -> None:
        for table in list(tree.find_all(exp.Table)):
            if _scalar(table):
                continue
            if isinstance(table.this, exp.Func) and table.this.name.lower() != "generate_series":
                raise unsupported(f"{table.this.name or type(table.this).__name__} in FROM")
            if table.catalog:
                if table.catalog != self.names.database:
                    raise unsupported(f"a query across databases ({table.catalog})")
                table.set("catalog", None)
            if table.db in _HIDDEN:
                raise SqlError("3F000", f'schema "{table.db}" does not exist')
            # What a view has brought in was asked for its owner.
            if "asked" not in table.meta and not isinstance(table.this, exp.Func) and not _is_cte(table):
                self.names.access.relation(table.db, table.name, _needed(table), owner)
            table.meta["asked"] = True

    def _function(self, node: exp.Anonymous, depth: int, owner: str) -> exp.Expr | None:
        """What stands for the call, or None where it stays as it is."""
        schema, name = _schema(node), node.name.lower()
        if schema == dialect.SCHEMA and node.meta.get("settled"):
            return None
        if schema in _HIDDEN:
            raise SqlError("3F000", f'schema "{schema}" does not exist')
        if schema in {"", "pg_catalog"} and (name in dialect.MACROS or name in dialect.SAME or name in _HANDLED):
            return None
        overloads = self.names.lookup(schema, name)
        if not overloads and not schema and name in dialect.REFUSED:
            raise unsupported(f"function {name}")
        given = probe.given(node, self._bind, self.parameters)
        function = choose(overloads, given, f"{schema}.{name}" if schema else name)
        self.names.access.function(schema, function, owner)
        if not self.bodies:
            self.functions.add(function.oid)
        return self._expand(function, node.expressions, depth, owner)

    def _bind(self, select: exp.Select) -> Sequence[types.Type]:
        return self.names.bind(Resolved(tree=select, externals=self.externals))

    def _expand(self, function: Function, arguments: Sequence[exp.Expr], depth: int, owner: str) -> exp.Expr:
        typed = [cast(argument.copy(), kind) for argument, kind in zip(arguments, function.arguments, strict=True)]
        if function.external is not None:
            self.externals[function.oid] = carriers.carrier(function)
            crossing = [carriers.sent(each, kind) for each, kind in zip(typed, function.arguments, strict=True)]
            call = ExternalCall(oid=exp.Literal.number(function.oid), expressions=crossing)
            return carriers.received(call, function.returns, to_sqlglot(function.returns))
        around, self.parameters = self.parameters, function.arguments
        self.bodies += 1
        body = self.settle(body_of(function), depth + 1, owner)
        self.bodies -= 1
        self.parameters = around
        for parameter in list(body.find_all(exp.Parameter)):
            index = parameter_index(parameter)
            if not 1 <= index <= len(typed):
                raise SqlError("42P02", f"there is no parameter ${index}")
            if parameter is body:
                body = typed[index - 1].copy()
            else:
                parameter.replace(exp.Paren(this=typed[index - 1].copy()))
        return exp.Paren(this=cast(body, function.returns))


def _needed(table: exp.Table) -> tuple[str, ...]:
    """What is asked of a relation: SELECT, or what changes it."""
    node: exp.Expr = table.parent if isinstance(table.parent, exp.Schema) else table
    for kind, privileges in _CHANGES:
        if isinstance(node.parent, kind) and node.arg_key in {"this", "expressions"}:
            return privileges
    return ("SELECT",)


def _is_cte(table: exp.Table) -> bool:
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


def _scalar(table: exp.Table) -> bool:
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


_LATE_BINDING = ("view_schema", "view_name", "col_name", "col_type", "col_num")


def fold(tree: exp.Expr) -> None:
    """Lower case for every identifier, quoted or not (enable_case_sensitive_identifier is off by default)."""
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", identifier.name.lower())
        identifier.set("quoted", True)


def _whole(node: exp.Anonymous) -> exp.Expr:
    """The call with its schema in front."""
    top: exp.Expr = node
    while isinstance(top.parent, exp.Dot) and top.arg_key == "expression":
        top = top.parent
    return top


def _schema(node: exp.Anonymous) -> str:
    top = _whole(node)
    if not isinstance(top, exp.Dot):
        return ""
    left = top.this
    return str((left.expression if isinstance(left, exp.Dot) else left).name).lower()


def body_of(function: Function) -> exp.Expr:
    """The expression of a SQL function: Redshift takes one SELECT of one expression, without FROM and the rest."""
    tree = dialect.parse_text(function.body)
    plain = isinstance(tree, exp.Select) and len(tree.expressions) == 1
    if not plain or any(value for key, value in tree.args.items() if key not in {"expressions", "kind", "hint"}):
        raise SqlError("42P13", f"the body of {function.name} must be one SELECT of one expression, without FROM")
    return unalias(tree.expressions[0]).copy()


def unalias(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Alias) else node


def parameter_index(parameter: exp.Parameter) -> int:
    text = parameter.name or str(parameter.this)
    if not text.isdigit():
        raise SqlError("42601", f'syntax error at or near "${text}"')
    return int(text)


def cast(value: exp.Expr, kind: types.Type) -> exp.Expr:
    """CAST to a Redshift type, as a node that `translate.py` knows. Lengths do not bind arguments."""
    target = kind if kind.name == "numeric" else types.Type(kind=kind.kind)
    return exp.Cast(this=value, to=to_sqlglot(target))


def to_sqlglot(kind: types.Type) -> exp.DataType:
    names: dict[str, Any] = {"character varying": "varchar", "character": "char", "binary varying": "varbyte"}
    text = names.get(kind.name, kind.name)
    if kind.arguments:
        text += f"({','.join(map(str, kind.arguments))})"
    return exp.DataType.build(text, dialect="redshift")
