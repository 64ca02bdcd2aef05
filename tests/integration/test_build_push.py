"""A push to the registry of the emulated ECR, over real connections."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from builder.adapters import archive
from builder.adapters.layout import Layout
from builder.core.images import lock as images
from builder.model import Image
from tests.integration.build_project import Project
from tests.integration.emulated_aws import emulated_aws
from tests.integration.planted import traces
from tests.unit.build.samples import a_layer, a_saved_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulated AWS of its own."""
    with emulated_aws(tmp_path_factory.mktemp("aws")) as address:
        yield address


@pytest.fixture
def project(tmp_path: Path, endpoint: str) -> Project:
    """A project whose image was built elsewhere; some megabytes, so that an upload takes more than one read."""
    environ = {
        "AWS_ENDPOINT_URL": f"http://{endpoint}",
        "IMAGE_REGISTRY": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    made = Project(tmp_path / "project", prefix=f"{tmp_path.name.replace('_', '-').lower()}-", environ=environ)
    layers = [a_layer({"base": bytes(range(256)) * 20_000}), a_layer({"handler.py": tmp_path.name.encode()})]
    saved = tmp_path / "saved.tar"
    saved.write_bytes(a_saved_image("x:latest", layers))
    taken = archive.take_in(saved, {"tiny": "x:latest"}, Layout(made.folder / "build" / "images"))["tiny"]
    image = Image(
        module="tiny",
        repository="",
        digest=taken.image.manifest.digest,
        media_type=taken.image.manifest.media_type,
        size=taken.unpacked,
        content_hash=f"sha256:{'00' * 32}",
        functions=("greet", "twice"),
    )
    images.write(made.folder / ".builder", {"tiny": image})
    return made


def ecr(project: Project) -> Any:
    return boto3.client(
        "ecr",
        endpoint_url=project.environ["AWS_ENDPOINT_URL"],
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def described(project: Project) -> Any:
    (detail,) = ecr(project).describe_images(repositoryName=f"{project.prefix}tiny")["imageDetails"]
    return detail


def test_ecr_has_what_the_lock_says(project: Project) -> None:
    digest = project.digest
    answer = project.builder("push", "--format", "json")
    assert answer.code == 0, answer.err
    image = images.read(project.folder / ".builder")["tiny"]
    assert image.reference == f"{project.environ['IMAGE_REGISTRY']}/{project.prefix}tiny@{digest}"
    token = ecr(project).get_authorization_token()["authorizationData"][0]["authorizationToken"]
    secrets = (token, base64.b64decode(token).decode().partition(":")[2])
    assert not [text for text in project.said for secret in secrets if secret in text]
    assert list(traces([project.folder], *secrets)) == []
    detail = described(project)
    assert detail["imageDigest"] == digest
    assert detail["imageManifestMediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert detail["imageTags"] == [detail["imageDigest"].replace(":", "-")]


def test_a_second_push_sends_nothing(project: Project) -> None:
    assert project.builder("push").code == 0
    answer = project.builder("push")
    assert answer.code == 0
    assert "there already" in answer.err


def test_an_image_that_somebody_deleted_is_pushed_again(project: Project) -> None:
    assert project.builder("push").code == 0
    ecr(project).delete_repository(repositoryName=f"{project.prefix}tiny", force=True)
    answer = project.builder("push")
    assert answer.code == 0, answer.err
    assert "repository created" in answer.err
    assert described(project)["imageDigest"] == project.digest


def test_a_registry_that_is_not_there_is_one_clear_error(project: Project) -> None:
    answer = project.builder("push", IMAGE_REGISTRY="127.0.0.1:9")
    assert answer.code == 5
    assert "127.0.0.1:9" in answer.err
    assert "the registry cannot be reached" in answer.err
    assert images.read(project.folder / ".builder")["tiny"].repository == ""
