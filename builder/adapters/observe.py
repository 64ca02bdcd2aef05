"""Reads what stands in AWS and Redshift, and nothing more than a plan asks for. Changes nothing.

Reads are independent and go out together: a deploy of many modules waits for one round trip, not for all in a row.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from builder import names
from builder.core.catalog.units import every
from builder.core.deploy import chain, policies, recording
from builder.core.deploy.observed import ImageState, Observed
from builder.core.deploy.receipt import place_of
from builder.core.deploy.replaced import ZIP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from builder.adapters.functions import Functions
    from builder.adapters.holders import Holder
    from builder.adapters.logs import Logs
    from builder.adapters.repositories import Repositories
    from builder.adapters.roles import Roles
    from builder.adapters.versions import Versions
    from builder.adapters.warehouse import Warehouse
    from builder.core.catalog.units import Unit
    from builder.core.config.settings import Settings
    from builder.core.deploy.desired import Scope
    from builder.core.deploy.observed import FunctionState, Identity, RepositoryState, WarehouseState
    from builder.core.deploy.receipt import Receipt
    from builder.core.deploy.release import Content
    from builder.model import Image, Module

# As many as the session keeps connections (adapters/aws.py).
THREADS = 16


class Images(Protocol):
    """The images that were built on this machine."""

    def built(self, digest: str) -> bool:
        """Whether the image is here, whole."""

    def upload(self, image: str, address: str) -> int:
        """Sends an image of the lock to `host/repository` and records it there. Gives the bytes that were sent.

        Raises BuildError where it is not here or the registry refuses.
        """


@dataclass(frozen=True, kw_only=True)
class World:
    """The doors to everything outside. `warehouse` is None where no Redshift is configured, `holder` where the settings
    name neither cluster nor workgroup, `images` where nothing is pushed.
    """

    functions: Functions
    roles: Roles
    repositories: Repositories
    versions: Versions
    logs: Logs
    warehouse: Warehouse | None = None
    holder: Holder | None = None
    images: Images | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a plan is about. `removal` asks for what only a removal needs: repositories and other functions of ours;
    `replaced` for what the selection's functions have taken over from.

    `suffixes` are those of the second sets that there are. With `catalog`, all of its modules, what is ours and of none
    of them is looked for.
    """

    scopes: Sequence[Scope]
    lock: Mapping[str, Image]
    settings: Settings
    removal: bool = False
    suffixes: tuple[str, ...] = ()
    catalog: Sequence[Module] | None = None
    replaced: bool = False


def observe(world: World, question: Question, identity: Identity, receipt: Receipt) -> Observed:
    """The world as it is now, as far as a deploy or a removal is about it. Raises AwsError and WarehouseError."""
    settings = question.settings
    grantees = () if question.removal else settings.grantees
    observed = _observe(world, settings, identity, receipt, partial(_asked, world, question), grantees=grantees)
    return replace(observed, suffixes=question.suffixes)


def observe_release(
    world: World, contents: tuple[Content, Content], settings: Settings, identity: Identity, receipt: Receipt
) -> Observed:
    """The same, for going back to the first of two releases from the second."""
    target, now = contents
    return _observe(world, settings, identity, receipt, partial(_recorded, world, target, now))


@dataclass(frozen=True, kw_only=True)
class _Lambdas:
    functions: Mapping[str, FunctionState | None]
    images: tuple[ImageState, ...]
    siblings: tuple[str, ...] | None = None
    strangers: tuple[FunctionState, ...] = ()
    repositories: tuple[RepositoryState, ...] = ()
    zips: tuple[str, ...] | None = None


