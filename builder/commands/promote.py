"""`builder promote --suffix _next`: the second set becomes the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder.commands import _deployment
from builder.commands._options import catalogue, output_format, pass_app, place
from builder.core.deploy import explain, promotion
from builder.core.deploy.desired import Desired, desire
from builder.core.deploy.receipt import place_of
from builder.core.images import lock as images
from builder.errors import UsageError

if TYPE_CHECKING:
    from builder.app import App
    from builder.commands._deployment import Course, Doors


@click.command("promote")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before the second set is taken away.")
@_deployment.jobs_option
@catalogue
@place
@output_format
@pass_app
def command(app: App, *, dry_run: bool, yes: bool, jobs: int) -> None:
    """Make the set that was deployed with --suffix the one without, from the same images, and take it away.

    What the first set has and the second has not stays as it is.
    """
    if not app.settings.suffix:
        raise UsageError("which set is to become the first?", where="--suffix", hint="builder promote --suffix _next")
    with _deployment.open_doors(app, "" if dry_run else "builder promote") as doors:
        legs = _legs(app, doors)
        actions = tuple(action for _, course in legs for action in course.actions)
        remarks = () if legs else (f"no set with the suffix {app.settings.suffix} is deployed",)
        _deployment.show(app.console, actions, remarks)
        if dry_run:
            if app.console.format == "json":
                app.console.json(explain.data(actions))
            return
        if actions:
            _deployment.confirm("Go on, and take the second set away?", yes=yes)
        done = [_deployment.apply_course(app, at, course, jobs) for at, course in legs]
        if app.console.format == "json":
            release = next((kept.name for _, kept in done if kept), None)
            app.console.json({"plan": explain.data(actions), "release": release})
        elif done:
            app.console.text(f"\n{explain.receipt(done[0][0])}")


def _legs(app: App, doors: Doors) -> tuple[tuple[Doors, Course], ...]:
    """The first set's deploy, then the second one's removal; nothing where there is no second set."""
    from builder.adapters import releases  # noqa: PLC0415  with boto3: only when AWS is asked

    settings = app.settings
    content = releases.History(folder=releases.folder(doors.file)).current(place_of(settings))
    if content.empty:
        return ()
    scopes = _deployment.scopes_of(promotion.selected(content, app.catalog, settings))
    lock = images.read(app.state)
    promotion.refuse_moved(content, desire(scopes, lock, settings, doors.identity), settings)
    plain = _deployment.doors_of(app, settings.plain, doors.world, doors.identity)
    first = _deployment.deployment(plain, scopes, lock)
    second = _deployment.deployment(doors, scopes, lock, removal=True)
    removal = promotion.plan_removal(scopes, settings, second.observed, first.desired)
    return (
        (plain, _deployment.Course(actions=first.plan(), start=first.observed.receipt, desired=first.desired)),
        (doors, _deployment.Course(actions=removal, start=second.observed.receipt, desired=Desired())),
    )
