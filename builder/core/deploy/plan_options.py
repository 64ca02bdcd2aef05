"""What a Lambda function has beside its image, role, memory and time-out: options, logs, concurrency, tags."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from builder import names
from builder.core.deploy import policies
from builder.core.deploy.actions import KeepLogs, ProvisionConcurrency, ReserveConcurrency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.rollout import Rollout
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import DesiredFunction
    from builder.core.deploy.observed import FunctionState
    from builder.model import LambdaOptions


def fields(wanted: LambdaOptions, standing: LambdaOptions) -> Iterator[tuple[str, str, str]]:
    """Field, old and new text of each option. Of the environment's values only digests: somebody may have set a secret
    by hand, and a plan is printed.
    """
    yield "environment", _variables(standing), _variables(wanted)
    yield "image_config", _image_config(standing), _image_config(wanted)
    yield "subnets", ", ".join(standing.subnets), ", ".join(wanted.subnets)
    yield "security_groups", ", ".join(standing.security_groups), ", ".join(wanted.security_groups)
    yield "snap_start", _truth(standing.snap_start), _truth(wanted.snap_start)


def before(wanted: DesiredFunction, standing: FunctionState | None) -> Iterator[Action]:
    """The log group, before the function that writes to it makes it without an end."""
    old, new = standing.log_retention if standing else None, wanted.log_retention
    ours = standing is not None and any(tag.key == policies.RETENTION_TAG for tag in standing.tags)
    if (new is not None and old != new) or (new is None and old is not None and ours):
        yield KeepLogs(module=wanted.module, name=wanted.name, old=old, new=new, tags=wanted.tags[:2])


def reserve(wanted: DesiredFunction, standing: FunctionState | None) -> Iterator[Action]:
    """Reserved concurrency."""
    old, new = standing.reserved_concurrency if standing else None, wanted.reserved_concurrency
    if old != new:
        yield ReserveConcurrency(module=wanted.module, name=wanted.name, old=old, new=new)


def provision(wanted: DesiredFunction, standing: FunctionState | None, rollout: Rollout) -> Iterator[Action]:
    """Provisioned concurrency, where the alias is what SQL calls."""
    old = standing.provisioned_concurrency if standing else 0
    new = wanted.provisioned_concurrency
    if rollout.alias and old != new:
        yield ProvisionConcurrency(module=wanted.module, name=wanted.name, alias=names.LIVE, old=old, new=new)


def gone_tags(wanted: DesiredFunction, standing: FunctionState) -> tuple[str, ...]:
    """Tags that we set once and want no more. Which ones we set is itself a tag."""
    held = {tag.key: tag.value for tag in standing.tags}
    known = set(held.get(policies.TAGS_TAG, "").split()) | {policies.TAGS_TAG, policies.RETENTION_TAG}
    kept = {tag.key for tag in wanted.tags}
    return tuple(sorted(key for key in held if key.replace(" ", "_") in known and key not in kept))


def digest(value: str) -> str:
    """What a plan shows of a variable's value: enough to see that it is another one."""
    return hashlib.sha256(value.encode()).hexdigest()[:8]


def _variables(options: LambdaOptions) -> str:
    return ", ".join(f"{name}={digest(value)}" for name, value in options.environment)


def _image_config(options: LambdaOptions) -> str:
    given = {field: value for field, value in asdict(options.image_config).items() if value}
    return json.dumps(given, sort_keys=True) if given else ""


def _truth(value: bool) -> str:  # noqa: FBT001  a value, not an option
    return "true" if value else ""
