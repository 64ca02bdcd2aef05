"""The Redshift Data API over the engine of the local endpoint: what each operation does with a checked request."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.data_api import metadata, results
from builder.local.data_api.checks import checked, interrupt, no_result, wait
from builder.local.data_api.model import ApiError, invalid
from builder.local.data_api.pages import page, start, token
from builder.local.data_api.run import CANCELLED
from builder.local.data_api.sessions import Held, Sessions
from builder.local.data_api.statements import SUBMITTED, Statement
from builder.local.data_api.store import Store
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from builder.local.data_api.access import Door
    from builder.local.data_api.run import Runner
    from builder.local.engine.backend import Session


@dataclass(kw_only=True)
class DataApi:
    """`start` runs a piece of work elsewhere, or at once; `clock` gives epoch seconds; `key` makes ids."""

    door: Door
    runner: Runner
    start: Callable[[Callable[[], None]], object]
    clock: Callable[[], float] = time.time
    key: Callable[[], str] = lambda: str(uuid.uuid4())

    def __post_init__(self) -> None:
        self.store = Store(clock=self.clock)
        self.sessions = Sessions(clock=self.clock)

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """A reply to a request that fits the model. Raises ApiError."""
        handler = _OPERATIONS.get(operation)
        if handler is None:
            raise ApiError("UnknownOperationException", f"{operation} is not an operation of the local Data API")
        return handler(self, given)

    def close(self) -> None:
        """Ends what runs and lets results and sessions go."""
        for statement in list(self.store.statements.values()):
            with statement.changed:
                if statement.status == SUBMITTED:
                    statement.abort(CANCELLED)
            interrupt(statement)
        self.sessions.close()
        self.store.close()

    def execute(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._submit("ExecuteStatement", given, (given["Sql"],), "")

    def batch(self, given: dict[str, Any]) -> dict[str, Any]:
        mode = given.get("ExecutionMode") or "TRANSACTION"
        return self._submit("BatchExecuteStatement", given, tuple(given["Sqls"]), mode)

    def _submit(self, operation: str, given: dict[str, Any], sqls: tuple[str, ...], mode: str) -> dict[str, Any]:
        values = checked(sqls, given.get("Parameters") or ())
        client_token = given.get("ClientToken", "")
        request = json.dumps({name: given[name] for name in given if name != "WaitTimeSeconds"}, sort_keys=True)
        with self.store.lock:
            statement = self.store.seen(client_token, operation, request)
            if statement is None:
                self.store.check_room()
                statement, held = self._made(given, sqls, mode, values)
                self.store.add(statement, client_token, operation, request)
                self.start(lambda: self._run(statement, held))
        return self._answered(statement, given)

    def _made(
        self, given: Mapping[str, Any], sqls: tuple[str, ...], mode: str, values: dict[str, str]
    ) -> tuple[Statement, Held | None]:
        key, alive = self.key(), given.get("SessionKeepAliveSeconds")
        held = None
        if given.get("SessionId"):
            held = self.sessions.take(given["SessionId"], alive, key)
            access = held.access
        else:
            access = self.door.access(given)
            if alive:
                held = self.sessions.open(self.key(), access, alive, key)
        statement = Statement(
            id=key,
            sqls=sqls,
            access=access,
            created=self.clock(),
            clock=self.clock,
            pid=next(self.store.pids),
            name=given.get("StatementName", ""),
            values=values,
            format=given.get("ResultFormat") or "JSON",
            mode=mode,
            session_id=held.id if held else "",
        )
        return statement, held

    def _run(self, statement: Statement, held: Held | None) -> None:
        opened: list[Session] = []

        def connect() -> Session:
            if held is not None and held.session is not None:
                return held.session
            opened.append(self.door.connect(statement.access))
            if held is not None:
                held.session = opened[0]
            return opened[0]

        def release() -> None:
            if held is not None:
                self.sessions.release(held)
            else:
                for session in opened:
                    session.close()

        self.runner.run(statement, connect, release)
        self.store.trim()

    def _answered(self, statement: Statement, given: Mapping[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = {"Id": statement.id, "CreatedAt": statement.created, **statement.access.shown()}
        if statement.session_id:
            reply["SessionId"] = statement.session_id
        if given.get("WaitTimeSeconds"):
            wait(statement, given)
            reply |= {"RedshiftPid": statement.pid, "HasResultSet": statement.has_result}
        return reply | {"Status": statement.status}

    def describe(self, given: dict[str, Any]) -> dict[str, Any]:
        statement, part = self.store.find(given["Id"])
        wait(statement, given)
        if part is None or not statement.mode:
            return statement.described()
        return part.described() | statement.access.shown() | {"RedshiftPid": statement.pid}

    def cancel(self, given: dict[str, Any]) -> dict[str, Any]:
        statement, part = self.store.find(given["Id"])
        if statement.mode and part is not None:
            raise invalid("A statement of a batch cannot be cancelled by itself: cancel the batch.")
        with statement.changed:
            if statement.done:
                text = f"Could not cancel a query that is already in {statement.status} state with ID: {given['Id']}"
                raise invalid(text)
            statement.cancelled = True
            if statement.status == SUBMITTED:
                statement.abort(CANCELLED)
        interrupt(statement)
        return {"Status": True}

    def list_statements(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("ClusterIdentifier") and given.get("WorkgroupName"):
            raise invalid("ClusterIdentifier and WorkgroupName cannot be specified together.")
        entries = [each.listed() for each in self.store.matching(given)]
        return page("Statements", entries, given, most=100)

    def list_sessions(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = {given["Status"]} if given.get("Status") else {"AVAILABLE", "BUSY"}
        key = given.get("SessionId")
        found = [
            each.described()
            for each in self.sessions.listed()
            if (each.id == key if key else each.status in wanted)
            and given.get("Database") in {None, "", each.access.database}
            and given.get("ClusterIdentifier") in {None, "", each.access.cluster}
            and given.get("WorkgroupName") in {None, "", each.access.workgroup}
        ]
        return page("Sessions", found, given, most=100)

    def result(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._page(given, "JSON")

    def result_v2(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._page(given, "CSV")

    def _page(self, given: dict[str, Any], form: str) -> dict[str, Any]:
        statement, part = self.store.find(given["Id"])
        wait(statement, given)
        kept = part.kept if part is not None else None
        if not statement.done or part is None or kept is None:
            raise no_result(given["Id"])
        if statement.format != form:
            other = "GetStatementResultV2" if form == "JSON" else "GetStatementResult"
            raise invalid(f"The result of this statement is in {statement.format} format. Use {other}.")
        number = start(given, f"{part.id}/")
        try:
            rows: Sequence[Any] = results.records(kept, number) if form == "JSON" else results.csv_records(kept, number)
        except FileNotFoundError:
            # It went to make room, just now.
            raise no_result(given["Id"]) from None
        reply = {
            "Records": rows,
            "ColumnMetadata": results.metadata(kept.columns),
            "TotalNumRows": kept.rows,
            **({"ResultFormat": form} if form == "CSV" else {}),
        }
        return reply | ({"NextToken": token(number + 1, f"{part.id}/")} if number + 1 < len(kept.pages) else {})

    def read(
        self, member: str, query: Callable[[Session, Mapping[str, Any]], list[Any]], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A list of the catalogue, in a session of its own."""
        access = self.door.access(given)
        try:
            session = self.door.connect(access)
        except SqlError as error:
            raise invalid(f"FATAL: {error.message}") from None
        try:
            found = query(session, given)
        finally:
            session.close()
        return page(member, found, given, most=1000)


def _lister(
    member: str, query: Callable[[Session, Mapping[str, Any]], list[Any]]
) -> Callable[[DataApi, dict[str, Any]], dict[str, Any]]:
    def read(api: DataApi, given: dict[str, Any]) -> dict[str, Any]:
        return api.read(member, query, given)

    return read


_OPERATIONS: dict[str, Callable[[DataApi, dict[str, Any]], dict[str, Any]]] = {
    "ExecuteStatement": DataApi.execute,
    "BatchExecuteStatement": DataApi.batch,
    "DescribeStatement": DataApi.describe,
    "CancelStatement": DataApi.cancel,
    "GetStatementResult": DataApi.result,
    "GetStatementResultV2": DataApi.result_v2,
    "ListStatements": DataApi.list_statements,
    "ListSessions": DataApi.list_sessions,
    "ListDatabases": _lister("Databases", metadata.databases),
    "ListSchemas": _lister("Schemas", metadata.schemas),
    "ListTables": _lister("Tables", metadata.tables),
    "DescribeTable": _lister("ColumnList", metadata.columns),
}
