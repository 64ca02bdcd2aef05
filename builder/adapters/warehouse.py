"""A Redshift, by whichever road: the protocol, what its sessions share, and the choice of the road."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters.patience import Patience
from builder.core.config.roads import DataApi
from builder.core.deploy.observed import WarehouseState
from builder.core.sql import catalog as sql_catalog
from builder.core.sql import grantees as sql_grantees
from builder.errors import SettingsError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from builder.adapters.aws import Aws
    from builder.core.config.roads import Road
    from builder.core.config.settings import Settings
    from builder.model import Definition, Routine, Statement

# How long a transaction goes on being tried again, in seconds: another deploy of the same schema takes about as long.
CONFLICT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """An answer's columns and rows; both empty where a statement answers with none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class Warehouse(Protocol):
    """What the rest of the builder needs of a Redshift. Methods raise WarehouseError; AwsError where AWS is between."""

    def run(self, statements: Sequence[Statement]) -> None:
        """All statements in one transaction: where one fails, none has happened."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        """One statement, committed at once. `%s` stands for a parameter; without parameters nothing is replaced."""

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        """The functions and procedures of a schema, sorted."""

    def definitions_in(self, schema: str, names: Sequence[str] = ()) -> tuple[Definition, ...]:
        """What the functions of a schema are made of, as far as Redshift shows it: all, or those of these names."""

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        """What a plan needs to know of a schema."""

    def missing(self, grantees: Sequence[str]) -> tuple[str, ...]:
        """Those of RS_GRANTEES who are not there, as far as the session's user may know."""

    def close(self) -> None:
        """Ends the session. Closing twice does nothing."""


class Session(ABC):
    """What the sessions of all roads have in common."""

    def __init__(self, *, database: str, patience: Patience | None = None) -> None:
        self._database = database
        self._patience = patience or Patience(deadline=CONFLICT_SECONDS)

    def run(self, statements: Sequence[Statement]) -> None:
        """See Warehouse. A transaction that lost against another one is begun again: nothing of it has happened."""
        if statements:
            self._patience.until(lambda: self._transact(statements), transient=_lost)

    @abstractmethod
    def _transact(self, statements: Sequence[Statement]) -> None:
        """The statements in one transaction, once."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        """See Warehouse."""

    @abstractmethod
    def close(self) -> None:
        """See Warehouse."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def functions_in(self, schema: str) -> tuple[Routine, ...]:
        answer = self.query(sql_catalog.routines_query(database=self._database, schema=schema))
        return tuple(sorted(sql_catalog.routine(row) for row in answer.rows))

    def definitions_in(self, schema: str, names: Sequence[str] = ()) -> tuple[Definition, ...]:
        answer = self.query(sql_catalog.definitions_query(schema=schema, names=names))
        return tuple(sql_catalog.definition(row) for row in answer.rows)

    def observe(self, schema: str, *, place: str) -> WarehouseState:
        if not self.query(sql_catalog.schema_query(database=self._database, schema=schema)).rows:
            return WarehouseState(place=place)
        tables = self.query(sql_catalog.tables_query(database=self._database, schema=schema)).rows[0][0]
        return WarehouseState(
            place=place,
            schema_exists=True,
            routines=self.functions_in(schema),
            definitions=self.definitions_in(schema),
            tables=int(tables),
        )

    def missing(self, grantees: Sequence[str]) -> tuple[str, ...]:
        asked = sql_grantees.queries(grantees)
        found = {kind: [str(name) for (name,) in self.query(sql).rows] for kind, sql in asked.items()}
        superuser = "role" in asked and any(is_super for _, is_super in self.query(sql_catalog.WHO).rows)
        return sql_grantees.missing(grantees, found, superuser=superuser)


def _lost(error: Exception) -> bool:
    return isinstance(error, WarehouseError) and error.conflict


def enter(road: Road, aws: Callable[[], Aws]) -> Session:
    """A session by the road that the settings chose. `aws` gives the one session with AWS, where the road needs it.

    Raises WarehouseError; AwsError and SettingsError where AWS is asked.
    """
    if isinstance(road, DataApi):
        from builder.adapters.data_api import DataApiSession  # noqa: PLC0415  each road loads only its own libraries

        return DataApiSession(aws(), road)
    from builder.adapters import connector  # noqa: PLC0415  its driver is slow to load

    return connector.connect(connector.login(aws(), road) if road.iam else road)


def configured(settings: Settings, aws: Callable[[], Aws]) -> Session:
    """A session with the Redshift of the settings. Raises SettingsError where they name none; else as `enter` does."""
    if settings.warehouse is None:
        hint = (
            "set RS_HOST, RS_DATABASE, RS_USER and RS_PASSWORD, or RS_WORKGROUP or RS_CLUSTER_IDENTIFIER, or "
            "`builder local up`"
        )
        raise SettingsError("no Redshift is configured", where="RS_HOST", hint=hint)
    return enter(settings.warehouse, aws)
