"""Chains of roles: what we make of one, what SQL names, and whether its links hold.

Expectations: Redshift management guide, "Chaining IAM roles in Amazon Redshift"; IAM, "Principal" and sts:AssumeRole.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from builder.adapters.aws import Aws
from builder.adapters.check_chain import links
from builder.adapters.fake_registry import IDENTITY
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret
from builder.core.deploy import chain
from builder.core.deploy.actions import CreateRole, GrantInvoke, PutRolePolicy, RunSql
from builder.errors import AwsError
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.settings import Settings
    from builder.core.deploy.actions import Action

OURS = "arn:aws:iam::123456789012:role/CartoATRedshiftInvokeRole"
HERE = "arn:aws:iam::123456789012:role/Onward"
THERE = "arn:aws:iam::210987654321:role/RedshiftGoesOn"


def through(*roles: str) -> Settings:
    return replace(WITH_REDSHIFT, invoke_role=",".join(roles))


def deployed(site: Site, *roles: str) -> tuple[Action, ...]:
    site.settings = through(*roles)
    made = site.deploy(scopes("h3"))
    assert site.plan(scopes("h3")) == ()
    return made


def documents(plan: tuple[Action, ...]) -> tuple[Any, Any]:
    (trust,) = (json.loads(each.trust) for each in plan if isinstance(each, CreateRole) and "Invoke" in each.name)
    (policy,) = (json.loads(each.new) for each in plan if isinstance(each, PutRolePolicy) and "Invoke" in each.role)
    return trust["Statement"], policy["Statement"]


def sql(plan: tuple[Action, ...]) -> str:
    return "\n".join(each.text for action in plan if isinstance(action, RunSql) for each in action.statements)


def test_ours_as_the_last_trusts_the_role_before_it_and_calls_the_functions(site: Site) -> None:
    made = deployed(site, THERE, OURS)
    trust, policy = documents(made)
    assert trust == {"Effect": "Allow", "Principal": {"AWS": THERE}, "Action": "sts:AssumeRole"}
    assert policy["Action"] == "lambda:InvokeFunction"
    assert not [each for each in made if isinstance(each, GrantInvoke)]
    # Redshift is of the first role's account: it would look for a bare name there.
    assert "LAMBDA 'arn:aws:lambda:eu-west-1:123456789012:function:carto-at-h3'" in sql(made)
    assert f"IAM_ROLE '{THERE},{OURS}'" in sql(made)


def test_ours_as_the_first_trusts_redshift_and_may_assume_the_next_which_is_let_in(site: Site) -> None:
    made = deployed(site, OURS, THERE)
    trust, policy = documents(made)
    assert trust["Principal"]["Service"] == ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]
    assert policy == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": THERE}
    assert [each.new for each in made if isinstance(each, GrantInvoke)] == [THERE]
    assert "LAMBDA 'carto-at-h3'" in sql(made)


def test_a_chain_of_others_and_a_single_role_are_used_as_they_are(site: Site) -> None:
    site.cloud.roles.given |= {OURS}
    for roles in ((HERE, THERE), (OURS,)):
        made = deployed(site, *roles)
        assert not [each for each in made if isinstance(each, CreateRole) and "Invoke" in each.name]
        assert [each.new for each in made if isinstance(each, GrantInvoke)] == [roles[-1]]


def test_a_role_of_others_in_our_place_is_refused(site: Site) -> None:
    deployed(site, THERE, OURS)
    held = site.cloud.roles.held
    held["CartoATRedshiftInvokeRole"] = replace(held["CartoATRedshiftInvokeRole"], tags=())
    with pytest.raises(AwsError, match="name another role in RS_LAMBDA_INVOKE_ROLE"):
        site.plan(scopes("h3"))


def document(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow") -> dict[str, Any]:
    return {"Statement": {"Effect": effect, "Principal": principal, "Action": action}}


@pytest.mark.parametrize(
    ("trust", "holds"),
    [
        (document({"AWS": HERE}), True),
        (document({"AWS": [THERE, HERE]}, ["sts:TagSession", "sts:AssumeRole"]), True),
        (document({"AWS": "123456789012"}), True),
        (document({"AWS": "arn:aws:iam::123456789012:root"}, "sts:*"), True),
        (document("*"), True),
        (document({"AWS": THERE}), False),
        (document({"AWS": HERE}, effect="Deny"), False),
        (document({"AWS": HERE}, "sts:AssumeRoleWithSAML"), False),
        (document({"Service": HERE}), False),
    ],
)
def test_who_is_trusted(trust: dict[str, Any], *, holds: bool) -> None:
    assert chain.trusts(trust, role=HERE) is holds


@pytest.fixture(scope="module")
def aws() -> Aws:
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(replace(WITH_REDSHIFT, aws=keys))


@pytest.fixture
def iam(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("iam")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def role(arn: str, trust: dict[str, Any]) -> dict[str, Any]:
    name = arn.rpartition("/")[2]
    made = "2026-11-21T00:00:00Z"
    fields = {"Path": "/", "RoleName": name, "RoleId": "AROA1234567890123456", "Arn": arn, "CreateDate": made}
    return {"Role": {**fields, "AssumeRolePolicyDocument": json.dumps(trust)}}


def decided(decision: str) -> dict[str, Any]:
    return {"EvaluationResults": [{"EvalActionName": "sts:AssumeRole", "EvalDecision": decision}]}


def said(aws: Aws, *roles: str) -> list[tuple[str, str]]:
    return [(each.state, each.what) for each in links(aws, through(*roles), IDENTITY)]


def test_each_link_is_looked_at(aws: Aws, iam: Stubber) -> None:
    iam.add_response("get_role", role(HERE, document({"Service": "redshift.amazonaws.com"})), {"RoleName": "Onward"})
    asked = {"PolicySourceArn": HERE, "ActionNames": ["sts:AssumeRole"], "ResourceArns": [THERE]}
    iam.add_response("simulate_principal_policy", decided("allowed"), asked)
    must = f"it must trust {HERE} and be allowed to assume {OURS}"
    assert said(aws, HERE, THERE, OURS) == [
        ("ok", f"{HERE} is trusted and may assume {THERE}"),
        (
            "skipped",
            f"{THERE} is of another account and cannot be read from here: {must}",
        ),
        ("ok", f"{OURS} is made by deploy, with its trust and its policy"),
    ]


def test_a_link_that_does_not_hold_is_named(aws: Aws, iam: Stubber) -> None:
    iam.add_response("get_role", role(HERE, document({"Service": "lambda.amazonaws.com"})))
    assert said(aws, HERE)[0] == (
        "failed",
        f"{HERE} does not trust redshift.amazonaws.com and redshift-serverless.amazonaws.com",
    )
    iam.add_response("get_role", role(HERE, document({"Service": "redshift.amazonaws.com"})))
    iam.add_response("simulate_principal_policy", decided("implicitDeny"))
    assert said(aws, HERE, OURS)[0] == ("failed", f"{HERE} may not assume {OURS}")
    iam.add_client_error("get_role", "NoSuchEntity", http_status_code=404)
    assert said(aws, HERE)[0] == ("failed", f"{HERE} does not exist")
    iam.add_client_error("get_role", "AccessDenied", "no", http_status_code=403)
    assert said(aws, HERE)[0][0] == "skipped"
