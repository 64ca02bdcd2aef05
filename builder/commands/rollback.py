"""`builder rollback`: Lambda functions and SQL as an earlier release has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import configuration, output_format, pass_app, place
from builder.core.deploy import explain, release, rollback
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy.receipt import place_of

if TYPE_CHECKING:
    from builder.app import App


@click.command("rollback")
@click.option("--to", default="", metavar="RELEASE", help="Which release (default: the one before).")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--yes", is_flag=True, help="Do not ask, even where the plan takes something away.")
@_deployment.jobs_option
@configuration
@place
@output_format
@pass_app
def command(app: App, to: str, *, dry_run: bool, yes: bool, jobs: int) -> None:
    """Go back to an earlier release of this place, by the digests that are still in the registry.

    Needs no catalogue and changes no image lock. What it leads to is a release of its own, to go back from.
    """
    settings, place = app.settings, place_of(app.settings)
    with _deployment.open_doors(app, "" if dry_run else "builder rollback") as doors:
        from builder.adapters import releases  # noqa: PLC0415  with boto3: only when AWS is asked
        from builder.adapters.observe import observe_release  # noqa: PLC0415  see above

        history = releases.History(folder=releases.folder(doors.file))
        number = release.target(history.numbers(place), to, doors.receipt, place=place)
        target, now = history.get(place, number).content, history.current(place)
        observed = observe_release(doors.world, (target, now), settings, doors.identity, doors.receipt)
        actions = rollback.plan(target, now, settings, observed)
        app.console.line(f"to {release.name_of(number)} of {place}")
        _deployment.show(app.console, actions, rollback.remarks(target, settings, observed))
        if dry_run:
            if app.console.format == "json":
                app.console.json(explain.data(actions))
            return
        if any(deploy_plan.destroys(action) for action in actions):
            _deployment.confirm("The plan takes something away. Go on?", yes=yes)
        desired = rollback.desired(target, settings, doors.identity)
        course = _deployment.Course(actions=actions, start=observed.receipt, desired=desired, of=number)
        _deployment.carry_out(app, doors, course, jobs)
