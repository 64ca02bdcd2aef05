"""`builder query "SELECT ..."`: SQL through the configured Redshift."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from builder.commands._options import configuration, output_format, pass_app
from builder.core.calls.answers import objects, plain
from builder.core.sql.text import split
from builder.errors import UsageError

if TYPE_CHECKING:
    from builder.adapters.warehouse import Result
    from builder.app import App


@click.command("query")
@click.argument("sql")
@configuration
@output_format
@pass_app
def command(app: App, sql: str) -> None:
    """Run SQL: one statement or several with semicolons between, or - to read them from standard input.

    Each statement is committed by itself, unless the text says BEGIN. As JSON, one statement gives a list of rows,
    several give a list of such lists.
    """
    statements = _statements(sys.stdin.read() if sql == "-" else sql)
    from builder.adapters.warehouse import configured  # noqa: PLC0415  the driver is slow to load: after the check

    found = []
    with configured(app.settings, lambda: app.aws) as warehouse:
        for statement in statements:
            start = time.perf_counter()
            answer = warehouse.query(statement)
            seconds = time.perf_counter() - start
            found.append(objects(answer.columns, answer.rows))
            if app.console.format == "table" and answer.columns:
                app.console.rows(answer.columns, [[plain(value) for value in row] for row in answer.rows])
            app.console.line(f"{_said(answer)} in {seconds:.3f} s")
    if app.console.format == "json":
        app.console.json(found[0] if len(found) == 1 else found)


def _statements(text: str) -> tuple[str, ...]:
    try:
        statements = split(text)
    except ValueError as error:
        raise UsageError(str(error), where="SQL", hint="close it") from error
    if not statements:
        raise UsageError("there is no statement", where="SQL", hint='write builder query "SELECT 1"')
    return statements


def _said(answer: Result) -> str:
    rows = len(answer.rows)
    return f"{rows} row{'' if rows == 1 else 's'}" if answer.columns else "done"
