"""COPY: objects of S3 into a table, a piece at a time, within the session's transaction."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.local.copying import documents, parquet, records
from builder.local.copying.convert import filled
from builder.local.copying.errors import LoadError
from builder.local.copying.objects import Address, address
from builder.local.engine import outside
from builder.local.objects.shape import Shape, shape_of
from builder.local.objects.tables import relation
from builder.local.sqlstate import SqlError
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.copying.convert import Filled
    from builder.local.copying.grammar import Copy
    from builder.local.copying.objects import Objects
    from builder.local.copying.records import Record
    from builder.local.engine.backend import Session
    from builder.local.objects.shape import Column

# Records that are converted at a time.
PIECE = 20_000
RAW = 1024


def copy(session: Session, statement: Copy) -> str:
    """All or nothing; with MAXERROR, records that are no good are left out and told of in STL_LOAD_ERRORS."""
    shape = shape_of(session.duck, session.path.schemas(statement.schema), statement.table)
    columns = shape.chosen(statement.columns)
    if not session.rights.superuser:
        schemas = session.path.schemas(statement.schema)
        session.rights.relation(schemas, statement.table, ["INSERT"], named=bool(statement.schema))
    objects = outside.objects(session, statement.role)
    load = _Load(
        session=session,
        statement=statement,
        objects=objects,
        shape=shape,
        columns=columns,
        query=next(session.engine.query_ids),
    )
    files = _files(objects, statement)
    with session.atomically():
        for file in files:
            load.file(file)
        if load.count_errors and load.count_errors > load.allowed:
            raise load.failure()
    session.duck.run(f"SET VARIABLE rs_copy_count = {load.loaded}")
    session.duck.run(f"SET VARIABLE rs_copy_id = {load.query}")
    name = relation("", statement.table).strip('"')
    session.notice("INFO", f"Load into table '{name}' completed, {load.loaded} record(s) loaded successfully.")
    return "COPY"


def _files(objects: Objects, statement: Copy) -> list[Address]:
    source = statement.source
    if "MANIFEST" in statement.options:
        return _manifest(objects, source)
    found = [place for place, size in objects.list(source) if size or not place.key.endswith("/")]
    if not found:
        raise SqlError("XX000", f"The specified S3 prefix '{source.key}' does not exist")
    return found


def _manifest(objects: Objects, source: Address) -> list[Address]:
    """Redshift, "Using a manifest to specify data files": an entry that is not mandatory may be missing."""
    try:
        entries = json.loads(objects.open(source).read())["entries"]
        wanted = [(address(entry["url"]), bool(entry.get("mandatory", False))) for entry in entries]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise SqlError("XX000", f"Manifest file {source} is not in correct json format") from None
    found = []
    for place, mandatory in wanted:
        if any(each == place for each, _ in objects.list(place)):
            found.append(place)
        elif mandatory:
            raise SqlError("XX000", f"Problem reading manifest file - S3ServiceException: {place} does not exist")
    return found


@dataclass(kw_only=True)
class _Load:
    session: Session
    statement: Copy
    objects: Objects
    shape: Shape
    columns: tuple[Column, ...]
    query: int
    loaded: int = 0
    count_errors: int = 0
    pick: Any = None
    fills: list[Filled] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.statement.options
        self.allowed = options.number("MAXERROR", 0) if "IGNOREALLERRORS" not in options else 1 << 62
        if options.format != "PARQUET":
            self.fills = [filled(each, f"c{index}", options) for index, each in enumerate(self.columns)]
        if options.format == "JSON":
            self.pick = self._picker(options.argument)
        self.now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)

    def _picker(self, argument: str) -> Any:
        names = [column.name for column in self.columns]
        if argument.lower() in {"auto", "auto ignorecase"}:
            return documents.by_name(names, ignore_case=argument.lower() != "auto")
        if argument.lower() == "noshred":
            if [column.type.name for column in self.columns] != ["super"]:
                raise SqlError("XX000", "JSON 'noshred' needs a target of one SUPER column")
            return documents.whole
        return documents.by_path(self.objects.open(address(argument)).read().decode())

    def file(self, place: Address) -> None:
        options = self.statement.options
        with self.objects.open(place) as body:
            if options.format == "PARQUET":
                nested = "SERIALIZETOJSON" in options
                with parquet.opened(self.session, place, body, self.columns, nested=nested) as query:
                    if "NOLOAD" not in options:
                        self.loaded += self._insert(query)
                return
            data = records.decompressed(body, options.compression)
            if options.format == "JSON":
                found = documents.documents(data, self.pick)
            else:
                found = records.records(data, options, len(self.columns))
            try:
                while piece := list(itertools.islice(found, PIECE)):
                    self._piece(place, piece)
            except (OSError, EOFError) as error:
                raise SqlError("XX000", f"{place} is not in the format {options.compression}: {error}") from error

    def _piece(self, place: Address, piece: Sequence[Record]) -> None:
        good = []
        for record in piece:
            if record.error is None:
                good.append(record)
            else:
                self._refused(place, record, *record.error)
        if not good:
            return
        lent = {"r": np.arange(len(good))} | {
            f"c{index}": np.array([record.values[index] for record in good], dtype=object)
            for index in range(len(self.columns))
        }
        texts = ", ".join(f"CAST(c{index} AS VARCHAR) AS c{index}" for index in range(len(self.columns)))
        reasons = [
            f"CASE WHEN ({each.reason}) IS NOT NULL THEN '{index}|' || ({each.reason}) END"
            for index, each in enumerate(self.fills)
        ]
        with self.session.duck.lent("_rs_lent", lent):
            held = f"SELECT *, coalesce({', '.join(reasons)}, '') AS e FROM (SELECT r, {texts} FROM _rs_lent)"  # noqa: S608 - ours
            self.session.duck.run(f"CREATE OR REPLACE TEMP TABLE _rs_copy AS {held}")
        for row, text in self.session.duck.rows("SELECT r, e FROM _rs_copy WHERE e <> '' ORDER BY r"):
            index, code, reason = text.split("|", 2)
            self._refused(place, good[row], int(code), reason, self.columns[int(index)], good[row].values[int(index)])
        if "NOLOAD" in self.statement.options:
            self.loaded += self.session.duck.rows("SELECT COUNT(*) FROM _rs_copy WHERE e = ''")[0][0]
            return
        values = ", ".join(each.value for each in self.fills)
        self.loaded += self._insert(f"SELECT {values} FROM _rs_copy WHERE e = '' ORDER BY r")  # noqa: S608 - ours

    def _insert(self, query: str) -> int:
        names = ", ".join(quote_identifier(each.name) for each in self.columns)
        return self.session.duck.run(f"INSERT INTO {self.shape.quoted} ({names}) {query}")

    def _refused(
        self,
        place: Address,
        record: Record,
        code: int,
        reason: str,
        column: Column | None = None,
        value: str | None = None,
    ) -> None:
        self.count_errors += 1
        length = str(column.type.arguments[0]) if column and column.type.arguments else ""
        self.session.engine.load_errors.add(
            LoadError(
                query=self.query,
                transaction=self.session.transaction,
                session=1,
                table=self.shape.name,
                time=self.now,
                file=str(place),
                line=record.line,
                column=column.name if column else "",
                type=_short(column) if column else "",
                length=length,
                raw=record.raw[:RAW],
                value=(value or "")[:RAW],
                code=code,
                reason=reason,
            )
        )
        if self.count_errors > self.allowed:
            raise self.failure()

    def failure(self) -> SqlError:
        return SqlError(
            "XX000",
            f"Load into table '{self.shape.name}' failed.  Check 'stl_load_errors' system table for details.",
        )


_SHORT = {"character varying": "varchar", "character": "char", "integer": "int4", "bigint": "int8", "smallint": "int2"}


def _short(column: Column) -> str:
    """STL_LOAD_ERRORS names types as pg_type does."""
    return _SHORT.get(column.type.name, column.type.name)
