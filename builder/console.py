"""The only place that prints: results to standard output, everything else to standard error.

With `--format json` a command prints one JSON value to standard output; problems and progress stay on standard error,
so that a pipe sees nothing but the value.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console as Terminal
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from builder.errors import BuilderError

Format = Literal["table", "json"]
_PIPE_WIDTH = 10_000
# So many rows are folded into a terminal's width; of more, each is a long line.
_FOLDED = 500


def _terminal(*, stderr: bool = False) -> Terminal:
    # No highlighting and no markup: what we print is data, and data may hold square brackets.
    terminal = Terminal(stderr=stderr, highlight=False, markup=False, soft_wrap=True)
    if not terminal.is_terminal:
        # A pipe has no width: a row is a line, however long.
        terminal.width = _PIPE_WIDTH
    return terminal


def _one_line(value: str) -> str:
    """A row is a line, and no value may move a terminal's cursor: control characters are shown as escapes."""
    return value if value.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in value)


@dataclass
class Stage:
    """One step of long work. `note` says what it did; it is printed with the seconds when the step ends."""

    title: str
    note: str = ""


@dataclass
class Console:
    """Prints for people on a terminal, plain lines elsewhere, JSON when asked."""

    format: Format = "table"
    out: Terminal = field(default_factory=_terminal)
    err: Terminal = field(default_factory=lambda: _terminal(stderr=True))

    def text(self, text: str) -> None:
        """A result, as it is."""
        self.out.print(text)

    def json(self, value: Any) -> None:
        """A result as JSON, keys in the order given."""
        self.out.out(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table; with `--format json` a list of objects. None prints as NULL."""
        if self.format == "json":
            self.json([dict(zip(columns, row, strict=True)) for row in rows])
            return
        texts = [["NULL" if value is None else _one_line(str(value)) for value in row] for row in rows]
        widths = [max(map(cell_len, cells)) for cells in zip(columns, *texts, strict=True)]
        if self.out.is_terminal and sum(widths) + 2 * len(widths) > self.out.width and len(texts) <= _FOLDED:
            self._folded(columns, texts)
            return
        # Rich's own table takes 0.4 ms a row.
        head, *lines = ("  ".join(map(set_cell_size, cells, widths)).rstrip() for cells in (columns, *texts))
        self.out.print(head, style="bold")
        if lines:
            self.out.out("\n".join(lines), highlight=False)

    def _folded(self, columns: Sequence[str], texts: Iterable[Sequence[str]]) -> None:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in texts:
            table.add_row(*row)
        with self.out.capture() as captured:
            self.out.print(table)
        # rich pads the last column too; nobody wants the blanks.
        self.out.out("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")), highlight=False)

    def line(self, text: str) -> None:
        """What is going on, for people; never a result."""
        self.err.print(text)

    def notice(self, text: str) -> None:
        """Something to know that is not an error."""
        self.err.print(f"note: {text}", style="yellow")

    def error(self, error: BuilderError) -> None:
        """Every problem of an error."""
        for problem in error.problems:
            self.err.print(f"error: {problem}", style="red")

    @contextmanager
    def stage(self, title: str) -> Iterator[Stage]:
        """A step with its time: a spinner on a terminal, one line when it ends."""
        stage = Stage(title)
        start = time.monotonic()
        if self.err.is_terminal:
            with self.err.status(title):
                yield stage
        else:
            yield stage
        seconds = time.monotonic() - start
        note = f"  {stage.note}" if stage.note else ""
        self.err.print(f"{stage.title:<28} {seconds:7.2f} s{note}")
