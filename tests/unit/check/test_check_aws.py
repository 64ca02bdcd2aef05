"""Simulated permissions: requests are checked against IAM's own model by botocore's Stubber."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.credentials
import pytest
from botocore.stub import ANY, Stubber

from builder.adapters import check_aws
from builder.adapters.aws import METHODS, Aws
from builder.adapters.fake_registry import IDENTITY
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.core.deploy import permissions
from builder.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.deploy.road_permissions import Grant

SETTINGS = Settings(aws=AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test")))
USER = replace(IDENTITY, arn="arn:aws:iam::123456789012:user/ci")
SESSION = replace(IDENTITY, arn="arn:aws:sts::123456789012:assumed-role/Deployer/carto-at-deployer")
ROLE = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Deployer"


@pytest.fixture(scope="module")
def aws() -> Aws:
    return Aws(SETTINGS)


@pytest.fixture
def iam(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("iam")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def results(grant: Grant, *denied: str) -> list[dict[str, Any]]:
    return [
        {"EvalActionName": action, "EvalDecision": "implicitDeny" if action in denied else "allowed"}
        for action in grant.actions
    ]


def answer(iam: Stubber, *denied: str, principal: str = USER.arn) -> None:
    for grant in permissions.deployer(SETTINGS, USER):
        expected: dict[str, Any] = {
            "PolicySourceArn": principal,
            "ActionNames": list(grant.actions),
            "ResourceArns": list(grant.samples),
        }
        if grant.passed_to:
            expected["ContextEntries"] = ANY
        iam.add_response("simulate_principal_policy", {"EvaluationResults": results(grant, *denied)}, expected)


def test_a_user_who_may_do_everything(aws: Aws, iam: Stubber) -> None:
    answer(iam)
    found = check_aws.permitted(aws, SETTINGS, USER)
    assert [each.state for each in found] == ["ok"] * len(permissions.deployer(SETTINGS, USER))


def test_what_is_denied_is_named_with_the_statement_to_add(aws: Aws, iam: Stubber) -> None:
    answer(iam, "ecr:PutImage", "iam:PassRole")
    failed = [each for each in check_aws.permitted(aws, SETTINGS, USER) if each.state == "failed"]
    assert [each.topic for each in failed] == ["permissions: Repositories", "permissions: PassRole"]
    assert failed[0].what.startswith("ecr:PutImage denied on arn:aws:ecr:")
    assert failed[0].hint.startswith("add the statement Repositories")
    assert {each.exit_code for each in failed} == {AwsError.exit_code}


def test_a_session_is_simulated_as_its_role_path_and_all(aws: Aws, iam: Stubber) -> None:
    role = {
        "Path": "/aws-reserved/sso.amazonaws.com/",
        "RoleName": "Deployer",
        "RoleId": "A" * 16,
        "Arn": ROLE,
        "CreateDate": "2026-01-01",
    }
    iam.add_response("get_role", {"Role": role}, {"RoleName": "Deployer"})
    answer(iam, principal=ROLE)
    assert {each.state for each in check_aws.permitted(aws, SETTINGS, SESSION)} == {"ok"}


def test_pages_are_read_to_the_end(aws: Aws, iam: Stubber) -> None:
    first, *others = permissions.deployer(SETTINGS, USER)
    page = {"EvaluationResults": results(first)[:1], "IsTruncated": True, "Marker": "more"}
    iam.add_response("simulate_principal_policy", page)
    iam.add_response("simulate_principal_policy", {"EvaluationResults": results(first, *first.actions)[1:]})
    for grant in others:
        iam.add_response("simulate_principal_policy", {"EvaluationResults": results(grant)})
    assert [each.state for each in check_aws.permitted(aws, SETTINGS, USER)][:2] == ["failed", "ok"]


def test_who_may_not_simulate_is_told_so_and_has_not_failed(aws: Aws, iam: Stubber) -> None:
    iam.add_client_error("simulate_principal_policy", "AccessDenied", "no")
    (found,) = check_aws.permitted(aws, SETTINGS, USER)
    assert found.state == "skipped"
    assert found.what.startswith("could not be simulated")
    assert "--print-policy" in found.hint


def test_root_and_federated_users_cannot_be_simulated(aws: Aws) -> None:
    for arn in ("arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/x"):
        (found,) = check_aws.permitted(aws, SETTINGS, replace(USER, arn=arn))
        assert found.state == "skipped"


def test_keys_of_the_settings_are_called_so(aws: Aws) -> None:
    assert aws.method() == "keys of the settings"


def test_every_way_to_credentials_that_botocore_knows_has_a_name() -> None:
    found = (getattr(value, "METHOD", None) for value in vars(botocore.credentials).values() if isinstance(value, type))
    known = {word for word in found if word}
    assert known <= set(METHODS)
