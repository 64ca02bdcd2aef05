"""UNLOAD: the rows of a query into objects of S3, as Redshift names and writes them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from builder.local.copying.lines import lines_of
from builder.local.copying.objects import Address
from builder.local.engine import outside, trees
from builder.local.engine.duck import literal
from builder.local.sql import dialect
from builder.local.sqlstate import SqlError, unsupported
from builder.local.wire import results
from builder.names import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.local.copying.grammar import Unload
    from builder.local.copying.objects import Objects
    from builder.local.engine.backend import Session
    from builder.local.wire.results import Column

# Redshift, "UNLOAD": MAXFILESIZE is 6.2 GB unless given, and between 5 MB and 6.2 GB.
LARGEST = int(6.2 * (1 << 30))
SMALLEST = 5 << 20
SLICES = 2
KEPT = "_rs_unload"


def unload(session: Session, statement: Unload) -> str:
    """Runs the query, then writes. What was written stays if a later object cannot be."""
    options = statement.options
    largest = options.number("MAXFILESIZE", LARGEST)
    if not SMALLEST <= largest <= LARGEST:
        raise SqlError("22023", "MAXFILESIZE must be between 5 MB and 6.2 GB")
    columns = trees.describe(session, dialect.parse_text(statement.query), ())
    objects = outside.objects(session, statement.role)
    caller = outside.caller(session)
    try:
        query = dialect.render(trees.translated(session, dialect.parse_text(statement.query), caller))
        names = ", ".join(f"c{index}" for index in range(len(columns)))
        session.duck.run(f"CREATE OR REPLACE TEMP TABLE {KEPT}({names}) AS {query}")
    finally:
        outside.clean(caller)
    writer = _Writer(session=session, statement=statement, objects=objects, columns=columns, largest=largest)
    try:
        writer.prepare()
        count = writer.all()
    finally:
        session.duck.run(f"DROP TABLE IF EXISTS {KEPT}")
    session.duck.run(f"SET VARIABLE rs_unload_count = {count}")
    session.notice("INFO", f"UNLOAD completed, {count} record(s) unloaded successfully.")
    return "UNLOAD"


@dataclass(kw_only=True)
class _Writer:
    session: Session
    statement: Unload
    objects: Objects
    columns: Sequence[Column]
    largest: int
    written: list[tuple[Address, int, int]] = field(default_factory=list)

    def prepare(self) -> None:
        """Looks at what is there already, and removes it where CLEANPATH was said."""
        options, objects, target = self.statement.options, self.objects, self.statement.target
        there = [place for place, _ in objects.list(target)]
        if "CLEANPATH" in options:
            for place in there:
                objects.delete(place)
        elif there and "ALLOWOVERWRITE" not in options:
            raise SqlError(
                "XX000",
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
                "removing the target files in S3, or using the ALLOWOVERWRITE option.",
            )

    def all(self) -> int:
        """Every partition; the number of rows."""
        partition = [self._place(name) for name in self.statement.partition]
        if len(partition) == len(self.columns):
            raise SqlError("42601", "PARTITION BY cannot name every column")
        kept = [index for index in range(len(self.columns)) if self.statement.include or index not in partition]
        if not partition:
            self._part(self.statement.target.key, kept, "")
        else:
            texts = results.encoders(self.columns, (0,) * len(self.columns), 0)
            keys = ", ".join(texts[index].sql for index in partition)
            values = ", ".join(f"c{index}" for index in partition)
            found = self.session.duck.rows(f"SELECT {keys} FROM {KEPT} GROUP BY {values} ORDER BY {values}")  # noqa: S608 - ours
            for row in found:
                self._one(row, partition, kept, [texts[index].sql for index in partition])
        if "MANIFEST" in self.statement.options:
            self._manifest()
        return sum(rows for _, _, rows in self.written)

    def _one(self, row: Sequence[str | None], partition: Sequence[int], kept: list[int], keys: Sequence[str]) -> None:
        names = [self.columns[index].name for index in partition]
        default = "__HIVE_DEFAULT_PARTITION__"
        folder = "".join(
            f"{name}={default if value is None else value}/" for name, value in zip(names, row, strict=True)
        )
        conditions = [
            f"{key} IS NULL" if value is None else f"{key} = {literal(value)}"
            for key, value in zip(keys, row, strict=True)
        ]
        key = self.statement.target.key
        self._part(f"{key}{'' if key.endswith('/') else '/'}{folder}", kept, " WHERE " + " AND ".join(conditions))

    def _place(self, name: str) -> int:
        names = [column.name for column in self.columns]
        if name not in names:
            raise SqlError("42703", f'column "{name}" of PARTITION BY is not in the query')
        return names.index(name)

    def _part(self, prefix: str, kept: list[int], where: str) -> None:
        if self.statement.options.format == "PARQUET":
            self._parquet(prefix, kept, where)
        else:
            self._text(prefix, kept, where)

    def _name(self, prefix: str, part: int, number: int) -> Address:
        """`0000_part_00`, slice and number; one number alone with PARALLEL OFF."""
        options = self.statement.options
        ending = {"GZIP": ".gz", "BZIP2": ".bz2"}.get(options.compression, "")
        if options.format == "PARQUET":
            ending = ".parquet"
        if "EXTENSION" in options:
            ending = f".{options.text('EXTENSION', '').lstrip('.')}"
        name = f"{number:03d}" if self._serial else f"{part:04d}_part_{number:02d}"
        return Address(bucket=self.statement.target.bucket, key=f"{prefix}{name}{ending}")

    @property
    def _serial(self) -> bool:
        return self.statement.options.text("PARALLEL", "ON") in {"OFF", "FALSE"}

    # Text -----------------------------------------------------------------------------------------------------------

    def _text(self, prefix: str, kept: list[int], where: str) -> None:
        lines = lines_of(self.statement, [self.columns[index] for index in kept])
        every = results.encoders(self.columns, (0,) * len(self.columns), 0)
        query = f"SELECT {', '.join(every[index].sql for index in kept)} FROM {KEPT}{where}"  # noqa: S608 - ours
        files = [_File(self, prefix, part, lines.head) for part in range(1 if self._serial else SLICES)]
        for index, rows in enumerate(self.session.duck.stream(query, results.ROWS_PER_FETCH)):
            for row in rows:
                files[index % len(files)].add(lines.line(row))
        for file in files:
            # An empty result leaves one object, which has the header if there is one.
            file.close(keep=file is files[0] and not where)

    def store(self, place: Address, data: IO[bytes], rows: int) -> None:
        data.seek(0, io.SEEK_END)
        self.written.append((place, data.tell(), rows))
        self.objects.put(place, data)

    # Parquet --------------------------------------------------------------------------------------------------------

    def _parquet(self, prefix: str, kept: list[int], where: str) -> None:
        items = ", ".join(_parquet_value(self.columns[index], index) for index in kept)
        with tempfile.NamedTemporaryFile(dir=self.session.engine.exchange, suffix=".parquet") as held:
            query = f"SELECT {items} FROM {KEPT}{where}"  # noqa: S608 - ours
            rows = self.session.duck.run(f"COPY ({query}) TO '{held.name}' (FORMAT parquet, COMPRESSION snappy)")
            with open(held.name, "rb") as data:  # noqa: PTH123 - a name that DuckDB has written to
                if rows:
                    self.store(self._name(prefix, 0, 0), data, rows)

    def _manifest(self) -> None:
        """Redshift, "UNLOAD": `{"entries": [{"url": ...}]}`; with VERBOSE sizes and counts too."""
        verbose = self.statement.options.text("MANIFEST", "") == "VERBOSE"
        entries = [
            {"url": str(place)} | ({"meta": {"content_length": size, "record_count": rows}} if verbose else {})
            for place, size, rows in self.written
        ]
        document: dict[str, object] = {"entries": entries}
        if verbose:
            document["schema"] = {
                "elements": [{"name": column.name, "type": {"base": column.type.name}} for column in self.columns]
            }
            document["meta"] = {
                "content_length": sum(size for _, size, _ in self.written),
                "record_count": sum(rows for _, _, rows in self.written),
            }
        target = self.statement.target
        data = io.BytesIO(json.dumps(document, indent=2).encode())
        self.objects.put(Address(bucket=target.bucket, key=f"{target.key}manifest"), data)


class _File:
    """One slice's objects: a new one whenever the largest size is reached."""

    def __init__(self, writer: _Writer, prefix: str, part: int, head: bytes) -> None:
        self.writer, self.prefix, self.part, self.head = writer, prefix, part, head
        self.number = self.rows = self.size = 0
        self.held: IO[bytes] | None = None
        self.out: IO[bytes] | None = None

    def add(self, line: bytes) -> None:
        if self.out is not None and self.size + len(line) > self.writer.largest:
            self.close(keep=False)
        if self.out is None:
            self._open()
        assert self.out is not None  # noqa: S101 - opened just above
        self.out.write(line)
        self.rows, self.size = self.rows + 1, self.size + len(line)

    def _open(self) -> None:
        held: IO[bytes] = tempfile.TemporaryFile(dir=self.writer.session.engine.exchange)  # noqa: SIM115 - closed by close()
        compression = self.writer.statement.options.compression
        self.held = held
        if compression == "GZIP":
            # No name and no time in it: the same rows give the same bytes.
            out = cast("IO[bytes]", gzip.GzipFile(filename="", fileobj=held, mode="wb", mtime=0))
        else:
            out = cast("IO[bytes]", bz2.BZ2File(held, "wb")) if compression == "BZIP2" else held
        out.write(self.head)
        self.out = out
        self.size = len(self.head)

    def close(self, *, keep: bool) -> None:
        """Sends what there is; of nothing, an object only where one is to be kept."""
        if self.out is None:
            if not keep or self.number:
                return
            self._open()
        assert self.out is not None  # noqa: S101 - as above
        assert self.held is not None  # noqa: S101 - as above
        if self.out is not self.held:
            self.out.close()
        place = self.writer._name(self.prefix, self.part, self.number)  # noqa: SLF001 - the writer's own half
        self.writer.store(place, self.held, self.rows)
        self.held.close()
        self.out = self.held = None
        self.number, self.rows, self.size = self.number + 1, 0, 0


def _parquet_value(column: Column, index: int) -> str:
    name = column.type.name
    if name in {"geometry", "geography"}:
        raise unsupported(f"UNLOAD of {name.upper()} to Parquet (column {column.name})")
    value = f"CAST(c{index} AS VARCHAR)" if name == "super" else f"CAST(c{index} AS {column.type.duck})"
    return f"{value} AS {quote_identifier(column.name)}"
