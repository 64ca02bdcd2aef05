"""`builder status`: what is deployed, whether it is what the lock has, what has drifted, and what nobody wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, output_format, pass_app, place, selection
from builder.core.catalog.selection import selection as select
from builder.core.deploy import explain, status_json
from builder.core.deploy.orphans import orphans
from builder.core.deploy.standing import standing
from builder.errors import BuildError

if TYPE_CHECKING:
    from builder.app import App
    from builder.core.deploy.actions import Action
    from builder.core.deploy.orphans import Orphan
    from builder.errors import Problem

COLUMNS = ("module", "function", "state", "image", "lock", "sql")
DIFFERS = 2


@click.command("status")
@selection
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something has drifted or is an orphan.")
@catalogue
@place
@output_format
@pass_app
def command(app: App, modules: str, functions: str, *, detailed_exitcode: bool) -> int:
    """Show each module's Lambda function, its image beside the lock's, and its SQL functions. Changes nothing.

    Then what differs from the catalogue, the lock and the settings, and what is ours and in the catalogue no longer.
    """
    chosen = select(app.catalog, modules, functions)
    with _deployment.look_at(app, chosen, replaced=True, strangers=True) as deployment:
        rows = standing(deployment.scopes, deployment.lock, deployment.settings, deployment.observed)
        drift, unknown = _drift(deployment)
        left = orphans(deployment.catalog, deployment.settings, deployment.observed)
    if app.console.format == "json":
        app.console.json(status_json.document(rows, drift, unknown, left))
    else:
        app.console.rows(COLUMNS, [[getattr(row, column) for column in COLUMNS] for row in rows])
        app.console.text(_text(drift, unknown, left))
    return DIFFERS if detailed_exitcode and (drift or unknown or left) else 0


def _drift(deployment: _deployment.Deployment) -> tuple[tuple[Action, ...], tuple[Problem, ...]]:
    """What deploy would change. Without an image there is nothing to compare a Lambda function with: that is said."""
    try:
        return deployment.plan(replacing=False), deployment.older
    except BuildError as error:
        return (), (*deployment.older, *error.problems)


def _text(drift: tuple[Action, ...], unknown: tuple[Problem, ...], left: tuple[Orphan, ...]) -> str:
    lines = [f"drift unknown: {problem}" for problem in unknown]
    lines += [f"differs: {explain.sign(action)} {explain.title(action)}" for action in drift]
    lines += [f"orphan: {each.kind} {each.name}" for each in left]
    if drift:
        lines.append("`builder plan` says what differs, `builder deploy` puts it right")
    if left:
        lines.append("`builder deploy --prune` takes orphans away")
    return "\n".join(lines) or "nothing differs from the catalogue, the lock and the settings"
