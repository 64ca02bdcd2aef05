"""Redshift by its Data API: statements are sent, looked after until they end, and their results are fetched in pages.

A module's SQL is one transaction by this road, too. BatchExecuteStatement makes one of at most 40 statements. A longer
run, or one whose texts come to more than a statement may hold, is BEGIN, its statements and COMMIT in one session
(SessionKeepAliveSeconds): a session keeps its connection between calls, so a transaction goes on over them, as AWS's
own Redshift MCP server uses it (awslabs/mcp, pull request 1278). A session that nobody goes on with ends by itself
after KEEP_ALIVE seconds, and its transaction is rolled back.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters import warehouse_errors
from builder.adapters.data_api_values import bound, value
from builder.adapters.patience import Patience
from builder.adapters.warehouse import CONFLICT_SECONDS, Result, Session
from builder.errors import AwsError, BuilderError, Problem, WarehouseError
from builder.model import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from builder.core.config.roads import DataApi

SERVICE = "redshift-data"
# Redshift management guide, "Considerations when calling the Amazon Redshift Data API".
STATEMENT_BYTES = 100 * 1024
# BatchExecuteStatement, Sqls: 1 to 40.
BATCH = 40
KEEP_ALIVE = 60
# A session is taken for lost some seconds before AWS ends it: the clocks differ, and a call is under way for a while.
MARGIN = 10
FINISHED = "FINISHED"
# Seconds before each attempt to roll back.
_ROLLBACK_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)
# DescribeStatement, Status: the other values are SUBMITTED, PICKED and STARTED.
ENDS = frozenset({FINISHED, "FAILED", "ABORTED"})
_OPENS = frozenset({"BEGIN", "START"})
_CLOSES = frozenset({"COMMIT", "END", "ROLLBACK", "ABORT"})


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a statement is looked after. Seconds; `sleep`, `clock` and `token` are handed in by tests.

    The deadline is that of one statement. An external function's query may take long; the Data API itself ends a
    statement after 24 hours.
    """

    deadline: float = 3600.0
    first_pause: float = 0.05
    longest_pause: float = 2.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    token: Callable[[], str] = lambda: str(uuid.uuid4())


@dataclass
class _Held:
    """A session of Redshift's that outlives a call. `used` is when its last statement ended."""

    id: str = ""
    used: float = 0.0
    in_transaction: bool = False


class Calls(Protocol):
    """What a session needs of Aws."""

    def call(self, service: str, operation: str, *, about: str, **request: Any) -> Any:
        """See Aws."""


