"""`builder sql`: the statements that deploy runs, or that remove runs, as a script. Needs no engine and no account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands._options import catalogue, diff, output_format, pass_app, place
from builder.commands._selected import choose
from builder.core.catalog.modules import group
from builder.core.deploy import sql_script
from builder.core.sql.checks import notices

if TYPE_CHECKING:
    from builder.app import App


@click.command("sql")
@click.option("--drop", "dropping", is_flag=True, help="What removes the functions, in place of what creates them.")
@diff
@catalogue
@place
@output_format
@pass_app
def command(app: App, modules: str, functions: str, *, dropping: bool) -> None:
    """Print the SQL of the selected functions, one transaction for each module, without running it."""
    catalog = app.catalog
    chosen = group(catalog, choose(app, modules, functions).functions)
    for target in dict.fromkeys(at for module in chosen for at in sql_script.targets(module, app.settings).values()):
        for notice in notices(target):
            app.console.notice(notice)
    transactions = (sql_script.removals if dropping else sql_script.creations)(chosen, app.settings)
    if app.console.format == "json":
        app.console.json(
            [
                {"module": transaction.module, "subject": statement.subject, "text": statement.text}
                for transaction in transactions
                for statement in transaction.statements
            ]
        )
        return
    app.console.text(sql_script.script(transactions, app.settings))
