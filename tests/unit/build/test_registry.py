"""A push, byte for byte: what is sent, what is not sent twice, and what a registry may not answer."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from builder.adapters import archive
from builder.adapters.layout import Layout
from builder.adapters.registry import Credentials, Repository, is_local
from builder.core.config.settings import Secret
from builder.errors import BuildError
from tests.unit.build.registry_fake import MANIFEST_TYPE, FakeRegistry
from tests.unit.build.samples import a_layer, a_saved_image

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from builder.core.images.oci import StoredImage

ADDRESS = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/carto-at-quadbin"
NAME = "carto-at-quadbin"
LAYERS = [a_layer({"base": b"b" * 5000}), a_layer({"handler.py": b"pass"})]
LOGIN = Credentials(user="AWS", password=Secret("s3cret"))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "images")


@pytest.fixture
def image(tmp_path: Path, layout: Layout) -> StoredImage:
    (tmp_path / "saved.tar").write_bytes(a_saved_image("q:latest", LAYERS))
    return archive.take_in(tmp_path / "saved.tar", {"quadbin": "q:latest"}, layout)["quadbin"].image


def test_the_registry_gets_the_layouts_own_bytes(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry()
    pushed = registry.open(ADDRESS).push(image, layout, tag="latest")
    assert registry.blobs[NAME] == {blob.digest: layout.path(blob.digest).read_bytes() for blob in image.blobs}
    manifest = (layout.path(image.manifest.digest).read_bytes(), MANIFEST_TYPE)
    assert registry.manifests[NAME] == {"latest": manifest, image.manifest.digest: manifest}
    assert (pushed.digest, pushed.media_type) == (image.manifest.digest, MANIFEST_TYPE)
    assert pushed.uploaded == sum(blob.size for blob in image.blobs)


def test_the_manifest_is_sent_last(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry()
    registry.open(ADDRESS).push(image, layout, tag="latest")
    writes = [line for line in registry.log if not line.startswith(("HEAD", "GET"))]
    assert writes[-1] == f"PUT /v2/{NAME}/manifests/latest"


def test_a_second_push_sends_no_layer(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry()
    registry.open(ADDRESS).push(image, layout, tag="latest")
    registry.log.clear()
    assert registry.open(ADDRESS).push(image, layout, tag="latest").uploaded == 0
    assert not [line for line in registry.log if "/blobs/" in line]


def test_a_push_that_was_interrupted_goes_on_where_it_was(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry()
    first = image.layers[0]
    registry.blobs[NAME] = {first.digest: layout.path(first.digest).read_bytes()}
    pushed = registry.open(ADDRESS).push(image, layout, tag="latest")
    assert pushed.uploaded == sum(blob.size for blob in image.blobs) - first.size


def test_layers_of_another_repository_are_taken_from_there(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry(mounts=True)
    registry.open(f"{ADDRESS}-h3").push(image, layout, tag="latest")
    pushed = registry.open(ADDRESS).push(image, layout, tag="latest", mount_from=f"{NAME}-h3")
    assert pushed.uploaded == 0
    assert registry.blobs[NAME] == registry.blobs[f"{NAME}-h3"]


def test_a_registry_that_mounts_nothing_gets_the_bytes(image: StoredImage, layout: Layout) -> None:
    registry = FakeRegistry(mounts=False)
    pushed = registry.open(ADDRESS).push(image, layout, tag="latest", mount_from=f"{NAME}-h3")
    assert pushed.uploaded == sum(blob.size for blob in image.blobs)


def test_credentials_are_sent_to_the_registry_alone(image: StoredImage, layout: Layout) -> None:
    seen: dict[str, set[str | None]] = {}

    def elsewhere(request: requests.PreparedRequest) -> tuple[int, dict[str, str]] | None:
        host = str(request.url).split("/")[2]
        seen.setdefault(host, set()).add(request.headers.get("Authorization"))
        if request.method == "POST":
            return 202, {"Location": "https://storage.example.com/upload?signature=x"}
        return (201 if request.method == "PUT" else 202, {}) if host == "storage.example.com" else None

    registry = FakeRegistry(password="s3cret", misfit=elsewhere)
    with pytest.raises(BuildError, match="MANIFEST_BLOB_UNKNOWN"):  # the fake's storage keeps nothing
        registry.open(ADDRESS, LOGIN).push(image, layout, tag="latest")
    assert seen["storage.example.com"] == {None}
    assert seen[ADDRESS.split("/", maxsplit=1)[0]] == {f"Basic {base64.b64encode(b'AWS:s3cret').decode()}"}


def test_without_credentials_the_registry_says_so(image: StoredImage, layout: Layout) -> None:
    with pytest.raises(BuildError) as caught:
        FakeRegistry(password="s3cret").open(ADDRESS).push(image, layout, tag="latest")
    (problem,) = caught.value.problems
    assert problem.where == ADDRESS
    assert "401" in problem.what
    assert "IMAGE_REGISTRY" in problem.hint


def test_a_password_is_in_no_representation() -> None:
    repository = Repository(address=ADDRESS, credentials=LOGIN)
    assert "s3cret" not in f"{repository!r} {repository.credentials!s}"


def answering(digest: str, media_type: str) -> FakeRegistry:
    """A registry that says something else of a manifest, once it was sent."""
    said = {"Docker-Content-Digest": digest, "Content-Type": media_type}

    def misfit(request: requests.PreparedRequest) -> tuple[int, dict[str, str]] | None:
        sent = any(line.startswith("PUT") and "/manifests/" in line for line in registry.log)
        return (200, said) if sent and request.method == "HEAD" else None

    registry = FakeRegistry(misfit=misfit)
    return registry


def test_another_digest_in_the_registry_is_an_error(image: StoredImage, layout: Layout) -> None:
    other = f"sha256:{'00' * 32}"
    with pytest.raises(BuildError, match=f"digest {other} for {image.manifest.digest}"):
        answering(other, MANIFEST_TYPE).open(ADDRESS).push(image, layout, tag="latest")


def test_an_index_in_the_registry_is_an_error(image: StoredImage, layout: Layout) -> None:
    # Lambda refuses an index: "The image manifest, config or layer media type ... is not supported".
    registry = answering(image.manifest.digest, "application/vnd.oci.image.index.v1+json")
    with pytest.raises(BuildError, match=r"has a application/vnd\.oci\.image\.index"):
        registry.open(ADDRESS).push(image, layout, tag="latest")


def test_a_layer_that_was_damaged_on_disk_is_not_pushed(image: StoredImage, layout: Layout) -> None:
    blob = layout.path(image.layers[0].digest)
    blob.write_bytes(bytes(len(blob.read_bytes())))
    registry = FakeRegistry()
    with pytest.raises(BuildError, match="DIGEST_INVALID"):
        registry.open(ADDRESS).push(image, layout, tag="latest")
    assert registry.manifests[NAME] == {}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost:4566", True),
        ("localhost", True),
        ("127.0.0.1:5000", True),
        ("127.1.2.3", True),
        ("[::1]:5000", True),
        ("localhost.example.com", False),
        ("registry.example.com:4566", False),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", False),
    ],
)
def test_only_this_machine_is_spoken_to_without_tls(host: str, local: bool) -> None:  # noqa: FBT001  a parameter of the test
    assert is_local(host) is local
    assert Repository(address=f"{host}/x").url == f"{'http' if local else 'https'}://{host}/v2/x"
