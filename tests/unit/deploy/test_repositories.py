"""Repositories: made, kept as they should be, and shared with other accounts; images that wait to be pushed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from builder.adapters.aws import Aws
from builder.adapters.repositories import EcrRepositories
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.core.deploy import plan_images, policies
from builder.core.deploy.actions import Change, ConfigureRepository, CreateRepository, PushImage, PutRepositoryPolicy
from builder.core.deploy.observed import Identity
from builder.errors import BuildError
from tests.unit.deploy.cloud import WITH_REDSHIFT, Site, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = Identity(account="123456789012", region="eu-west-1")
# As "Amazon ECR cross-account permissions" of the Lambda developer guide has it, for one account.
GUIDE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "CrossAccountPermission",
            "Effect": "Allow",
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        },
        {
            "Sid": "LambdaECRImageCrossAccountRetrievalPolicy",
            "Effect": "Allow",
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Condition": {"StringLike": {"aws:sourceARN": "arn:aws:lambda:eu-west-1:210987654321:function:*"}},
        },
    ],
}
LAMBDAS_OWN = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
}
SHARED = str(policies.repository_policy(HERE, ("210987654321",)))


def unnamed(document: str) -> list[dict[str, Any]]:
    return [{key: part for key, part in each.items() if key != "Sid"} for each in json.loads(document)["Statement"]]


def a_site(folder: Path, settings: Settings = WITH_REDSHIFT) -> Site:
    site = Site(folder, settings=settings)
    site.push()
    site.deploy(scopes())
    return site


def waiting(site: Site) -> Site:
    """Its images are built anew, and pushed nowhere."""
    site.cloud.images.digests = {name: each.digest for name, each in site.images.items()}
    site.images = {name: replace(each, repository="") for name, each in site.images.items()}
    return site


def test_both_statements_are_those_of_lambdas_guide() -> None:
    assert unnamed(SHARED) == unnamed(policies.canonical(GUIDE))


def test_statements_of_others_stay_in_a_repositorys_policy() -> None:
    theirs = {"Version": "2012-10-17", "Statement": [LAMBDAS_OWN]}
    both = json.loads(str(policies.merged(theirs, SHARED)))
    assert LAMBDAS_OWN in both["Statement"]
    assert policies.ours_in(both) == SHARED
    assert json.loads(str(policies.merged(both, None))) == theirs
    assert policies.merged(json.loads(SHARED), None) is None
    # IAM's grammar takes a single statement without a list.
    assert policies.ours_in({"Version": "2012-10-17", "Statement": LAMBDAS_OWN}) is None


def test_what_somebody_changed_of_a_repository_is_put_right(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.repositories.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], mutability="MUTABLE", scan_on_push=False)
    changes = (
        Change(field="imageTagMutability", old="MUTABLE", new="IMMUTABLE"),
        Change(field="scanOnPush", old="false", new="true"),
    )
    assert site.plan(scopes()) == (ConfigureRepository(module="h3", name="carto-at-h3", changes=changes),)


def test_accounts_come_and_go_with_the_setting(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.settings = replace(WITH_REDSHIFT, image_accounts=("210987654321",))
    assert site.deploy(scopes("h3")) == (PutRepositoryPolicy(module="h3", name="carto-at-h3", old=None, new=SHARED),)
    site.settings = WITH_REDSHIFT
    assert site.plan(scopes("h3")) == (PutRepositoryPolicy(module="h3", name="carto-at-h3", old=SHARED, new=None),)


def test_a_repository_that_is_not_ours_is_left_as_it_is(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.repositories.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], mutability="MUTABLE", tags=())
    assert site.plan(scopes()) == ()


def test_an_image_that_is_built_and_not_pushed_is_pushed_by_deploy(tmp_path: Path) -> None:
    site = Site(tmp_path)
    waiting(site)
    plan = site.deploy(scopes("h3"))
    digest = site.cloud.images.digests["h3"]
    address = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/carto-at-h3"
    made = [each for each in plan if isinstance(each, (CreateRepository, PushImage))]
    assert made == [
        CreateRepository(module="h3", name="carto-at-h3", tags=policies.ownership("carto-at-")),
        PushImage(module="h3", name="carto-at-h3", image="h3", address=address, digest=digest, size=1000),
    ]
    assert site.cloud.functions.held["carto-at-h3"].image == f"{address}@{digest}"


def test_an_image_that_was_deleted_from_the_registry_is_pushed_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.push()
    site.cloud.repositories.images["carto-at-h3"].clear()
    with pytest.raises(BuildError, match="not in a registry"):
        site.plan(scopes("h3"))
    site.cloud.images.digests = {"h3": site.images["h3"].digest}
    assert any(isinstance(each, PushImage) for each in site.plan(scopes("h3")))


@pytest.mark.parametrize(
    ("settings", "partition", "address"),
    [
        (Settings(), "aws-cn", "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn/carto-at-h3"),
        (Settings(image_registry="localhost:4566/team"), "aws", "localhost:4566/team/carto-at-h3"),
    ],
)
def test_where_an_image_goes(settings: Settings, partition: str, address: str) -> None:
    assert plan_images.address("h3", settings, replace(HERE, partition=partition), None) == address


# The door -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws() -> Aws:
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def ecr(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("ecr")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_repository_is_read_with_what_we_keep_of_it(aws: Aws, ecr: Stubber) -> None:
    arn, name = "arn:aws:ecr:eu-west-1:123456789012:repository/rr", {"repositoryName": "rr"}
    described = {
        "repositoryName": "rr",
        "repositoryArn": arn,
        "repositoryUri": "host/rr",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    }
    text = json.dumps({**GUIDE, "Statement": [LAMBDAS_OWN, *json.loads(SHARED)["Statement"]]})
    ecr.add_response("describe_repositories", {"repositories": [described]}, {"repositoryNames": ["rr"]})
    ecr.add_response("list_tags_for_resource", {"tags": [{"Key": "k", "Value": "v"}]}, {"resourceArn": arn})
    ecr.add_client_error("get_lifecycle_policy", "LifecyclePolicyNotFoundException", expected_params=name)
    ecr.add_response("get_repository_policy", {"policyText": text}, name)
    state = EcrRepositories(aws).get("rr")
    assert state is not None
    assert (state.mutability, state.scan_on_push, state.lifecycle, state.policy) == ("IMMUTABLE", True, None, SHARED)


def test_the_lifecycle_rules_are_a_list_as_ecr_wants_them(aws: Aws, ecr: Stubber) -> None:
    rules = json.loads(policies.lifecycle())["rules"]
    text = json.dumps({"rules": [rules]})
    ecr.add_response("put_lifecycle_policy", {}, {"repositoryName": "rr", "lifecyclePolicyText": text})
    EcrRepositories(aws).put_lifecycle("rr", policies.lifecycle())


def test_a_policy_of_ours_alone_is_deleted_with_its_last_statement(aws: Aws, ecr: Stubber) -> None:
    ecr.add_response("get_repository_policy", {"policyText": SHARED})
    ecr.add_response("delete_repository_policy", {}, {"repositoryName": "rr"})
    EcrRepositories(aws).put_policy("rr", None)
