"""From the name of a way to the way, with the settings of this run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from builder import names, ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from builder.app import App
    from builder.model import Module

WAYS = ("in-process", "image", "deployed", "sql")


def open_way(app: App, title: str, modules: Mapping[str, Module]) -> ways.Way:
    """Raises SettingsError where the way needs what is not configured."""
    if title == "in-process":
        return ways.in_process(modules, folder=app.build / "in-process")
    if title == "image":
        from builder.commands._building import current_tag  # noqa: PLC0415  each way loads only its own libraries

        return ways.image(modules, reference=lambda module: current_tag(app, modules[module]))
    if title == "deployed":
        from builder.adapters.aws import Aws  # noqa: PLC0415  each way loads only its own libraries
        from builder.adapters.invocation import invoke  # noqa: PLC0415

        aws, prefix = Aws(app.settings), app.settings.lambda_prefix
        return ways.deployed(partial(invoke, aws), name=lambda module: names.lambda_name(prefix, module))
    from builder.adapters import warehouse  # noqa: PLC0415  each way loads only its own libraries

    return ways.SqlWay(warehouse.configured(app.settings), schema=app.settings.schema)
