"""Plan, deploy, status and remove as a user calls them, against the local cloud.

The images are stand-ins that nothing runs: what runs is the business of the tests that invoke and query.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from builder import names
from builder.adapters import locks, receipts
from builder.adapters.aws import Aws
from builder.adapters.connector import connect
from builder.adapters.functions import LambdaFunctions
from builder.adapters.logs import CloudWatchLogs
from builder.adapters.observe import Question, World, observe
from builder.adapters.repositories import EcrRepositories
from builder.adapters.roles import IamRoles
from builder.adapters.versions import LambdaVersions
from builder.apply import Ledger, apply
from builder.core.catalog.load import open_catalog
from builder.core.catalog.selection import selection
from builder.core.config.settings import Connection, load
from builder.core.deploy import plan as deploy_plan
from builder.core.deploy.desired import Scope
from builder.core.deploy.receipt import place_of
from builder.core.images import lock as images
from builder.model import Image
from builder.testing import Suite
from tests.integration import command_line
from tests.integration.planted import CREDENTIALS, PLANTED, traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.integration.command_line import Outcome

pytestmark = pytest.mark.cloud

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": f"sha256:{'0' * 64}"}

LAMBDA_FUNCTION = """
function_type: scalar
status: stable
author: Analytics Toolbox
description: Says hello.
arguments:
  - {name: name, type: string, description: Whom to greet}
  - {name: times, type: int, description: How often}
output: {type: string, description: A greeting}
examples:
  - {description: One, sql: "SELECT carto.GREET('you', 1)", output: "hello you"}
clouds:
  redshift:
    type: lambda
    code_file: code/lambda/python/handler.py
"""
SQL_FUNCTION = """
function_type: scalar
status: stable
author: Analytics Toolbox
description: Says hello twice.
arguments:
  - {name: name, type: string, description: Whom to greet}
output: {type: string, description: A greeting}
examples:
  - {description: Two, sql: "SELECT carto.GREET_TWICE('you')", output: "hello you hello you"}
clouds:
  redshift: {type: sql}
"""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with a catalogue of two functions, a lock, and a prefix of its own."""

    folder: Path
    environ: dict[str, str]
    prefix: str

    def builder(self, *arguments: str) -> Outcome:
        return command_line.builder(self.folder, self.environ, *arguments)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.environ.get(
                f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}", self.environ["AWS_ENDPOINT_URL"]
            ),
            region_name=self.environ["AWS_REGION"],
            aws_access_key_id=self.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environ["AWS_SECRET_ACCESS_KEY"],
        )

    def ours(self) -> dict[str, list[str]]:
        """What AWS has under the prefix."""
        functions = self.client("lambda").list_functions()["Functions"]
        repositories = self.client("ecr").describe_repositories()["repositories"]
        roles = self.client("iam").list_roles()["Roles"]
        return {
            "functions": [each["FunctionName"] for each in functions if each["FunctionName"].startswith(self.prefix)],
            "repositories": [
                each["repositoryName"] for each in repositories if each["repositoryName"].startswith(self.prefix)
            ],
            "roles": sorted(each["RoleName"] for each in roles if each["RoleName"].startswith("CiDeploy")),
        }

    def push(self, content: str) -> None:
        """A stand-in for build and push: a manifest in the registry, and its digest in the lock."""
        name = f"{self.prefix}greeting"
        ecr = self.client("ecr")
        if name not in self.ours()["repositories"]:
            tags = {"managed-by": "analytics-toolbox-gateway", "gateway-prefix": self.prefix}
            ecr.create_repository(
                repositoryName=name, tags=[{"Key": key, "Value": value} for key, value in tags.items()]
            )
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MEDIA_TYPE,
                "config": CONFIG,
                "layers": [],
                "annotations": {"content": content},
            }
        )
        answer = ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag=content)
        digest = answer["image"]["imageId"]["imageDigest"]
        assert digest == f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        image = Image(
            module="greeting",
            repository=f"{self.environ['IMAGE_REGISTRY']}/{name}",
            digest=digest,
            media_type=MEDIA_TYPE,
            size=2,
            content_hash=f"sha256:{hashlib.sha256(content.encode()).hexdigest()}",
            functions=("greet",),
        )
        images.write(self.folder / ".builder", {"greeting": image})


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, local_cloud: Mapping[str, str], request: pytest.FixtureRequest) -> Iterator[Project]:
    """Everything of ours is gone when the test ends, whatever it has left."""
    folder = tmp_path / "project"
    greet, twice = (folder / "functions" / "greeting" / name for name in ("greet", "greet_twice"))
    write(greet / "function.yaml", LAMBDA_FUNCTION)
    write(greet / "README.md", "# greet\n")
    write(greet / "code" / "lambda" / "python" / "handler.py", "def lambda_handler(event, context):\n    return None\n")
    write(twice / "function.yaml", SQL_FUNCTION)
    write(twice / "README.md", "# greet_twice\n")
    write(twice / "code" / "redshift.sql", "SELECT {{ schema }}.greet($1, 2)\n")
    serial = f"{zlib.crc32(request.node.name.encode()) % 10**6:06d}"
    prefix = f"ci-deploy-{serial}-"
    environ = {
        **local_cloud,
        "RS_LAMBDA_PREFIX": prefix,
        "RS_SCHEMA": f"ci_deploy_{serial}",
        # Nothing answers in a stand-in.
        "RS_LAMBDA_SMOKE": "false",
    }
    made = Project(folder=folder, environ=environ, prefix=prefix)
    made.push("one")
    yield made
    made.builder("remove", "--yes")


