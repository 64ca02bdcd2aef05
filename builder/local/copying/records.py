"""Files of text, as COPY reads them: records with their line, their raw text, and a text or None per field."""

from __future__ import annotations

import bz2
import gzip
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from builder.local.sqlstate import SqlError, unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.local.copying.grammar import Options

# Redshift, "Load error reference".
TOO_FEW = (1201, "Delimiter not found")
TOO_MANY = (1202, "Extra column(s) found")
BAD_LINE = (1216, "Invalid input line")
BAD_TEXT = (1220, "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {0} (error 3)")


@dataclass(frozen=True, kw_only=True)
class Record:
    """`error` is a code and a reason; then there are no values."""

    line: int
    raw: str
    values: tuple[str | None, ...] = ()
    error: tuple[int, str] | None = None


def decompressed(data: IO[bytes], compression: str) -> IO[bytes]:
    if compression == "GZIP":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=data, mode="rb"))
    return bz2.BZ2File(data) if compression == "BZIP2" else data


def records(data: IO[bytes], options: Options, width: int) -> Iterator[Record]:
    """The records of one file of delimited text, CSV or fixed width. `width` is the number of columns to fill."""
    dialect = Dialect(options)
    lines = _lines(data, options)
    if options.format == "FIXEDWIDTH":
        yield from _fixed(lines, options)
        return
    for number, line in dialect.whole(lines):
        if number <= options.number("IGNOREHEADER", 0):
            continue
        if isinstance(line, Record):
            yield line
        elif line.strip() or "IGNOREBLANKLINES" not in options:
            yield _fitted(Record(line=number, raw=line, values=tuple(dialect.fields(line))), options, width)


def _fitted(record: Record, options: Options, width: int) -> Record:
    values, count = record.values, len(record.values)
    # A delimiter behind the last field is allowed (Redshift, "Preparing your input data").
    if count == width + 1 and not values[-1]:
        values = values[:-1]
    elif count > width:
        return Record(line=record.line, raw=record.raw, error=TOO_MANY)
    elif count < width:
        if "FILLRECORD" not in options:
            return Record(line=record.line, raw=record.raw, error=TOO_FEW)
        values = (*values, *(None for _ in range(width - count)))
    return Record(line=record.line, raw=record.raw, values=values)


def _lines(data: IO[bytes], options: Options) -> Iterator[str | Record]:
    """Lines without their ends; a Record for one that is not in the encoding."""
    encoding = options.text("ENCODING", "UTF8").replace("UTF", "utf-").lower()
    stream = data
    if encoding not in {"utf-8", "iso88591"}:
        stream = io.BytesIO(data.read().decode(encoding).encode())
        encoding = "utf-8"
    for number, raw in enumerate(io.BufferedReader(_Raw(stream)), 1):
        line = raw.rstrip(b"\r\n") if raw.endswith(b"\n") else raw
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            yield line.decode("latin-1" if encoding == "iso88591" else encoding)
        except UnicodeDecodeError as error:
            if "ACCEPTINVCHARS" in options:
                yield line.decode(encoding, errors="replace").replace("\ufffd", options.text("ACCEPTINVCHARS", "?"))
            else:
                code, reason = BAD_TEXT
                bad = line[error.start : error.end].hex()
                yield Record(line=number, raw=line.decode(errors="replace"), error=(code, reason.format(bad)))


