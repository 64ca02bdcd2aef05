"""Policy documents judged. Expectations: IAM, "Policy evaluation logic" and "Policies and permissions", by hand."""

from __future__ import annotations

from typing import Any

import pytest

from builder.local.iam.policy import Caller, Decision, Effect, Request, decide

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:carto-at-quadbin"
ROLE = "arn:aws:iam::123456789012:role/path/invoke"
SESSION = "arn:aws:sts::123456789012:assumed-role/invoke/RedshiftIamRoleSession"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "lambda:InvokeFunction", "Resource": "*", **more}


def judged(*statements: dict[str, Any], context: dict[str, str] | None = None) -> Decision:
    request = Request(
        action="lambda:InvokeFunction", resource=FUNCTION, context=context or {}, absent=frozenset({"aws:username"})
    )
    return decide([{"Version": "2012-10-17", "Statement": list(statements)}], request)


@pytest.mark.parametrize(
    ("element", "allowed"),
    [
        ({"Action": "lambda:InvokeFunction"}, True),
        ({"Action": "LAMBDA:invokefunction"}, True),  # actions have no case
        ({"Action": ["s3:*", "lambda:Invoke*"]}, True),
        ({"Action": "lambda:?nvokeFunction"}, True),
        ({"Action": "*"}, True),
        ({"Action": "lambda:InvokeFunctionUrl"}, False),
        ({"Action": "lambda:Invoke"}, False),
        ({"Resource": FUNCTION}, True),
        ({"Resource": "arn:aws:lambda:*:123456789012:function:carto-at-*"}, True),
        ({"Resource": FUNCTION.upper()}, False),  # resources have
        ({"Resource": "arn:aws:lambda:us-east-1:123456789012:function:carto-at"}, False),
        ({"Resource": FUNCTION + ":live"}, False),  # a qualified function is another resource
        ({"Resource": [FUNCTION + ":*", "arn:aws:lambda:*:*:function:carto-at-quadbi?"]}, True),
    ],
)
def test_actions_and_resources(element: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001 - a case's expectation
    assert judged(statement(**element)).allowed is allowed


def test_what_is_not_named() -> None:
    other = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert judged(other).allowed
    assert not judged({**other, "NotAction": ["lambda:*"]}).allowed
    elsewhere = {"Effect": "Allow", "Action": "lambda:*", "NotResource": "arn:aws:lambda:*:*:function:secret-*"}
    assert judged(elsewhere).allowed
    assert not judged({**elsewhere, "NotResource": FUNCTION}).allowed


def test_a_deny_wins_wherever_it_stands_and_nothing_is_no() -> None:
    assert judged(statement(), statement("Deny")).effect is Effect.DENY
    assert judged(statement("Deny"), statement()).effect is Effect.DENY
    assert judged(statement(), statement("Deny", Action="lambda:GetFunction")).allowed
    assert judged().effect is Effect.NOTHING
    nothing = ["no JSON", "[]", '{"Statement": {"Effect": "Allow", "Action": "*"}}']
    assert decide(nothing, Request(action="a:b", resource="r")).effect is Effect.NOTHING


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, True),
        (
            {"StringEquals": {"AWS:principalaccount": ["1", "123456789012"]}},
            True,
        ),  # keys have no case, values are or-ed
        ({"StringEquals": {"aws:PrincipalAccount": "1"}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": ["1", "2"]}}, True),
        ({"StringNotEquals": {"aws:PrincipalAccount": ["1", "123456789012"]}}, False),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"NumericLessThan": {"aws:EpochTime": "1800000000"}}, True),
        ({"NumericGreaterThanEquals": {"aws:EpochTime": 1800000000}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, False),
        ({"Null": {"aws:username": "true"}}, True),
        ({"Null": {"aws:PrincipalAccount": "true"}}, False),
        ({"StringEquals": {"aws:username": "ana"}}, False),  # absent: no
        ({"StringEqualsIfExists": {"aws:username": "ana"}}, True),
        ({"StringNotEquals": {"aws:username": "ana"}}, True),  # absent: a negated operator holds
        ({"ForAllValues:StringEquals": {"aws:username": "ana"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:username": "ana"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "123456789012", "aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, True),
    ],
)
def test_conditions(condition: dict[str, Any], met: bool) -> None:  # noqa: FBT001 - a case's expectation
    context = {
        "aws:PrincipalAccount": "123456789012",
        "aws:PrincipalArn": ROLE,
        "aws:ResourceAccount": "123456789012",
        "aws:RequestedRegion": "us-east-1",
        "aws:SecureTransport": "true",
        "aws:EpochTime": "1790000000",
        "aws:CurrentTime": "2026-09-21T14:13:20Z",
    }
    assert judged(statement(Condition=condition), context=context).allowed is met
    denied = judged(statement(), statement("Deny", Condition=condition), context=context).effect
    assert denied is (Effect.DENY if met else Effect.ALLOW)


def test_what_is_not_known_allows_nothing_and_denies() -> None:
    unknown = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    assert judged(statement(Condition=unknown)) == Decision(effect=Effect.NOTHING, unknown=("aws:SourceVpc",))
    refused = judged(statement(), statement("Deny", Condition=unknown))
    assert refused == Decision(effect=Effect.DENY, unknown=("aws:SourceVpc",))
    assert judged(statement(), statement(Condition=unknown)) == Decision(effect=Effect.ALLOW)


def test_a_variable_in_a_resource() -> None:
    named = statement(Resource="arn:aws:lambda:us-east-1:${aws:PrincipalAccount}:function:*")
    assert judged(named, context={"aws:PrincipalAccount": "123456789012"}).allowed
    assert not judged(named, context={"aws:PrincipalAccount": "1"}).allowed
    assert not judged(named).allowed


@pytest.mark.parametrize(
    ("principal", "effect"),
    [
        ({"AWS": ROLE}, Effect.DIRECT),
        ({"AWS": SESSION}, Effect.DIRECT),
        ("*", Effect.DIRECT),
        ({"AWS": "*"}, Effect.DIRECT),
        ({"AWS": ["arn:aws:iam::1:root", "arn:aws:iam::123456789012:root"]}, Effect.ALLOW),
        ({"AWS": "123456789012"}, Effect.ALLOW),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, Effect.NOTHING),
        ({"AWS": "arn:aws:iam::123456789012:role/*"}, Effect.NOTHING),  # no wildcards inside an ARN
        ({"Service": "redshift.amazonaws.com"}, Effect.NOTHING),
    ],
)
def test_principals_of_a_role(principal: Any, effect: Effect) -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}}
    request = Request(action="sts:AssumeRole", caller=Caller(role=ROLE, session=SESSION))
    assert decide([document], request, resource_policy=True).effect is effect


def test_principals_of_a_service() -> None:
    services = {"Service": ["redshift.amazonaws.com", "scheduler.amazonaws.com"]}
    document = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": services}]}
    for service, allowed in (("redshift.amazonaws.com", True), ("redshift-serverless.amazonaws.com", False)):
        request = Request(action="sts:AssumeRole", caller=Caller(service=service))
        assert decide([document], request, resource_policy=True).allowed is allowed