def test_a_plan_changes_nothing_and_a_dry_run_prints_the_very_same(project: Project) -> None:
    before = project.ours()
    plan = project.builder("plan", "--detailed-exitcode")
    assert plan.code == 2, plan.err
    dry = project.builder("deploy", "--dry-run")
    assert (dry.code, dry.out) == (0, plan.out)
    assert project.ours() == before
    deployed = project.builder("deploy")
    assert deployed.code == 0, deployed.err
    assert deployed.out.startswith(plan.out)


def test_a_second_deploy_has_nothing_to_do(project: Project) -> None:
    first = project.builder("deploy", "--format", "json")
    assert first.code == 0, first.err
    assert json.loads(first.out)["plan"]
    again = project.builder("deploy", "--format", "json")
    assert json.loads(again.out)["plan"] == []
    assert json.loads(again.out)["receipt"] == json.loads(first.out)["receipt"]
    assert project.builder("plan", "--detailed-exitcode").code == 0


def test_the_function_runs_the_digest_of_the_lock(project: Project) -> None:
    assert project.builder("deploy").code == 0
    project.push("two")
    plan = project.builder("plan")
    assert "Lambda function" in plan.out
    assert project.builder("deploy").code == 0
    answer = project.client("lambda").get_function(FunctionName=f"{project.prefix}greeting")
    lock = images.read(project.folder / ".builder")["greeting"]
    assert answer["Code"]["ImageUri"] == lock.reference
    assert answer["Tags"]["content-hash"] == lock.content_hash
    assert (answer["Configuration"]["MemorySize"], answer["Configuration"]["Timeout"]) == (512, 60)
    live = project.client("lambda").get_function(FunctionName=f"{project.prefix}greeting", Qualifier="live")
    assert live["Configuration"]["Version"] == "2"
    assert live["Code"]["ImageUri"] == lock.reference


def test_status_shows_what_runs_beside_the_lock(project: Project) -> None:
    (row,) = json.loads(project.builder("status", "--format", "json").out)["functions"]
    assert (row["state"], row["lock"], row["sql"]) == ("not deployed", "not deployed", "0 of 2")
    assert project.builder("deploy").code == 0
    (row,) = json.loads(project.builder("status", "--format", "json").out)["functions"]
    assert (row["function"], row["state"]) == (f"{project.prefix}greeting", "Active")
    assert (row["lock"], row["sql"]) == ("same", "2 of 2")
    project.push("two")
    (row,) = json.loads(project.builder("status", "--format", "json").out)["functions"]
    assert row["lock"] == "differs"


