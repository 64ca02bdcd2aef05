"""The invoke role at the cluster or the namespace: planned, and written without losing what others attached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from builder.adapters.aws import Aws
from builder.adapters.holders import ClusterRoles, NamespaceRoles
from builder.adapters.patience import Patience
from builder.core.config.settings import Aws as AwsSettings
from builder.core.config.settings import Secret, Settings
from builder.core.deploy.actions import AttachRole, DetachRole
from builder.core.deploy.observed import HolderState
from builder.core.deploy.plan import remarks
from builder.errors import AwsError
from tests.unit.deploy.cloud import WITH_CLUSTER, WITH_REDSHIFT, Site, scopes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "arn:aws:iam::123456789012:role"
OTHERS, OURS = f"{ACCOUNT}/Unload", f"{ACCOUNT}/CartoATRedshiftInvokeRole"
CHAIN = f"{ACCOUNT}/first,arn:aws:iam::210987654321:role/second"
WORKGROUP = {"workgroup": {"workgroupName": "maps", "namespaceName": "geo"}}


def a_site(folder: Path, settings: Settings = WITH_CLUSTER) -> Site:
    site = Site(folder, settings=settings)
    site.cloud.holder.state = HolderState(roles=(OTHERS,), default=OTHERS)
    site.push()
    return site


def test_the_role_is_attached_before_the_sql_that_names_it_and_goes_before_it_is_deleted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    made = site.deploy(scopes())
    assert [each for each in made if isinstance(each, AttachRole)] == [
        AttachRole(holder="cluster maps", role=OURS, old=(OTHERS,))
    ]
    calls = site.cloud.faults.calls
    attached = calls.index(f"modify_cluster_iam_roles {OURS}")
    assert calls.index("put_role_policy CartoATRedshiftInvokeRole") < attached
    assert all("transaction" not in call and "run" not in call.split()[0] for call in calls[:attached])
    gone = site.remove(scopes())
    assert [each for each in gone if isinstance(each, DetachRole)] == [
        DetachRole(holder="cluster maps", role=OURS, old=(OTHERS, OURS))
    ]
    assert site.cloud.holder.state == HolderState(roles=(OTHERS,), default=OTHERS)


def test_of_a_given_chain_the_first_role_is_attached_and_stays_when_everything_goes(tmp_path: Path) -> None:
    site = a_site(tmp_path, replace(WITH_CLUSTER, invoke_role=CHAIN))
    site.deploy(scopes())
    assert site.cloud.holder.state.roles == (OTHERS, f"{ACCOUNT}/first")
    site.remove(scopes())
    assert site.cloud.holder.state.roles == (OTHERS, f"{ACCOUNT}/first")


def test_a_role_that_somebody_took_away_comes_back(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.deploy(scopes())
    site.cloud.holder.state = HolderState(roles=(OTHERS,))
    assert site.plan(scopes()) == (AttachRole(holder="cluster maps", role=OURS, old=(OTHERS,)),)


def test_native_sql_alone_needs_no_role(tmp_path: Path) -> None:
    assert not [each for each in a_site(tmp_path).plan(scopes("quadbin_twice")) if isinstance(each, AttachRole)]


def test_without_a_name_the_first_plan_says_what_to_attach(tmp_path: Path) -> None:
    site = a_site(tmp_path, WITH_REDSHIFT)
    (said,) = remarks(scopes(), site.settings, site.observe(scopes()), removal=False)
    assert said.startswith(f"{OURS} must be attached")
    site.deploy(scopes())
    assert remarks(scopes(), site.settings, site.observe(scopes()), removal=False) == ()


# The doors -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws() -> Aws:
    keys = AwsSettings(region="eu-west-1", access_key_id="test", secret_access_key=Secret("test"))
    return Aws(Settings(aws=keys))


@pytest.fixture
def redshift(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("redshift")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def serverless(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("redshift-serverless")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def patience() -> Patience:
    """A clock that only sleeping moves; 6 seconds are three tries: at 0, 1 and 3."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Patience(deadline=6, sleep=sleep, clock=lambda: now[0])


