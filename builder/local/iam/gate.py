"""What the warehouse may do by a chain of roles: call a Lambda function, asked at CREATE EXTERNAL FUNCTION and again
before the first call of a statement; list, read and write objects of S3, asked at COPY and UNLOAD.

The words are Redshift's, from reports of COPY and external tables ("Not authorized to get credentials of role",
"The requested role ... is not associated to cluster"), and from IAM, "Troubleshoot access denied error messages", with
the tail that the guide shows of an external function ("...; Exception: TooManyRequestsException; ShouldRetry: 1").
Redshift tells no reason; ours is in the hint.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from builder.local.iam.policy import Caller, Decision, Effect, Request, decide
from builder.local.sqlstate import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from builder.local.iam.account import Iam, Role
    from builder.local.objects.functions import External

SERVICES = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
# As CloudTrail shows the sessions of Redshift.
SESSION = "RedshiftIamRoleSession"
# IAM's changes take seconds to spread in AWS too. What is refused is asked for again each time.
KEPT_SECONDS = 5.0
# Keys that a call of a service never has.
_ABSENT = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:username", "aws:sourceidentity"})
# What COPY and UNLOAD never send.
_S3_ABSENT = frozenset({"s3:delimiter", "s3:x-amz-acl", "s3:versionid"})


class Holder(Protocol):
    """The cluster: what roles are attached to it, and which is its default ("" for none)."""

    @property
    def attached(self) -> tuple[str, ...]: ...
    @property
    def default(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Storage:
    """One request to S3: on an object, or with a key of "" on the bucket."""

    action: str
    bucket: str
    key: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    def arn(self, partition: str) -> str:
        return f"arn:{partition}:s3:::{self.bucket}" + (f"/{self.key}" if self.key else "")


@dataclass(kw_only=True)
class Gate:
    """`attached`: the first role of a chain must be one of the holder's. `cluster` is its ARN's part for users."""

    iam: Iam
    holder: Holder
    attached: bool
    region: str = "us-east-1"
    account: str = "000000000000"
    cluster: str = "local"
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc)
    kept: dict[tuple[str, ...], float] = field(default_factory=dict)

    def check(self, external: External, user: str, *, fresh: bool = False) -> None:
        """Raises SqlError XX000 with Redshift's words. `fresh`: what was found a moment ago does not count."""
        chain = self._chain(external.iam_role)
        key = (*chain, external.lambda_name, user)
        if not fresh and self.clock() < self.kept.get(key, 0.0):
            return
        self._invoke(self._last(chain, user), external.lambda_name)
        self.kept[key] = self.clock() + KEPT_SECONDS

    def assume(self, iam_role: str, user: str) -> Role:
        """The last role of IAM_ROLE's text, `default` or a chain. Raises SqlError XX000 with Redshift's words."""
        return self._last(self._chain(iam_role), user)

    def storage(self, role: Role, request: Storage, bucket_policy: str) -> None:
        """Raises SqlError XX000 in S3's words, as COPY and UNLOAD tell of it."""
        caller = _session(role)
        asked = Request(
            action=request.action,
            resource=request.arn(role.arn.split(":")[1]),
            # The emulator's buckets are all of the local cloud's own account.
            owner=self.account,
            caller=caller,
            context={**_principal(caller), **self._moment(), "aws:ResourceAccount": self.account, **request.context},
            absent=_ABSENT | _S3_ABSENT,
        )
        refusal = _refusal(role, asked, decide([bucket_policy], asked, resource_policy=True))
        if refusal:
            said = (
                f'User: {caller.session} is not authorized to perform: {asked.action} on resource: "{asked.resource}"'
            )
            raise SqlError("XX000", f"S3ServiceException:{said} {refusal},Status 403,Error AccessDenied")

    def _chain(self, iam_role: str) -> tuple[str, ...]:
        chain = tuple(role.strip() for role in iam_role.split(","))
        if iam_role == "default":
            if not self.holder.default:
                hint = "set it: ModifyClusterIamRoles or UpdateNamespace with DefaultIamRoleArn"
                raise SqlError("XX000", "IAM_ROLE default: no role is the default of this cluster", hint=hint)
            chain = (self.holder.default,)
        if self.attached and chain[0] not in self.holder.attached:
            hint = f"attach it: aws redshift modify-cluster-iam-roles --cluster-identifier {self.cluster} "
            raise SqlError(
                "XX000",
                f"The requested role {chain[0]} is not associated to cluster",
                hint=f"{hint}--add-iam-roles {chain[0]}",
            )
        return chain

    def _last(self, chain: tuple[str, ...], user: str) -> Role:
        role = self._first(chain[0], user)
        for arn in chain[1:]:
            role = self._next(role, arn)
        return role

    def _first(self, arn: str, user: str) -> Role:
        """The cluster's own step: a service's principal in the trust policy."""
        role = self._there(arn)
        # Redshift, "Restricting access to IAM roles": the user comes as the external id.
        external_id = f"arn:aws:redshift:{self.region}:{self.account}:dbuser:{self.cluster}/{user}"
        context = {"sts:ExternalId": external_id, **self._moment()}
        decisions = [
            decide([role.trust], _assume(arn, Caller(service=service), context), resource_policy=True)
            for service in SERVICES
        ]
        if not any(decision.allowed for decision in decisions):
            why = f"its trust policy lets neither {SERVICES[0]} nor {SERVICES[1]} assume it"
            raise _no_credentials(arn, why + _unknown(*decisions))
        return role

    def _next(self, before: Role, arn: str) -> Role:
        role = self._there(arn)
        caller = _session(before)
        request = _assume(arn, caller, {**_principal(caller), **self._moment()})
        trust = decide([role.trust], request, resource_policy=True)
        if not trust.allowed:
            raise _no_credentials(arn, f"its trust policy does not let {before.arn} assume it{_unknown(trust)}")
        refusal = _refusal(before, request, trust)
        if refusal:
            raise _no_credentials(arn, f"{before.arn} may not assume it, {refusal}")
        return role

    def _there(self, arn: str) -> Role:
        role = self.iam.role(arn)
        if role is None:
            raise _no_credentials(arn, "there is no such role")
        return role

    def _invoke(self, role: Role, function: str) -> None:
        caller = _session(role)
        resource = function
        if not function.startswith("arn:"):
            partition = role.arn.split(":")[1]
            resource = f"arn:{partition}:lambda:{self.region}:{caller.account}:function:{function}"
        context = {**_principal(caller), **self._moment(), "aws:ResourceAccount": resource.split(":")[4]}
        request = Request(
            action="lambda:InvokeFunction", resource=resource, caller=caller, context=context, absent=_ABSENT
        )
        policy = self.iam.function_policy(resource)
        refusal = _refusal(role, request, decide([policy], request, resource_policy=True))
        if refusal:
            text = f"User: {caller.session} is not authorized to perform: {request.action} on resource: {resource}"
            tail = "Exception: AccessDeniedException; ShouldRetry: 0"
            raise SqlError("XX000", f"{text} {refusal}; {tail}")

    def _moment(self) -> dict[str, str]:
        now = self.now()
        return {
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:RequestedRegion": self.region,
            "aws:SecureTransport": "true",
        }