def test_sql_that_somebody_has_changed_by_hand_is_drift_and_is_put_right(project: Project) -> None:
    settings = load(project.folder, flags={}, environ=project.environ)
    assert project.builder("deploy", "--yes").code == 0
    assert isinstance(settings.warehouse, Connection)
    with connect(settings.warehouse) as redshift:
        before = redshift.definitions_in(settings.schema)
        role = f"arn:aws:iam::000000000000:role/{names.invoke_role_name(project.prefix)}"
        redshift.query(
            f"CREATE OR REPLACE FUNCTION {settings.schema}.greet_twice (VARCHAR(MAX)) RETURNS VARCHAR(MAX) STABLE "
            "AS $$ SELECT 'somebody was here' $$ LANGUAGE sql"
        )
        redshift.query(
            f"CREATE OR REPLACE EXTERNAL FUNCTION {settings.schema}.greet (VARCHAR(MAX), INTEGER) "
            f"RETURNS VARCHAR(MAX) STABLE LAMBDA '{project.prefix}another' IAM_ROLE '{role}'"
        )
        status = project.builder("status", "--detailed-exitcode")
        assert (status.code, status.out.count("differs: ~ SQL of greeting")) == (2, 1), status
        said = project.builder("plan").out
        assert "changed in Redshift  greet_twice  stable sql: SELECT 'somebody was here'" in said
        assert f"changed in Redshift  greet  stable exfunc: {project.prefix}another" in said
        assert project.builder("deploy", "--yes").code == 0
        assert redshift.definitions_in(settings.schema) == before
    assert "nothing differs" in project.builder("status", "--detailed-exitcode").out


def test_the_invoke_role_is_attached_beside_those_of_others_and_leaves_with_the_last_function(project: Project) -> None:
    serverless, cluster = (project.client(service) for service in ("redshift-serverless", "redshift"))
    others = "arn:aws:iam::000000000000:role/unload"

    def attached() -> str:
        return str(serverless.get_namespace(namespaceName="local")["namespace"]["iamRoles"])

    before = attached()
    cluster.modify_cluster_iam_roles(ClusterIdentifier="local", AddIamRoles=[others])
    try:
        words = project.prefix.strip("-").split("-")
        ours = f"arn:aws:iam::000000000000:role/{''.join(word.capitalize() for word in words)}RedshiftInvokeRole"
        assert project.builder("deploy").code == 0
        assert ours in attached()
        assert others in attached()
        assert project.builder("remove", "--yes").code == 0
        assert ours not in attached()
        assert others in attached()
    finally:
        cluster.modify_cluster_iam_roles(ClusterIdentifier="local", RemoveIamRoles=[others])
    assert attached() == before


def test_a_chain_with_a_role_of_ours_is_made_checked_and_in_the_sql(project: Project) -> None:
    iam = project.client("iam")
    own = f"arn:aws:iam::000000000000:role/{names.invoke_role_name(project.prefix)}"
    name = f"Onward{project.prefix.strip('-')}"
    trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": own}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trust, may)]
    first = iam.create_role(RoleName=name, AssumeRolePolicyDocument=documents[0])["Role"]["Arn"]
    chained = replace(project, environ={**project.environ, "RS_LAMBDA_INVOKE_ROLE": f"{first},{own}"})
    try:
        # The local Redshift goes through the chain as Redshift does: a link that is missing is refused there.
        assert f"{first} may not assume {own}" in chained.builder("check").out
        iam.put_role_policy(RoleName=name, PolicyName="onward", PolicyDocument=documents[1])
        made = chained.builder("deploy", "--yes")
        assert made.code == 0, made.err
        assert f"{first} is trusted and may assume {own}" in chained.builder("check").out
        assert f"IAM_ROLE '{first},{own}'" in chained.builder("sql").out
        assert chained.builder("plan", "--detailed-exitcode").code == 0
        assert chained.builder("remove", "--yes").code == 0
        assert [each["RoleName"] for each in iam.list_roles()["Roles"] if each["Arn"] in (first, own)] == [name]
    finally:
        project.client("redshift").modify_cluster_iam_roles(ClusterIdentifier="local", RemoveIamRoles=[first])
        iam.delete_role_policy(RoleName=name, PolicyName="onward")
        iam.delete_role(RoleName=name)


