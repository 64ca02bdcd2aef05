"""COPY from Parquet: DuckDB reads a copy of the file, and its columns fill those of the table by their places."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.local.copying.objects import Address
    from builder.local.engine.backend import Session
    from builder.local.objects.shape import Column

# What a Redshift column can be filled from: Redshift, "COPY from columnar data formats".
_FAMILIES = (
    {"boolean"},
    {"smallint", "integer", "bigint", "numeric"},
    {"real", "double precision", "numeric"},
    {"character", "character varying"},
    {"date", "timestamp without time zone", "timestamp with time zone"},
    {"binary varying", "geometry", "character varying"},
    {"super", "character varying"},
    {"time without time zone"},
)


@contextmanager
def opened(
    session: Session, place: Address, body: IO[bytes], columns: Sequence[Column], *, nested: bool
) -> Iterator[str]:
    """A SELECT that gives the columns' values, as long as the file is there. Raises SqlError for columns that do not
    fit; `nested`: those that hold lists or structures become SUPER.
    """
    with tempfile.NamedTemporaryFile(dir=session.engine.exchange, suffix=".parquet") as held:
        shutil.copyfileobj(body, held)
        held.flush()
        source = f"read_parquet('{held.name}')"
        found = session.duck.describe(f"SELECT * FROM {source}")  # noqa: S608 - a file of ours
        raw = session.duck.types(f"SELECT * FROM {source}")  # noqa: S608 - as above
        if len(found) != len(columns):
            raise SqlError(
                "XX000",
                f"Unmatched number of columns between table and file. Table columns: {len(columns)}, "
                f"Data columns: {len(found)}, File name: {place}",
            )
        values = []
        for index, (column, given, duck) in enumerate(zip(columns, found, raw, strict=True)):
            if not _fits(given.type.name, column.type.name):
                raise SqlError(
                    "XX000",
                    f"File '{place}' has an incompatible Parquet schema for column '{place}.{column.name}'. "
                    f"Column type: {column.type.name.upper()}, Parquet schema: {duck}",
                )
            if given.type.name == "super" and not nested:
                raise unsupported(f"the nested Parquet column {given.name} without SERIALIZETOJSON")
            values.append(_cast(f"p{index}", given.type.name, column))
        names = ", ".join(f"p{index}" for index in range(len(columns)))
        yield f"SELECT {', '.join(values)} FROM {source} AS f({names})"  # noqa: S608 - ours


def _fits(given: str, wanted: str) -> bool:
    return given == wanted or any(given in family and wanted in family for family in _FAMILIES)


def _cast(value: str, given: str, column: Column) -> str:
    wanted = column.type.name
    if wanted == "geometry":
        return f"_rs.st_geomfromhexewkb({f'hex({value})' if given == 'binary varying' else value})"
    if wanted == "super":
        return f"json({value})" if given.startswith("character") else f"to_json({value})"
    if wanted.startswith("character"):
        return f"_rs.text({value})"
    return f"CAST({value} AS {column.type.duck})"
