"""`builder releases`: what `builder rollback` can go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import configuration, output_format, pass_app, place
from builder.core.deploy.receipt import place_of
from builder.core.deploy.release import name_of

if TYPE_CHECKING:
    from builder.app import App
    from builder.core.deploy.release import Release

COLUMNS = ("release", "made", "place", "lambdas", "functions", "note")


@click.command("releases")
@configuration
@place
@output_format
@pass_app
def command(app: App) -> None:
    """Show the releases that are kept, of every place that was deployed to with this prefix. Changes nothing."""
    from builder.adapters import releases  # noqa: PLC0415  with boto3: only when AWS is asked

    with _deployment.open_doors(app, "") as doors:
        history = releases.History(folder=releases.folder(doors.file))
    kept = history.every()
    current = history.numbers(place_of(app.settings))[-1:]
    app.console.rows(COLUMNS, [_row(each, current=each.number in current) for each in kept])


def _row(release: Release, *, current: bool) -> list[str]:
    notes = [f"as {name_of(release.of)}"] if release.of else []
    notes += ["current"] if current else []
    content = release.content
    return [
        release.name,
        release.made,
        release.place,
        str(len(content.lambdas)),
        str(len(content.functions)),
        ", ".join(notes),
    ]
