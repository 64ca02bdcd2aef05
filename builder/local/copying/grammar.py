"""COPY and UNLOAD as Redshift's documentation writes them. What has no effect here is read and left."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from builder.local.copying.objects import Address, address
from builder.local.objects.tables import read_name
from builder.local.sql.tokens import Cursor
from builder.local.sqlstate import SqlError, syntax, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.local.sql.tokens import Source

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_CREDENTIALS = re.compile(r"aws_iam_role=(.+)|aws_access_key_id=[^;]+;aws_secret_access_key=[^;]+(;token=[^;]+)?")
_FORMATS = frozenset({"CSV", "PARQUET", "JSON", "FIXEDWIDTH", "AVRO", "ORC", "SHAPEFILE"})
_REFUSED = frozenset(
    {"AVRO", "ORC", "SHAPEFILE", "SSH", "ENCRYPTED", "LZOP", "MASTER_SYMMETRIC_KEY", "KMS_KEY_ID", "READRATIO"}
)
_COMPRESSIONS = frozenset({"GZIP", "BZIP2", "ZSTD"})
# An option's name, and whether a value follows: text, number, a word, or nothing.
_COPY_OPTIONS = {
    "DELIMITER": "text", "QUOTE": "text", "NULL": "text", "DATEFORMAT": "text", "TIMEFORMAT": "text", "REGION": "text",
    "IGNOREHEADER": "number", "MAXERROR": "number", "COMPROWS": "number", "ENCODING": "word", "ACCEPTINVCHARS": "maybe",
    "COMPUPDATE": "switch", "STATUPDATE": "switch",
    "MANIFEST": "", "ESCAPE": "", "REMOVEQUOTES": "", "FILLRECORD": "", "IGNOREBLANKLINES": "", "EMPTYASNULL": "",
    "BLANKSASNULL": "", "TRIMBLANKS": "", "TRUNCATECOLUMNS": "", "ACCEPTANYDATE": "", "ROUNDEC": "", "EXPLICIT_IDS": "",
    "NOLOAD": "", "IGNOREALLERRORS": "", "SERIALIZETOJSON": "",
}  # fmt: skip
_UNLOAD_OPTIONS = {
    "DELIMITER": "text", "NULL": "text", "REGION": "text", "EXTENSION": "text", "FIXEDWIDTH": "text",
    "MANIFEST": "maybe word", "HEADER": "", "ADDQUOTES": "", "ESCAPE": "", "ALLOWOVERWRITE": "", "CLEANPATH": "",
    "PARALLEL": "switch", "MAXFILESIZE": "size", "ROWGROUPSIZE": "size",
}  # fmt: skip
_SIZE = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_UNITS = {"MB": 1 << 20, "GB": 1 << 30}


@dataclass(frozen=True, kw_only=True)
class Options:
    """`format` is TEXT (delimited), CSV, JSON, FIXEDWIDTH or PARQUET; `argument` JSON's or FIXEDWIDTH's own.

    `given` has the other options: text, number in digits, or "" for one without a value.
    """

    format: str = "TEXT"
    argument: str = ""
    compression: str = ""
    given: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str) -> str:
        return self.given.get(name, default)

    def number(self, name: str, default: int) -> int:
        return int(self.given.get(name, default))

    def __contains__(self, name: str) -> bool:
        return name in self.given


@dataclass(frozen=True, kw_only=True)
class Copy:
    schema: str
    table: str
    columns: tuple[str, ...]
    source: Address
    role: str
    options: Options


@dataclass(frozen=True, kw_only=True)
class Unload:
    """`query` is a SELECT's text. `partition` are names of its columns; `include`: they stay in the files."""

    query: str
    target: Address
    role: str
    partition: tuple[str, ...]
    include: bool
    options: Options


def parse_copy(source: Source) -> Copy:
    """COPY table [(columns)] FROM 's3://...' authorization [[FORMAT] [AS] format] [option ...]."""
    cursor = Cursor(source)
    cursor.expect("COPY")
    schema, table = read_name(cursor)
    columns = _names(cursor) if cursor.peek() == "(" else ()
    cursor.expect("FROM")
    place = cursor.string()
    if not place.lower().startswith("s3://"):
        kind = place.partition("://")[0]
        raise unsupported(f"COPY from {kind.upper() if '://' in place else 'a file'}")
    reader = _Reader(cursor, _COPY_OPTIONS)
    role = reader.read()
    return Copy(schema=schema, table=table, columns=columns, source=address(place), role=role, options=reader.options())


def parse_unload(source: Source) -> Unload:
    """UNLOAD ('select ...') TO 's3://...' authorization [option ...]."""
    cursor = Cursor(source)
    cursor.expect("UNLOAD", "(")
    query = cursor.string()
    cursor.expect(")", "TO")
    target = address(cursor.string())
    reader = _Reader(cursor, _UNLOAD_OPTIONS)
    role = reader.read()
    options = reader.options()
    if options.format not in {"TEXT", "CSV", "PARQUET", "JSON"}:
        raise unsupported(f"UNLOAD with FORMAT {options.format}")
    return Unload(
        query=query,
        target=target,
        role=role,
        partition=reader.partition,
        include=reader.include,
        options=options,
    )


