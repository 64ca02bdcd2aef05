"""COPY's text and CSV formats: rows to bytes, and bytes to rows. Source: PostgreSQL, "COPY", "File Formats"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from builder.local.objects.copy_stream import Format

Row = list["str | None"]
_ESCAPED = str.maketrans({"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"})
_ESCAPES = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def writer(form: Format) -> Callable[[Sequence[str | None]], bytes]:
    """One line for each row."""
    separator, nothing = form.separator, form.nothing

    def text(value: str | None) -> str:
        if value is None:
            return nothing
        value = value.translate(_ESCAPED)
        return value if separator == "\t" else value.replace(separator, "\\" + separator)

    def csv(value: str | None) -> str:
        if value is None:
            return nothing
        if value == nothing or any(mark in value for mark in (separator, form.quote, "\n", "\r")):
            for mark in {form.escape, form.quote}:
                value = value.replace(mark, form.escape + mark)
            return form.quote + value + form.quote
        return value

    field = csv if form.csv else text
    return lambda row: (separator.join(map(field, row)) + "\n").encode()


class Reader:
    """Takes pieces of data as they come, and gives the rows that are whole."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self._rest = b""
        self._open = ""
        self._line = 0
        self._ended = False
        quote, escape = re.escape(form.quote), re.escape(form.escape)
        self._quoted = re.compile(f"{quote}((?:{escape}.|[^{quote}{escape}])*){quote}", re.DOTALL)
        self._escape = re.compile(f"{escape}(.)", re.DOTALL)

    def feed(self, data: bytes) -> Iterator[Row]:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            yield from self._take(line)

    def end(self) -> Iterator[Row]:
        """The last line may have no end. Raises SqlError 22P04 for a value in quotes that has none."""
        if self._rest:
            rest, self._rest = self._rest, b""
            yield from self._take(rest)
        if self._open:
            raise SqlError("22P04", "unterminated CSV quoted field" if self.form.csv else "unexpected end of data")

    def _take(self, line: bytes) -> Iterator[Row]:
        if self._ended:
            return
        try:
            text = self._open + line.decode()
        except UnicodeDecodeError:
            raise SqlError("22021", "invalid byte sequence for encoding UTF8") from None
        if self._unfinished(text):
            self._open = text + "\n"
            return
        self._open = ""
        text = text.removesuffix("\r")
        if text == "\\.":
            self._ended = True
            return
        self._line += 1
        if not (self.form.header and self._line == 1):
            yield self._csv(text) if self.form.csv else self._text(text)

    def _unfinished(self, text: str) -> bool:
        """Whether the line's end belongs to a value."""
        if not self.form.csv:
            return (len(text) - len(text.rstrip("\\"))) % 2 == 1
        if self.form.quote not in text:
            return False
        return self.form.quote in self._quoted.sub("", text)

    def _text(self, line: str) -> Row:
        form = self.form
        if "\\" not in line:
            return [None if field == form.nothing else field for field in line.split(form.separator)]
        fields = re.split(rf"(?<!\\)((?:\\\\)*){re.escape(form.separator)}", line)
        # The pattern keeps the pairs of backslashes before a separator: they end the field that they follow.
        whole = ["".join(fields[index : index + 2]) for index in range(0, len(fields), 2)]
        return [None if field == form.nothing else _ESCAPES.sub(_unescaped, field) for field in whole]

    def _csv(self, line: str) -> Row:
        form = self.form
        if form.quote not in line:
            return [None if field == form.nothing else field for field in line.split(form.separator)]
        row: Row = []
        at = 0
        while at <= len(line):
            value, at, quoted = self._field(line, at)
            row.append(None if value == form.nothing and not quoted else value)
        return row

    def _field(self, line: str, at: int) -> tuple[str, int, bool]:
        """A value may be in quotes in parts. Gives where the next one starts."""
        value, quoted = "", False
        while at < len(line) and line[at] != self.form.separator:
            found = self._quoted.match(line, at)
            if found:
                quoted = True
                value += self._escape.sub(r"\1", found.group(1))
                at = found.end()
            else:
                value += line[at]
                at += 1
        return value, at + 1, quoted


def _unescaped(found: re.Match[str]) -> str:
    word = found.group(1)
    if word[0] == "x" and len(word) > 1:
        return chr(int(word[1:], 16))
    if word[0] in "01234567":
        return chr(int(word, 8) & 0xFF)
    return _NAMED.get(word, word)
