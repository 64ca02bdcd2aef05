"""From the name of a way to the way, with the settings of this run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from builder import ways
from builder.core.catalog.units import by_function
from builder.core.deploy.replaced import moves
from builder.names import moved_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.app import App
    from builder.core.catalog.units import Unit
    from builder.model import Module

WAYS = ("in-process", "image", "deployed", "sql")


def open_way(app: App, title: str, modules: Mapping[str, Module]) -> ways.Way:
    """Raises SettingsError where the way needs what is not configured."""
    if title == "in-process":
        return ways.in_process(modules)
    if title == "image":
        from builder.commands._building import current_image  # noqa: PLC0415  each way loads only its own libraries

        parts = {part.image: part for module in modules.values() for part in module.images}
        return ways.image(lambdas(app, modules), reference=lambda image: current_image(app, parts[image]))
    if title == "deployed":
        from builder.adapters.functions import LambdaFunctions  # noqa: PLC0415  each way loads only its own libraries
        from builder.adapters.invocation import invoke  # noqa: PLC0415

        find = lru_cache(LambdaFunctions(app.aws).get)

        def call(name: str, event: bytes) -> bytes:
            moved = moves(name, app.settings.lambda_prefix, find)
            return invoke(app.aws, moved_name(name) if moved else name, event)

        return ways.deployed(call, units=lambdas(app, modules))
    from builder.adapters import warehouse  # noqa: PLC0415  each way loads only its own libraries

    return ways.SqlWay(warehouse.configured(app.settings, lambda: app.aws), schema=app.settings.schema)


def lambdas(app: App, modules: Mapping[str, Module]) -> dict[str, Unit]:
    settings = app.settings
    return by_function(
        modules.values(), prefix=settings.lambda_prefix, suffix=settings.suffix, mode=settings.lambda_mode
    )