def test_remove_asks_first_and_then_leaves_nothing(project: Project) -> None:
    assert project.builder("deploy").code == 0
    refused = project.builder("remove")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert project.ours()["functions"] == [f"{project.prefix}greeting"]
    removed = project.builder("remove", "--yes")
    assert removed.code == 0, removed.err
    left = project.ours()
    assert (left["functions"], left["repositories"]) == ([], [])
    assert not [role for role in left["roles"] if project.prefix.split("-")[2] in role]
    assert list((project.folder / ".builder" / "receipts").iterdir()) == []
    # The schema is gone too: it would have to be made again. A SQL function alone needs no image for its plan.
    plan = json.loads(project.builder("plan", "--functions", "greet_twice", "--format", "json").out)
    assert [action["action"] for action in plan] == ["create_schema", "run_sql"]


def test_a_deploy_without_changes_reads_a_few_times_and_writes_never(project: Project) -> None:
    assert project.builder("deploy").code == 0
    settings = load(project.folder, flags={}, environ=project.environ)
    aws, calls = Aws(settings), []
    for service in ("sts", "iam", "lambda", "ecr"):
        events = aws.client(service).meta.events
        events.register("before-call", lambda model, **_: calls.append(model.name))
    identity = aws.identity()
    catalog = selection(open_catalog(settings.functions_roots, project.folder, prefix=project.prefix))
    scopes = [Scope(module=module, names=tuple(each.name for each in module.functions)) for module in catalog.modules]
    file = receipts.path(project.folder / ".builder", identity, project.prefix)
    assert isinstance(settings.warehouse, Connection)
    with connect(settings.warehouse) as warehouse:
        world = World(
            functions=LambdaFunctions(aws),
            roles=IamRoles(aws),
            repositories=EcrRepositories(aws),
            versions=LambdaVersions(aws),
            logs=CloudWatchLogs(aws),
            warehouse=warehouse,
        )
        lock = images.read(project.folder / ".builder")
        question = Question(scopes=scopes, lock=lock, settings=settings)
        observed = observe(world, question, identity, receipts.load(file, identity, project.prefix))
        actions = deploy_plan.plan(scopes, lock, settings, observed)
        apply(actions, observed.receipt, world=world, ledger=Ledger(file=file, place=place_of(settings)))
    expected = [
        "DescribeRepositories",
        "GetCallerIdentity",
        "GetFunction",
        "GetFunction",
        "GetLifecyclePolicy",
        "GetPolicy",
        "GetRepositoryPolicy",
        "GetRole",
        "GetRole",
        "GetRolePolicy",
        "GetRolePolicy",
        "ListTagsForResource",
    ]
    assert sorted(calls) == expected


@pytest.mark.parametrize("option", ["provisioned_concurrency: 2", "reserved_concurrency: 5"])
def test_what_a_lambda_is_asked_to_have_stands_is_planned_no_more_and_is_taken_back(
    project: Project, option: str
) -> None:
    live = replace(project, environ={**project.environ, "RS_LAMBDA_ALIAS": "true"})
    file = project.folder / "functions" / "greeting" / "greet" / "function.yaml"
    plain = file.read_text(encoding="utf-8")
    write(file, plain.replace("type: lambda\n", f"type: lambda\n    config: {{{option}}}\n"))
    made = live.builder("deploy", "--yes")
    assert made.code == 0, made.err
    aws, name = project.client("lambda"), f"{project.prefix}greeting"
    has: Callable[[], int | None] = {
        "provisioned_concurrency: 2": lambda: provisioned(aws, name),
        "reserved_concurrency: 5": lambda: aws.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        ),
    }[option]
    assert has() == int(option[-1])
    assert live.builder("plan", "--detailed-exitcode").code == 0
    write(file, plain)
    taken = live.builder("deploy", "--yes")
    assert taken.code == 0, taken.err
    assert has() is None
    assert live.builder("plan", "--detailed-exitcode").code == 0


def provisioned(aws: Any, name: str) -> int | None:
    try:
        answer = aws.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    except aws.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        return None
    return int(answer["RequestedProvisionedConcurrentExecutions"])


def test_a_part_is_removed_and_the_rest_stays(project: Project) -> None:
    assert project.builder("deploy").code == 0
    assert project.builder("remove", "--functions", "GREET_TWICE", "--yes").code == 0
    (row,) = json.loads(project.builder("status", "--format", "json").out)["functions"]
    assert (row["state"], row["sql"]) == ("Active", "1 of 2")
    plan = json.loads(project.builder("plan", "--format", "json").out)
    assert [action["action"] for action in plan] == ["run_sql"]
    assert [change["function"] for change in plan[0]["changes"]] == ["greet_twice"]


