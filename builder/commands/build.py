"""`builder build`: the images of the modules, by `docker buildx bake`, recorded in the image lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from builder import bake
from builder.commands import _building
from builder.commands._options import catalogue, diff, output_format, pass_app, production
from builder.commands._selected import choose, note
from builder.core.catalog.selection import selection
from builder.core.images import lock as images

if TYPE_CHECKING:
    from builder.app import App
    from builder.model import Module


@click.command("build")
@diff
@click.option("--push", is_flag=True, help="Push the images afterwards, as `builder push` does.")
@click.option("--no-cache", is_flag=True, help="Build every step again, with whatever the Python image is now.")
@catalogue
@production
@output_format
@pass_app
def command(app: App, modules: str, functions: str, *, push: bool, no_cache: bool) -> None:
    """Build the images of the modules whose content changed."""
    chosen = choose(app, modules, functions)
    request = _building.request(app, chosen.modules, no_cache=no_cache)
    bake.check(request)
    hashes = bake.content_hashes(request)
    todo = request.modules if no_cache else bake.outdated(request, hashes)
    if todo:
        with app.console.stage(f"build {_listed(todo)}") as stage:
            _, stage.note = bake.bake(bake.only(request, todo), hashes)
    # An image always holds its whole module.
    note(app, selection(app.catalog, ",".join(module.name for module in chosen.modules)), "built")
    if not push:
        _report(app, request, todo)
        return
    from builder.commands.push import push_modules  # noqa: PLC0415  boto3 only where it is asked for

    push_modules(app, [module.image for module in request.modules])


def _report(app: App, request: bake.Request, built: tuple[Module, ...]) -> None:
    lock = images.read(app.state)
    fresh = {module.image for module in built}
    rows = [
        (
            module.image,
            "built" if module.image in fresh else "unchanged",
            len(image.functions),
            image.size,
            image.digest,
        )
        for module in request.modules
        for image in [lock[module.image]]
    ]
    app.console.rows(("module", "image", "functions", "bytes", "digest"), rows)


def _listed(modules: tuple[Module, ...]) -> str:
    return ", ".join(module.image for module in modules)
