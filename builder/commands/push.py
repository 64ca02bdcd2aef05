"""`builder push`: the built images into ECR, or where IMAGE_REGISTRY says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder import push as pushing
from builder.commands._options import catalogue, diff, output_format, pass_app, production
from builder.commands._selected import choose
from builder.core.images import lock as images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from builder.app import App
    from builder.push import Outcome


@click.command("push")
@diff
@catalogue
@production
@output_format
@pass_app
def command(app: App, modules: str, functions: str) -> None:
    """Push the images of the modules to their repositories; what is there already is not sent again."""
    chosen = choose(app, modules, functions, since="deployed").modules
    push_modules(app, [part.image for module in chosen for part in module.images])


def push_modules(app: App, modules: Sequence[str]) -> None:
    """Pushes images by their names, one after the other, and reports what each now is."""
    from builder.adapters.repositories import EcrRepositories  # noqa: PLC0415  boto3 only where it is asked for

    settings = app.settings
    pushing.check(images.read(app.state), modules)
    repositories, identity = EcrRepositories(app.aws), app.aws.identity()
    pusher = pushing.pusher(settings, identity, repositories, state=app.state, build=app.build)
    outcomes: list[Outcome] = []
    for module in modules:
        with app.console.stage(f"push {module}") as stage:
            outcomes.append(pusher.push(module))
            stage.note = _note(outcomes[-1])
    app.console.rows(
        ("module", "uploaded", "image"),
        [(outcome.image.module, outcome.uploaded or 0, outcome.image.reference) for outcome in outcomes],
    )


def _note(outcome: Outcome) -> str:
    if outcome.uploaded is None:
        return "there already"
    made = "repository created, " if outcome.created else ""
    return f"{made}{outcome.uploaded / 1e6:.1f} MB uploaded"