def test_without_an_image_the_command_says_what_to_run(project: Project) -> None:
    (project.folder / ".builder" / "images.lock.json").unlink()
    refused = project.builder("deploy")
    assert refused.code == 5
    assert "builder build --modules greeting" in refused.err
    assert project.ours()["functions"] == []


def test_wrong_credentials_are_a_settings_error(project: Project) -> None:
    environ = {key: value for key, value in project.environ.items() if not key.startswith("AWS_ACCESS")}
    environ |= {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    environ |= {"AWS_EC2_METADATA_DISABLED": "true"}
    del environ["AWS_SECRET_ACCESS_KEY"]
    refused = Project(folder=project.folder, environ=environ, prefix=project.prefix).builder("plan")
    assert refused.code == 4
    assert "AWS_PROFILE" in refused.err


def test_a_plan_in_a_file_is_carried_out_once_and_refused_afterwards(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan = project.builder("plan", "--out", str(file))
    assert plan.code == 0, plan.err
    both = project.builder("deploy", "--plan", str(file), "--modules", "greeting")
    assert (both.code, project.ours()["functions"]) == (2, [])
    project.push("two")
    moved = project.builder("deploy", "--plan", str(file))
    assert (moved.code, project.ours()["functions"]) == (11, [])
    assert f"create_function {project.prefix}greeting would not be the same now: image, tags" in moved.err
    assert project.builder("plan", "--out", str(file)).code == 0
    deployed = project.builder("deploy", "--plan", str(file))
    assert deployed.code == 0, deployed.err
    assert project.ours()["functions"] == [f"{project.prefix}greeting"]
    assert project.builder("deploy", "--plan", str(file)).code == 11


def test_a_second_deploy_at_the_same_time_is_sent_away(project: Project) -> None:
    identity = Aws(load(project.folder, flags={}, environ=project.environ)).identity()
    with locks.hold(locks.path(project.folder / ".builder", identity, project.prefix), "builder deploy"):
        for command in (["deploy"], ["remove", "--yes"]):
            refused = project.builder(*command)
            assert refused.code == 75
            assert "builder deploy, process" in refused.err
        assert project.builder("plan").code == 0
    assert project.ours()["functions"] == []


def test_a_diff_takes_away_what_was_deleted_and_asks_before(project: Project) -> None:
    assert project.builder("deploy").code == 0
    twice = project.folder / "functions" / "greeting" / "greet_twice"
    shutil.rmtree(twice)

    file = project.folder / "plan.json"
    planned = project.builder("plan", "--diff", "--out", str(file))
    assert "1 deleted (greet_twice)" in planned.err
    asked = project.builder("deploy", "--diff")
    assert (asked.code, "nobody to ask" in asked.err) == (2, True)
    assert project.builder("plan", "--diff", "--detailed-exitcode").code == 2
    # The file has what --diff found; it was looked at, and is not asked about.
    assert project.builder("deploy", "--plan", str(file), "--diff").code == 2
    done = project.builder("deploy", "--plan", str(file), "--format", "json")
    assert done.code == 0, done.err
    (place,) = json.loads(done.out)["receipt"]["places"].values()
    assert list(place["functions"]) == ["greet"]
    after = project.builder("plan", "--diff", "--detailed-exitcode")
    assert (after.code, "nothing" in after.err) == (0, True)


def test_the_data_api_deploys_queries_shows_and_removes_with_no_host_and_no_password(project: Project) -> None:
    for name in ("RS_HOST", "RS_PORT", "RS_USER", "RS_PASSWORD", "RS_SSL", "RS_CLUSTER_IDENTIFIER"):
        del project.environ[name]
    project.environ["RS_WORKGROUP"] = "local"
    schema = project.environ["RS_SCHEMA"]

    checked = json.loads(project.builder("check", "--format", "json").out)
    assert [each["what"] for each in checked if each["topic"] == "redshift"] == [
        "awsuser at workgroup:local/dev, the Data API with the caller's IAM identity"
    ]
    deployed = project.builder("deploy", "--format", "json")
    assert deployed.code == 0, deployed.err
    assert list(json.loads(deployed.out)["receipt"]["places"]) == [f"workgroup:local/dev/{schema}"]
    assert project.builder("plan", "--detailed-exitcode").code == 0
    (row,) = json.loads(project.builder("status", "--format", "json").out)["functions"]
    assert (row["state"], row["sql"]) == ("Active", "2 of 2")
    found = project.builder(
        "query", f"SELECT COUNT(*) AS n FROM svv_redshift_functions WHERE schema_name = '{schema}'", "--format", "json"
    )
    assert json.loads(found.out) == [{"n": 2}]
    refused = project.builder("query", f"SELECT {schema}.no_such(1)")
    assert (refused.code, "no_such" in refused.err) == (7, True)
    assert project.builder("remove", "--yes").code == 0
    assert project.ours()["functions"] == []


PLUS = """
arguments: [{name: n, type: bigint}]
output: bigint
clouds: {redshift: {type: sql}}
"""
CONNECTION = ("RS_HOST", "RS_PORT", "RS_USER", "RS_PASSWORD", "RS_SSL", "RS_DATABASE", "RS_CLUSTER_IDENTIFIER")


@pytest.mark.parametrize("road", ["password", "Data API"])
def test_deploy_test_and_run_query_go_by_the_road_that_env_names(
    project: Project, road: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(project.folder / "functions" / "greeting")
    plus = project.folder / "functions" / "sums" / "plus"
    write(plus / "function.yaml", PLUS)
    write(plus / "code" / "redshift.sql", "SELECT $1 + 1\n")
    write(plus / "tests" / "unit" / "cases.yaml", "- {name: one, arguments: [1], output: 2}\n")
    told = {name: project.environ[name] for name in CONNECTION} if road == "password" else {"RS_WORKGROUP": "local"}
    told["RS_SCHEMA"] = project.environ["RS_SCHEMA"]
    for name in (*CONNECTION, "RS_SCHEMA"):
        del project.environ[name]
    write(project.folder / ".env", "".join(f"{name}='{value}'\n" for name, value in told.items()))

    deployed = project.builder("deploy")
    assert deployed.code == 0, deployed.err
    tested = project.builder("test", "--sql", "--format", "json")
    assert (tested.code, json.loads(tested.out)) == (0, [{"function": "plus", "sql": "1 passed"}])
    for name in [each for each in os.environ if each.startswith(("RS_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name, value in project.environ.items():
        monkeypatch.setenv(name, value)
    suite = Suite(project.folder, ("functions",))
    assert suite.warehouse.query(f"SELECT {told['RS_SCHEMA']}.plus(41)").rows == ((42,),)
    suite.close()


def test_secrets_are_in_no_output_plan_receipt_release_or_lock(project: Project, tmp_path: Path) -> None:
    # The emulator asks for no signature: any secret will do. The registry's token is its own.
    keys = {name: CREDENTIALS[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    known = replace(project, environ={**project.environ, **keys})
    wrong = replace(project, environ={**known.environ, "RS_PASSWORD": f"{PLANTED}-password"})
    password = project.environ["RS_PASSWORD"]
    token = project.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    secrets = (password, token, base64.b64decode(token).decode().partition(":")[2])
    assert min(map(len, secrets)) >= 8
    file = tmp_path / "plan" / "plan.json"
    file.parent.mkdir()
    said = [
        known.builder("config"),
        known.builder("config", "--format", "json"),
        known.builder("check"),
        known.builder("plan"),
        known.builder("plan", "--format", "json", "--out", str(file)),
        known.builder("deploy", "--plan", str(file), "--format", "json"),
        known.builder("deploy", "--plan", str(file)),
        known.builder("status"),
        known.builder("releases"),
        known.builder("query", "SELECT no_such_function(1)"),
        known.builder("remove", "--dry-run"),
        wrong.builder("check"),
        wrong.builder("plan"),
    ]
    assert [each.code for each in said] == [0, 0, 0, 0, 0, 0, 11, 0, 0, 7, 0, 7, 7]
    kept = project.folder / ".builder"
    assert {"receipts", "releases", "locks"} <= {path.name for path in kept.iterdir()}
    texts = [each.out + each.err for each in said]
    assert not [text for text in texts for word in (*secrets, PLANTED) if word in text]
    assert list(traces((file.parent, kept), *secrets)) == []