def _assume(arn: str, caller: Caller, context: dict[str, str]) -> Request:
    return Request(action="sts:AssumeRole", resource=arn, caller=caller, context=context, absent=_ABSENT)


def _session(role: Role) -> Caller:
    _, partition, _, _, account, name = role.arn.split(":", 5)
    session = f"arn:{partition}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{SESSION}"
    return Caller(role=role.arn, session=session)


def _principal(caller: Caller) -> dict[str, str]:
    return {
        "aws:PrincipalArn": caller.role,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": "AssumedRole",
    }


def _refusal(role: Role, request: Request, resource: Decision) -> str:
    """Why not, in IAM's words; "" where it is allowed.

    In one account the resource's policy is enough where it names the role itself; between accounts both must allow
    (IAM, "Cross-account policy evaluation logic").
    """
    identity, bound = decide(role.policies, request), decide([role.boundary], request)
    enough = resource.effect is Effect.DIRECT and not request.across
    found = (
        ("an identity-based policy", identity, identity.allowed or enough),
        ("a resource-based policy", resource, resource.allowed or not request.across),
        ("a permissions boundary", bound, bound.allowed or not role.boundary),
    )
    for name, decision, _ in found:
        if decision.effect is Effect.DENY:
            return f"with an explicit deny in {name}{_unknown(decision)}"
    for name, decision, right in found:
        if not right:
            return f"because no {name.partition(' ')[2]} allows the {request.action} action{_unknown(decision)}"
    return ""


def _unknown(*decisions: Decision) -> str:
    """What an answer hung on that is not known here."""
    keys = sorted({key for decision in decisions for key in decision.unknown})
    return f" (not known to the local endpoint: {', '.join(keys)})" if keys else ""


def _no_credentials(arn: str, why: str) -> SqlError:
    return SqlError("XX000", f"Not authorized to get credentials of role {arn}", hint=why)