def _names(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(")
    found = [cursor.identifier()]
    while cursor.accept(","):
        found.append(cursor.identifier())
    cursor.expect(")")
    return tuple(found)


class _Reader:
    """Authorization and options, in any order."""

    def __init__(self, cursor: Cursor, known: dict[str, str]) -> None:
        self.cursor = cursor
        self.known = known
        self.given: dict[str, str] = {}
        self.format = self.argument = self.compression = self.role = ""
        self.authorized = False
        self.partition: tuple[str, ...] = ()
        self.include = False

    def read(self) -> str:
        """The role, "" where keys are given instead."""
        while not self.cursor.done:
            word = self.cursor.peek()
            if not (self._authorization(word) or self._format(word) or self._special(word) or self._option(word)):
                raise self.cursor.error()
        if not self.authorized:
            raise syntax("authorization is needed: IAM_ROLE, CREDENTIALS, or ACCESS_KEY_ID and SECRET_ACCESS_KEY")
        return self.role

    def options(self) -> Options:
        return Options(
            format=self.format or "TEXT", argument=self.argument, compression=self.compression, given=self.given
        )

    def _authorization(self, word: str) -> bool:
        cursor = self.cursor
        if word == "IAM_ROLE":
            cursor.take()
            self.role = "default" if cursor.accept("DEFAULT") else cursor.string()
            self._check_role(self.role)
        elif word in {"CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"}:
            cursor.take()
            cursor.accept("AS")
            text = cursor.string()
            found = _CREDENTIALS.fullmatch(text)
            if word == "CREDENTIALS":
                if found is None:
                    raise SqlError("22023", "invalid credentials: aws_iam_role=..., or both access keys, are needed")
                self.role = found[1] or ""
                self._check_role(self.role or "default")
        elif cursor.accept("WITH"):
            return cursor.peek() == "CREDENTIALS" and self._authorization("CREDENTIALS")
        else:
            return False
        self.authorized = True
        return True

    def _check_role(self, role: str) -> None:
        if role != "default" and not all(_ROLE.fullmatch(each.strip()) for each in role.split(",")):
            raise SqlError("22023", f"{role} is not the ARN of an IAM role", hint="arn:aws:iam::123456789012:role/name")

    def _format(self, word: str) -> bool:
        cursor = self.cursor
        if word == "FORMAT":
            cursor.take()
            cursor.accept("AS")
            word = cursor.peek()
            if word not in _FORMATS:
                raise cursor.error()
        if word not in _FORMATS or (word == "FIXEDWIDTH" and "FIXEDWIDTH" in self.known):
            return False
        if word in _REFUSED:
            raise unsupported(f"FORMAT {word}")
        cursor.take()
        if self.format:
            raise syntax("only one format is allowed")
        self.format = word
        if word == "FIXEDWIDTH" or (word == "JSON" and "HEADER" not in self.known):
            cursor.accept("AS")
            self.argument = cursor.string() if word == "FIXEDWIDTH" or not self._at_word() else "auto"
        return True

    def _at_word(self) -> bool:
        return self.cursor.done or self.cursor.peek() != ""

    def _special(self, word: str) -> bool:
        cursor = self.cursor
        if word in _COMPRESSIONS:
            cursor.take()
            if word == "ZSTD":
                raise unsupported("ZSTD")
            self.compression = word
        elif word in _REFUSED:
            raise unsupported(word)
        elif word == "PARTITION BY" and "HEADER" in self.known:
            cursor.take()
            self.partition = _names(cursor)
            self.include = cursor.accept("INCLUDE")
        else:
            return False
        return True

    def _option(self, word: str) -> bool:
        kind = self.known.get(word)
        if kind is None:
            return False
        self.cursor.take()
        self.cursor.accept("AS")
        self.given[word] = self._value(kind)
        return True

    def _value(self, kind: str) -> str:
        return _VALUES[kind](self) if kind else ""

    def _switch(self) -> str:
        return next((each for each in ("ON", "OFF", "TRUE", "FALSE", "PRESET") if self.cursor.accept(each)), "ON")

    def _size(self) -> int:
        if not _SIZE.fullmatch(self.cursor.peek()):
            raise self.cursor.error()
        number = float(self.cursor.take().text)
        unit = next((each for each in _UNITS if self.cursor.accept(each)), "MB")
        return int(number * _UNITS[unit])


_VALUES: dict[str, Callable[[_Reader], str]] = {
    "text": lambda reader: reader.cursor.string(),
    "number": lambda reader: str(reader.cursor.integer()),
    "word": lambda reader: reader.cursor.take().text.upper(),
    "maybe": lambda reader: "?" if reader._at_word() else reader.cursor.string(),  # noqa: SLF001 - the table of this class
    "maybe word": lambda reader: "VERBOSE" if reader.cursor.accept("VERBOSE") else "",
    "size": lambda reader: str(reader._size()),  # noqa: SLF001
    "switch": _Reader._switch,  # noqa: SLF001
}