def cluster(**roles: str) -> dict[str, Any]:
    attached = [
        {"IamRoleArn": f"{ACCOUNT}/{name}", "ApplyStatus": state.replace("_", "-")} for name, state in roles.items()
    ]
    return {"Clusters": [{"ClusterIdentifier": "maps", "IamRoles": attached}]}


def namespace(*roles: str, default: str = "", status: str = "AVAILABLE") -> dict[str, Any]:
    found: dict[str, Any] = {"namespaceName": "geo", "iamRoles": list(roles), "status": status}
    return {"namespace": found | ({"defaultIamRoleArn": default} if default else {})}


def test_a_cluster_is_told_what_comes_and_the_role_is_waited_for(
    aws: Aws, redshift: Stubber, patience: Patience
) -> None:
    name = {"ClusterIdentifier": "maps"}
    redshift.add_client_error("modify_cluster_iam_roles", "InvalidClusterState", "It is being resized.")
    redshift.add_response("modify_cluster_iam_roles", {}, {**name, "AddIamRoles": [f"{ACCOUNT}/Ours"]})
    redshift.add_response("describe_clusters", cluster(Unload="in_sync", Ours="adding"), name)
    redshift.add_response("describe_clusters", cluster(Unload="in_sync", Ours="in_sync"), name)
    ClusterRoles(aws, "maps", patience=patience).attach(f"{ACCOUNT}/Ours")


def test_a_role_on_its_way_out_of_a_cluster_is_not_attached(aws: Aws, redshift: Stubber) -> None:
    redshift.add_response("describe_clusters", cluster(Unload="in_sync", Ours="removing"))
    assert ClusterRoles(aws, "maps").get() == HolderState(roles=(OTHERS,))


def test_a_role_that_never_arrives_is_given_up_with_what_to_do(aws: Aws, redshift: Stubber, patience: Patience) -> None:
    redshift.add_response("modify_cluster_iam_roles", {})
    for _ in range(3):
        redshift.add_response("describe_clusters", cluster(Ours="adding"))
    with pytest.raises(AwsError, match="still changing") as caught:
        ClusterRoles(aws, "maps", patience=patience).attach(f"{ACCOUNT}/Ours")
    assert caught.value.problems[0].where == "cluster maps"


def test_a_namespaces_other_roles_and_its_default_are_written_again(
    aws: Aws, serverless: Stubber, patience: Patience
) -> None:
    # The form in which GetNamespace answers: the text of a structure.
    before = f"IamRole(applyStatus=in-sync, iamRoleArn={OTHERS})"
    serverless.add_response("get_workgroup", WORKGROUP, {"workgroupName": "maps"})
    serverless.add_response("get_namespace", namespace(before, default=OTHERS), {"namespaceName": "geo"})
    serverless.add_response(
        "update_namespace",
        namespace(before),
        {"namespaceName": "geo", "iamRoles": [OTHERS, OURS], "defaultIamRoleArn": OTHERS},
    )
    coming, there = (f"IamRole(applyStatus={state}, iamRoleArn={OURS})" for state in ("adding", "in-sync"))
    for answer in (namespace(before, coming, status="MODIFYING"), namespace(before, there)):
        serverless.add_response("get_workgroup", WORKGROUP)
        serverless.add_response("get_namespace", answer)
    NamespaceRoles(aws, "maps", patience=patience).attach(OURS)


def test_a_default_role_that_is_detached_is_the_default_no_more(
    aws: Aws, serverless: Stubber, patience: Patience
) -> None:
    serverless.add_response("get_workgroup", WORKGROUP)
    serverless.add_response("get_namespace", namespace(OTHERS, OURS, default=OURS))
    serverless.add_response("update_namespace", namespace(OTHERS), {"namespaceName": "geo", "iamRoles": [OTHERS]})
    serverless.add_response("get_workgroup", WORKGROUP)
    serverless.add_response("get_namespace", namespace(OTHERS))
    NamespaceRoles(aws, "maps", patience=patience).detach(OURS)