def _observe(
    world: World,
    settings: Settings,
    identity: Identity,
    receipt: Receipt,
    look: Callable[[ThreadPoolExecutor], _Lambdas],
    *,
    grantees: tuple[str, ...] = (),
) -> Observed:
    prefix = settings.lambda_prefix
    with ThreadPoolExecutor(THREADS) as pool:
        roles = {name: pool.submit(world.roles.get, name, (policy,)) for name, policy in _own_roles(settings, identity)}
        warehouse = pool.submit(_warehouse, world, settings, grantees)
        holder = pool.submit(world.holder.get) if world.holder and world.warehouse else None
        lambdas = look(pool)
        found = {name: role.result() for name, role in roles.items()}
        observed = Observed(
            identity=identity,
            receipt=receipt,
            execution_role=found.get(names.execution_role_name(prefix)),
            invoke_role=found.get(names.invoke_role_name(prefix)),
            missing_roles=tuple(name for name, role in found.items() if role is None),
            functions=tuple(state for state in lambdas.functions.values() if state),
            missing_functions=tuple(name for name, state in lambdas.functions.items() if state is None),
            images=lambdas.images,
            siblings=lambdas.siblings,
            strangers=lambdas.strangers,
            stranger_repositories=lambdas.repositories,
            zips=lambdas.zips,
            holder=holder.result() if holder else None,
            warehouse=warehouse.result(),
        )
    return replace(observed, receipt=recording.settled(observed))


def _asked(world: World, question: Question, pool: ThreadPoolExecutor) -> _Lambdas:
    prefix = question.settings.lambda_prefix
    zips = pool.submit(world.functions.zips, prefix) if question.replaced else None
    siblings = world.functions.names(prefix) if question.removal or question.replaced else None
    units = _units(question, siblings)
    functions = dict(zip(units, pool.map(world.functions.get, units), strict=True))
    if question.removal:
        # What a trial that was killed has left goes with its function.
        taken = [names.trial_name(name) for name in units if names.trial_name(name) in (siblings or ())]
    else:
        taken = [names.moved_name(name) for name in units if _taken(functions[name])]
    functions |= zip(taken, pool.map(world.functions.get, taken), strict=True)
    if _about_logs(question.settings, units.values(), functions.values()):
        days = world.logs.retention(question.settings.lambda_prefix)
        functions = {name: state and replace(state, log_retention=days.get(name)) for name, state in functions.items()}
    # One of those that run an image is enough to ask for it.
    runners = {unit.image: unit for unit in reversed(units.values())}
    images = pool.map(lambda unit: _image(world, question, unit, functions), runners.values())
    found = _Lambdas(functions=functions, images=tuple(images), siblings=siblings, zips=zips.result() if zips else None)
    return found if question.catalog is None else _with_strangers(found, world, question, pool)


def _with_strangers(found: _Lambdas, world: World, question: Question, pool: ThreadPoolExecutor) -> _Lambdas:
    """What has our prefix in its name, and neither a module of the catalogue nor a second set behind it."""
    prefix, modules = question.settings.lambda_prefix, question.catalog or ()
    units = [unit for module in modules for unit in every(module, prefix=prefix)]
    images = {repository_of(question, unit.image) for unit in units}
    functions = pool.submit(world.functions.names, prefix)
    repositories = set(world.repositories.names(prefix)) - images
    siblings = functions.result()
    others = (name for name in siblings if not name.endswith(question.suffixes))
    strangers = pool.map(world.functions.get, sorted(set(others) - {unit.name for unit in units}))
    return replace(
        found,
        siblings=siblings,
        strangers=tuple(state for state in strangers if state),
        repositories=tuple(state for state in pool.map(world.repositories.get, sorted(repositories)) if state),
    )


def _about_logs(settings: Settings, units: Iterable[Unit], functions: Iterable[FunctionState | None]) -> bool:
    """Whether anybody asks how long logs are kept, or has asked it before."""
    asked = any(function.config.log_retention for unit in units for function in unit.functions)
    before = any(tag.key == policies.RETENTION_TAG for state in functions if state for tag in state.tags)
    return settings.functions.log_retention is not None or asked or before


