"""Redshift over its own wire protocol. The only module that talks to it."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import redshift_connector
from redshift_connector.error import Error

from builder.adapters import warehouse_errors
from builder.core.deploy.observed import WarehouseState
from builder.core.sql import catalog as sql_catalog
from builder.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from redshift_connector.core import Connection
    from typing_extensions import Self

    from builder.core.config.settings import Settings
    from builder.core.config.settings import Warehouse as Place
    from builder.model import Routine, Statement

CONNECT_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Result:
    """An answer's columns and rows; both empty where a statement answers with none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class Warehouse(Protocol):
    """A Redshift, by whichever road. Every method raises WarehouseError."""

    def run(self, statements: Sequence[Statement]) -> None:
        """All statements in one transaction: where one fails, none has happened."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        """One statement, committed at once. `%s` stands for a parameter; without parameters nothing is replaced."""

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        """The functions and procedures of a schema, sorted."""

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        """What a plan needs to know of a schema."""

    def close(self) -> None:
        """Ends the session. Closing twice does nothing."""


def connect(place: Place, *, seconds: int = CONNECT_SECONDS) -> RedshiftWarehouse:
    """Opens a session. Raises WarehouseError, at the latest some `seconds` after the last word from the server."""
    try:
        connection = redshift_connector.connect(
            host=place.host,
            port=place.port,
            database=place.database,
            user=place.user,
            password=place.password.reveal(),
            ssl=place.ssl,
            timeout=seconds,
            application_name="builder",
        )
    except (Error, OSError, KeyError, struct.error) as error:  # the last two: something that speaks another protocol
        raise warehouse_errors.unreachable(error, place, seconds=seconds) from error
    # The connector's time-out goes on to bind every read: a query longer than it would end the session. There is no
    # public way to lift it once we are in.
    connection._usock.settimeout(None)  # noqa: SLF001
    connection.autocommit = True
    return RedshiftWarehouse(connection, database=place.database)


def configured(settings: Settings) -> RedshiftWarehouse:
    """A session with the Redshift of the settings. Raises SettingsError where they name none, WarehouseError else."""
    if settings.warehouse is None:
        hint = "set RS_HOST, RS_DATABASE, RS_USER and RS_PASSWORD, or `builder local up`"
        raise SettingsError("no Redshift is configured", where="RS_HOST", hint=hint)
    return connect(settings.warehouse)


class RedshiftWarehouse:
    """A session of redshift-connector."""

    def __init__(self, connection: Connection, *, database: str) -> None:
        self._connection = connection
        self._database = database
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, statements: Sequence[Statement]) -> None:
        if not statements:
            return
        # With autocommit off, the connector sends BEGIN before the first statement.
        self._connection.autocommit = False
        try:
            self._run(statements)
        finally:
            self._connection.autocommit = True

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        try:
            cursor = self._connection.cursor()
            # With no arguments at all (None) the connector leaves `%` alone; with () it would read it as a parameter.
            cursor.execute(sql, list(parameters) or None)
            if cursor.description is None:
                return Result()
            columns = tuple(str(column[0]) for column in cursor.description)
            return Result(columns=columns, rows=tuple(tuple(row) for row in cursor.fetchall()))
        except (Error, OSError) as error:
            self._leave_failed_transaction()
            raise warehouse_errors.refused(error, sql=sql) from error

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        answer = self.query(sql_catalog.routines_query(database=self._database, schema=schema))
        return tuple(sorted(sql_catalog.routine(row) for row in answer.rows))

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        if not self.query(sql_catalog.schema_query(database=self._database, schema=schema)).rows:
            return WarehouseState(place=place)
        tables = self.query(sql_catalog.tables_query(database=self._database, schema=schema)).rows[0][0]
        return WarehouseState(place=place, schema_exists=True, routines=self.functions_in(schema), tables=int(tables))

    def close(self) -> None:
        if self._open:
            self._open = False
            with suppress(Error, OSError):
                self._connection.close()

    def _run(self, statements: Sequence[Statement]) -> None:
        for position, statement in enumerate(statements, 1):
            self._execute(statement, of=f"statement {position} of {len(statements)}")
        try:
            self._connection.commit()
        except (Error, OSError) as error:
            raise warehouse_errors.not_committed(error) from error

    def _execute(self, statement: Statement, *, of: str) -> None:
        try:
            self._connection.cursor().execute(statement.text)
        except (Error, OSError) as error:
            self._leave_failed_transaction()
            raise warehouse_errors.refused(error, sql=statement.text, where=statement.subject, of=of) from error

    def _leave_failed_transaction(self) -> None:
        """A session that was lost has rolled back by itself; what it says of a second ROLLBACK helps nobody."""
        with suppress(Error, OSError):
            self._connection.rollback()
