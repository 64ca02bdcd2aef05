"""System views over what the endpoint has in memory: a statement that reads one gets a copy of it.

Counts of calls and refused records are of the endpoint, not of a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlglot import exp

from builder.local.calls.details import detail_columns
from builder.local.copying.errors import stl_columns, sys_columns
from builder.local.engine import variables
from builder.local.sql.dialect import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from builder.local.engine.backend import Session


def _settings(session: Session) -> Iterable[tuple[str, str, list[Any]]]:
    """PostgreSQL, "pg_settings": drivers ask it for the lengths of names and keys."""
    path = {"search_path": ", ".join(session.path.written)}
    settings = {**variables.DEFAULTS, **variables.FOREVER, **session.variables, **path}
    yield "name", "VARCHAR", list(settings)
    yield "setting", "VARCHAR", list(settings.values())


# A view's columns: name, DuckDB type, values.
_VIEWS: dict[str, Callable[[Session], Iterable[tuple[str, str, list[Any]]]]] = {
    "sys_ludf_detail": lambda session: detail_columns(session.engine.details.all()),
    "stl_load_errors": lambda session: stl_columns(session.engine.load_errors.all()),
    "sys_load_error_detail": lambda session: sys_columns(session.engine.load_errors.all()),
    "pg_settings": _settings,
}


def wanted(tree: exp.Expr) -> set[str]:
    """The views that a statement reads."""
    return {table.name for table in tree.find_all(exp.Table) if table.db in {"", "pg_catalog"}} & IN_MEMORY


def fill(session: Session, tree: exp.Expr) -> None:
    """Makes the relations that a statement reads."""
    for name in sorted(wanted(tree)):
        columns = list(_VIEWS[name](session))
        select = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind, _ in columns)
        with session.duck.lent(
            "_rs_lent", {column: np.array(values, dtype=_held(values)) for column, _, values in columns}
        ):
            session.duck.run(f"CREATE OR REPLACE TEMP TABLE _rs_{name} AS SELECT {select} FROM _rs_lent")  # noqa: S608 - our own columns


def _held(values: list[Any]) -> str | None:
    """Of texts, NumPy's own width would be that of the longest."""
    return "object" if values and isinstance(values[0], str) else None
