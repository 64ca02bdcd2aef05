"""`builder check`, the roles that were given for Redshift's calls: whether each link of the chain holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.adapters.check_aws import denied
from builder.core.deploy import chain, findings, policies
from builder.core.deploy.road_permissions import Grant
from builder.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.adapters.aws import Aws
    from builder.core.config.settings import Settings
    from builder.core.deploy.findings import Finding
    from builder.core.deploy.observed import Identity

TOPIC = "invoke role"


def links(aws: Aws, settings: Settings, identity: Identity) -> Iterator[Finding]:
    """A line for each given role: its trust, and whether it may assume the next one.

    A role of another account cannot be read from here, and of one that deploy makes there is nothing to ask.
    """
    roles = chain.roles(settings, identity)
    ours = chain.own(settings, identity)
    for place, role in enumerate(roles):
        before, after = roles[place - 1] if place else "", roles[place + 1] if place + 1 < len(roles) else ""
        if place == ours:
            if settings.invoke_role is not None:
                yield findings.ok(TOPIC, f"{role} is made by deploy, with its trust and its policy")
        elif chain.account(role) != identity.account:
            must = f"trust {before or 'Redshift'}" + (f" and be allowed to assume {after}" if after else "")
            yield findings.skipped(TOPIC, f"{role} is of another account and cannot be read from here: it must {must}")
        else:
            yield _link(aws, role, before, after)


def _link(aws: Aws, role: str, before: str, after: str) -> Finding:
    try:
        name = role.rpartition("/")[2]
        answer = aws.call("iam", "get_role", about=f"role {name}", absent=("NoSuchEntity",), RoleName=name)
        if answer is None:
            return findings.failed(TOPIC, AwsError(f"{role} does not exist", hint="make it, or RS_LAMBDA_INVOKE_ROLE"))
        document = answer["Role"]["AssumeRolePolicyDocument"]
        trusted = (
            chain.trusts(document, role=before)
            if before
            else any(chain.trusts(document, service=service) for service in policies.REDSHIFT)
        )
        if not trusted:
            who = before or " and ".join(policies.REDSHIFT)
            return findings.failed(TOPIC, AwsError(f"{role} does not trust {who}", hint=f"let it in: {who}"))
    except AwsError as error:
        return findings.skipped(TOPIC, f"{role} could not be read: {error.problems[0].what}")
    return _may_assume(aws, role, after) if after else findings.ok(TOPIC, f"{role} trusts {before or 'Redshift'}")


def _may_assume(aws: Aws, role: str, after: str) -> Finding:
    grant = Grant(name="Chain", actions=(chain.ASSUME,), resources=(after,))
    try:
        refused = denied(aws, role, grant)
    except AwsError as error:
        what = f"{role}: whether it may assume {after} could not be simulated: {error.problems[0].what}"
        return findings.skipped(TOPIC, what, "`builder check --print-policy` prints what deploy needs")
    if refused:
        hint = f"allow {chain.ASSUME} on {after} in a policy of {role}"
        return findings.failed(TOPIC, AwsError(f"{role} may not assume {after}", hint=hint))
    return findings.ok(TOPIC, f"{role} is trusted and may assume {after}")