class DataApiSession(Session):
    """Calls on behalf of one cluster or workgroup, as one user."""

    def __init__(self, aws: Calls, place: DataApi, watch: Watch | None = None) -> None:
        self._watch = watch or Watch()
        patience = Patience(deadline=CONFLICT_SECONDS, sleep=self._watch.sleep, clock=self._watch.clock)
        super().__init__(database=place.database, patience=patience)
        self._aws = aws
        self._place = place
        self._held = _Held()

    def _transact(self, statements: Sequence[Statement]) -> None:
        _check(statements)
        if len(statements) <= BATCH and sum(len(each.text.encode()) for each in statements) <= STATEMENT_BYTES:
            self._batch(statements)
        else:
            self._transaction(statements)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        _check([Statement(subject="", text=sql)])
        text, named = bound(sql, parameters)
        held = self._open_session()
        try:
            described = self._in_session(held, text, Parameters=named) if named else self._in_session(held, text)
        except BuilderError:
            self._leave_failed_transaction(held)
            raise
        if described["Status"] != FINISHED:
            self._leave_failed_transaction(held)
            raise warehouse_errors.ended(described, sql=text)
        word = text.split(maxsplit=1)[0].upper().rstrip(";") if text.split() else ""
        held.in_transaction = word in _OPENS or (held.in_transaction and word not in _CLOSES)
        return self._result(described) if described.get("HasResultSet") else Result()

    def close(self) -> None:
        """A session without a transaction holds nothing and ends by itself."""
        held, self._held = self._held, _Held()
        if held.in_transaction:
            self._leave_failed_transaction(held)

    def _batch(self, statements: Sequence[Statement]) -> None:
        described = self._call_to_end(
            "batch_execute_statement", {"Sqls": [each.text for each in statements], **self._at()}
        )
        if described["Status"] == FINISHED:
            return
        parts = described.get("SubStatements") or []
        place = next((n for n, part in enumerate(parts) if part.get("Status") == "FAILED"), None)
        if place is None:
            # No connection, or a COMMIT that failed: none of the statements is to blame.
            raise warehouse_errors.ended(described, where=statements[0].subject, of=warehouse_errors.UNDONE)
        raise warehouse_errors.ended(
            parts[place],
            sql=statements[place].text,
            where=statements[place].subject,
            of=f"statement {place + 1} of {len(statements)}, {warehouse_errors.UNDONE}",
        )

    def _transaction(self, statements: Sequence[Statement]) -> None:
        held = _Held()
        try:
            self._step(held, "BEGIN", where=statements[0].subject, of=warehouse_errors.UNDONE)
            for position, statement in enumerate(statements, 1):
                of = f"statement {position} of {len(statements)}, {warehouse_errors.UNDONE}"
                self._step(held, statement.text, where=statement.subject, of=of)
        except BaseException:
            self._leave_failed_transaction(held)
            raise
        try:
            described = self._in_session(held, "COMMIT", SessionKeepAliveSeconds=0)
        except AwsError as error:
            raise warehouse_errors.not_committed(error) from error
        if described["Status"] != FINISHED:
            raise warehouse_errors.ended(described, where="COMMIT", of=warehouse_errors.UNDONE)

    def _step(self, held: _Held, sql: str, *, where: str, of: str) -> None:
        described = self._in_session(held, sql)
        if described["Status"] != FINISHED:
            raise warehouse_errors.ended(described, sql=sql, where=where, of=of)
        held.in_transaction = True

    def _leave_failed_transaction(self, held: _Held) -> None:
        """A session that was lost has rolled back by itself; what AWS says of a second ROLLBACK helps nobody.

        A statement whose submission was not answered may be at work yet: until it has ended the session takes no other.
        """
        if not held.in_transaction:
            return
        held.in_transaction = False
        for pause in _ROLLBACK_PAUSES:
            self._watch.sleep(pause)
            with suppress(BuilderError):
                self._in_session(held, "ROLLBACK")
                return

    def _open_session(self) -> _Held:
        """The session of the queries before this one, or a new one where it has ended meanwhile."""
        if self._held.id and self._watch.clock() > self._held.used + KEEP_ALIVE - MARGIN:
            lost, self._held = self._held, _Held()
            if lost.in_transaction:
                hint = f"send the statements of a transaction within {KEEP_ALIVE - MARGIN} s of one another"
                raise WarehouseError("the session has ended, and its transaction with it", where="BEGIN", hint=hint)
        return self._held

    def _in_session(self, held: _Held, sql: str, **more: Any) -> dict[str, Any]:
        """One statement to its end. The first one opens the session."""
        at = {"SessionId": held.id} if held.id else self._at()
        described = self._call_to_end(
            "execute_statement", {"Sql": sql, "SessionKeepAliveSeconds": KEEP_ALIVE, **at, **more}
        )
        held.id = str(described.get("SessionId") or held.id)
        held.used = self._watch.clock()
        return described

    def _at(self) -> dict[str, Any]:
        """Where, and as whom. With neither secret nor user, as the caller's own identity."""
        place = self._place
        members = {
            "ClusterIdentifier": place.cluster_identifier,
            "WorkgroupName": place.workgroup,
            "SecretArn": place.secret_arn,
            "DbUser": place.user,
            "Database": place.database,
        }
        return {name: text for name, text in members.items() if text}

    def _call_to_end(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Submits and waits: what DescribeStatement says at the end. Raises AwsError, WarehouseError at the deadline.

        The token makes a request that is sent again, because its answer was lost, the same request.
        """
        key = str(self._call(operation, ClientToken=self._watch.token(), **request)["Id"])
        try:
            return self._watched(key)
        except BaseException:
            # Ctrl-C and the deadline: nobody waits for it any more, and it may hold locks.
            with suppress(BuilderError):
                self._call("cancel_statement", Id=key)
            raise

    def _watched(self, key: str) -> dict[str, Any]:
        watch = self._watch
        end, pause = watch.clock() + watch.deadline, watch.first_pause
        while True:
            described: dict[str, Any] = self._call("describe_statement", Id=key)
            if described["Status"] in ENDS:
                return described
            if watch.clock() + pause > end:
                raise warehouse_errors.overdue(described, seconds=watch.deadline, where=self._place.label)
            watch.sleep(pause)
            pause = min(pause * 1.5, watch.longest_pause)

    def _result(self, described: Mapping[str, Any]) -> Result:
        columns: tuple[tuple[str, str], ...] = ()
        rows: list[tuple[Any, ...]] = []
        more: dict[str, str] = {}
        while True:
            page = self._call("get_statement_result", Id=described["Id"], **more)
            columns = columns or tuple((each["name"], each.get("typeName", "")) for each in page["ColumnMetadata"])
            rows += (
                tuple(value(field, kind) for field, (_, kind) in zip(record, columns, strict=True))
                for record in page["Records"]
            )
            if not page.get("NextToken"):
                return Result(columns=tuple(name for name, _ in columns), rows=tuple(rows))
            more = {"NextToken": page["NextToken"]}

    def _call(self, operation: str, **request: Any) -> Any:
        return self._aws.call(SERVICE, operation, about=self._place.label, **request)


def _check(statements: Sequence[Statement]) -> None:
    problems = [problem for each in statements for problem in _too_large(each.text, each.subject)]
    if problems:
        raise WarehouseError(problems=problems)


def _too_large(sql: str, where: str) -> list[Problem]:
    size = len(sql.encode())
    if size <= STATEMENT_BYTES:
        return []
    what = f"the statement has {size:,} bytes, the Data API takes {STATEMENT_BYTES:,}"
    return [Problem(where=where, what=what, hint="shorten it, or set RS_HOST: a connection takes up to 16 MB")]
