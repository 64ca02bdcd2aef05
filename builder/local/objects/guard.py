"""What a statement that defines needs of its user, and what is kept of it afterwards: owners and grants.

Sources: Redshift, "System permissions for RBAC", "CREATE EXTERNAL FUNCTION", "DROP FUNCTION", "GRANT", "Security and
privileges for stored procedures", "CREATE MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW".
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from builder.local.objects import grants
from builder.local.objects.functions import CreateFunction, DropFunction, signature
from builder.local.objects.materialized import CreateMaterialized, DropMaterialized
from builder.local.objects.rights import Rights, denied, not_owner
from builder.local.objects.schemas import CreateSchema, CreateView, Drop
from builder.local.objects.tables import CreateTable
from builder.local.procedures import catalog
from builder.local.procedures.grammar import CreateProcedure, DropProcedure
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from builder.local.engine.backend import Session

_PERMISSION = {"TABLE": "DROP TABLE", "VIEW": "DROP VIEW", "SCHEMA": "DROP SCHEMA"}


def check(session: Session, statement: Any) -> None:
    """Raises SqlError 42501 before anything is done. Superusers are not asked."""
    asked = _CHECKS.get(type(statement))
    rights = session.rights
    if asked is not None and not rights.superuser:
        asked(session, rights, statement)


def keep(session: Session, statement: Any) -> None:
    """Owners and first grants of what was made; those of what was dropped are forgotten."""
    kept = _KEPT.get(type(statement))
    if kept is not None:
        kept(session, statement)


def _create_schema(session: Session, rights: Rights, statement: CreateSchema) -> None:
    if not rights.may("DATABASE", "", "CREATE") and not rights.system("CREATE SCHEMA"):
        raise denied("DATABASE", session.engine.name)
    if statement.owner not in {"", session.user}:
        raise SqlError("42501", "permission denied: must be superuser to create a schema for another user")


def _create_function(session: Session, rights: Rights, statement: CreateFunction) -> None:
    function = statement.function
    schema = function.schema or session.path.current_schema
    external = function.external is not None
    permission = f"CREATE OR REPLACE {'EXTERNAL ' if external else ''}FUNCTION"
    if session.path.exists(schema):
        rights.create_in(schema, permission)
    if not rights.system(permission):
        rights.language("exfunc" if external else "sql")
        if statement.replace:
            _replaced(session, rights, statement, schema)


def _replaced(session: Session, rights: Rights, statement: CreateFunction, schema: str) -> None:
    """A superuser replaces external functions ("CREATE EXTERNAL FUNCTION", OR REPLACE), an owner the others."""
    function = statement.function
    there = session.catalog.overloads([schema], function.name)
    same = next((each for each in there if each.signature == function.signature), None)
    if same is not None and (function.external is not None or same.external is not None):
        raise SqlError("42501", f"must be superuser to replace external function {function.name}")
    if same is not None and not rights.owns("FUNCTION", str(same)):
        raise not_owner("FUNCTION", function.name)


def _drop_function(session: Session, rights: Rights, statement: DropFunction) -> None:
    found = session.catalog.overloads(session.path.schemas(statement.schema), statement.name)
    for each in found:
        if each.signature == signature(statement.arguments):
            rights.own("FUNCTION", str(each), each.name, "DROP FUNCTION")


def _create_procedure(session: Session, rights: Rights, statement: CreateProcedure) -> None:
    made, permission = statement.procedure, "CREATE OR REPLACE PROCEDURE"
    schema = made.schema or session.path.current_schema
    if session.path.exists(schema):
        rights.create_in(schema, permission)
    if not rights.system(permission):
        rights.language("plpgsql")
        same = catalog.found(session, [schema], made.name, made.signature) if statement.replace else None
        if same is not None and not rights.owns("PROCEDURE", same.key):
            raise not_owner("PROCEDURE", made.name)


def _drop_procedure(session: Session, rights: Rights, statement: DropProcedure) -> None:
    same = catalog.found(
        session, session.path.schemas(statement.schema), statement.name, signature(statement.arguments)
    )
    if same is not None:
        rights.own("PROCEDURE", same.key, same.name, "DROP PROCEDURE")


def _create_materialized(session: Session, rights: Rights, statement: CreateMaterialized) -> None:
    schema = statement.schema or session.path.current_schema
    if session.path.exists(schema) and not rights.may("SCHEMA", schema, "CREATE"):
        raise denied("SCHEMA", schema)


def _create_table(session: Session, rights: Rights, statement: CreateTable) -> None:
    if statement.temporary:
        if not rights.may("DATABASE", "", "TEMPORARY"):
            raise SqlError("42501", f'permission denied to create temporary tables in database "{session.engine.name}"')
    elif session.path.exists(schema := statement.schema or session.path.current_schema):
        rights.create_in(schema, "CREATE TABLE")


def _create_view(session: Session, rights: Rights, statement: CreateView) -> None:
    schema = statement.schema or session.path.current_schema
    if not session.path.exists(schema):
        return
    rights.create_in(schema, "CREATE OR REPLACE VIEW")
    if statement.replace and rights.place([schema], statement.name, named=True):
        rights.own("TABLE", f"{schema}.{statement.name}", statement.name, "CREATE OR REPLACE VIEW")


def _drop(session: Session, rights: Rights, statement: Drop) -> None:
    for schema, name in statement.names:
        if statement.kind == "SCHEMA":
            if session.path.exists(name) and not rights.may("SCHEMA", name, "DROP"):
                rights.own("SCHEMA", name, name, _PERMISSION["SCHEMA"])
            continue
        place = rights.place(session.path.schemas(schema), name, named=bool(schema))
        if place is not None:
            rights.usage(place)
            if not rights.may("TABLE", f"{place}.{name}", "DROP"):
                rights.own("TABLE", f"{place}.{name}", name, _PERMISSION.get(statement.kind, ""))


# Afterwards ---------------------------------------------------------------------------------------------------------


def _own(session: Session, kind: str, name: str, owner: str) -> bool:
    """Whether it is new."""
    if session.duck.rows("SELECT 1 FROM _rs.owner WHERE kind = ? AND object = ?", [kind, name]):
        return False
    session.duck.run("INSERT INTO _rs.owner VALUES (?, ?, ?)", [kind, name, owner])
    return True


def _keep_schema(session: Session, statement: CreateSchema) -> None:
    _own(session, "SCHEMA", statement.name, statement.owner or session.user)


def _keep_table(session: Session, statement: CreateTable) -> None:
    if not statement.temporary:
        _keep_relation(session, statement.schema or session.path.current_schema, statement.name)


def _keep_view(session: Session, statement: CreateView | CreateMaterialized) -> None:
    _keep_relation(session, statement.schema or session.path.current_schema, statement.name)


def _keep_relation(session: Session, schema: str, name: str) -> None:
    if _own(session, "TABLE", f"{schema}.{name}", session.user):
        grants.made(session.duck, "TABLE", schema, f"{schema}.{name}", session.user)


def _forget(session: Session, statement: Drop | DropFunction | DropProcedure | DropMaterialized) -> None:
    """Grants on and owners of what is not there any more, whichever way it went."""
    if isinstance(statement, DropFunction) and not statement.cascade:
        return
    there = (
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() UNION ALL "
        "SELECT schema_name || '.' || view_name FROM duckdb_views()"
    )
    schemas = "SELECT nspname FROM _rs.pg_namespace"
    lists = {"TABLE": there, "SCHEMA": schemas}
    for kind in ("FUNCTION", "PROCEDURE"):
        lists[kind] = f"SELECT object FROM _rs.owned WHERE kind = '{kind}'"  # noqa: S608 - one of two words
    gone = f"kind IN ('TABLE', 'COLUMN', 'CONSTRAINT') AND object NOT IN ({there})"
    session.duck.run(f"DELETE FROM _rs.comment WHERE {gone} OR kind = 'SCHEMA' AND object NOT IN ({schemas})")  # noqa: S608 - ours
    for kind, left in lists.items():
        for table in ("acl", "owner"):
            session.duck.run(f"DELETE FROM _rs.{table} WHERE kind = '{kind}' AND object NOT IN ({left})")  # noqa: S608 - ours


@contextmanager
def renaming(session: Session, tree: exp.Expr) -> Iterator[None]:
    """ALTER TABLE ... RENAME TO keeps owner, grants and comments: the block is the statement."""
    rename = tree.find(exp.AlterRename) if isinstance(tree, exp.Alter) else None
    if rename is None:
        yield
        return
    table, new = tree.this, rename.this.name.lower()
    name, named = table.name.lower(), table.db.lower()
    with session.atomically():
        schema = session.rights.place(session.path.schemas(named), name, named=bool(named))
        yield
        for kept, kinds in (("acl", "'TABLE'"), ("owner", "'TABLE'"), ("comment", "'TABLE', 'COLUMN', 'CONSTRAINT'")):
            sql = f"UPDATE _rs.{kept} SET object = ? WHERE kind IN ({kinds}) AND object = ?"  # noqa: S608 - constants
            session.duck.run(sql, [f"{schema}.{new}", f"{schema}.{name}"])


_CHECKS: dict[type[Any], Callable[[Session, Rights, Any], None]] = {
    CreateSchema: _create_schema,
    CreateFunction: _create_function,
    DropFunction: _drop_function,
    CreateProcedure: _create_procedure,
    DropProcedure: _drop_procedure,
    CreateMaterialized: _create_materialized,
    CreateTable: _create_table,
    CreateView: _create_view,
    Drop: _drop,
}
_KEPT: dict[type[Any], Callable[[Session, Any], None]] = {
    CreateSchema: _keep_schema,
    CreateTable: _keep_table,
    CreateView: _keep_view,
    CreateMaterialized: _keep_view,
    Drop: _forget,
    DropFunction: _forget,
    DropProcedure: _forget,
    DropMaterialized: _forget,
}
