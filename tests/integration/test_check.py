"""`builder check` against the local cloud, and what each kind of credentials says to STS."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import boto3
import pytest

from builder.adapters.aws import Aws
from builder.cli import run
from builder.core.config.settings import load
from builder.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ACCOUNT = "000000000000"
ROLE = "arn:aws:iam::123456789012:role/team/Deployer"
OTHER = "arn:aws:iam::210987654321:role/Beyond"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    ],
}
CREDENTIALS = """<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>made</SecretAccessKey>
<SessionToken>made</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/Deployer/x</Arn><AssumedRoleId>A:x</AssumedRoleId>
</AssumedRoleUser>"""
IDENTITY = (
    "<Arn>arn:aws:sts::123456789012:assumed-role/Deployer/x</Arn><UserId>A:x</UserId><Account>123456789012</Account>"
)


def builder(folder: Path, environ: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Exit code and standard output of a command line with this environment and no other."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({"PATH": before["PATH"], "HOME": str(folder), **environ})
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--project", str(folder), *words])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return code, out.getvalue()


def states(out: str) -> dict[str, str]:
    return {each["topic"]: each["state"] for each in json.loads(out)}


@pytest.mark.cloud
def test_a_local_cloud_is_fit_to_deploy(tmp_path: Path, local_cloud: Mapping[str, str]) -> None:
    code, out = builder(tmp_path, local_cloud, "check", "--format", "json")
    assert code == 0, out
    assert states(out) == {
        "engine": "ok",
        "credentials": "ok",
        "permissions": "skipped",  # the emulator's keys are root's
        "registry": "ok",
        "region": "skipped",
        "redshift": "ok",
        "redshift: privileges": "ok",
    }


@pytest.mark.cloud
def test_a_wrong_password_is_redshifts_failure_and_is_not_printed(
    tmp_path: Path, local_cloud: Mapping[str, str]
) -> None:
    code, out = builder(tmp_path, {**local_cloud, "RS_PASSWORD": "hush"}, "check")
    assert code == 7
    assert "hush" not in out


@pytest.mark.cloud
def test_the_printed_policy_is_enough_and_less_is_named(tmp_path: Path, local_cloud: Mapping[str, str]) -> None:
    environ = {**local_cloud, "RS_LAMBDA_PREFIX": "ci-check-"}
    _, out = builder(tmp_path, environ, "check", "--print-policy", "--account", ACCOUNT, "--format", "json")
    policy = json.loads(out)["deployer"]["policy"]
    simulate = {"Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy", "iam:GetRole"], "Resource": "*"}
    for statement in policy["Statement"]:
        statement.pop("Condition", None)  # the emulator's simulator does not read the context that we send
    less = [each for each in policy["Statement"] if each["Sid"] != "Repositories"]
    found = {}
    iam = iam_of(local_cloud)
    for name, statements in (("CiCheckFull", policy["Statement"]), ("CiCheckLess", less)):
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": [*statements, simulate]}
        try:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
            found[name] = builder(tmp_path, {**environ, "AWS_ASSUME_ROLE_ARN": arn}, "check", "--format", "json")
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="p")
            iam.delete_role(RoleName=name)
    assert found["CiCheckFull"][0] == 0, found["CiCheckFull"][1]
    code, out = found["CiCheckLess"]
    denied = [topic for topic, state in states(out).items() if state == "failed" and topic.startswith("permissions")]
    assert (code, denied) == (6, ["permissions: Repositories"])


def iam_of(environ: Mapping[str, str]) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )


class Sts(ThreadingHTTPServer):
    """Answers as STS does, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def settings(self, folder: Path, **environ: str) -> Any:
        return load(folder, flags={}, environ={"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": self.url, **environ})


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the name is the standard library's
        assert isinstance(self.server, Sts)
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {key: values[0] for key, values in form.items()}
        signed = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        self.server.asked.append({**asked, "signed by": signed})
        action = asked["Action"]
        said = IDENTITY if action == "GetCallerIdentity" else CREDENTIALS.format(key=f"KEY{len(self.server.asked)}")
        body = f"<{action}Response><{action}Result>{said}</{action}Result></{action}Response>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sts]:
    """STS, and no credentials but those of a test."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = Sts()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_role_is_assumed_with_its_external_id_and_under_the_sessions_name(sts: Sts, tmp_path: Path) -> None:
    aws = Aws(
        sts.settings(
            tmp_path,
            AWS_ACCESS_KEY_ID="OWN",
            AWS_SECRET_ACCESS_KEY="own",
            AWS_ASSUME_ROLE_ARN=ROLE,
            AWS_ASSUME_ROLE_EXTERNAL_ID="maps/1",
            AWS_ROLE_SESSION_NAME="ci@maps",
        )
    )
    assert aws.identity().account == "123456789012"
    assumed, asked = sts.asked
    assert (assumed["RoleArn"], assumed["ExternalId"], assumed["RoleSessionName"]) == (ROLE, "maps/1", "ci@maps")
    assert (assumed["signed by"], asked["signed by"]) == ("OWN", "KEY1")
    assert aws.method() == f"the assumed role {ROLE}, from keys of the settings"


def test_no_external_id_is_sent_where_none_is_set(sts: Sts, tmp_path: Path) -> None:
    Aws(
        sts.settings(tmp_path, AWS_ACCESS_KEY_ID="OWN", AWS_SECRET_ACCESS_KEY="own", AWS_ASSUME_ROLE_ARN=ROLE)
    ).identity()
    assert "ExternalId" not in sts.asked[0]


def test_a_web_identity_hands_in_its_token_unsigned(sts: Sts, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("vouched", encoding="utf-8")
    settings = sts.settings(tmp_path, AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"))
    aws = Aws(settings)
    aws.identity()
    assumed, asked = sts.asked
    assert assumed["Action"] == "AssumeRoleWithWebIdentity"
    assert (assumed["WebIdentityToken"], assumed["RoleArn"], assumed["signed by"]) == ("vouched", ROLE, "")
    assert asked["signed by"] == "KEY1"
    assert aws.method() == "a web identity"


def test_a_web_identity_may_assume_another_role(sts: Sts, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("vouched", encoding="utf-8")
    aws = Aws(
        sts.settings(
            tmp_path,
            AWS_ROLE_ARN=ROLE,
            AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
            AWS_ASSUME_ROLE_ARN=OTHER,
        )
    )
    aws.identity()
    assert [each["Action"] for each in sts.asked] == ["AssumeRoleWithWebIdentity", "AssumeRole", "GetCallerIdentity"]
    assert (sts.asked[1]["RoleArn"], sts.asked[1]["signed by"]) == (OTHER, "KEY1")
    assert aws.method() == f"the assumed role {OTHER}, from a web identity"


def test_one_session_assumes_its_role_once(sts: Sts, tmp_path: Path) -> None:
    aws = Aws(sts.settings(tmp_path, AWS_ACCESS_KEY_ID="OWN", AWS_SECRET_ACCESS_KEY="own", AWS_ASSUME_ROLE_ARN=ROLE))
    for _ in range(3):
        aws.identity()
    assert [each["Action"] for each in sts.asked].count("AssumeRole") == 1


def test_a_profile_of_the_shared_files(sts: Sts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    text = "[work]\naws_access_key_id = FILE\naws_secret_access_key = x\n"
    (tmp_path / "credentials").write_text(text, encoding="utf-8")
    aws = Aws(sts.settings(tmp_path, AWS_PROFILE="work"))
    aws.identity()
    assert sts.asked[0]["signed by"] == "FILE"
    assert aws.method() == "keys of ~/.aws/credentials, profile work"


def test_a_token_file_that_is_not_there_is_a_setting_that_is_wrong(sts: Sts, tmp_path: Path) -> None:
    settings = sts.settings(tmp_path, AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="there is no file"):
        Aws(settings)
