"""What the Data API refuses before it runs anything, and how callers wait for a statement and end it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from builder.local.data_api.model import ApiError, invalid
from builder.local.data_api.parameters import bind
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from builder.local.data_api.statements import Statement

# Redshift management guide, "Considerations when calling the Amazon Redshift Data API".
STATEMENT_BYTES = 100 * 1024
# Ours: how many requests may wait for one statement, and for how long an interrupt is repeated, seconds.
WAITING = 10
INTERRUPTING = 30.0
_AGAIN = 0.05


def checked(sqls: Sequence[str], parameters: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The parameters by name. Raises ApiError for texts and parameters that AWS refuses before it runs anything."""
    for sql in sqls:
        if not sql.strip():
            raise invalid("Sql statement cannot be empty.")
        if len(sql.encode()) > STATEMENT_BYTES:
            raise invalid("Cannot process query string larger than 100kB")
    values = {each["name"]: each["value"] for each in parameters}
    if len(values) < len(parameters):
        raise invalid("Parameters list contains a name more than once.")
    try:
        used = frozenset[str]().union(*(bind(sql, values).names for sql in sqls))
    except SqlError:
        # A text that cannot even be read: its statement fails, and says so.
        return values
    unused = [name for name in values if name not in used]
    if unused:
        raise invalid(f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]")
    return values


def wait(statement: Statement, given: Mapping[str, Any]) -> None:
    """Raises ActiveWaitingRequestsExceededException."""
    seconds = given.get("WaitTimeSeconds")
    if not seconds or statement.done:
        return
    with statement.changed:
        if statement.waiting >= WAITING:
            text = f"Active waiting requests exceeded the allowed quota ({WAITING})."
            raise ApiError("ActiveWaitingRequestsExceededException", text)
        statement.waiting += 1
        try:
            statement.changed.wait_for(lambda: statement.done, float(seconds))
        finally:
            statement.waiting -= 1


def no_result(key: str) -> ApiError:
    text = "Query does not have result. Please check query status with DescribeStatement."
    return ApiError("ResourceNotFoundException", text, ResourceId=key)


def interrupt(statement: Statement) -> None:
    """Ends a statement that runs. It goes on interrupting from a thread until the statement has ended.

    A statement that was just about to start, or between two steps, would miss a single interrupt.
    """
    if statement.done:
        return
    statement.cancelled = True

    def repeat() -> None:
        for _ in range(int(INTERRUPTING / _AGAIN)):
            session = statement.session
            if session is not None:
                session.cancel()
            with statement.changed:
                if statement.changed.wait_for(lambda: statement.done, _AGAIN):
                    return

    threading.Thread(target=repeat, daemon=True).start()
