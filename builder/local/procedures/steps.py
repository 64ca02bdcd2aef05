"""The statements of PL/pgSQL as values: Redshift, "Structure of PL/pgSQL", "Supported PL/pgSQL statements"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builder.local.sql.tokens import Source


@dataclass(frozen=True, kw_only=True)
class Variable:
    """`type` is its text; `column%TYPE`, `table%ROWTYPE` and RECORD stay as written. `default` "" for none."""

    name: str
    type: str
    default: str = ""
    constant: bool = False
    not_null: bool = False
    alias: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    variables: tuple[Variable, ...]
    body: tuple[Step, ...]
    handler: tuple[Step, ...] | None = None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Assign:
    """`field` is a record's, "" for a plain variable."""

    name: str
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """SQL, with the variables that its first row goes to. `dynamic`: the text is an expression that gives the SQL."""

    sql: Source
    into: tuple[str, ...] = ()
    dynamic: bool = False
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class If:
    """Conditions with their steps; one without a condition is ELSE."""

    branches: tuple[tuple[str, tuple[Step, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Loop:
    """`condition` of WHILE, "" for a plain LOOP."""

    body: tuple[Step, ...]
    condition: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """FOR name IN [REVERSE] first..last."""

    name: str
    first: str
    last: str
    reverse: bool
    body: tuple[Step, ...]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """FOR names IN query | EXECUTE text."""

    names: tuple[str, ...]
    query: Source
    dynamic: bool
    body: tuple[Step, ...]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Leave:
    """EXIT, CONTINUE or RETURN."""

    kind: str
    label: str = ""
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Raise:
    """A level, a format with % for each argument; "" as format re-raises what a handler has caught."""

    level: str
    format: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Diagnostics:
    """GET DIAGNOSTICS name := ROW_COUNT."""

    name: str


@dataclass(frozen=True, kw_only=True)
class End:
    """COMMIT or ROLLBACK."""

    kind: str


Step = Block | Assign | Run | If | Loop | Count | Rows | Leave | Raise | Diagnostics | End
