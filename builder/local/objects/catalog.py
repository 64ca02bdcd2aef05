"""The catalogue of functions, privileges and view texts, kept in the database and so part of its transactions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from builder.local.objects import grants
from builder.local.objects.functions import CreateFunction, DropFunction, External, Function, signature
from builder.local.sql import types
from builder.local.sqlstate import SqlError, conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.engine.duck import Duck

# What CREATE OR REPLACE changes.
_CHANGED = (
    "argument_names", "argument_types", "returns", "volatility", "body", "lambda_name", "iam_role", "retry_timeout",
    "max_batch_rows", "max_batch_size",
)  # fmt: skip
_COLUMNS = ", ".join(("oid", "schema_name", "name", *_CHANGED))


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """Reads and writes as the session that it belongs to."""

    duck: Duck
    user: str

    def overloads(self, schemas: Sequence[str], name: str) -> list[Function]:
        """The functions of a name; of one signature in several schemas, that of the first (PostgreSQL, "The Schema
        Search Path").
        """
        sql = f"SELECT {_COLUMNS} FROM _rs.function WHERE list_contains(?, schema_name) AND name = ? ORDER BY oid"  # noqa: S608 - a constant list of columns
        found = [_function(row) for row in self.duck.rows(sql, [list(schemas), name])]
        found.sort(key=lambda each: schemas.index(each.schema))
        first: dict[str, Function] = {}
        for each in found:
            first.setdefault(each.signature, each)
        return list(first.values())

    def create(self, statement: CreateFunction, schema: str) -> None:
        """Redshift replaces only a function with the same arguments and the same result."""
        function = statement.function
        self._require_schema(schema)
        same = [each for each in self.overloads([schema], function.name) if each.signature == function.signature]
        if same and not statement.replace:
            raise SqlError(
                "42723", f'function "{function.name}" already exists with same argument types', hint="use OR REPLACE"
            )
        for old in same:
            if old.returns.name != function.returns.name:
                raise SqlError(
                    "42P13",
                    "cannot change return type of existing function",
                    hint=f"use DROP FUNCTION {schema}.{function.name}({function.signature}) first",
                )
            self._replace(function, old)
        if not same:
            self._insert(function, schema)
            grants.made(self.duck, "FUNCTION", schema, str(replace(function, schema=schema)), self.user)

    def _replace(self, function: Function, old: Function) -> None:
        """Owner, grants and number stay (PostgreSQL, "CREATE FUNCTION")."""
        row = [*_columns(function), old.oid]
        assigned = ", ".join(f"{column} = ?" for column in _CHANGED)
        self.duck.run(f"UPDATE _rs.function SET {assigned} WHERE oid = ?", row)  # noqa: S608 - columns of ours

    def _insert(self, function: Function, schema: str) -> None:
        columns = ("oid", "schema_name", "name", "signature", *_CHANGED, "owner")
        marks = ", ".join(["nextval('_rs.oids')", *("?" for _ in columns[1:])])
        row = [schema, function.name, function.signature, *_columns(function), self.user]
        sql = f"INSERT INTO _rs.function ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - columns of ours
        try:
            self.duck.run(sql, row)
        except SqlError as error:
            # Another transaction has created it since this one began, and has committed.
            raise (conflict() if error.code == "23505" else error) from error

    def drop(self, statement: DropFunction, schemas: Sequence[str]) -> bool:
        """By its exact signature. Gives whether there was one; raises 42883 unless IF EXISTS was said."""
        wanted = signature(statement.arguments)
        found = self.overloads(schemas, statement.name)
        match = next((each for each in found if each.signature == wanted), None)
        if match is None:
            if statement.if_exists:
                return False
            raise SqlError("42883", f"function {statement.name}({wanted}) does not exist")
        self.duck.run("DELETE FROM _rs.function WHERE oid = ?", [match.oid])
        self.duck.run("DELETE FROM _rs.acl WHERE kind = 'FUNCTION' AND object = ?", [str(match)])
        return True

    def in_schema(self, schema: str) -> list[str]:
        """A schema's functions and procedures, which keep it from being dropped."""
        sql = " UNION ALL ".join(
            f"SELECT '{kind} ' || name || '(' || signature || ')' FROM _rs.{kind} WHERE schema_name = $1"  # noqa: S608 - one of two names
            for kind in ("function", "procedure")
        )
        return sorted(text for (text,) in self.duck.rows(sql, [schema]))

    def forget_schema(self, schema: str) -> None:
        """DROP SCHEMA ... CASCADE takes along what we keep of its objects."""
        for table in ("function", "procedure", "materialized", "view_text", "default_acl"):
            self.duck.run(f"DELETE FROM _rs.{table} WHERE schema_name = ?", [schema])  # noqa: S608 - one of two names

    def view(self, schemas: Sequence[str], name: str) -> str | None:
        """The text of a view that calls functions."""
        for schema in schemas:
            rows = self.duck.rows("SELECT body FROM _rs.view_text WHERE schema_name = ? AND name = ?", [schema, name])
            if rows:
                return str(rows[0][0])
        return None

    def bound_views(self) -> list[tuple[str, str, str]]:
        """Schema, name and text of the views that depend on what they name: all but the late-binding ones."""
        sql = "SELECT schema_name, name, body FROM _rs.view_text WHERE NOT late"
        return [(schema, name, body) for schema, name, body in self.duck.rows(sql)]

    def keep_view(self, schema: str, name: str, body: str, *, late: bool) -> None:
        self.forget_view(schema, name)
        self.duck.run("INSERT INTO _rs.view_text VALUES (?, ?, ?, ?)", [schema, name, body, late])

    def forget_view(self, schema: str, name: str) -> None:
        self.duck.run("DELETE FROM _rs.view_text WHERE schema_name = ? AND name = ?", [schema, name])

    def _require_schema(self, schema: str) -> None:
        rows = self.duck.rows("SELECT 1 FROM _rs.pg_namespace WHERE nspname = ?", [schema])
        if not rows:
            raise SqlError("3F000", f'schema "{schema}" does not exist')


def _columns(function: Function) -> list[Any]:
    external = function.external
    return [
        list(function.argument_names),
        [str(argument) for argument in function.arguments],
        str(function.returns),
        function.volatility,
        function.body or None,
        external.lambda_name if external else None,
        external.iam_role if external else None,
        external.retry_timeout if external else None,
        external.max_batch_rows if external else None,
        external.max_batch_size if external else None,
    ]


def _function(row: tuple[Any, ...]) -> Function:
    oid, schema, name, names, arguments, returns, volatility, body, lambda_name, role, retry, rows, size = row
    external = None
    if lambda_name is not None:
        external = External(
            lambda_name=lambda_name, iam_role=role, retry_timeout=retry, max_batch_rows=rows, max_batch_size=size
        )
    return Function(
        oid=oid,
        schema=schema,
        name=name,
        argument_names=tuple(names),
        arguments=tuple(types.of(argument) for argument in arguments),
        returns=types.of(returns),
        volatility=volatility,
        body=body or "",
        external=external,
    )
