"""Each kind of credentials against an STS, an SSO portal and a metadata service of ours, over real connections."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from builder.adapters.aws import Aws
from builder.core.config.settings import load
from builder.errors import SettingsError
from tests.integration.build_project import run
from tests.integration.planted import PLANTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/team/Deployer"
OTHER = "arn:aws:iam::210987654321:role/Beyond"
CREDENTIALS = """<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>made</SecretAccessKey>
<SessionToken>made</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/Deployer/x</Arn><AssumedRoleId>A:x</AssumedRoleId>
</AssumedRoleUser>"""
IDENTITY = (
    "<Arn>arn:aws:sts::123456789012:assumed-role/Deployer/x</Arn><UserId>A:x</UserId><Account>123456789012</Account>"
)
ACTIONS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity")
METADATA = "/latest/meta-data/iam/security-credentials/"
# Amazon ECS, "Task IAM role", and Amazon EC2, "Retrieve security credentials from instance metadata".
MACHINE = {
    "Code": "Success",
    "AccessKeyId": "MACHINE",
    "SecretAccessKey": f"{PLANTED}-machine",
    "Token": f"{PLANTED}-token",
    "Expiration": "2099-01-01T00:00:00Z",
}
# IAM Identity Center, "GetRoleCredentials"; in milliseconds.
SIGNED_ON = {
    "roleCredentials": {
        "accessKeyId": "SIGNEDON",
        "secretAccessKey": f"{PLANTED}-sso",
        "sessionToken": f"{PLANTED}-sso-token",
        "expiration": 4_070_908_800_000,
    }
}
PORTAL = "https://example.awsapps.com/start"
PROFILE = f"""\
[sso-session maps]
sso_start_url = {PORTAL}
sso_region = eu-west-1
[profile dev]
sso_session = maps
sso_account_id = 123456789012
sso_role_name = Deployer
"""


class Sts(ThreadingHTTPServer):
    """Answers as STS does, as the SSO portal and as a machine's metadata service, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[dict[str, str]] = []
        self.refusing = False

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
        token = self.headers.get("X-Amz-Security-Token", "")
        self.server.asked.append({**asked, "signed by": signed, "token": token})
        action = asked.get("Action", "")
        if action not in ACTIONS or self.server.refusing:
            said = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
            self._answer(403, f"<ErrorResponse>{said}</ErrorResponse>", "text/xml")
            return
        said = IDENTITY if action == "GetCallerIdentity" else CREDENTIALS.format(key=f"KEY{len(self.server.asked)}")
        self._answer(200, f"<{action}Response><{action}Result>{said}</{action}Result></{action}Response>", "text/xml")

    def do_PUT(self) -> None:  # the token of the metadata service's second version
        self._answer(200, "session", "text/plain")

    def do_GET(self) -> None:
        asked = {"bearer": self.headers.get("x-amz-sso_bearer_token", ""), "path": self.path}
        assert isinstance(self.server, Sts)
        self.server.asked.append(asked)
        if self.path == METADATA:
            self._answer(200, "InstanceRole", "text/plain")
        elif self.path.startswith("/federation/credentials"):
            self._answer(200, json.dumps(SIGNED_ON), "application/json")
        else:
            self._answer(200, json.dumps(MACHINE), "application/json")

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # The metadata service's answer to a PUT needs it, and botocore asks for no other.
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
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


def test_keys_with_a_session_token(sts: Sts, tmp_path: Path) -> None:
    aws = Aws(sts.settings(tmp_path, AWS_ACCESS_KEY_ID="OWN", AWS_SECRET_ACCESS_KEY="own", AWS_SESSION_TOKEN="tok"))
    aws.identity()
    assert (sts.asked[0]["signed by"], sts.asked[0]["token"]) == ("OWN", "tok")
    assert aws.method() == "keys of the settings"


def checked(sts: Sts, folder: Path, **environ: str) -> tuple[dict[str, Any], str]:
    """What `builder check` says of the credentials, and all that it prints. A process: botocore asks HOME at import."""
    told = {"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": sts.url, "HOME": str(folder), **environ}
    answer = run([sys.executable, "-m", "builder", "--project", str(folder), "check", "--format", "json"], told)
    (found,) = (each for each in json.loads(answer.out) if each["topic"] == "credentials")
    return found, answer.out + answer.err


def test_a_profile_of_sso(sts: Sts, tmp_path: Path) -> None:
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (tmp_path / ".aws" / "config").write_text(PROFILE, encoding="utf-8")
    found, _ = checked(sts, tmp_path, AWS_PROFILE="dev")
    assert (found["state"], found["exit_code"]) == ("failed", 4)
    assert "aws sso login" in found["hint"]
    assert sts.asked == []
    # As `aws sso login` leaves it: the file is named after the session.
    name = hashlib.sha1(b"maps", usedforsecurity=False).hexdigest()
    login = {"startUrl": PORTAL, "region": "eu-west-1", "accessToken": PLANTED, "expiresAt": "2099-01-01T00:00:00Z"}
    (cache / f"{name}.json").write_text(json.dumps(login), encoding="utf-8")
    found, said = checked(sts, tmp_path, AWS_PROFILE="dev")
    assert found["what"].endswith("by SSO, profile dev, in eu-west-1")
    portal, asked = sts.asked[:2]
    assert portal["bearer"] == PLANTED
    assert "role_name=Deployer" in portal["path"]
    assert asked["signed by"] == "SIGNEDON"
    assert PLANTED not in said


def test_an_instances_role(sts: Sts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", sts.url)
    aws = Aws(sts.settings(tmp_path))
    aws.identity()
    assert [each["path"] for each in sts.asked[:-1]] == [METADATA, f"{METADATA}InstanceRole"]
    assert sts.asked[-1]["signed by"] == "MACHINE"
    assert aws.method() == "the instance's role"


def test_a_containers_role(sts: Sts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{sts.url}/role")
    aws = Aws(sts.settings(tmp_path))
    aws.identity()
    assert sts.asked[-1]["signed by"] == "MACHINE"
    assert aws.method() == "the container's role"


def test_no_credentials_at_all(sts: Sts, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no AWS credentials"):
        Aws(sts.settings(tmp_path)).identity()
    assert sts.asked == []


def test_a_role_that_may_not_be_assumed_is_a_matter_of_credentials(sts: Sts, tmp_path: Path) -> None:
    sts.refusing = True
    keys = {"AWS_ACCESS_KEY_ID": "OWN", "AWS_SECRET_ACCESS_KEY": "own"}
    aws = Aws(sts.settings(tmp_path, **keys, AWS_ASSUME_ROLE_ARN=ROLE, AWS_ASSUME_ROLE_EXTERNAL_ID="maps/1"))
    with pytest.raises(SettingsError, match="AssumeRole: AccessDenied: no") as caught:
        aws.identity()
    assert "AWS_ASSUME_ROLE_EXTERNAL_ID" in caught.value.problems[0].hint


def test_the_token_of_a_web_identity_is_not_printed(sts: Sts, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{PLANTED}-web-identity", encoding="utf-8")
    told = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    found, said = checked(sts, tmp_path, **told)
    assert found["what"] == "arn:aws:sts::123456789012:assumed-role/Deployer/x, by a web identity, in eu-west-1"
    sts.refusing = True
    found, refused = checked(sts, tmp_path, **told)
    assert (found["state"], found["exit_code"]) == ("failed", 4)
    assert "AssumeRoleWithWebIdentity: AccessDenied: no" in found["what"]
    assert PLANTED not in said + refused
