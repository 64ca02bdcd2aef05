"""Redshift's Data API in memory, over the Redshift in memory: for tests of the session that calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.errors import AwsError, WarehouseError
from builder.model import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.adapters.fake_warehouse import FakeWarehouse
    from builder.adapters.faults import Faults

_SCHEMA = re.compile(r"(?:schema_name|nspname) = '([^']*)'")
_NAMES = re.compile(r"proname IN \((.*)\)")
_SHOWN = 60


@dataclass(kw_only=True)
class _Sent:
    """A statement, or a batch: it has ended when it was sent."""

    label: str
    error: str = ""
    rows: tuple[tuple[Any, ...], ...] | None = None
    session: str = ""


@dataclass
class FakeDataApi:
    """What a session needs of `Aws`: `call`. Sending changes something, the other operations look.

    A transaction in a session is judged at its COMMIT. One that was left open is gone when the next session opens: AWS
    ends a session that nobody goes on with.
    """

    warehouse: FakeWarehouse
    faults: Faults
    sent: dict[str, _Sent] = field(default_factory=dict)
    open: dict[str, list[Statement]] = field(default_factory=dict)

    def call(self, service: str, operation: str, *, about: str, **request: Any) -> dict[str, Any]:
        del service, about
        operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "execute_statement": self._execute,
            "batch_execute_statement": self._batch,
            "describe_statement": self._describe,
            "get_statement_result": self._result,
            "cancel_statement": self._cancel,
        }
        return operations[operation](request)

    def _execute(self, request: dict[str, Any]) -> dict[str, Any]:
        sql = str(request["Sql"])
        sent = _Sent(label=_label(sql), session=str(request.get("SessionId", "")))
        with self._counted("execute_statement", sent.label, changes=not sql.startswith("SELECT")):
            if not sent.session:
                self.open.clear()
                sent.session = f"session-{len(self.sent)}"
            self._one(sent, sql)
            return self._kept(sent)

    def _one(self, sent: _Sent, sql: str) -> None:
        pending = self.open.get(sent.session)
        if sql.startswith("SELECT"):
            sent.rows = tuple(self._answer(sql))
        elif sql == "BEGIN":
            self.open[sent.session] = []
        elif sql in {"COMMIT", "ROLLBACK"}:
            statements = self.open.pop(sent.session, [])
            sent.error = self._run(statements) if sql == "COMMIT" else ""
        elif pending is not None:
            pending.append(Statement(subject=sent.label, text=sql))
        else:
            sent.error = self._run([Statement(subject=sent.label, text=sql)])

    def _batch(self, request: dict[str, Any]) -> dict[str, Any]:
        statements = [Statement(subject=_label(text), text=text) for text in request["Sqls"]]
        sent = _Sent(label=statements[0].subject)
        with self._counted("batch_execute_statement", sent.label, changes=True):
            sent.error = self._run(statements)
            return self._kept(sent)

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        sent = self.sent[request["Id"]]
        with self._counted("describe_statement", sent.label, changes=False):
            return {
                "Id": request["Id"],
                "Status": "FAILED" if sent.error else "FINISHED",
                "Error": sent.error,
                "HasResultSet": sent.rows is not None,
                "SessionId": sent.session,
            }

    def _result(self, request: dict[str, Any]) -> dict[str, Any]:
        sent = self.sent[request["Id"]]
        with self._counted("get_statement_result", sent.label, changes=False):
            rows = sent.rows or ()
            width = len(rows[0]) if rows else 0
            return {
                "ColumnMetadata": [{"name": f"c{n}", "typeName": "varchar"} for n in range(width)],
                "Records": [[_field(each) for each in row] for row in rows],
            }

    def _cancel(self, request: dict[str, Any]) -> dict[str, Any]:
        sent = self.sent[request["Id"]]
        with self._counted("cancel_statement", sent.label, changes=True):
            raise AwsError("ValidationException: Could not cancel a query that is already in FINISHED state")

    def _counted(self, operation: str, label: str, *, changes: bool) -> Any:
        name = f"{operation} {label}"
        return self.faults.call(name) if changes else self.faults.look(name)

    def _kept(self, sent: _Sent) -> dict[str, Any]:
        key = f"{len(self.sent)}"
        self.sent[key] = sent
        return {"Id": key, "SessionId": sent.session}

    def _run(self, statements: Sequence[Statement]) -> str:
        try:
            self.warehouse.run(statements)
        except WarehouseError as error:
            return f"ERROR: {error.problems[0].what}"
        return ""

    def _answer(self, sql: str) -> list[tuple[Any, ...]]:
        """What the system views and PG_PROC say: see core/sql/catalog.py for the questions."""
        found = _SCHEMA.search(sql)
        schema = found[1] if found else ""
        if "svv_redshift_schemas" in sql:
            return [(schema,)] if schema in self.warehouse.schemas else []
        if "svv_redshift_tables" in sql:
            return [(self.warehouse.tables,)]
        if "svv_redshift_functions" in sql:
            return [
                (each.name, ", ".join(each.arguments), each.returns, "" if each.returns else "PROCEDURE")
                for each in self.warehouse.functions_in(schema)
            ]
        listed = _NAMES.search(sql)
        names = re.findall(r"'([^']*)'", listed[1]) if listed else []
        return [
            (each.name, ", ".join(each.arguments), each.language, each.volatility, each.source)
            for each in self.warehouse.definitions_in(schema, names)
        ]


def _label(sql: str) -> str:
    return " ".join(sql.split())[:_SHOWN]


def _field(value: Any) -> dict[str, Any]:
    return {"longValue": value} if isinstance(value, int) else {"stringValue": str(value)}
