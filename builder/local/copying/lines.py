"""Rows as lines of text: delimited, CSV, fixed width or JSON, as UNLOAD writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from builder.local.copying.grammar import Options, Unload
    from builder.local.wire.results import Column


@dataclass(frozen=True, kw_only=True)
class Lines:
    head: bytes
    line: Callable[[Sequence[str | None]], bytes]


def lines_of(statement: Unload, columns: Sequence[Column]) -> Lines:
    """How rows of texts are written in a format."""
    options, names = statement.options, [column.name for column in columns]
    if options.format == "JSON":
        return Lines(head=b"", line=lambda row: _object(columns, row))
    if "FIXEDWIDTH" in options:
        return _fixed(options.text("FIXEDWIDTH", ""))
    csv = options.format == "CSV"
    mark = options.text("DELIMITER", "," if csv else "|").replace("\\t", "\t")
    null = options.text("NULL", "")
    field_ = _field(options, mark)
    head = (mark.join(names) + "\n").encode() if "HEADER" in options else b""
    return Lines(
        head=head, line=lambda row: (mark.join(null if text is None else field_(text) for text in row) + "\n").encode()
    )


def _field(options: Options, mark: str) -> Callable[[str], str]:
    """How one text is written between delimiters."""
    if options.format == "CSV":
        return lambda text: _in_quotes(text, '"') if _needs(text, mark) else text
    if "ADDQUOTES" in options:
        return lambda text: _in_quotes(text.replace("\\", "\\\\"), "\\") if "ESCAPE" in options else f'"{text}"'
    return (lambda text: _escaped(text, mark)) if "ESCAPE" in options else str


def _in_quotes(text: str, escape: str) -> str:
    return '"' + text.replace('"', escape + '"') + '"'


def _needs(text: str, mark: str) -> bool:
    return any(each in text for each in (mark, '"', "\n", "\r"))


def _escaped(text: str, mark: str) -> str:
    for each in ("\\", mark, "\n", "\r", '"', "'"):
        text = text.replace(each, "\\" + each)
    return text


def _fixed(specification: str) -> Lines:
    try:
        widths = [int(part.rpartition(":")[2]) for part in specification.split(",")]
    except ValueError:
        raise SqlError("22023", "invalid FIXEDWIDTH specification: label:width, ... is needed") from None

    def line(row: Sequence[str | None]) -> bytes:
        if len(row) != len(widths):
            raise SqlError("22023", f"FIXEDWIDTH has {len(widths)} columns, the query {len(row)}")
        return (
            "".join((text or "")[:width].ljust(width) for text, width in zip(row, widths, strict=True)) + "\n"
        ).encode()

    return Lines(head=b"", line=line)


def _object(columns: Sequence[Column], row: Sequence[str | None]) -> bytes:
    """FORMAT JSON: an object a line; numbers, booleans and SUPER as JSON has them."""
    plain = {"smallint", "integer", "bigint", "numeric", "real", "double precision", "super"}
    parts = []
    for column, text in zip(columns, row, strict=True):
        if text is None:
            value = "null"
        elif column.type.name == "boolean":
            value = "true" if text == "t" else "false"
        else:
            value = text if column.type.name in plain else json.dumps(text, ensure_ascii=False)
        parts.append(f"{json.dumps(column.name)}:{value}")
    return ("{" + ",".join(parts) + "}\n").encode()
