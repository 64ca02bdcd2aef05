"""Runs a statement of the Data API on a session of the engine: the same session, and SQL, as the wire's."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from builder.local.data_api.parameters import bind
from builder.local.data_api.results import Kept, TooLarge
from builder.local.data_api.statements import ABORTED, FAILED, FINISHED, PICKED, STARTED
from builder.local.sql.tokens import split
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from builder.local.data_api.statements import Part, Statement
    from builder.local.engine.backend import Session
    from builder.local.wire.results import Result

log = logging.getLogger(__name__)
# As seen in the sub-statements behind one that failed.
PRIOR = "Connection or an prior query failed."
CANCELLED = "Query cancelled on user's request"


@dataclass(frozen=True, kw_only=True)
class Runner:
    """`folder` is where results are kept; `timer` counts nanoseconds."""

    folder: Path
    timer: Callable[[], int] = time.perf_counter_ns

    def run(self, statement: Statement, connect: Callable[[], Session], release: Callable[[], None]) -> None:
        """From PICKED to its end. Raises nothing: what goes wrong is the statement's error.

        `release` gives the session back before anybody is told of the end.
        """
        began = self.timer()
        status, error = FAILED, ""
        with statement.changed:
            if statement.done:
                # Cancelled before its turn came.
                release()
                return
            statement.move(PICKED)
        try:
            session = connect()
            session.attend()
            statement.session = session
            statement.move(STARTED)
            error = self._parts(statement, session)
            status = FAILED if error else FINISHED
        except SqlError as refused:
            severity = "FATAL" if refused.code[:2] in {"28", "3D"} else "ERROR"
            error = f"{severity}: {refused.message}"
        except Exception:
            log.exception("a statement of the Data API failed inside the endpoint")
            error = "ERROR: internal error of the local endpoint; its log has the details"
        if error and statement.cancelled:
            status, error = ABORTED, f"ERROR: {CANCELLED}"
        for part in statement.parts:
            if statement.mode and part.status not in {FINISHED, FAILED, ABORTED}:
                statement.end(part, ABORTED, PRIOR)
        statement.duration = self.timer() - began
        if not statement.mode:
            statement.parts[0].duration = statement.duration
        statement.session = None
        release()
        statement.move(status, error)

    def _parts(self, statement: Statement, session: Session) -> str:
        """The error of the batch, "" for none."""
        together = statement.mode == "TRANSACTION"
        error = ""
        if together:
            session.begin()
        for number, part in enumerate(statement.parts, 1):
            failure = self._part(statement, session, part)
            if failure:
                error = error or (f"Query #{number} failed with {failure}" if statement.mode else failure)
            if failure and (together or statement.cancelled):
                break
        if together:
            # A COMMIT of its own among the statements has ended the transaction already.
            if error:
                session.rollback()
            else:
                session.commit()
        return error

    def _part(self, statement: Statement, session: Session, part: Part) -> str:
        began = self.timer()
        part.status, part.updated = STARTED, statement.clock()
        error, session.query_id = "", 0
        try:
            self._one(statement, session, part)
        except SqlError as refused:
            session.failed()
            error = _told(refused)
        except TooLarge:
            session.failed()
            error = "ERROR: Database response exceeded size limit"
        part.duration, part.query = self.timer() - began, session.query_id
        if statement.cancelled and error:
            statement.end(part, ABORTED, f"ERROR: {CANCELLED}")
        elif statement.mode or error:
            statement.end(part, FAILED if error else FINISHED, error)
        return error

    def _one(self, statement: Statement, session: Session, part: Part) -> None:
        sql, values = bound(part.sql, statement.values)
        sources = split(sql)
        if len(sources) > 1:
            raise SqlError("42601", "cannot insert multiple commands into a prepared statement")
        if not sources:
            part.rows = part.size = 0
            return
        prepared = session.prepare(sources[0], (0,) * len(values))
        result = session.execute(prepared, values, (0,) * len(prepared.columns or ()))
        if result.chunks is None:
            part.rows, part.size = affected(result.tag), 0
            return
        kept = Kept(columns=tuple(prepared.columns or ()), path=self.folder / part.id.replace(":", "-"))
        try:
            drain(result, kept, statement)
            kept.finish()
        except BaseException:
            kept.close()
            raise
        part.kept, part.has_result = kept, True
        part.rows, part.size = kept.rows, kept.size


def bound(sql: str, values: Mapping[str, str]) -> tuple[str, list[exp.Expr]]:
    """A statement with `$n` and its values. They are texts without a type: their place decides, as in Redshift."""
    made = bind(sql, values)
    return made.sql, [exp.Literal.string(value) for value in made.values]


def drain(result: Result, kept: Kept, statement: Statement) -> None:
    """Raises SqlError 57014 where the statement is cancelled meanwhile, TooLarge beyond the limit."""
    chunks = result.chunks or iter(())
    try:
        for data, _ in chunks:
            if statement.cancelled:
                raise SqlError("57014", CANCELLED)
            kept.add(data)
    finally:
        # Ends the generator now, so that what the engine kept for it is dropped before the session goes on.
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def affected(tag: str) -> int:
    """The rows that a command's tag counts: `INSERT 0 5`, `UPDATE 3`; 0 where it counts none."""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _told(refused: SqlError) -> str:
    """A refusal as the JDBC driver tells it, which is what the Data API runs statements by."""
    hint = f"\n  Hint: {refused.hint}" if refused.hint else ""
    position = f"\n  Position: {refused.position}" if refused.position else ""
    return f"ERROR: {refused.message}{hint}{position}"