def _recorded(world: World, target: Content, now: Content, pool: ThreadPoolExecutor) -> _Lambdas:
    """An image is known by its reference here: of one name, two releases have two."""
    wanted = {entry.name: entry.image for entry in target.lambdas.values()}
    every = sorted({*wanted, *(entry.name for entry in now.lambdas.values())})
    functions = dict(zip(every, pool.map(world.functions.get, every), strict=True))
    asked = sorted({image for name, image in wanted.items() if not _runs(functions[name], image.partition("@")[2])})
    present = pool.map(lambda image: _holds(world, image), asked)
    images = tuple(ImageState(name=image, present=found) for image, found in zip(asked, present, strict=True))
    return _Lambdas(functions=functions, images=images)


def _holds(world: World, reference: str) -> bool:
    repository, _, digest = reference.partition("@")
    return world.repositories.holds(repository.partition("/")[2], digest)


def repository_of(question: Question, image_name: str) -> str:
    """The name inside the registry: of the lock, which knows where the image went, else of the settings."""
    image = question.lock.get(image_name)
    if image is not None and image.repository:
        return image.repository.partition("/")[2]
    path = (question.settings.image_registry or "").partition("/")[2]
    name = names.repository_name(question.settings.lambda_prefix, image_name)
    return f"{path}/{name}" if path else name


def _own_roles(settings: Settings, identity: Identity) -> Iterator[tuple[str, str]]:
    """The roles that nobody gave us, each with the name of its policy."""
    if settings.execution_role is None:
        yield names.execution_role_name(settings.lambda_prefix), policies.EXECUTION_POLICY
    if chain.own(settings, identity) is not None:
        yield names.invoke_role_name(settings.lambda_prefix), policies.INVOKE_POLICY


def _warehouse(world: World, settings: Settings, grantees: tuple[str, ...]) -> WarehouseState | None:
    if world.warehouse is None:
        return None
    found = world.warehouse.observe(settings.schema, place=place_of(settings))
    return replace(found, missing_grantees=world.warehouse.missing(grantees)) if grantees else found


def _units(question: Question, siblings: Sequence[str] | None) -> dict[str, Unit]:
    """The Lambda functions to ask about, by name. A removal is about what stands, whichever mode has made it."""
    settings = question.settings
    wanted = {unit.name: unit for scope in question.scopes for unit in scope.units(settings)}
    if siblings is None:
        return wanted
    found = [unit for scope in question.scopes for unit in scope.every(settings)]
    if not question.removal:
        return {**{unit.name: unit for unit in found if unit.name in siblings}, **wanted}
    return {unit.name: unit for unit in found if not (unit.own or unit.moved) or unit.name in siblings}


def _taken(state: FunctionState | None) -> bool:
    """Whether the Lambda function may be found under its other name: a zip function has this one, or had it."""
    return state is None or state.package_type == ZIP


def _image(world: World, question: Question, unit: Unit, functions: Mapping[str, FunctionState | None]) -> ImageState:
    repository = world.repositories.get(repository_of(question, unit.image))
    if question.removal:
        return ImageState(name=unit.image, repository=repository)
    image = question.lock.get(unit.image)
    return ImageState(
        name=unit.image,
        repository=repository,
        present=_image_present(world, question, unit.image, functions[unit.name]),
        built=bool(image and world.images and world.images.built(image.digest)),
    )


def _image_present(world: World, question: Question, name: str, function: FunctionState | None) -> bool | None:
    """None where it need not be asked: a function that runs the image well has read it from the registry."""
    image = question.lock.get(name)
    if image is None or not image.repository:
        return None
    if _runs(function, image.digest):
        return None
    return world.repositories.holds(repository_of(question, name), image.digest)


def _runs(function: FunctionState | None, digest: str) -> bool:
    """Whether the function runs the image, and well."""
    healthy = function is not None and function.state in {"Active", "Inactive"} and function.last_update != "Failed"
    return healthy and function is not None and function.digest == digest
