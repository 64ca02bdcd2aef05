"""Repositories as they should be, and the images that are built and not yet pushed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builder import names
from builder.core.deploy import policies
from builder.core.deploy.actions import (
    Action,
    Change,
    ConfigureRepository,
    CreateRepository,
    PushImage,
    PutLifecyclePolicy,
    PutRepositoryPolicy,
)
from builder.core.deploy.desired import DesiredImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Desired, Scope
    from builder.core.deploy.observed import Identity, Observed, RepositoryState
    from builder.model import Image

IMMUTABLE = "IMMUTABLE"


def keep(
    module: str, image: str, standing: RepositoryState | None, settings: Settings, identity: Identity
) -> Iterator[Action]:
    """What it takes to have the repository of an image, with settings of ours. One that is not ours is left alone."""
    prefix = settings.lambda_prefix
    name = standing.name if standing else names.repository_name(prefix, image)
    if standing is None:
        yield CreateRepository(module=module, name=name, tags=policies.ownership(prefix))
    elif not policies.is_ours(standing.tags, prefix):
        return
    elif changes := tuple(_changes(standing)):
        yield ConfigureRepository(module=module, name=name, changes=changes)
    before = standing.lifecycle if standing else None
    if before != policies.lifecycle():
        yield PutLifecyclePolicy(module=module, name=name, old=before, new=policies.lifecycle())
    old, new = standing.policy if standing else None, policies.repository_policy(identity, settings.image_accounts)
    if old != new:
        yield PutRepositoryPolicy(module=module, name=name, old=old, new=new)


def _changes(standing: RepositoryState) -> Iterator[Change]:
    if standing.mutability != IMMUTABLE:
        yield Change(field="imageTagMutability", old=standing.mutability, new=IMMUTABLE)
    if not standing.scan_on_push:
        yield Change(field="scanOnPush", old="false", new="true")


def address(image: str, settings: Settings, identity: Identity, standing: RepositoryState | None) -> str:
    """Where an image goes, `host/repository`: IMAGE_REGISTRY, else what ECR says, or will say, of its repository."""
    name = names.repository_name(settings.lambda_prefix, image)
    if settings.image_registry:
        return f"{settings.image_registry}/{name}"
    if standing is not None:
        return standing.uri
    # Amazon ECR, "Private registries": the Chinese partition has a domain of its own.
    domain = "amazonaws.com.cn" if identity.partition == "aws-cn" else "amazonaws.com"
    return f"{identity.account}.dkr.ecr.{identity.region}.{domain}/{name}"


def wanted(
    scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed
) -> tuple[DesiredImage, ...]:
    """The images that the selected Lambda functions run, with the address that each has, or will have once pushed."""
    units = {unit.image: unit for scope in scopes for unit in scope.units(settings)}
    return tuple(_wanted(unit.module, lock[name], settings, observed) for name, unit in units.items())


def _wanted(module: str, image: Image, settings: Settings, observed: Observed) -> DesiredImage:
    state = observed.image(image.module)
    waits = state.built and (not image.repository or state.present is False)
    if waits:
        image = replace(image, repository=address(image.module, settings, observed.identity, state.repository))
    return DesiredImage(module=module, image=image, waits=waits)


def push(desired: Desired, settings: Settings, observed: Observed) -> Iterator[Action]:
    """Repositories put right, and made for images that are pushed; then the images."""
    for each in desired.images:
        image = each.image
        standing = observed.image(image.module).repository
        if standing is not None or each.waits:
            yield from keep(each.module, image.module, standing, settings, observed.identity)
        if each.waits:
            yield PushImage(
                module=each.module,
                name=names.repository_name(settings.lambda_prefix, image.module),
                image=image.module,
                address=image.repository,
                digest=image.digest,
                size=image.size,
            )
