"""From a zip Lambda that answers SQL today to an image's, against the local cloud, where both are real."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from builder.adapters.connector import connect
from builder.core.config.settings import Connection, load
from builder.core.deploy import policies
from builder.model import Statement
from tests.integration.test_deploy_cloud import Project, project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.adapters.connector import ConnectorSession

__all__ = ["project"]

pytestmark = pytest.mark.cloud

# As a deploy of zip Lambdas writes one: Redshift's request in, its reply out as a text.
ROLE = "arn:aws:iam::000000000000:role/old"
OLD = """\
import json


def lambda_handler(event, context):
    results = ["zip " + row[0] for row in event["arguments"]]
    return json.dumps({"success": True, "num_records": len(results), "results": results})
"""


def a_package() -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", OLD)
    return package.getvalue()


def make_zip(made: Project, name: str) -> str:
    client = made.client("lambda")
    answer = client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.lambda_handler",
        Code={"ZipFile": a_package()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return str(answer["FunctionName"])


@pytest.fixture
def migrating(project: Project) -> Iterator[Project]:
    """Each function has its own Lambda; `greet` is a zip Lambda, and so is one that the catalogue does not know."""
    made = replace(project, environ={**project.environ, "RS_LAMBDA_MODE": "function"})
    names = [make_zip(made, f"{made.prefix}{name}") for name in ("greet", "stranger")]
    schema = made.environ["RS_SCHEMA"]
    iam = made.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=policies.invoke_trust())
    calling = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = json.dumps({"Version": policies.VERSION, "Statement": [calling]})
    iam.put_role_policy(RoleName="old", PolicyName="invoke", PolicyDocument=document)
    made.client("redshift").modify_cluster_iam_roles(ClusterIdentifier="local", AddIamRoles=[ROLE])
    sql(
        made,
        f"CREATE SCHEMA {schema}",
        f"CREATE EXTERNAL FUNCTION {schema}.greet (VARCHAR(MAX), INTEGER) RETURNS VARCHAR(MAX) STABLE "
        f"LAMBDA '{names[0]}' IAM_ROLE '{ROLE}'",
    )
    yield made
    made.builder("remove", "--yes")
    sql(made, f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    made.client("redshift").modify_cluster_iam_roles(ClusterIdentifier="local", RemoveIamRoles=[ROLE])
    iam.delete_role_policy(RoleName="old", PolicyName="invoke")
    iam.delete_role(RoleName="old")
    for name in set(names) & set(made.ours()["functions"]):
        made.client("lambda").delete_function(FunctionName=name)


def opened(made: Project) -> ConnectorSession:
    settings = load(made.folder, flags={}, environ=made.environ)
    assert isinstance(settings.warehouse, Connection)
    return connect(settings.warehouse)


def sql(made: Project, *texts: str) -> None:
    with opened(made) as warehouse:
        warehouse.run([Statement(subject="", text=text) for text in texts])


def greet(made: Project) -> object:
    with opened(made) as warehouse:
        return warehouse.query(f"SELECT {made.environ['RS_SCHEMA']}.greet('you', 1)").rows[0][0]


def test_sql_moves_to_an_image_and_the_zip_lambda_goes_when_asked(migrating: Project) -> None:
    prefix = migrating.prefix
    assert greet(migrating) == "zip you"

    deployed = migrating.builder("deploy")
    assert deployed.code == 0, deployed.err
    said = f"{prefix}greet is a zip Lambda, which cannot become an image: {prefix}greet-image takes over"
    assert said in " ".join(deployed.err.split())
    assert migrating.ours()["functions"] == [f"{prefix}greet", f"{prefix}greet-image", f"{prefix}stranger"]
    assert "nothing to do" in migrating.builder("deploy").out
    rows = json.loads(migrating.builder("status", "--format", "json").out)["functions"]
    assert {row["function"]: row["state"] for row in rows} == {
        f"{prefix}greet-image": "Active",
        f"{prefix}greet": f"zip, replaced by {prefix}greet-image",
    }
    # The stand-in of an image answers nothing: that the zip Lambda no longer does is what this shows.
    with pytest.raises(Exception, match="greet-image"):
        greet(migrating)

    asked = migrating.builder("plan", "--remove-replaced", "--format", "json")
    assert [(each["action"], each["name"]) for each in json.loads(asked.out)] == [("delete_function", f"{prefix}greet")]
    removed = migrating.builder("deploy", "--remove-replaced", "--yes")
    assert removed.code == 0, removed.err
    assert migrating.ours()["functions"] == [f"{prefix}greet-image", f"{prefix}stranger"]
    # The name that has become free changes nothing.
    assert "nothing to do" in migrating.builder("plan", "--remove-replaced").out
