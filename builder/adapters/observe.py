"""Reads what stands in AWS and Redshift, and nothing more than a plan asks for. Changes nothing.

Reads are independent and go out together: a deploy of many modules waits for one round trip, not for all in a row.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder import names
from builder.core.deploy import policies, recording
from builder.core.deploy.observed import ModuleState, Observed
from builder.core.deploy.receipt import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from builder.adapters.functions import Functions
    from builder.adapters.repositories import Repositories
    from builder.adapters.roles import Roles
    from builder.adapters.versions import Versions
    from builder.adapters.warehouse import Warehouse
    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import FunctionState, Identity, WarehouseState
    from builder.core.deploy.receipt import Receipt
    from builder.model import Image

THREADS = 8


@dataclass(frozen=True, kw_only=True)
class World:
    """The doors to everything outside. `warehouse` is None where no Redshift is configured."""

    functions: Functions
    roles: Roles
    repositories: Repositories
    versions: Versions
    warehouse: Warehouse | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a plan is about. `removal` asks for what only a removal needs: repositories and other functions of ours."""

    scopes: Sequence[Scope]
    lock: Mapping[str, Image]
    settings: Settings
    removal: bool = False


def observe(world: World, question: Question, identity: Identity, receipt: Receipt) -> Observed:
    """The world as it is now. Raises AwsError and WarehouseError."""
    settings = question.settings
    prefix = settings.lambda_prefix
    with ThreadPoolExecutor(THREADS) as pool:
        roles = {name: pool.submit(world.roles.get, name, (policy,)) for name, policy in _own_roles(settings)}
        siblings = pool.submit(world.functions.names, prefix) if question.removal else None
        warehouse = pool.submit(_warehouse, world, settings)
        asked = [scope for scope in question.scopes if scope.needs_lambda or question.removal]
        modules = tuple(pool.map(lambda scope: _module(world, question, scope.module.name), asked))
        found = {name: role.result() for name, role in roles.items()}
        observed = Observed(
            identity=identity,
            receipt=receipt,
            execution_role=found.get(names.execution_role_name(prefix)),
            invoke_role=found.get(names.invoke_role_name(prefix)),
            missing_roles=tuple(name for name, role in found.items() if role is None),
            modules=modules,
            siblings=siblings.result() if siblings else None,
            warehouse=warehouse.result(),
        )
    return replace(observed, receipt=recording.settled(observed))


def repository_of(question: Question, module: str) -> str:
    """The name inside the registry: of the lock, which knows where the image went, else of the settings."""
    image = question.lock.get(module)
    if image is not None and image.repository:
        return image.repository.partition("/")[2]
    path = (question.settings.image_registry or "").partition("/")[2]
    name = names.repository_name(question.settings.lambda_prefix, module)
    return f"{path}/{name}" if path else name


def _own_roles(settings: Settings) -> Iterator[tuple[str, str]]:
    """The roles that nobody gave us, each with the name of its policy."""
    if settings.execution_role is None:
        yield names.execution_role_name(settings.lambda_prefix), policies.EXECUTION_POLICY
    if settings.invoke_role is None:
        yield names.invoke_role_name(settings.lambda_prefix), policies.INVOKE_POLICY


def _warehouse(world: World, settings: Settings) -> WarehouseState | None:
    if world.warehouse is None:
        return None
    return world.warehouse.observe(settings.schema, place=place_of(settings))


def _module(world: World, question: Question, module: str) -> ModuleState:
    function = world.functions.get(names.lambda_name(question.settings.lambda_prefix, module))
    if question.removal:
        return ModuleState(
            module=module, function=function, repository=world.repositories.get(repository_of(question, module))
        )
    return ModuleState(
        module=module, function=function, image_present=_image_present(world, question, module, function)
    )


def _image_present(world: World, question: Question, module: str, function: FunctionState | None) -> bool | None:
    """None where it need not be asked: a function that runs the image well has read it from the registry."""
    image = question.lock.get(module)
    if image is None or not image.repository:
        return None
    healthy = function is not None and function.state in {"Active", "Inactive"} and function.last_update != "Failed"
    if healthy and function is not None and function.digest == image.digest:
        return None
    return world.repositories.holds(repository_of(question, module), image.digest)
