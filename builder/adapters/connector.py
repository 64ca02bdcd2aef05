"""Redshift over its own wire protocol, by redshift-connector: with a password, or with one that AWS makes."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import redshift_connector
from redshift_connector.error import Error

from builder.adapters import warehouse_errors
from builder.adapters.warehouse import Result, Session
from builder.core.config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_connector.core import Connection as Driver

    from builder.adapters.aws import Aws
    from builder.adapters.patience import Patience
    from builder.core.config.roads import Connection
    from builder.model import Statement

CONNECT_SECONDS = 15


def connect(place: Connection, *, seconds: int = CONNECT_SECONDS) -> ConnectorSession:
    """Opens a session. Raises WarehouseError, at the latest some `seconds` after the last word from the server."""
    try:
        driver = redshift_connector.connect(
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
    driver._usock.settimeout(None)  # noqa: SLF001
    driver.autocommit = True
    return ConnectorSession(driver, database=place.database)


def login(aws: Aws, place: Connection) -> Connection:
    """The same place with a user and a password that AWS makes, for a quarter of an hour; a session outlives them.

    With RS_USER AWS makes a password of that user of a cluster's, else one of the caller's own identity. Raises
    AwsError and SettingsError.
    """
    if place.workgroup:
        answer = aws.call(
            "redshift-serverless",
            "get_credentials",
            about=f"workgroup {place.workgroup}",
            workgroupName=place.workgroup,
            dbName=place.database,
        )
        return replace(place, user=answer["dbUser"], password=Secret(answer["dbPassword"]))
    at: dict[str, Any] = {"ClusterIdentifier": place.cluster_identifier, "DbName": place.database}
    about = f"cluster {place.cluster_identifier}"
    if place.user:
        answer = aws.call("redshift", "get_cluster_credentials", about=about, DbUser=place.user, **at)
    else:
        answer = aws.call("redshift", "get_cluster_credentials_with_iam", about=about, **at)
    # AWS may put `IAM:` before the user's name: that is what the session must say.
    return replace(place, user=answer["DbUser"], password=Secret(answer["DbPassword"]))


class ConnectorSession(Session):
    """A session of redshift-connector."""

    def __init__(self, driver: Driver, *, database: str, patience: Patience | None = None) -> None:
        super().__init__(database=database, patience=patience)
        self._driver = driver
        self._open = True

    def _transact(self, statements: Sequence[Statement]) -> None:
        # With autocommit off, the connector sends BEGIN before the first statement.
        self._driver.autocommit = False
        try:
            self._run(statements)
        finally:
            self._driver.autocommit = True

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        try:
            cursor = self._driver.cursor()
            # With no arguments at all (None) the connector leaves `%` alone; with () it would read it as a parameter.
            cursor.execute(sql, list(parameters) or None)
            if cursor.description is None:
                return Result()
            columns = tuple(str(column[0]) for column in cursor.description)
            return Result(columns=columns, rows=tuple(tuple(row) for row in cursor.fetchall()))
        except (Error, OSError) as error:
            self._leave_failed_transaction()
            raise warehouse_errors.refused(error, sql=sql) from error

    def close(self) -> None:
        if self._open:
            self._open = False
            with suppress(Error, OSError):
                self._driver.close()

    def _run(self, statements: Sequence[Statement]) -> None:
        for position, statement in enumerate(statements, 1):
            self._execute(statement, of=f"statement {position} of {len(statements)}")
        try:
            self._driver.commit()
        except (Error, OSError) as error:
            raise warehouse_errors.not_committed(error) from error

    def _execute(self, statement: Statement, *, of: str) -> None:
        try:
            self._driver.cursor().execute(statement.text)
        except (Error, OSError) as error:
            self._leave_failed_transaction()
            raise warehouse_errors.refused(error, sql=statement.text, where=statement.subject, of=of) from error

    def _leave_failed_transaction(self) -> None:
        """A session that was lost has rolled back by itself; what it says of a second ROLLBACK helps nobody."""
        with suppress(Error, OSError):
            self._driver.rollback()
