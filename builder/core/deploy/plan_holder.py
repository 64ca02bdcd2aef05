"""The invoke role at the cluster or the namespace: Redshift assumes only roles that are attached to it.

Of a chain the first role is attached; Redshift takes the others on from there ("Chaining IAM roles").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.core.config.roads import Connection
from builder.core.deploy import chain, policies
from builder.core.deploy.actions import AttachRole, DeleteRole, DetachRole
from builder.core.deploy.receipt import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action
    from builder.core.deploy.desired import Desired
    from builder.core.deploy.observed import Identity, Observed


def role(settings: Settings, identity: Identity) -> str:
    """The ARN of the role that is to be attached: the given one, the first of a chain, or our own."""
    return chain.roles(settings, identity)[0]


def attach(desired: Desired, observed: Observed, settings: Settings) -> Iterator[Action]:
    """Attaches the role where SQL is going to name it and it is not attached. All others stay."""
    wanted = role(settings, observed.identity)
    needed = any(entry.kind == "lambda" for entry in desired.sql)
    if needed and observed.holder is not None and wanted not in observed.holder.roles:
        yield AttachRole(holder=str(settings.holder), role=wanted, old=observed.holder.roles)


def detach(plan: Sequence[Action], observed: Observed, settings: Settings) -> Iterator[Action]:
    """Detaches a role of ours that `plan` deletes. One that was given may serve others, and stays."""
    if observed.holder is None:
        return
    gone = {policies.role_arn(observed.identity, each.name) for each in plan if isinstance(each, DeleteRole)}
    for each in observed.holder.roles:
        if each in gone:
            yield DetachRole(holder=str(settings.holder), role=each, old=observed.holder.roles)


def remark(settings: Settings, observed: Observed) -> Iterator[str]:
    """What a person has to do, before the first deploy, where the settings do not say whom to attach the role to."""
    road = settings.warehouse
    if settings.holder is not None or not isinstance(road, Connection):
        return
    if not observed.receipt.place(place_of(settings)).functions:
        yield (
            f"{role(settings, observed.identity)} must be attached to the cluster or namespace behind"
            f" {road.host}: set RS_CLUSTER_IDENTIFIER or RS_WORKGROUP, or attach it yourself"
        )
