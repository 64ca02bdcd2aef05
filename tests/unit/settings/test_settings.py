"""Precedence, defaults, and every malformed value at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builder.core.config.settings import Connection, DataApi, Secret, Settings, load
from builder.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/one"
OTHER = "arn:aws:iam::210987654321:role/path/two"


def told(tmp_path: Path, *, own: str = "", parents: str = "", **environ: str) -> Settings:
    return load(project(tmp_path, own=own, parents=parents), flags={}, environ=environ)


def flagged(tmp_path: Path, flags: dict[str, str], **environ: str) -> Settings:
    return load(project(tmp_path), flags=flags, environ=environ)


def project(tmp_path: Path, *, own: str = "", parents: str = "") -> Path:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    for file, text in ((folder / ".env", own), (tmp_path / ".env", parents)):
        file.write_text(text, encoding="utf-8")
    return folder


def refused(tmp_path: Path, *, own: str = "", **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        told(tmp_path, own=own, **environ)
    return [f"{each.where}: {each.what}" for each in caught.value.problems]


def test_nothing_told_gives_the_defaults(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert found == Settings()
    assert (found.lambda_prefix, found.schema, found.warehouse) == ("carto-at-", "carto", None)


def test_environment_over_own_file_over_parents_file(tmp_path: Path) -> None:
    parents, own = "RS_LAMBDA_PREFIX=a-\nRS_PREFIX=p_\nAWS_REGION=eu-west-1\n", "RS_LAMBDA_PREFIX=b-\nRS_PREFIX=q_\n"
    found = told(tmp_path, parents=parents, own=own, RS_LAMBDA_PREFIX="c-")
    assert (found.lambda_prefix, found.schema, found.aws.region) == ("c-", "q_carto", "eu-west-1")


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    assert told(tmp_path, own="RS_LAMBDA_PREFIX=b-\n", RS_LAMBDA_PREFIX="").lambda_prefix == "b-"
    assert told(tmp_path, own="RS_LAMBDA_PREFIX=\n").lambda_prefix == "carto-at-"


def test_schema_names(tmp_path: Path) -> None:
    assert told(tmp_path, RS_SCHEMA="mine", RS_PREFIX="dev_").schema == "mine"
    assert told(tmp_path, RS_PREFIX="dev_").schema == "dev_carto"
    assert flagged(tmp_path, {"production": "True"}, RS_PREFIX="dev_", RS_SCHEMA="mine").schema == "carto"


def test_roots_come_from_the_command_line(tmp_path: Path) -> None:
    assert flagged(tmp_path, {"functions_roots": "a\nb"}).functions_roots == ("a", "b")


def test_a_warehouse_with_its_defaults(tmp_path: Path) -> None:
    found = told(tmp_path, RS_HOST="example.com", RS_USER="me", RS_PASSWORD="p$w{d}")
    assert found.warehouse == Connection(
        host="example.com", port=5439, database="dev", user="me", password=Secret("p$w{d}"), ssl=True
    )


@pytest.mark.parametrize(("text", "ssl"), [("false", False), ("No", False), ("0", False), ("TRUE", True), ("on", True)])
def test_truth_has_many_names(text: str, ssl: bool, tmp_path: Path) -> None:  # noqa: FBT001 (a parameter of the test)
    found = told(tmp_path, RS_HOST="h", RS_USER="u", RS_SSL=text).warehouse
    assert isinstance(found, Connection)
    assert found.ssl is ssl


def test_without_a_host_there_is_no_warehouse_but_the_port_is_still_judged(tmp_path: Path) -> None:
    assert told(tmp_path, RS_PORT="5439", RS_USER="me").warehouse is None
    assert refused(tmp_path, RS_PORT="none") == ["RS_PORT of the environment: 'none' is no port"]


def test_a_chain_of_roles_loses_its_blanks(tmp_path: Path) -> None:
    found = told(tmp_path, RS_LAMBDA_INVOKE_ROLE=f"{ROLE}, {OTHER}", RS_LAMBDA_EXECUTION_ROLE=ROLE)
    assert (found.invoke_role, found.execution_role) == (f"{ROLE},{OTHER}", ROLE)


def test_older_spellings_are_read_with_a_notice(tmp_path: Path) -> None:
    own = f"LAMBDA_PREFIX=old-\nLAMBDA_EXECUTION_ROLE_ARN={ROLE}\nRS_ROLES={OTHER}\n"
    found = told(tmp_path, own=own)
    assert (found.lambda_prefix, found.execution_role, found.invoke_role) == ("old-", ROLE, OTHER)
    assert found.notices == (
        ".env:1 LAMBDA_PREFIX is the older spelling of RS_LAMBDA_PREFIX",
        ".env:2 LAMBDA_EXECUTION_ROLE_ARN is the older spelling of RS_LAMBDA_EXECUTION_ROLE",
        ".env:3 RS_ROLES is the older spelling of RS_LAMBDA_INVOKE_ROLE",
    )


def test_the_new_spelling_beside_the_old_one_wins_without_a_word(tmp_path: Path) -> None:
    found = told(tmp_path, own="LAMBDA_PREFIX=old-\nRS_LAMBDA_PREFIX=new-\n")
    assert (found.lambda_prefix, found.notices) == ("new-", ())


def test_a_slip_in_our_own_file_is_a_problem_and_the_rest_of_the_environment_is_left_alone(tmp_path: Path) -> None:
    assert refused(tmp_path, own="RS_PASWORD=x\nMY_OWN=1\n", RS_HOSTT="x") == [".env:1 RS_PASWORD: is not a setting"]


def test_a_slip_that_may_be_a_variable_of_others_is_noticed_only(tmp_path: Path) -> None:
    found = told(tmp_path, own="AWS_REGIONS=x\n")
    assert found.notices == (".env:1 AWS_REGIONS is not a setting: did you mean AWS_REGION?",)
    found = told(tmp_path, own="", RS_HSOT="x", RS_OF_SOMEBODY_ELSE="x", AWS_REGIONS="x")
    assert found.notices == ("RS_HSOT of the environment is not a setting: did you mean RS_HOST?",)


def test_all_malformed_values_come_at_once_with_their_origin(tmp_path: Path) -> None:
    own = "# settings\n\nRS_PORT=70000\nRS_LAMBDA_PREFIX=Dev At\n"
    found = refused(
        tmp_path, own=own, RS_HOST="c.example.com:5439/dev", RS_USER="u", RS_SSL="maybe", RS_LAMBDA_INVOKE_ROLE="me",
        IMAGE_REGISTRY="https://example.com", AWS_REGION="Ireland", AWS_ENDPOINT_URL="localhost:4566",
    )  # fmt: skip
    assert sorted(found) == [
        ".env:3 RS_PORT: '70000' is no port",
        ".env:4 RS_LAMBDA_PREFIX: 'Dev At' cannot begin an AWS name",
        "AWS_ENDPOINT_URL of the environment: 'localhost:4566' is no address",
        "AWS_REGION of the environment: 'Ireland' is no Region",
        "IMAGE_REGISTRY of the environment: 'https://example.com' is no registry",
        "RS_HOST of the environment: 'c.example.com:5439/dev' is more than a host",
        "RS_LAMBDA_INVOKE_ROLE of the environment: 'me' is no role's ARN",
        "RS_SSL of the environment: 'maybe' is neither true nor false",
    ]


@pytest.mark.parametrize("prefix", ["dev-carto-at-", "ci_a1b2c3d4_678901_", "x", "9-"])
def test_prefixes_that_aws_takes(prefix: str, tmp_path: Path) -> None:
    assert told(tmp_path, RS_LAMBDA_PREFIX=prefix).lambda_prefix == prefix


# ECR refuses capitals and doubled separators where Lambda takes them; a prefix begins the names of both.
@pytest.mark.parametrize("prefix", ["Dev-", "a b", "a/", "dev--", "-dev", "a.b-", "x" * 64, "é"])
def test_prefixes_that_aws_refuses(prefix: str, tmp_path: Path) -> None:
    assert len(refused(tmp_path, RS_LAMBDA_PREFIX=prefix)) == 1


def test_a_prefix_too_long_for_the_roles_that_would_be_created(tmp_path: Path) -> None:
    prefix = "x" * 50 + "-"
    assert [each.partition(":")[0] for each in refused(tmp_path, RS_LAMBDA_PREFIX=prefix)] == ["RS_LAMBDA_PREFIX"] * 2
    found = told(tmp_path, RS_LAMBDA_PREFIX=prefix, RS_LAMBDA_EXECUTION_ROLE=ROLE, RS_LAMBDA_INVOKE_ROLE=OTHER)
    assert found.lambda_prefix == prefix


def test_a_host_without_a_user(tmp_path: Path) -> None:
    assert refused(tmp_path, RS_HOST="h") == ["RS_USER: is not set, but RS_HOST is"]


def test_the_registry_loses_its_last_slash(tmp_path: Path) -> None:
    assert told(tmp_path, IMAGE_REGISTRY="localhost:4566/").image_registry == "localhost:4566"


def test_the_region_has_two_names(tmp_path: Path) -> None:
    assert told(tmp_path, AWS_DEFAULT_REGION="eu-west-1").aws.region == "eu-west-1"
    assert told(tmp_path, AWS_DEFAULT_REGION="eu-west-1", AWS_REGION="us-gov-west-1").aws.region == "us-gov-west-1"


def test_credentials_come_from_one_place(tmp_path: Path) -> None:
    own = "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=B\nAWS_SESSION_TOKEN=C\n"
    found = told(tmp_path, own=own, AWS_ACCESS_KEY_ID="D", AWS_SECRET_ACCESS_KEY="E").aws
    assert (found.access_key_id, found.secret_access_key, found.session_token) == ("D", Secret("E"), None)
    found = told(tmp_path, own=own, AWS_PROFILE="work").aws
    assert (found.profile, found.access_key_id, found.session_token) == ("work", None, None)
    assert told(tmp_path, own=own).aws.session_token == Secret("C")


def test_half_a_key(tmp_path: Path) -> None:
    assert refused(tmp_path, own="AWS_SECRET_ACCESS_KEY=B\n") == [
        ".env:1 AWS_SECRET_ACCESS_KEY: is set without AWS_ACCESS_KEY_ID"
    ]


def test_no_secret_is_printed_with_the_settings(tmp_path: Path) -> None:
    own = "RS_PASSWORD=hush1\nAWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=hush2\nAWS_SESSION_TOKEN=hush3\n"
    found = told(tmp_path, own=own, RS_HOST="h", RS_USER="u")
    assert "hush" not in f"{found} {found!r}"


def test_a_web_identity_takes_its_role_and_its_token_from_one_place(tmp_path: Path) -> None:
    own = "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=B\n"
    found = told(tmp_path, own=own, AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE="/run/token").aws
    assert (found.role_arn, found.web_identity_token_file, found.access_key_id) == (ROLE, "/run/token", None)
    found = told(tmp_path, own=own, AWS_ROLE_ARN=ROLE).aws
    assert (found.role_arn, found.access_key_id) == (None, "A")


def test_an_assumed_role_with_external_id_and_session_name(tmp_path: Path) -> None:
    found = told(
        tmp_path, AWS_ASSUME_ROLE_ARN=ROLE, AWS_ASSUME_ROLE_EXTERNAL_ID="team:maps/1", AWS_ROLE_SESSION_NAME="ci@maps"
    ).aws
    assert (found.assume_role_arn, found.external_id, found.session_name) == (ROLE, "team:maps/1", "ci@maps")
    assert refused(tmp_path, AWS_ASSUME_ROLE_EXTERNAL_ID="ab") == [
        "AWS_ASSUME_ROLE_EXTERNAL_ID of the environment: is set without AWS_ASSUME_ROLE_ARN"
    ]


# STS takes 2 to 64 of [\w+=,.@-] as RoleSessionName.
@pytest.mark.parametrize("name", ["a", "two words", "x" * 65, "a/b"])
def test_session_names_that_sts_refuses(name: str, tmp_path: Path) -> None:
    assert len(refused(tmp_path, AWS_ROLE_SESSION_NAME=name)) == 1


def test_grantees(tmp_path: Path) -> None:
    found = told(tmp_path, RS_GRANTEES="alice, group  map makers,ROLE gis, alice, public")
    assert found.grantees == ("alice", "group map makers", "ROLE gis", "public")


@pytest.mark.parametrize("text", ["alice,,bob", "group", "role ", ",", "x" * 128])
def test_grantees_who_are_nobody(text: str, tmp_path: Path) -> None:
    assert len(refused(tmp_path, RS_GRANTEES=text)) == 1


SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift-AbCdEf"


@pytest.mark.parametrize(
    ("told_of", "road"),
    [
        ({"RS_WORKGROUP": "maps"}, DataApi(workgroup="maps")),
        ({"RS_WORKGROUP": "maps", "RS_SECRET_ARN": SECRET_ARN}, DataApi(workgroup="maps", secret_arn=SECRET_ARN)),
        ({"RS_CLUSTER_IDENTIFIER": "maps"}, DataApi(cluster_identifier="maps")),
        (
            {"RS_CLUSTER_IDENTIFIER": "maps", "RS_USER": "u", "RS_DATABASE": "gis"},
            DataApi(cluster_identifier="maps", user="u", database="gis"),
        ),
        ({"RS_HOST": "h", "RS_WORKGROUP": "maps"}, Connection(host="h", workgroup="maps")),
        (
            {"RS_HOST": "h", "RS_CLUSTER_IDENTIFIER": "maps", "RS_USER": "u", "RS_PORT": "5440"},
            Connection(host="h", port=5440, cluster_identifier="maps", user="u"),
        ),
        ({"RS_HOST": "h", "RS_CLUSTER_IDENTIFIER": "maps"}, Connection(host="h", cluster_identifier="maps")),
        (
            {"RS_HOST": "h", "RS_USER": "u", "RS_PASSWORD": "p", "RS_WORKGROUP": "maps"},
            Connection(host="h", user="u", password=Secret("p"), workgroup="maps"),
        ),
    ],
)
def test_the_settings_choose_the_road(told_of: dict[str, str], road: Connection | DataApi, tmp_path: Path) -> None:
    found = told(tmp_path, **told_of)
    assert (found.warehouse, found.notices) == (road, ())


@pytest.mark.parametrize(
    ("told_of", "road", "unused"),
    [
        ({"RS_HOST": "h", "RS_WORKGROUP": "maps", "RS_USER": "u"}, "by IAM", "RS_USER"),
        ({"RS_HOST": "h", "RS_USER": "u", "RS_SECRET_ARN": SECRET_ARN}, "by password", "RS_SECRET_ARN"),
        ({"RS_WORKGROUP": "maps", "RS_USER": "u"}, "the Data API with the caller's IAM identity", "RS_USER"),
        ({"RS_CLUSTER_IDENTIFIER": "m", "RS_USER": "u", "RS_SECRET_ARN": SECRET_ARN}, "with a secret", "RS_USER"),
        ({"RS_WORKGROUP": "maps", "RS_PASSWORD": "p"}, "the Data API", "RS_PASSWORD"),
    ],
)
def test_what_the_chosen_road_has_no_use_for_is_said(
    told_of: dict[str, str], road: str, unused: str, tmp_path: Path
) -> None:
    found = told(tmp_path, **told_of)
    assert found.warehouse is not None
    assert road in found.warehouse.shown
    assert [notice.split()[0] for notice in found.notices] == [unused]


def test_what_no_road_can_be_made_of(tmp_path: Path) -> None:
    assert refused(tmp_path, RS_SECRET_ARN=SECRET_ARN) == [
        "RS_SECRET_ARN of the environment: is set without RS_CLUSTER_IDENTIFIER or RS_WORKGROUP"
    ]
    assert refused(tmp_path, RS_SECRET_ARN="x", RS_CLUSTER_IDENTIFIER="A--b") == [
        "RS_CLUSTER_IDENTIFIER of the environment: 'A--b' is no cluster's identifier",
        "RS_SECRET_ARN of the environment: 'x' is no secret's ARN",
    ]
    assert "RS_WORKGROUP: is set beside RS_CLUSTER_IDENTIFIER" in refused(
        tmp_path, RS_WORKGROUP="maps", RS_CLUSTER_IDENTIFIER="maps", RS_USER="u"
    )


@pytest.mark.parametrize(("variable", "kind"), [("RS_CLUSTER_IDENTIFIER", "cluster"), ("RS_WORKGROUP", "workgroup")])
def test_beside_a_host_a_cluster_or_a_workgroup_is_whom_the_invoke_role_is_attached_to(
    variable: str, kind: str, tmp_path: Path
) -> None:
    found = told(tmp_path, RS_HOST="h", RS_USER="u", **{variable: "maps"})
    assert found.warehouse is not None
    assert str(found.holder) == f"{kind} maps"
    assert told(tmp_path, RS_HOST="h", RS_USER="u").holder is None


def test_a_services_endpoint_is_its_own_and_the_rest_have_the_general_one(tmp_path: Path) -> None:
    found = told(tmp_path, AWS_ENDPOINT_URL="http://a", AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS="http://b").aws
    assert [found.endpoint(each) for each in ("lambda", "redshift", "redshift-serverless")] == [
        "http://a",
        "http://a",
        "http://b",
    ]


@pytest.mark.parametrize("run", ["ci_a1b2c3d4_678901_", "ci-a1b2c3d4-678901-"])
def test_names_of_a_ci_run_fit_their_limits(run: str, tmp_path: Path) -> None:
    found = told(tmp_path, RS_LAMBDA_PREFIX=run, RS_PREFIX=run)
    assert found.schema == f"{run}carto"


def test_a_schema_too_long_is_found_before_anything_is_made(tmp_path: Path) -> None:
    # Redshift takes 127 bytes; carto are five of them.
    assert told(tmp_path, RS_PREFIX="x" * 122).schema.endswith("xcarto")
    assert [each.partition(":")[0] for each in refused(tmp_path, RS_PREFIX="x" * 123)] == ["RS_PREFIX"]
