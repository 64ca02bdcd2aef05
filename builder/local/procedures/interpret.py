"""Runs a procedure's block on a session, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.engine import query
from builder.local.procedures import steps as plpgsql
from builder.local.procedures.values import Value, Variable
from builder.local.sql import types
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from builder.local.engine.backend import Session
    from builder.local.procedures.scopes import Scopes

# Inside a transaction block of the caller's, a handler can run no SQL any more.
_ABORTED = frozenset({"25000", "25P02"})


class _Left(Exception):  # noqa: N818 - no error: a jump
    """EXIT, CONTINUE or RETURN, on its way to what it leaves."""

    def __init__(self, kind: str, label: str) -> None:
        super().__init__(kind)
        self.kind, self.label = kind, label


@dataclass
class Frame:
    """One call. `ends`: COMMIT and ROLLBACK may stand in it."""

    session: Session
    scopes: Scopes
    ends: bool
    rows: int = 0
    caught: SqlError | None = None

    def run(self, block: plpgsql.Block) -> None:
        try:
            self._block(block)
        except _Left as left:
            if left.kind != "RETURN":
                raise SqlError("42601", f"{left.kind} cannot be used outside a loop") from None

    # Blocks and steps -----------------------------------------------------------------------------------------------

    def _block(self, block: plpgsql.Block) -> None:
        try:
            with self.scopes.inner():
                for variable in block.variables:
                    self.scopes.declare(variable)
                self._guarded(block)
        except _Left as left:
            if left.kind != "EXIT" or not block.label or left.label != block.label:
                raise

    def _guarded(self, block: plpgsql.Block) -> None:
        """EXCEPTION: the work is rolled back, the handler runs in a transaction of its own, and the error goes on.

        Redshift, "Trapping errors": a procedure that is atomic raises the error again behind its handler.
        """
        try:
            self._steps(block.body)
        except SqlError as error:
            if block.handler is None or error.code == "57014":
                raise
            if self.ends:
                self.session.rollback()
                self.session.begin()
            before, self.caught = self.caught, error
            self.scopes.set_text("sqlerrm", error.message)
            self.scopes.set_text("sqlstate", error.code)
            try:
                self._steps(block.handler)
                if self.ends:
                    self.session.commit()
                    self.session.begin()
            except SqlError as second:
                if second.code not in _ABORTED:
                    raise
            finally:
                self.caught = before
            raise

    def _steps(self, steps: Iterable[plpgsql.Step]) -> None:
        # Also of a body without steps: a loop around it would never ask.
        self._check()
        for step in steps:
            _RUN[type(step)](self, step)
            self._check()

    def _check(self) -> None:
        if self.session.cancelled.is_set():
            raise SqlError("57014", "canceling statement due to user request")

    def _assign(self, step: plpgsql.Assign) -> None:
        self.scopes.give(f"{step.name}.{step.field}" if step.field else step.name, self.scopes.value(step.value))

    def _if(self, step: plpgsql.If) -> None:
        for condition, steps in step.branches:
            if not condition or self.scopes.holds(condition):
                self._steps(steps)
                return

    def _loop(self, step: plpgsql.Loop) -> None:
        while not step.condition or self.scopes.holds(step.condition):
            if self._left(step.body, step.label):
                return

    def _count(self, step: plpgsql.Count) -> None:
        first, last = (int(str(self.scopes.value(f"CAST({text} AS BIGINT)").text)) for text in (step.first, step.last))
        kind = types.of("integer")
        numbers = range(first, last - 1, -1) if step.reverse else range(first, last + 1)
        with self.scopes.inner() as own:
            for number in numbers:
                own[step.name] = Variable(kind, Value(str(number), kind))
                if self._left(step.body, step.label):
                    return

    def _rows(self, step: plpgsql.Rows) -> None:
        columns, rows = query.texts(self.session, self.scopes.source(step.query, dynamic=step.dynamic))
        found = list(rows)
        for row in found:
            self.scopes.fill(step.names, columns, row)
            if self._left(step.body, step.label):
                break
        self.scopes.set_found(bool(found))

    def _left(self, steps: Iterable[plpgsql.Step], label: str) -> bool:
        """Runs a loop's body; whether the loop is left."""
        try:
            self._steps(steps)
        except _Left as left:
            if left.kind == "RETURN" or (left.label and left.label != label):
                raise
            return left.kind == "EXIT"
        return False

    def _leave(self, step: plpgsql.Leave) -> None:
        if not step.condition or self.scopes.holds(step.condition):
            raise _Left(step.kind, step.label)

    def _raise(self, step: plpgsql.Raise) -> None:
        if not step.format:
            raise self.caught or SqlError("0Z002", "RAISE cannot be used without parameters outside a handler")
        parts = step.format.replace("%%", "\0").split("%")
        if len(parts) - 1 != len(step.arguments):
            few = "few" if len(parts) - 1 > len(step.arguments) else "many"
            raise SqlError("42601", f"too {few} parameters specified for RAISE")
        values = [self.scopes.value(text).text for text in step.arguments]
        texts = ["<NULL>" if value is None else value for value in values]
        message = parts[0] + "".join(text + part for text, part in zip(texts, parts[1:], strict=True))
        message = message.replace("\0", "%")
        if step.level == "EXCEPTION":
            raise SqlError("P0001", message)
        if step.level not in {"DEBUG", "LOG"}:
            self.session.notice(step.level, message)

    def _diagnostics(self, step: plpgsql.Diagnostics) -> None:
        self.scopes.give(step.name, Value(str(self.rows), types.of("bigint")))

    def _end(self, step: plpgsql.End) -> None:
        if not self.ends:
            raise SqlError(
                "2D000", f"{step.kind} cannot be invoked from a procedure that is executing in an atomic context."
            )
        if step.kind == "COMMIT":
            self.session.commit()
        else:
            self.session.rollback()
        self.session.begin()

    def _run(self, step: plpgsql.Run) -> None:
        if step.into:
            columns, rows = query.texts(self.session, self.scopes.source(step.sql, dynamic=step.dynamic))
            row = next(iter(rows), None)
            if row is None and step.strict:
                raise SqlError("P0002", "query returned no rows")
            self.scopes.fill(step.into, columns, row if row is not None else [None] * len(columns))
            self.rows = 0 if row is None else 1
            self.scopes.set_found(row is not None)
            return
        source = self.scopes.source(step.sql, dynamic=step.dynamic)
        self.rows = query.run_nested(self.session, source)
        self.scopes.set_found(self.rows > 0)


_RUN: dict[type[Any], Callable[[Frame, Any], None]] = {
    plpgsql.Block: Frame._block,  # noqa: SLF001 - the table of this class
    plpgsql.Assign: Frame._assign,  # noqa: SLF001
    plpgsql.Run: Frame._run,  # noqa: SLF001
    plpgsql.If: Frame._if,  # noqa: SLF001
    plpgsql.Loop: Frame._loop,  # noqa: SLF001
    plpgsql.Count: Frame._count,  # noqa: SLF001
    plpgsql.Rows: Frame._rows,  # noqa: SLF001
    plpgsql.Leave: Frame._leave,  # noqa: SLF001
    plpgsql.Raise: Frame._raise,  # noqa: SLF001
    plpgsql.Diagnostics: Frame._diagnostics,  # noqa: SLF001
    plpgsql.End: Frame._end,  # noqa: SLF001
}
