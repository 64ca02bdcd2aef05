"""The database underneath: one DuckDB instance, a connection of it per session, shut off from the host.

SQL that comes here is already translated. Errors leave as SqlError; what they were goes to the log.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.resources
import importlib.util
import logging
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from builder.local.engine.wording import from_duckdb
from builder.local.sql import dialect, types
from builder.local.wire.results import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)
# What tables, sorts and joins may take before they go to disk; with the rest of the process it stays under 500 MB.
MEMORY = "256MB"
EXCHANGES = "SELECT unnest(current_setting('allowed_directories'))"


_FRAMES = ("pandas", "polars")
# For every scan of arrays DuckDB tries to import these; a failed import is not remembered, and cost 37 ms a batch.
for _absent in _FRAMES:
    if importlib.util.find_spec(_absent) is None:
        sys.modules[_absent] = None  # type: ignore[assignment]  # Python's own way to say: there is none


def without_frames() -> None:
    """For a process that is the endpoint's own: DuckDB's first statement with a parameter imports pandas where it is
    installed, a second of work and 60 MB for nothing.
    """
    for name in _FRAMES:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # as above
    # Arrow, too, looks for pandas at its first list, falls over what it finds, and has settled then that there is none.
    with suppress(AttributeError):
        pa.array([])


def open_database(path: Path | None = None, *, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Opens or creates the database, with spatial loaded, our macros in place, and the host out of reach.

    `path` None: in memory. After this, SQL can neither read nor write files, load extensions or change settings.
    """
    begun = path.with_name(f"{path.name}.begun") if path is not None else None
    if path is not None and begun is not None and (begun.exists() or not path.exists()):
        # A log that creates our schema is not replayed after a crash ("Schema with name _rs does not exist", DuckDB
        # 1.5.5). Until everything of ours is checkpointed a mark says that the file is begun, and holds nothing yet.
        begun.touch()
        for left in (path, path.with_name(f"{path.name}.wal")):
            left.unlink(missing_ok=True)
    connection = _opened(path, memory)
    if begun is not None:
        begun.unlink(missing_ok=True)
    connection.execute(f"SET allowed_directories = ['{_exchange(path)}/']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _exchange(path: Path | None) -> str:
    """A folder for files on their way to S3 or from there: beside the data, or gone with the process. Emptied first."""
    if path is None:
        parent = Path(tempfile.mkdtemp(prefix="builder-redshift-"))
        atexit.register(shutil.rmtree, parent, ignore_errors=True)
        folder = parent / "exchange"
    else:
        folder = path.resolve().with_name("exchange")
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return str(folder).replace("'", "''")


def literal(text: str) -> str:
    """A text in DuckDB's SQL: a backslash is itself there."""
    return "'" + text.replace("'", "''") + "'"


def _opened(path: Path | None, memory: str) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # `/` of two integers is an integer in Redshift; the setting is per connection, so it comes before the lock.
        "integer_division": True,
        "memory_limit": memory,
        # Rows go through Arrow and back: HUGEINT, JSON and the like would come back as other types.
        "arrow_lossless_conversion": True,
    }
    if path is not None:
        settings["temp_directory"] = str(path.with_name("spill"))
    connection = duckdb.connect(str(path) if path else ":memory:", config=settings)
    package = Path(str(importlib.resources.files("duckdb_extension_spatial")))
    extension = next(package.rglob("spatial.duckdb_extension"))
    connection.execute(f"LOAD '{str(extension).replace(chr(39), chr(39) * 2)}'")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    _install(connection)
    return connection


def _install(connection: duckdb.DuckDBPyConnection) -> None:
    """Our types, macros and views, unless the file has these very ones."""
    scripts = [script.read_text() for script in dialect.SCRIPTS]
    digest = hashlib.sha256("".join(scripts).encode()).hexdigest()
    connection.execute("CREATE SCHEMA IF NOT EXISTS _rs")
    connection.execute("CREATE TABLE IF NOT EXISTS _rs.installed (digest VARCHAR)")
    if connection.execute("SELECT digest FROM _rs.installed").fetchall() == [(digest,)]:
        return
    connection.execute("BEGIN")
    for script in scripts:
        connection.execute(script)
    connection.execute("DELETE FROM _rs.installed")
    connection.execute("INSERT INTO _rs.installed VALUES (?)", [digest])
    connection.execute("COMMIT")
    connection.execute("CHECKPOINT")


@dataclass
class Duck:
    """One session's connection."""

    connection: duckdb.DuckDBPyConnection

    @contextmanager
    def _errors(self, sql: str) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, RuntimeError) as error:
            log.info("%s: %s\n  in %s", type(error).__name__, error, sql[:2000])
            raise from_duckdb(error) from error

    def run(self, sql: str, parameters: list[Any] | None = None) -> int:
        """Runs a statement to its end; the number of rows that it changed, 0 where it changes none."""
        rows = self.rows(sql, parameters)
        single = len(rows) == 1 and len(rows[0]) == 1 and isinstance(rows[0][0], int)
        return int(rows[0][0]) if single else 0

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self._errors(sql):
            return self.connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, size: int | Callable[[], int]) -> Iterator[list[tuple[Any, ...]]]:
        """The result in pieces of at most `size` rows, asked anew for each; nothing else may run here meanwhile."""
        with self._errors(sql):
            cursor = self.connection.execute(sql)
            while rows := cursor.fetchmany(size if isinstance(size, int) else size()):
                yield rows

    def describe(self, sql: str) -> list[Column]:
        """Names and types of a query's columns; binds it and runs nothing."""
        with self._errors(sql):
            relation = self.connection.sql(sql)
        if relation is None:
            return []
        pairs = zip(relation.columns, relation.types)  # noqa: B905 - DuckDB gives one of each per column
        return [Column(name=name, type=types.from_duck(str(kind))) for name, kind in pairs]

    def types(self, sql: str) -> list[str]:
        """DuckDB's own names of the types of a query's columns. Raises SqlError where it does not bind."""
        try:
            relation = self.connection.sql(sql)
        except (duckdb.Error, RuntimeError) as error:
            raise from_duckdb(error) from error
        return [str(kind) for kind in relation.types] if relation is not None else []

    def batches(self, sql: str, size: int) -> Iterator[Any]:
        """The result as Arrow's record batches of about `size` rows; nothing else may run here meanwhile."""
        with self._errors(sql):
            yield from self.connection.execute(sql).to_arrow_reader(size)

    def schema(self, sql: str) -> Any:
        """A query's columns as Arrow has them; binds it and runs nothing."""
        with self._errors(sql):
            return self.connection.execute(f"SELECT * FROM ({sql}) LIMIT 0").to_arrow_table().schema  # noqa: S608 - a rendered tree

    @contextmanager
    def lent(self, name: str, columns: Any) -> Iterator[None]:
        """NumPy columns, or Arrow's stream protocol, as a relation of this name, while the block runs."""
        self.connection.register(name, columns)
        try:
            yield
        finally:
            self.connection.unregister(name)

    def interrupt(self) -> None:
        """Ends what runs now, from another thread; nothing where the connection has just been closed."""
        with suppress(duckdb.ConnectionException):
            self.connection.interrupt()
