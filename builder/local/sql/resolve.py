"""Names in a statement: folds identifiers, refuses what is not there, and puts user-defined functions in place.

SQL functions are expanded where they are called. Calls of external functions become `ExternalCall` nodes, which
`staging.py` takes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.sql import asking, carriers, dialect, probe, types
from builder.local.sql.bodies import body_of, filled
from builder.local.sql.casts import cast, to_sqlglot
from builder.local.sql.outputs import name_columns
from builder.local.sql.overloads import choose
from builder.local.sql.relations import is_cte, needed, scalar
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
            if scalar(table):
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
            if not table.meta_get("asked") and not isinstance(table.this, exp.Func) and not is_cte(table):
                self.names.access.relation(table.db, table.name, needed(table), owner)
            table.meta["asked"] = True

    def _function(self, node: exp.Anonymous, depth: int, owner: str) -> exp.Expr | None:
        """What stands for the call, or None where it stays as it is."""
        schema, name = _schema(node), node.name.lower()
        if schema == dialect.SCHEMA and node.meta_get("settled"):
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
        return exp.Paren(this=cast(filled(body, typed), function.returns))


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
