"""The roles that Redshift goes through to call a Lambda function: one or, across accounts, a chain.

Redshift assumes the first, which is attached to it; each further one is assumed by the one before it; the last calls
(Redshift management guide, "Chaining IAM roles"). A link needs both: the next role's trust, and sts:AssumeRole on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder import names
from builder.core.deploy import policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import Identity

ASSUME = "sts:AssumeRole"
ACCOUNT_FIELD = 4
# Stands for an account that nobody told us; no account of AWS has it.
NOBODY = "000000000000"


def roles(settings: Settings, identity: Identity) -> tuple[str, ...]:
    """The ARNs, in order: those that were given, else the one of ours."""
    return tuple((settings.invoke_role or _own(settings, identity)).split(","))


def own(settings: Settings, identity: Identity) -> int | None:
    """The place of the role that we make; None where all are given. A role that is given alone is never ours."""
    found = roles(settings, identity)
    if settings.invoke_role is not None and len(found) == 1:
        return None
    return found.index(_own(settings, identity)) if _own(settings, identity) in found else None


def trust(settings: Settings, identity: Identity) -> str:
    """Who may assume the role of ours: Redshift, or the role before it."""
    place = own(settings, identity)
    return policies.role_trust(roles(settings, identity)[place - 1]) if place else policies.invoke_trust()


def policy(settings: Settings, identity: Identity) -> str:
    """What the role of ours may do: call our functions, or assume the role behind it."""
    after = roles(settings, identity)[(own(settings, identity) or 0) + 1 :]
    if after:
        return policies.assume_policy(after[0])
    return policies.invoke_policy(identity, settings.lambda_prefix)


def caller(settings: Settings, identity: Identity) -> str | None:
    """The role to let in by each function's own policy: the last of a given chain. Ours is let in by its own policy."""
    found = roles(settings, identity)
    last = len(found) - 1
    return None if own(settings, identity) == last or settings.invoke_role is None else found[last]


def elsewhere(settings: Settings, identity: Identity) -> bool:
    """Whether Redshift is of another account, as its role is: a bare function name would be looked for there."""
    return identity.account not in {NOBODY, account(roles(settings, identity)[0])}


def account(arn: str) -> str:
    return arn.split(":")[ACCOUNT_FIELD]


def trusts(document: Any, *, service: str = "", role: str = "") -> bool:
    """Whether a trust policy lets a service, or a role, assume the role. Conditions are taken for fulfilled."""
    wanted = {"*", service} if service else {"*", role, f"{':'.join(role.split(':')[:5])}:root", account(role)}
    return any(
        statement.get("Effect") == "Allow"
        and {"sts:*", "*", ASSUME} & set(policies.listed(statement.get("Action", [])))
        and wanted & set(_principals(statement.get("Principal", {}), "Service" if service else "AWS"))
        for statement in policies.listed(document.get("Statement", []))
    )


def _principals(principal: Any, kind: str) -> Iterator[str]:
    if isinstance(principal, str):
        yield principal
    else:
        yield from policies.listed(principal.get(kind, []))


def _own(settings: Settings, identity: Identity) -> str:
    return policies.role_arn(identity, names.invoke_role_name(settings.lambda_prefix))
