"""Tables as they come out of a pipe."""

from __future__ import annotations

import io

from rich.console import Console as Terminal

from builder.console import Console


def test_a_row_is_a_line_and_no_value_moves_the_cursor() -> None:
    said = io.StringIO()
    Console(out=Terminal(file=said, width=200)).rows(("place", "n"), [("Ōsaka\nand \x1b[31mred", None), ("a\tb", 2)])
    assert said.getvalue() == "place                   n\nŌsaka\\nand \\x1b[31mred  NULL\na\\tb                    2\n"
