"""IAM policies judged: does a set of documents allow, deny, or say nothing.

Source: IAM, "Policy evaluation logic": an explicit Deny wins, without an Allow nothing is allowed. Pure: documents and
a request come in, a decision goes out. Organizations' policies and session policies are not part of it.
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.local.iam import conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ACCOUNT = re.compile(r"\d{12}")


class Effect(enum.Enum):
    """What a set of documents says. DIRECT: a resource's policy allows the very role or session, not its account."""

    DENY = "deny"
    ALLOW = "allow"
    DIRECT = "direct"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: a service of AWS, or a role's session. The other is ""."""

    service: str = ""
    role: str = ""
    session: str = ""

    @property
    def account(self) -> str:
        return self.role.split(":")[4] if self.role else ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One action on one resource. `absent`: condition keys that AWS would not have either.

    `owner` is the account of a resource whose ARN does not say it, as those of S3.
    """

    action: str
    resource: str = ""
    owner: str = ""
    caller: Caller = field(default_factory=Caller)
    context: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    @property
    def across(self) -> bool:
        """Whether caller and resource are of two accounts."""
        return (self.owner or self.resource.split(":")[4]) != self.caller.account


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`unknown` are condition keys that it hangs on: an Allow that depends on them does not count, a Deny does."""

    effect: Effect
    unknown: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.effect in {Effect.ALLOW, Effect.DIRECT}


def decide(
    documents: Iterable[str | Mapping[str, Any]], request: Request, *, resource_policy: bool = False
) -> Decision:
    """Of identity policies, or with `resource_policy` of a trust policy or a resource's own, which name principals.

    A document that is no policy says nothing.
    """
    effect, unknown = Effect.NOTHING, set()
    for statement in (each for document in documents for each in _statements(document)):
        reach = _reach(statement, request, principals=resource_policy)
        if reach is None:
            continue
        asked = statement.get("Condition") or {}
        verdict = conditions.met(asked, request.context, request.absent)
        if verdict is None:
            unknown |= {key for key in conditions.keys(asked) if key.lower() not in _lower(request.context)}
        if statement.get("Effect") == "Deny":
            if verdict is not False:
                return Decision(effect=Effect.DENY, unknown=tuple(sorted(unknown)) if verdict is None else ())
        elif verdict and effect is not Effect.DIRECT:
            effect = reach
    return Decision(effect=effect, unknown=() if effect is not Effect.NOTHING else tuple(sorted(unknown)))


def _lower(context: Mapping[str, str]) -> set[str]:
    return {key.lower() for key in context}


def _statements(document: str | Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return
    statements = content.get("Statement", []) if isinstance(content, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict):
            yield statement


def _list(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _reach(statement: dict[str, Any], request: Request, *, principals: bool) -> Effect | None:
    """ALLOW or DIRECT where the statement speaks of this request, None where it does not."""
    if not _named(statement, "Action", request.action, {}, ignore_case=True):
        return None
    # A trust policy has no Resource: it speaks of its own role.
    placed = not principals or "Resource" in statement or "NotResource" in statement
    if placed and not _named(statement, "Resource", request.resource, request.context, ignore_case=False):
        return None
    if not principals:
        return Effect.ALLOW
    if "NotPrincipal" in statement:
        return None if _principal(statement["NotPrincipal"], request.caller) else Effect.ALLOW
    return _principal(statement.get("Principal"), request.caller)


def _named(
    statement: dict[str, Any], element: str, value: str, context: Mapping[str, str], *, ignore_case: bool
) -> bool:
    """By Action or NotAction, Resource or NotResource."""
    for name, wanted in ((element, True), (f"Not{element}", False)):
        if name in statement:
            texts = [conditions.filled(each, context) for each in _list(statement[name])]
            found = any(each is not None and conditions.like(value, each, ignore_case=ignore_case) for each in texts)
            return found is wanted
    return False


def _principal(principal: Any, caller: Caller) -> Effect | None:
    """IAM, "AWS JSON policy elements: Principal": an account stands for whomever it gives the right to itself."""
    if principal == "*":
        return Effect.DIRECT
    if not isinstance(principal, dict):
        return None
    if caller.service:
        return Effect.DIRECT if caller.service in _list(principal.get("Service", [])) else None
    named = _list(principal.get("AWS", []))
    if {"*", caller.role, caller.session} & set(named):
        return Effect.DIRECT
    root = caller.role.split(":role/")[0] + ":root"
    accounts = {each for each in named if _ACCOUNT.fullmatch(each)}
    return Effect.ALLOW if root in named or caller.account in accounts else None
