"""What a Lambda function has beside image, role, memory and time-out: planned, set, and taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from builder.adapters import function_states
from builder.adapters.aws import Aws
from builder.adapters.functions import LambdaFunctions
from builder.adapters.logs import CloudWatchLogs
from builder.core.config.lambda_settings import LambdaSettings
from builder.core.config.rollout import Rollout
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.core.deploy import explain, plan_options, policies
from builder.core.deploy.actions import (
    KeepLogs,
    ProvisionConcurrency,
    PutRolePolicy,
    ReserveConcurrency,
    Tag,
    TagFunction,
    TryImage,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from builder.errors import BuildError, CatalogError
from builder.model import NO_OPTIONS, Config, ImageConfig, LambdaOptions, Module
from tests.unit.deploy.cloud import H3, PARENT, POLYFILL, WITH_REDSHIFT, Site, lock, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from builder.core.deploy.desired import Scope

NAME = "carto-at-h3"
VPC = LambdaSettings(subnets=("subnet-0a", "subnet-0b"), security_groups=("sg-01",))
ALIASED = replace(WITH_REDSHIFT, rollout=Rollout(alias=True))


def h3(**config: Any) -> Sequence[Scope]:
    """The module h3, whose one function asks for this."""
    return scopes(modules=(Module(name="h3", functions=(replace(H3, config=Config(**config)),)),))


def a_site(folder: Path, settings: Settings = WITH_REDSHIFT, **config: Any) -> Site:
    site = Site(folder, settings=settings)
    site.push()
    site.deploy(h3(**config))
    return site


@pytest.mark.parametrize(
    ("config", "field", "old", "new"),
    [
        ({"environment": (("MODE", "fast"),)}, "environment", "", "MODE=115dc360"),
        ({"image_config": ImageConfig(command=("x",))}, "image_config", "", '{"command": ["x"]}'),
    ],
)
def test_an_option_comes_with_its_key_and_goes_with_it(
    tmp_path: Path, config: dict[str, Any], field: str, old: str, new: str
) -> None:
    # 115dc360: printf fast | sha256sum
    site = a_site(tmp_path)
    (change,) = (each for each in site.deploy(h3(**config)) if isinstance(each, UpdateFunctionConfiguration))
    assert [(each.field, each.old, each.new) for each in change.changes] == [(field, old, new)]
    assert site.plan(h3(**config)) == ()
    (change,) = (each for each in site.deploy(h3()) if isinstance(each, UpdateFunctionConfiguration))
    assert [(each.field, each.old, each.new) for each in change.changes] == [(field, new, old)]
    assert site.cloud.functions.held[NAME].options == NO_OPTIONS


def test_a_secret_that_somebody_set_by_hand_is_in_no_plan(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    held = site.cloud.functions.held
    held[NAME] = replace(held[NAME], options=LambdaOptions(environment=(("TOKEN", "hunter2"),)))
    plan = site.plan(h3())
    assert "TOKEN" in explain.text(plan)
    assert "hunter2" not in explain.text(plan) + json.dumps(explain.data(plan))


def test_a_value_of_the_catalogue_is_in_no_plan_either(tmp_path: Path) -> None:
    with_token = h3(environment=(("TOKEN", "hunter2"),))
    fresh = Site(tmp_path / "fresh")
    fresh.push()
    site = a_site(tmp_path / "second")
    site.images = lock(build=2)
    site.push()
    # A function that is made, one that is changed, and one that passes, in which the new image is tried.
    plans = (fresh.plan(with_token), site.plan(with_token))
    for plan in plans:
        shown = json.dumps(explain.data(plan))
        assert "hunter2" not in explain.text(plan) + shown
        # f52fbd32: printf hunter2 | sha256sum
        assert '"environment": [["TOKEN", "f52fbd32"]]' in shown
    assert [type(each) for each in plans[1]].count(TryImage) == 1


def test_reserved_concurrency_comes_and_goes(tmp_path: Path) -> None:
    site = a_site(tmp_path, reserved_concurrency=0)
    assert site.cloud.functions.held[NAME].reserved_concurrency == 0
    assert site.deploy(h3()) == (ReserveConcurrency(module="h3", name=NAME, old=0, new=None),)


def test_the_log_group_is_made_before_the_function_and_keeps_all_again_without_the_key(tmp_path: Path) -> None:
    site = a_site(tmp_path, log_retention=30)
    calls = site.cloud.faults.calls
    assert calls.index(f"put_retention_policy {NAME}") < calls.index(f"create_function {NAME}")
    assert site.cloud.logs.days == {NAME: 30}
    (logs, tags) = site.deploy(h3())
    assert isinstance(logs, KeepLogs)
    assert (logs.old, logs.new) == (30, None)
    assert isinstance(tags, TagFunction)
    assert tags.removed == (policies.RETENTION_TAG,)
    assert site.plan(h3()) == ()


def test_a_retention_that_others_set_stays(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.cloud.logs.days[NAME] = 7
    assert site.plan(h3()) == ()


def test_tags_of_ours_go_with_their_key_and_those_of_others_stay(tmp_path: Path) -> None:
    site = a_site(tmp_path, tags=(("cost centre", "42"),))
    held = site.cloud.functions.held
    held[NAME] = replace(held[NAME], tags=(*held[NAME].tags, Tag(key="theirs", value="x")))
    assert site.plan(h3(tags=(("cost centre", "42"),))) == ()
    (action,) = site.deploy(h3())
    assert isinstance(action, TagFunction)
    assert action.removed == ("cost centre", policies.TAGS_TAG)
    assert Tag(key="theirs", value="x") in held[NAME].tags


def test_in_a_vpc_the_execution_role_may_make_interfaces(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.settings = replace(WITH_REDSHIFT, functions=VPC)
    plan = site.deploy(h3())
    (policy,) = (each for each in plan if isinstance(each, PutRolePolicy))
    # AWSLambdaVPCAccessExecutionRole, but for the logs.
    for action in ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface"):
        assert f'"ec2:{action}"' in policy.new
    assert site.cloud.functions.held[NAME].options.subnets == ("subnet-0a", "subnet-0b")
    assert any(isinstance(each, UpdateFunctionConfiguration) for each in site.plan(h3(vpc=False)))


def test_provisioned_containers_wait_for_the_alias(tmp_path: Path) -> None:
    site = a_site(tmp_path, ALIASED, provisioned_concurrency=2)
    assert site.cloud.functions.held[NAME].provisioned_concurrency == 2
    assert site.plan(h3(provisioned_concurrency=2)) == ()
    assert site.deploy(h3()) == (ProvisionConcurrency(module="h3", name=NAME, alias="live", old=2, new=0),)


@pytest.mark.parametrize("key", ["snap_start", "provisioned_concurrency"])
def test_what_holds_for_versions_is_refused_where_sql_calls_none(tmp_path: Path, key: str) -> None:
    config: dict[str, Any] = {key: 1}
    with pytest.raises(CatalogError, match="RS_LAMBDA_ALIAS") as caught:
        a_site(tmp_path, **config)
    (problem,) = caught.value.problems
    assert (problem.where, problem.key) == ("functions/h3/h3_center/function.yaml", f"clouds.redshift.config.{key}")


def test_functions_of_one_lambda_share_what_can_be_shared_and_must_agree_in_the_rest(tmp_path: Path) -> None:
    def both(one: Config, other: Config) -> Sequence[Scope]:
        functions = (replace(POLYFILL, config=one), replace(PARENT, config=other))
        return scopes(modules=(Module(name="quadbin", functions=functions),))

    site = Site(tmp_path)
    site.push()
    site.deploy(both(Config(environment=(("A", "1"),), reserved_concurrency=2), Config(environment=(("B", "2"),))))
    held = site.cloud.functions.held["carto-at-quadbin"]
    assert (held.options.environment, held.reserved_concurrency) == ((("A", "1"), ("B", "2")), 2)
    with pytest.raises(CatalogError) as caught:
        site.plan(both(Config(environment=(("A", "1"),), vpc=True), Config(environment=(("A", "2"),), vpc=False)))
    assert [each.key for each in caught.value.problems] == [
        "clouds.redshift.config.environment.A",
        "clouds.redshift.config.vpc",
    ]
    assert all("own_lambda" in each.hint for each in caught.value.problems)
    site.settings = ALIASED
    with pytest.raises(CatalogError, match="SnapStart"):
        site.plan(both(Config(snap_start=True), Config(provisioned_concurrency=1)))


# The doors ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws() -> Aws:
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("lambda")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_options_are_read_as_they_are_written() -> None:
    wanted = LambdaOptions(
        environment=(("A", "1"),),
        image_config=ImageConfig(entry_point=("/e",), command=("c", "d"), working_directory="/w"),
        subnets=("subnet-0a",),
        security_groups=("sg-01",),
        snap_start=True,
    )
    written = function_states.request(wanted, [field for field, *_ in plan_options.fields(wanted, NO_OPTIONS)])
    answer = {
        "Environment": written["Environment"],
        "ImageConfigResponse": {"ImageConfig": written["ImageConfig"]},
        "VpcConfig": {**written["VpcConfig"], "VpcId": "vpc-1"},
        "SnapStart": {**written["SnapStart"], "OptimizationStatus": "Off"},
    }
    assert function_states.options(answer) == wanted
    # A function that was never in a VPC: Lambda leaves the key out, or answers with empty lists.
    assert function_states.options({"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}}) == NO_OPTIONS


def test_provisioned_containers_are_waited_for(aws: Aws, stub: Stubber) -> None:
    at = {"FunctionName": NAME, "Qualifier": "live"}
    stub.add_response("put_provisioned_concurrency_config", {}, {**at, "ProvisionedConcurrentExecutions": 2})
    stub.add_response("get_provisioned_concurrency_config", {"Status": "READY"}, at)
    LambdaFunctions(aws).provision(NAME, "live", 2)
    stub.add_response("delete_provisioned_concurrency_config", {}, at)
    LambdaFunctions(aws).provision(NAME, "live", 0)


def test_log_groups_are_asked_for_once_for_all(aws: Aws) -> None:
    with Stubber(aws.client("logs")) as logs:
        groups = [{"logGroupName": "/aws/lambda/a-b", "retentionInDays": 30}, {"logGroupName": "/aws/lambda/a-c"}]
        prefix = {"logGroupNamePrefix": "/aws/lambda/a-"}
        logs.add_response("describe_log_groups", {"logGroups": groups[:1], "nextToken": "t"}, prefix)
        logs.add_response("describe_log_groups", {"logGroups": groups[1:]}, {**prefix, "nextToken": "t"})
        assert CloudWatchLogs(aws).retention("a-") == {"a-b": 30, "a-c": None}


def test_a_log_group_that_is_there_already_gets_its_days(aws: Aws) -> None:
    with Stubber(aws.client("logs")) as logs:
        logs.add_client_error("create_log_group", "ResourceAlreadyExistsException")
        days = {"logGroupName": "/aws/lambda/f", "retentionInDays": 14}
        logs.add_response("put_retention_policy", {}, days)
        CloudWatchLogs(aws).keep("f", 14, policies.ownership("a-"))
        logs.assert_no_pending_responses()


# Lambda, UpdateFunctionCode: `Architectures` stands beside `ImageUri`; UpdateFunctionConfiguration has none.
def on_arm(site: Site) -> Site:
    """The setting, and images that were built for it."""
    built = {name: replace(each, architecture="arm64") for name, each in lock(build=2).items()}
    site.images = built
    site.settings = replace(site.settings, functions=replace(site.settings.functions, architecture="arm64"))
    site.push()
    return site


def test_another_architecture_is_another_image_in_the_one_call_and_goes_back_with_it(site: Site) -> None:
    site.deploy(scopes())
    (change,) = (each for each in on_arm(site).plan(scopes("h3")) if isinstance(each, UpdateFunctionCode))
    assert (change.old_architecture, change.architecture) == ("x86_64", "arm64")
    assert "    architecture  x86_64 -> arm64\n" in explain.text(site.plan(scopes("h3")))
    (tried,) = (each.creation for each in site.plan(scopes("h3")) if isinstance(each, TryImage))
    assert tried.architecture == "arm64"
    site.deploy(scopes())
    assert {each.architectures for each in site.cloud.functions.held.values()} == {("arm64",)}
    assert site.plan(scopes()) == ()
    site.rollback()
    assert {each.architectures for each in site.cloud.functions.held.values()} == {("x86_64",)}


def test_an_image_of_another_architecture_than_the_setting_s_is_refused_before_anything(site: Site) -> None:
    site.deploy(scopes())
    site.settings = replace(site.settings, functions=replace(site.settings.functions, architecture="arm64"))
    with pytest.raises(BuildError, match="its image was built for x86_64, and RS_LAMBDA_ARCHITECTURE says arm64"):
        site.plan(scopes())


def test_somebody_elses_architecture_is_put_right(site: Site) -> None:
    site.deploy(scopes())
    held = site.cloud.functions.held
    held["carto-at-h3"] = replace(held["carto-at-h3"], architectures=("arm64",))
    assert UpdateFunctionCode in {type(each) for each in site.plan(scopes("h3"))}
