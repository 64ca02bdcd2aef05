"""The doors to Lambda, IAM and ECR: requests are checked against AWS's own models by botocore's Stubber."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from builder.adapters.aws import Aws
from builder.adapters.functions import LambdaFunctions
from builder.adapters.patience import Patience
from builder.adapters.repositories import EcrRepositories
from builder.adapters.roles import IamRoles
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.core.deploy import policies
from builder.core.deploy.actions import Change, CreateFunction, CreateRole, UpdateFunctionConfiguration
from builder.errors import AwsError
from builder.model import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "arn:aws:iam::123456789012:role/run"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:carto-at-h3"
IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/carto-at-h3@sha256:{'a' * 64}"
NAME = {"FunctionName": "carto-at-h3"}
LIVE = {**NAME, "Qualifier": "live"}
CREATION = CreateFunction(
    module="h3",
    name="carto-at-h3",
    role=ROLE,
    image=IMAGE,
    architecture="x86_64",
    memory_size=512,
    timeout=60,
    options=NO_OPTIONS,
    tags=policies.function_tags("carto-at-", "h3", "sha256:abc"),
)
NOT_YET = ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


class Pauses:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, deadline: float = 30) -> Patience:
        return Patience(deadline=deadline, sleep=self.sleep, clock=lambda: self.now)


@pytest.fixture(scope="module")
def aws() -> Aws:
    # Clients take their time to make; each test stubs them anew.
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("lambda")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def described(state: str = "Active", update: str = "Successful", **more: Any) -> dict[str, Any]:
    configuration = {
        "FunctionName": "carto-at-h3",
        "FunctionArn": ARN,
        "Role": ROLE,
        "PackageType": "Image",
        "MemorySize": 512,
        "Timeout": 60,
        "State": state,
        "LastUpdateStatus": update,
        **more,
    }
    code = {"ImageUri": IMAGE.replace("@", ":latest@"), "ResolvedImageUri": IMAGE}
    return {"Configuration": configuration, "Code": code, "Tags": {"managed-by": "somebody"}}


def arrives(stub: Stubber) -> None:
    """The two waits, each content with its first look."""
    for _ in range(2):
        stub.add_response("get_function", described(), NAME)


def test_a_function_that_is_not_there_is_none(aws: Aws, stub: Stubber) -> None:
    stub.add_client_error("get_function", "ResourceNotFoundException", expected_params=NAME)
    assert LambdaFunctions(aws).get("carto-at-h3") is None


def test_a_function_is_read_with_its_digest_and_whom_our_statement_lets_in(aws: Aws, stub: Stubber) -> None:
    statements = [
        {"Sid": "theirs", "Principal": "*"},
        {"Sid": policies.INVOKE_STATEMENT, "Principal": {"AWS": f"{ROLE}-call"}},
    ]
    stub.add_response("get_function", described(Version="$LATEST"), NAME)
    stub.add_response("get_function", described(Version="7", MemorySize=256), LIVE)
    stub.add_response("get_policy", {"Policy": json.dumps({"Statement": statements})}, NAME)
    state = LambdaFunctions(aws).get("carto-at-h3")
    assert state is not None
    assert state.live is not None
    assert (state.version, state.live.version, state.live.memory_size) == ("$LATEST", "7", 256)
    assert state.digest == f"sha256:{'a' * 64}"
    assert state.principals == (f"{ROLE}-call",)
    assert [(tag.key, tag.value) for tag in state.tags] == [("managed-by", "somebody")]


def test_a_function_is_created_from_a_digest_and_waited_for(aws: Aws, stub: Stubber) -> None:
    expected = {
        **NAME,
        "Role": ROLE,
        "PackageType": "Image",
        "Code": {"ImageUri": IMAGE},
        "Architectures": ["x86_64"],
        "MemorySize": 512,
        "Timeout": 60,
        "Description": ANY,
        "Tags": {
            "managed-by": "analytics-toolbox-gateway",
            "gateway-prefix": "carto-at-",
            "gateway-module": "h3",
            "content-hash": "sha256:abc",
        },
    }
    stub.add_response("create_function", {"State": "Pending"}, expected)
    arrives(stub)
    stub.add_response("get_function", described(), NAME)
    assert LambdaFunctions(aws).create(CREATION) == ARN


def test_a_role_that_lambda_cannot_assume_yet_is_waited_for(aws: Aws, stub: Stubber) -> None:
    pauses = Pauses()
    for _ in range(3):
        stub.add_client_error("create_function", *NOT_YET)
    stub.add_response("create_function", {})
    arrives(stub)
    stub.add_response("get_function", described(), NAME)
    LambdaFunctions(aws, patience=pauses.patience()).create(CREATION)
    assert pauses.slept == [1, 2, 4]


def test_a_role_that_lambda_can_never_assume_is_given_up_at_the_deadline(aws: Aws, stub: Stubber) -> None:
    pauses = Pauses()
    for _ in range(4):
        stub.add_client_error("create_function", *NOT_YET)
    with pytest.raises(AwsError, match="cannot be assumed by Lambda"):
        LambdaFunctions(aws, patience=pauses.patience(deadline=10)).create(CREATION)
    assert sum(pauses.slept) <= 10


def test_any_other_wrong_parameter_is_no_reason_to_wait(aws: Aws, stub: Stubber) -> None:
    pauses = Pauses()
    stub.add_client_error("create_function", "InvalidParameterValueException", "layer media type is not supported")
    with pytest.raises(AwsError, match="media type") as caught:
        LambdaFunctions(aws, patience=pauses.patience()).create(CREATION)
    assert "not an index" in caught.value.problems[0].hint
    assert pauses.slept == []


def test_a_creation_whose_answer_was_lost_is_recognised(aws: Aws, stub: Stubber) -> None:
    stub.add_client_error("create_function", "ResourceConflictException")
    stub.add_response("get_function", described("Pending"), NAME)
    stub.add_client_error("get_function", "ResourceNotFoundException", expected_params=LIVE)
    stub.add_client_error("get_policy", "ResourceNotFoundException")
    arrives(stub)
    stub.add_response("get_function", described(), NAME)
    assert LambdaFunctions(aws).create(CREATION) == ARN


def test_a_function_that_fails_to_start_is_reported_with_its_reason_code(aws: Aws, stub: Stubber) -> None:
    failed = described("Failed", StateReasonCode="ImageAccessDenied", StateReason="Lambda was refused the image.")
    stub.add_response("create_function", {})
    stub.add_response("get_function", failed, NAME)
    with pytest.raises(AwsError) as caught:
        LambdaFunctions(aws).create(CREATION)
    (problem,) = caught.value.problems
    assert problem.what == "failed: ImageAccessDenied: Lambda was refused the image."
    assert "repository's policy" in problem.hint


def test_an_update_that_fails_is_reported_with_its_reason_code(aws: Aws, stub: Stubber) -> None:
    failed = described(update="Failed", LastUpdateStatusReasonCode="InvalidImage", LastUpdateStatusReason="Bad image.")
    stub.add_response("update_function_code", {}, {**NAME, "ImageUri": IMAGE, "Architectures": ["arm64"]})
    stub.add_response("get_function", described(), NAME)
    stub.add_response("get_function", failed, NAME)
    with pytest.raises(AwsError, match=r"failed: InvalidImage: Bad image\."):
        LambdaFunctions(aws).run_image("carto-at-h3", IMAGE, "arm64")


def test_a_configuration_goes_back_to_the_image_s_own_entry_point(aws: Aws, stub: Stubber) -> None:
    expected = {**NAME, "Role": ROLE, "MemorySize": 1024, "Timeout": 60, "ImageConfig": {}}
    stub.add_response("update_function_configuration", {}, expected)
    arrives(stub)
    action = UpdateFunctionConfiguration(
        module="h3",
        name="carto-at-h3",
        role=ROLE,
        memory_size=1024,
        timeout=60,
        options=NO_OPTIONS,
        changes=(Change(field="image_config", old='{"command": ["x"]}', new=""),),
    )
    LambdaFunctions(aws).configure(action)


def test_a_permission_replaces_the_one_before(aws: Aws, stub: Stubber) -> None:
    statement = {**NAME, "StatementId": "redshift-invoke"}
    stub.add_response("remove_permission", {}, statement)
    stub.add_response("add_permission", {}, {**statement, "Action": "lambda:InvokeFunction", "Principal": ROLE})
    LambdaFunctions(aws).grant("carto-at-h3", ROLE)


def test_where_sql_calls_the_alias_the_permission_is_the_alias_s(aws: Aws, stub: Stubber) -> None:
    statement = {**LIVE, "StatementId": "redshift-invoke"}
    stub.add_client_error("remove_permission", "ResourceNotFoundException", expected_params=statement)
    stub.add_response("add_permission", {}, {**statement, "Action": "lambda:InvokeFunction", "Principal": ROLE})
    LambdaFunctions(aws, called="live").grant("carto-at-h3", ROLE)


def test_all_pages_of_functions_are_read_and_only_our_prefix_kept(aws: Aws, stub: Stubber) -> None:
    pages = [["carto-at-b", "other"], ["carto-at-a"]]
    stub.add_response("list_functions", {"Functions": [{"FunctionName": n} for n in pages[0]], "NextMarker": "m"}, {})
    stub.add_response("list_functions", {"Functions": [{"FunctionName": n} for n in pages[1]]}, {"Marker": "m"})
    assert LambdaFunctions(aws).names("carto-at-") == ("carto-at-a", "carto-at-b")


def test_deleting_what_is_gone_is_no_error(aws: Aws, stub: Stubber) -> None:
    stub.add_client_error("delete_function", "ResourceNotFoundException", expected_params=NAME)
    LambdaFunctions(aws).delete("carto-at-h3")


def role(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "Role": {
            "Path": "/",
            "RoleName": "CartoATRedshiftInvokeRole",
            "RoleId": "AROA1234567890123456",
            "Arn": f"{ROLE}-call",
            "CreateDate": "2026-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": json.dumps(document),
            "Tags": [{"Key": "managed-by", "Value": "analytics-toolbox-gateway"}],
        }
    }


def test_a_role_is_read_as_canonical_documents(aws: Aws) -> None:
    services = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": services}, "Action": ["sts:AssumeRole"]}],
    }
    with Stubber(aws.client("iam")) as stub:
        stub.add_response("get_role", role(trust), {"RoleName": "CartoATRedshiftInvokeRole"})
        stub.add_client_error("get_role_policy", "NoSuchEntity")
        state = IamRoles(aws).get("CartoATRedshiftInvokeRole", ("invoke",))
    assert state is not None
    assert state.trust == policies.invoke_trust()
    assert state.policy("invoke") is None


def test_a_role_made_a_moment_ago_may_not_be_known_yet(aws: Aws) -> None:
    pauses = Pauses()
    with Stubber(aws.client("iam")) as stub:
        stub.add_response(
            "create_role", role({}), {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "d", "Tags": []}
        )
        stub.add_client_error("put_role_policy", "NoSuchEntity")
        stub.add_response("put_role_policy", {}, {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"})
        roles = IamRoles(aws, patience=pauses.patience())
        assert roles.create(CreateRole(name="r", description="d", trust="{}", tags=())) == f"{ROLE}-call"
        roles.put_policy("r", "p", "{}")
    assert pauses.slept == [1]


def test_a_role_is_deleted_after_its_policies(aws: Aws) -> None:
    with Stubber(aws.client("iam")) as stub:
        stub.add_response("delete_role_policy", {}, {"RoleName": "r", "PolicyName": "p"})
        stub.add_client_error("delete_role", "NoSuchEntity", expected_params={"RoleName": "r"})
        IamRoles(aws).delete("r", ("p",))
        stub.assert_no_pending_responses()


def test_an_image_is_there_only_if_ecr_names_its_digest(aws: Aws) -> None:
    digest, repository = f"sha256:{'a' * 64}", "carto-at-h3"
    expected = {"repositoryName": repository, "imageIds": [{"imageDigest": digest}]}
    with Stubber(aws.client("ecr")) as stub:
        stub.add_response("describe_images", {"imageDetails": [{"imageDigest": digest}]}, expected)
        # Some registries answer with nothing where ECR says ImageNotFoundException.
        stub.add_response("describe_images", {"imageDetails": []}, expected)
        stub.add_client_error("describe_images", "ImageNotFoundException")
        stub.add_client_error("describe_images", "RepositoryNotFoundException")
        found = [EcrRepositories(aws).holds(repository, digest) for _ in range(4)]
    assert found == [True, False, False, False]


def test_a_token_is_split_and_never_printed(aws: Aws) -> None:
    # "AWS:token" in base64.
    data = {
        "authorizationToken": "QVdTOnRva2Vu",
        "proxyEndpoint": "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    }
    with Stubber(aws.client("ecr")) as stub:
        stub.add_response("get_authorization_token", {"authorizationData": [data]})
        login = EcrRepositories(aws).login()
    assert login.registry == "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert (login.user, login.password.reveal()) == ("AWS", "token")
    assert "token" not in repr(login)


def test_the_identity_gives_the_partition(aws: Aws) -> None:
    arn = "arn:aws-cn:iam::123456789012:user/deployer"
    with Stubber(aws.client("sts")) as stub:
        stub.add_response("get_caller_identity", {"Account": "123456789012", "Arn": arn, "UserId": "A" * 16})
        identity = aws.identity()
    assert (identity.account, identity.region, identity.partition) == ("123456789012", "eu-west-1", "aws-cn")
