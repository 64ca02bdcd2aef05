"""Deploys with the printed policy and nothing else, against an AWS that asks IAM for every call."""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest

from builder.adapters import archive
from builder.adapters.layout import Layout
from builder.core.images import lock as images
from builder.model import Image
from tests.integration import command_line
from tests.integration.emulated_aws import emulated_aws
from tests.unit.build.samples import a_layer, a_saved_image
from tests.unit.catalog.trees import function, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.cloud

ACCOUNT = "000000000000"
PREFIX = "ci-least-"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    ],
}
FUNCTION = "arguments: []\noutput: int\nclouds: {{redshift: {{type: lambda, config: {{{config}}}}}}}\n"
EVERYTHING = (
    "memory_size: 512, reserved_concurrency: 2, log_retention: 7, environment: {MODE: fast}, tags: {team: maps}, "
    "provisioned_concurrency: 1"
)
# What this run does not call by name. What Lambda does for a caller whose function runs an image (Lambda, "Amazon ECR
# permissions"), what the registry does for whoever pushes (Amazon ECR, "Required IAM permissions for pushing"), and
# what goes with another call: tags given at a creation, a role handed over (Service Authorization Reference).
FOR_US = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:TagResource",
    "ecr:UploadLayerPart",
    "iam:PassRole",
    "iam:TagRole",
}
# Ministack 1.5.33 (core/iam_actions.py, extract_resource_arn) reads names out of addresses and some bodies alone.
ELSEWHERE = re.compile(r"iam:(?!PassRole)|ecr:ListTagsForResource|lambda:CreateFunction")
# What it takes GetAlias and UpdateAlias for.
MISTAKEN = "lambda:ListAliases"
CALL = re.compile(r"Making request for OperationModel\(name=(\w+)\)")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A project and an emulated AWS, in which `role` may do what the printed policy says."""

    folder: Path
    environ: dict[str, str]
    role: str

    def builder(self, *words: str, **environ: str) -> command_line.Outcome:
        return command_line.builder(self.folder, self.environ | {"AWS_ASSUME_ROLE_ARN": self.role} | environ, *words)

    def done(self, *words: str, **environ: str) -> None:
        answer = self.builder(*words, **environ)
        assert answer.code == 0, f"{words}: {answer.err}{answer.out}"

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.environ["AWS_ENDPOINT_URL"],
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def config(self, text: str) -> None:
        write(self.folder, function("greet", FUNCTION.format(config=text)))

    def built(self, content: str) -> None:
        """As a build leaves it: an image of two small layers in the layout, and in the lock."""
        saved = self.folder / "saved.tar"
        layers = [a_layer({"base": b"base"}), a_layer({"handler.py": content.encode()})]
        saved.write_bytes(a_saved_image("x:latest", layers))
        taken = archive.take_in(saved, {"geo": "x:latest"}, Layout(self.folder / "build" / "images"))["geo"]
        image = Image(
            module="geo",
            repository="",
            digest=taken.image.manifest.digest,
            media_type=taken.image.manifest.media_type,
            size=taken.unpacked,
            content_hash=f"sha256:{content.encode().hex():0>64}",
            functions=("greet",),
        )
        images.write(self.folder / ".builder", {"geo": image})

    def permit(self, policy: dict[str, Any]) -> None:
        """Gives the role this policy and no other, on wider resources where the emulator asks for those."""
        wanted = {action for statement in policy["Statement"] for action in statement["Action"]}
        wider = {"Effect": "Allow", "Action": [MISTAKEN, *filter(ELSEWHERE.match, wanted)], "Resource": "*"}
        document = {**policy, "Statement": [*policy["Statement"], wider]}
        self.client("iam").put_role_policy(
            RoleName=self.role.rpartition("/")[2], PolicyName="printed", PolicyDocument=json.dumps(document)
        )

    def drift(self) -> None:
        """Somebody changes what deploy then puts right."""
        ecr, name = self.client("ecr"), f"{PREFIX}geo"
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
        ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration={"scanOnPush": False})
        self.client("iam").update_assume_role_policy(
            RoleName="CiLeastLambdaExecutionRole", PolicyDocument=json.dumps(TRUST)
        )

    def policy(self) -> dict[str, Any]:
        words = ("check", "--print-policy", "--account", ACCOUNT, "--format", "json")
        found: dict[str, Any] = json.loads(command_line.builder(self.folder, self.environ, *words).out)
        return dict(found["deployer"]["policy"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with emulated_aws(tmp_path_factory.mktemp("aws"), AUTH="true") as address:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": f"http://{address}",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "IMAGE_REGISTRY": address,
            "IMAGE_ACCOUNTS": "123456789012",
            "RS_LAMBDA_PREFIX": PREFIX,
            "RS_LAMBDA_ALIAS": "true",
            "RS_LAMBDA_VERSIONS": "1",
            # Nothing answers in a stand-in.
            "RS_LAMBDA_SMOKE": "false",
        }
        made = Site(folder=folder, environ=environ, role=f"arn:aws:iam::{ACCOUNT}:role/Deployer")
        made.config("")
        made.client("iam").create_role(RoleName="Deployer", AssumeRolePolicyDocument=json.dumps(TRUST))
        made.permit(made.policy())
        yield made


def asked(log: list[logging.LogRecord]) -> dict[str, set[str]]:
    """What botocore says that it has sent: operations, and the actions that may be theirs."""
    core = botocore.session.get_session()
    known: dict[str, set[str]] = {}
    for service in ("ecr", "iam", "lambda", "logs"):
        for name in core.get_service_model(service).operation_names:
            known.setdefault(name, set()).add(f"{service}:{name}")
    # The one whose action has another name (Service Authorization Reference, AWS Lambda).
    known["Invoke"] = {"lambda:InvokeFunction"}
    sent = {found[1] for record in log if (found := CALL.match(record.getMessage()))}
    return {name: known[name] for name in sent & set(known)}


def test_the_printed_policy_is_what_a_deploy_asks_for_and_no_more(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "botocore.endpoint")
    site.built("one")
    site.done("push")
    site.done("deploy")
    site.built("two")
    site.config(EVERYTHING)
    site.done("deploy")
    site.drift()
    assert site.builder("invoke", "greet", "--deployed").code in (0, 8)
    site.config("")
    site.done("deploy", IMAGE_ACCOUNTS="")
    site.done("rollback")
    site.done("status")
    site.done("remove", "--yes")
    permitted = {action for statement in site.policy()["Statement"] for action in statement["Action"]}
    calls = asked(caplog.records)
    assert [name for name, actions in calls.items() if not actions & permitted] == []
    # Who calls the function is Redshift, and here is none.
    redshift = {"lambda:AddPermission", "lambda:RemovePermission"}
    assert sorted(permitted - redshift - FOR_US - {action for actions in calls.values() for action in actions}) == []


def test_a_policy_that_lacks_an_action_is_refused_by_name(site: Site) -> None:
    # The emulator does ask: without this, the test above says nothing.
    policy = site.policy()
    for statement in policy["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != "lambda:CreateFunction"]
    site.permit(policy)
    try:
        site.built("three")
        answer = site.builder("deploy")
    finally:
        site.permit(site.policy())
    assert answer.code == 6
    assert "create_function: AccessDenied" in answer.err
    assert "not authorized to perform: lambda:CreateFunction" in answer.err
    site.done("deploy")
    site.done("remove", "--yes")
