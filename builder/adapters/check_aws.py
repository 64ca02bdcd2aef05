"""`builder check`, AWS's part: who we are, what we may do, and whether the registry lets us in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder.adapters.registry import Credentials, Repository
from builder.adapters.repositories import EcrRepositories
from builder.core.deploy import findings, permissions
from builder.errors import AwsError, BuilderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.adapters.aws import Aws
    from builder.core.config.settings import Settings
    from builder.core.deploy.findings import Finding
    from builder.core.deploy.observed import Identity
    from builder.core.deploy.road_permissions import Grant

PERMISSIONS = "permissions"


def session(made: Callable[[], Aws]) -> tuple[Aws | None, Finding]:
    """The one session, or what keeps it from being made."""
    try:
        return made(), findings.ok("session", "made")
    except BuilderError as error:
        return None, findings.failed("credentials", error)


def credentials(aws: Aws) -> tuple[Identity | None, Finding]:
    """Asks STS who we are: works with no permission at all, and only with credentials that are valid."""
    try:
        method = aws.method()
        identity = aws.identity()
    except BuilderError as error:
        return None, findings.failed("credentials", error)
    return identity, findings.ok("credentials", f"{identity.arn}, by {method}, in {aws.region}")


def permitted(aws: Aws, settings: Settings, identity: Identity) -> tuple[Finding, ...]:
    """IAM's simulation of what deploy calls. That it cannot be asked is no failure: few may simulate."""
    if identity.arn.endswith(":root"):
        return (findings.skipped(PERMISSIONS, "the account's root may do everything", "use a role or a user instead"),)
    try:
        principal = _principal(aws, identity)
        return tuple(_simulated(aws, principal, grant) for grant in permissions.deployer(settings, identity))
    except AwsError as error:
        what = f"could not be simulated: {error.problems[0].what}"
        return (findings.skipped(PERMISSIONS, what, "`builder check --print-policy` prints what deploy needs"),)


def registry(aws: Aws, settings: Settings) -> Finding:
    """Asks the registry for an image that is not there: the answer to that takes network, TLS and a login."""
    try:
        login = EcrRepositories(aws).login()
        host = settings.image_registry or login.registry
        address = f"{host}/{settings.lambda_prefix}check"
        Repository(address=address, credentials=Credentials(user=login.user, password=login.password)).digest("check")
    except BuilderError as error:
        return findings.failed("registry", error)
    return findings.ok("registry", f"{host} answers and takes the login")


def _principal(aws: Aws, identity: Identity) -> str:
    """Whom to simulate: a user, or the role behind a session. Raises AwsError where it cannot be told."""
    kind, _, rest = identity.arn.split(":", 5)[5].partition("/")
    if kind == "user":
        return identity.arn
    if kind != "assumed-role":
        raise AwsError(f"{identity.arn} is neither a user nor a role")
    # A session's ARN leaves out the role's path, which the roles of SSO have.
    name = rest.split("/")[0]
    answer = aws.call("iam", "get_role", about=f"role {name}", RoleName=name)
    return str(answer["Role"]["Arn"])


def denied(aws: Aws, principal: str, grant: Grant) -> set[str]:
    """Those of the actions that IAM would refuse. Raises AwsError where it may not be asked."""
    asked: dict[str, Any] = {
        "PolicySourceArn": principal,
        "ActionNames": list(grant.actions),
        "ResourceArns": list(grant.samples),
    }
    if grant.passed_to:
        entry = {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyType": "string",
            "ContextKeyValues": [grant.passed_to],
        }
        asked["ContextEntries"] = [entry]
    found: set[str] = set()
    while True:
        answer = aws.call("iam", "simulate_principal_policy", about=principal, **asked)
        found |= {each["EvalActionName"] for each in answer["EvaluationResults"] if each["EvalDecision"] != "allowed"}
        if not answer.get("IsTruncated"):
            return found
        asked["Marker"] = answer["Marker"]


def _simulated(aws: Aws, principal: str, grant: Grant) -> Finding:
    topic = f"{PERMISSIONS}: {grant.name}"
    if refused := denied(aws, principal, grant):
        what = f"{', '.join(sorted(refused))} denied on {', '.join(grant.resources)}"
        hint = f"add the statement {grant.name} of `builder check --print-policy` to {principal}"
        return findings.failed(topic, AwsError(what, hint=hint))
    return findings.ok(topic, f"{len(grant.actions)} actions on {', '.join(grant.resources)}")
