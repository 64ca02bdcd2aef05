"""What stands in the way of a deploy, all of it at once, before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder import names
from builder.core.catalog import lambda_options
from builder.core.deploy import chain, policies
from builder.core.deploy.desired import Scope, own_roles
from builder.core.sql import grantees
from builder.errors import AwsError, BuildError, CatalogError, Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import FunctionState, Identity, Observed
    from builder.model import Architecture, Image


def refuse(scopes: Sequence[Scope], lock: Mapping[str, Image], settings: Settings, observed: Observed) -> None:
    """Raises SettingsError for names over their limits and grantees who are not there, CatalogError for options that
    exclude one another, BuildError for images that are not locked or not pushed, AwsError where something with our name
    is not ours.
    """
    absent = observed.warehouse.missing_grantees if observed.warehouse else ()
    _refuse(SettingsError, (*_names_over_limits(scopes, settings, observed.identity), *grantees.problems(absent)))
    _refuse(CatalogError, _impossible_options(scopes, settings))
    _refuse(BuildError, _missing_images(scopes, lock, settings.functions.architecture, observed))
    _refuse(AwsError, _foreign(scopes, settings, observed))


def _refuse(error: type[AwsError | BuildError | CatalogError | SettingsError], problems: Iterable[Problem]) -> None:
    found = tuple(problems)
    if found:
        raise error(problems=found)


def _names_over_limits(scopes: Sequence[Scope], settings: Settings, identity: Identity) -> Iterator[Problem]:
    prefix = settings.lambda_prefix
    for unit in (unit for scope in scopes for unit in scope.units(settings)):
        yield from names.check_lambda_name(unit.name, where=unit.module)
    if any(scope.needs_lambda for scope in scopes):
        if settings.execution_role is None:
            yield from names.check_role_name(names.execution_role_name(prefix), where="RS_LAMBDA_PREFIX")
        if chain.own(settings, identity) is not None and settings.warehouse is not None:
            yield from names.check_role_name(names.invoke_role_name(prefix), where="RS_LAMBDA_PREFIX")
    if settings.warehouse is not None:
        yield from names.check_identifier(settings.schema, where="RS_SCHEMA")


def _impossible_options(scopes: Sequence[Scope], settings: Settings) -> Iterator[Problem]:
    for unit in (unit for scope in scopes for unit in scope.units(settings)):
        yield from lambda_options.conflicts(unit)
        if not settings.rollout.alias:
            yield from lambda_options.needs_alias(unit)


def _missing_images(
    scopes: Sequence[Scope], lock: Mapping[str, Image], architecture: Architecture, observed: Observed
) -> Iterator[Problem]:
    wanted = [(part, set(scope.names)) for scope in scopes for part in scope.module.images]
    for part, chosen in wanted:
        selected = {function.name for function in part.lambdas} & chosen
        if not selected:
            continue
        module, image = part.name, lock.get(part.image)
        if image is None:
            yield Problem(where=part.image, what="has no image in the lock", hint=f"builder build --modules {module}")
            continue
        if image.architecture != architecture:
            what = f"its image was built for {image.architecture}, and RS_LAMBDA_ARCHITECTURE says {architecture}"
            yield Problem(where=part.image, what=what, hint=f"builder build --modules {module}")
        missing = sorted(selected - set(image.functions))
        if missing:
            what = f"its image was built without {', '.join(missing)}"
            yield Problem(where=part.image, what=what, hint=f"builder build --modules {module}")
        elif not observed.image(part.image).built and (
            not image.repository or observed.image(part.image).present is False
        ):
            what = f"{image.reference if image.repository else 'its image'} is not in a registry"
            yield Problem(where=part.image, what=what, hint=f"builder push --modules {module}")


def _foreign(scopes: Sequence[Scope], settings: Settings, observed: Observed) -> Iterator[Problem]:
    prefix = settings.lambda_prefix
    for unit in (unit for scope in scopes for unit in scope.units(settings)):
        function = observed.function(unit.name)
        if function is None:
            continue
        yield from check_function(function, prefix)
    own = {role.name for role in own_roles(settings, observed.identity)}
    for role, setting in ((observed.execution_role, "EXECUTION"), (observed.invoke_role, "INVOKE")):
        if role is not None and role.name in own and not policies.is_ours(role.tags, prefix):
            hint = f"to use it as it is: RS_LAMBDA_{setting}_ROLE={role.arn}; or choose another RS_LAMBDA_PREFIX"
            if "," in (settings.invoke_role or "") and setting == "INVOKE":
                hint = "name another role in RS_LAMBDA_INVOKE_ROLE, or choose another RS_LAMBDA_PREFIX"
            yield Problem(where=role.name, what="a role of this name exists and is not ours", hint=hint)


def check_function(function: FunctionState, prefix: str) -> Iterator[Problem]:
    """What keeps us from changing a Lambda function that stands."""
    if not policies.is_ours(function.tags, prefix):
        hint = "choose another RS_LAMBDA_PREFIX, or remove that function"
        yield Problem(where=function.name, what="a Lambda function of this name exists and is not ours", hint=hint)
    elif function.package_type != "Image":
        hint = "remove it and deploy again: Lambda cannot change the package type of a function"
        yield Problem(where=function.name, what=f"the Lambda function is of type {function.package_type}", hint=hint)
