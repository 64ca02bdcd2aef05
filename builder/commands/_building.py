"""What build, and whoever runs images, tell the room that bakes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder import assets, bake
from builder.core.catalog.modules import group
from builder.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from builder.app import App
    from builder.model import Image, Module


def request(app: App, modules: Iterable[Module], *, no_cache: bool = False) -> bake.Request:
    """A build of these modules' images with the settings of this run; those without a Lambda function need none."""
    settings = app.settings
    parts = tuple(part for module in modules for part in module.images)
    return bake.Request(
        catalog=app.catalog,
        modules=parts,
        locked=_locked(app, parts) if app.catalog.left_out else parts,
        assets=assets.find(),
        place=bake.Place(state=app.state, build=app.build),
        prefix=settings.lambda_prefix,
        python_image=python_image(app),
        architecture=settings.functions.architecture,
        environ=app.environ,
        no_cache=no_cache,
    )


def _locked(app: App, parts: Iterable[Module]) -> tuple[Module, ...]:
    names = {part.image for part in parts}
    every = group(app.whole_catalog, app.whole_catalog.functions)
    return tuple(part for module in every for part in module.images if part.image in names)


def current_image(app: App, module: Module) -> str:
    """The id of the image in the engine. Raises BuildError where it is not the one that the source leads to.

    `module` is one that is not split, or a part. The label alone would not do: another checkout, or an older build,
    may have left it behind.
    """
    wanted = request(app, [module])
    if bake.outdated(wanted, bake.content_hashes(wanted)):
        raise BuildError(
            "the engine has no image of the source as it is now",
            where=module.image,
            hint=f"run `builder build --modules {module.name}`",
        )
    return wanted.place.layout.engine_ids()[module.image]


def older(app: App, modules: Iterable[Module], lock: Mapping[str, Image]) -> tuple[Problem, ...]:
    """The images that were built here and whose source has changed since: deploy would bring what was built then.

    Of an image that was built elsewhere nothing is known: another Python image makes it another one, too.
    """
    wanted = request(app, modules)
    layout = wanted.place.layout
    built = [each for each in wanted.modules if each.image in lock and layout.image(lock[each.image].digest)]
    hashes = bake.content_hashes(bake.only(wanted, built)) if built else {}
    return tuple(
        Problem(
            where=each.image,
            what="its image is not of the source as it is now",
            hint=f"`builder build --modules {each.name}` builds what has changed",
        )
        for each in built
        if lock[each.image].content_hash != hashes[each.image]
    )


def python_image(app: App) -> str | None:
    """The image that the base is built on; None: the one of the Dockerfile."""
    return app.settings.python_image or _recorded_python_image(app)


def _recorded_python_image(app: App) -> str | None:
    """What scripts/setup-host.sh found or made."""
    file = app.project / ".builder" / "python-image"
    return file.read_text("utf-8").strip() or None if file.is_file() else None
