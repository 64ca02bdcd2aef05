"""Statements as values: what there is of them, each of a class of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from builder.local.copying.grammar import Copy, Unload
from builder.local.engine.authority import Authorization
from builder.local.engine.listings import Listing
from builder.local.engine.variables import Set, Show
from builder.local.objects.accounts import Account, DropAccount
from builder.local.objects.alter import AlterColumns
from builder.local.objects.comments import Comment
from builder.local.objects.copy_stream import CopyStream
from builder.local.objects.cursors import CloseCursor, Declare, Fetch, Lock
from builder.local.objects.functions import CreateFunction, DropFunction
from builder.local.objects.materialized import CreateMaterialized, DropMaterialized, Refresh
from builder.local.objects.merge import MergeRows
from builder.local.objects.owners import AlterOwner
from builder.local.objects.prepared import Deallocate, ExecutePrepared, Prepare
from builder.local.objects.privileges import DefaultPrivileges, Grant, GrantRole
from builder.local.objects.schemas import CreateSchema, CreateView, Drop
from builder.local.objects.tables import CreateTable
from builder.local.procedures.grammar import Call, CreateProcedure, DropProcedure


@dataclass(frozen=True, kw_only=True)
class Query:
    """SELECT, INSERT, UPDATE, DELETE, and the changes of tables that sqlglot reads."""

    tree: exp.Expr
    verb: str

    @property
    def returns_rows(self) -> bool:
        return isinstance(self.tree, exp.Query)


@dataclass(frozen=True)
class Begin:
    pass


@dataclass(frozen=True)
class Commit:
    pass


@dataclass(frozen=True)
class Rollback:
    pass


@dataclass(frozen=True, kw_only=True)
class Explain:
    """A plan is shown, and nothing run."""

    tree: exp.Expr


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """Accepted, and without effect here: ANALYZE and VACUUM look after storage that we have not."""

    tag: str


Statement = (
    Query
    | Begin
    | Commit
    | Rollback
    | Nothing
    | CreateFunction
    | DropFunction
    | CreateSchema
    | CreateTable
    | CreateView
    | Drop
    | Account
    | DropAccount
    | Grant
    | GrantRole
    | DefaultPrivileges
    | AlterOwner
    | Authorization
    | Set
    | Show
    | Declare
    | Fetch
    | CloseCursor
    | Lock
    | Prepare
    | ExecutePrepared
    | Deallocate
    | CopyStream
    | Listing
    | Explain
    | Copy
    | Unload
    | CreateProcedure
    | DropProcedure
    | Call
    | CreateMaterialized
    | DropMaterialized
    | Refresh
    | AlterColumns
    | Comment
    | MergeRows
)
