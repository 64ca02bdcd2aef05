"""Releases as a user makes them, against the local cloud, with images that run: back and forth, and a second set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration.build_project import Answer, Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.cloud

SCHEMA = "ci_releases"
HANDLER = """
import os
from gateway import redshift_handler
{}

@redshift_handler
def lambda_handler(name: str) -> str:
    return f"{}, {{name}}"
"""
# It can be imported where the image is built, and not where it runs.
BROKEN = 'if "AWS_LAMBDA_FUNCTION_NAME" in os.environ: raise RuntimeError("no licence in reach")'


class Releases(Project):
    """The small catalogue's one module, in versions that greet differently."""

    def done(self, *words: str) -> Answer:
        answer = self.builder(*words)
        assert answer.code == 0, answer.out + answer.err
        return answer

    def make(self, greeting: str, *, more: str = "") -> None:
        """Another version, built and pushed."""
        self.handler("greet").write_text(HANDLER.format(more, greeting))
        self.done("build")
        self.done("push")

    def greeting(self, schema: str = SCHEMA) -> str:
        answer = self.done("query", "--format", "json", f"SELECT {schema}.greet('you') AS said")
        return str(json.loads(answer.out)[0]["said"])

    def lambdas(self) -> dict[str, str]:
        """The version that each function's alias points at, by name."""
        client: Any = boto3.client(
            "lambda",
            endpoint_url=self.environ["AWS_ENDPOINT_URL"],
            region_name=self.environ["AWS_REGION"],
            aws_access_key_id=self.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environ["AWS_SECRET_ACCESS_KEY"],
        )
        names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
        ours = [name for name in names if name.startswith(self.prefix)]
        return {name: client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in ours}


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory, local_cloud: Mapping[str, str]) -> Iterator[Releases]:
    prefix = "ci-releases-"
    environ = {**local_cloud, "RS_LAMBDA_PREFIX": prefix, "RS_SCHEMA": SCHEMA}
    made = Releases(tmp_path_factory.mktemp("releases") / "project", prefix, environ)
    made.make("one")
    yield made
    for suffix in (["--suffix", "_next"], []):
        made.builder("remove", "--yes", *suffix)
    made.remove_images()


def test_a_rollback_answers_as_before_and_code_that_does_not_work_is_called_by_nobody(project: Releases) -> None:
    project.done("deploy")
    assert project.greeting() == "one, you"
    project.make("two")
    project.done("deploy")
    assert project.greeting() == "two, you"
    assert project.lambdas() == {"ci-releases-tiny": "2"}
    back = project.done("rollback")
    assert "release r0003" in back.err
    assert project.greeting() == "one, you"
    (row,) = json.loads(project.done("status", "--format", "json").out)["functions"]
    assert row["lock"] == "differs"
    project.done("rollback", "--to", "r0002")
    assert project.greeting() == "two, you"
    rows = json.loads(project.done("releases", "--format", "json").out)
    assert [(row["release"], row["note"]) for row in rows] == [
        ("r0001", ""),
        ("r0002", ""),
        ("r0003", "as r0001"),
        ("r0004", "as r0002, current"),
    ]

    project.make("three", more=BROKEN)
    for mode in ("false", "true"):
        project.environ["RS_LAMBDA_ALIAS"] = mode
        refused = project.builder("deploy")
        assert refused.code == 8, refused.out + refused.err
        assert "greet cannot be imported: RuntimeError: no licence in reach" in refused.err
        assert "neither the alias nor SQL was moved to it" in refused.err
        assert project.greeting() == "two, you"
        assert list(project.lambdas()) == ["ci-releases-tiny"]
        project.environ["RS_LAMBDA_ALIAS"] = "false"
        project.done("rollback", "--to", "r0004")


def test_a_second_set_answers_beside_the_first_and_becomes_the_first(project: Releases) -> None:
    project.done("deploy")
    project.make("two")
    project.done("deploy", "--suffix", "_next")
    assert (project.greeting(), project.greeting(f"{SCHEMA}_next")) == ("one, you", "two, you")
    said = project.done("invoke", "--deployed", "--suffix", "_next", "--format", "json", "greet", "you")
    assert json.loads(said.out)["results"] == ["two, you"]
    refused = project.builder("promote", "--suffix", "_next")
    assert refused.code == 2
    project.done("promote", "--suffix", "_next", "--yes")
    assert project.greeting() == "two, you"
    assert list(project.lambdas()) == ["ci-releases-tiny"]
    assert project.builder("query", f"SELECT {SCHEMA}_next.greet('you')").code == 7
    assert "nothing to do" in project.done("promote", "--suffix", "_next").out
    project.done("rollback")
    assert project.greeting() == "one, you"