class _Raw(io.RawIOBase):
    """What only has read(), as botocore's body, for a BufferedReader."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer is a memoryview in CPython
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Dialect:
    """Where a record ends and what its fields are."""

    def __init__(self, options: Options) -> None:
        csv = options.format == "CSV"
        self.csv = csv
        self.delimiter = _character(options.text("DELIMITER", "," if csv else "|"), "DELIMITER")
        self.quote = _character(options.text("QUOTE", '"'), "QUOTE")
        self.escape = "ESCAPE" in options
        self.removes = "REMOVEQUOTES" in options
        if csv and (self.escape or self.removes or options.format == "FIXEDWIDTH"):
            raise SqlError("42601", "CSV is not compatible with ESCAPE and REMOVEQUOTES")
        self.null = _null(options.text("NULL", "\\N"))

    def whole(self, lines: Iterator[str | Record]) -> Iterator[tuple[int, str | Record]]:
        """Records with the number of their first line: a line end inside quotes, or behind an escape, ends nothing."""
        held, start = "", 0
        for number, line in enumerate(lines, 1):
            if isinstance(line, Record):
                yield number, line
                continue
            held, start = (f"{held}\n{line}", start) if start else (line, number)
            if self._open(held):
                continue
            yield start, held
            held, start = "", 0
        if start:
            yield start, held

    def _open(self, text: str) -> bool:
        if self.csv:
            return text.count(self.quote) % 2 == 1
        return self.escape and (len(text) - len(text.rstrip("\\"))) % 2 == 1

    def fields(self, line: str) -> Iterator[str | None]:
        if self.csv:
            yield from self._quoted(line)
        elif self.escape or self.removes:
            yield from self._escaped(line)
        else:
            for text in line.split(self.delimiter):
                yield None if text == self.null else text

    def _quoted(self, line: str) -> Iterator[str | None]:
        at, end = 0, len(line)
        while at <= end:
            if line[at : at + 1] == self.quote:
                text, at = self._inside(line, at + 1)
                stop = line.find(self.delimiter, at)
                stop = end if stop < 0 else stop
                yield text + line[at:stop]
            else:
                stop = line.find(self.delimiter, at)
                stop = end if stop < 0 else stop
                yield None if line[at:stop] == self.null else line[at:stop]
            at = stop + 1

    def _inside(self, line: str, at: int) -> tuple[str, int]:
        """A quoted text up to its quote, of which two stand for one."""
        parts: list[str] = []
        while True:
            stop = line.find(self.quote, at)
            if stop < 0:
                return "".join(parts) + line[at:], len(line)
            parts.append(line[at:stop])
            if line[stop + 1 : stop + 2] != self.quote:
                return "".join(parts), stop + 1
            parts.append(self.quote)
            at = stop + 2

    def _escaped(self, line: str) -> Iterator[str | None]:
        raw, text, quoted, at = "", "", "", 0
        while at < len(line):
            mark = line[at]
            if self.escape and mark == "\\" and at + 1 < len(line):
                raw, text, at = raw + line[at : at + 2], text + line[at + 1], at + 2
                continue
            if self.removes and not raw and mark in "\"'":
                quoted = mark
            elif quoted and mark == quoted:
                quoted = ""
            elif mark == self.delimiter and not quoted:
                yield None if raw == self.null else text
                raw = text = ""
                at += 1
                continue
            else:
                text += mark
            raw, at = raw + mark, at + 1
        yield None if raw == self.null else text


def _fixed(lines: Iterator[str | Record], options: Options) -> Iterator[Record]:
    """FIXEDWIDTH 'label:width, ...': widths are characters."""
    try:
        widths = [int(part.rpartition(":")[2]) for part in options.argument.split(",")]
    except ValueError:
        raise SqlError("22023", "invalid FIXEDWIDTH specification: label:width, ... is needed") from None
    for number, line in enumerate(lines, 1):
        if number <= options.number("IGNOREHEADER", 0):
            continue
        if isinstance(line, Record):
            yield line
            continue
        values, at = [], 0
        for width in widths:
            values.append(line[at : at + width].rstrip())
            at += width
        error = BAD_LINE if len(line) > at or len(line) <= at - widths[-1] else None
        yield Record(line=number, raw=line, values=() if error else tuple(values), error=error)


def _character(text: str, name: str) -> str:
    """One character. A tab is also written as backslash and t, any as backslash and three octal digits."""
    if text in {"\\t", "\t"}:
        return "\t"
    if len(text) == 4 and text[0] == "\\" and text[1:].isdigit():  # noqa: PLR2004 - backslash and three octal digits
        return chr(int(text[1:], 8))
    if len(text) != 1:
        raise unsupported(f"a {name} of several characters") if text else SqlError("22023", f"{name} cannot be empty")
    return text


def _null(text: str) -> str:
    return {"\\0": "\0", "\\000": "\0"}.get(text, text)
