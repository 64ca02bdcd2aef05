"""Opens every door that a deploy goes through, and closes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from builder.adapters import holders
from builder.adapters.functions import LambdaFunctions
from builder.adapters.logs import CloudWatchLogs
from builder.adapters.observe import World
from builder.adapters.repositories import EcrRepositories
from builder.adapters.roles import IamRoles
from builder.adapters.versions import LambdaVersions
from builder.adapters.warehouse import enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.adapters.aws import Aws
    from builder.adapters.warehouse import Session
    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import Identity


@contextmanager
def open_world(settings: Settings, aws: Aws) -> Iterator[tuple[World, Identity]]:
    """The doors, and who we are. Raises SettingsError for credentials, AwsError and WarehouseError for no answer."""
    with ThreadPoolExecutor(1) as pool:
        # Both take their time to connect, and neither waits for the other.
        connecting = pool.submit(_warehouse, settings, aws)
        try:
            identity = aws.identity()
        except BaseException:
            _close(connecting.result() if connecting.exception() is None else None)
            raise
        warehouse = connecting.result()
    world = World(
        functions=LambdaFunctions(aws, called=settings.rollout.called),
        roles=IamRoles(aws),
        repositories=EcrRepositories(aws),
        versions=LambdaVersions(aws),
        logs=CloudWatchLogs(aws),
        warehouse=warehouse,
        holder=holders.open_holder(aws, settings.holder) if settings.holder else None,
    )
    try:
        yield world, identity
    finally:
        _close(warehouse)


def _warehouse(settings: Settings, aws: Aws) -> Session | None:
    return None if settings.warehouse is None else enter(settings.warehouse, lambda: aws)


def _close(warehouse: Session | None) -> None:
    if warehouse is not None:
        warehouse.close()
