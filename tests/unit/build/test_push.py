"""Push: repositories made where they are missing, images sent once, the lock told of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from builder import push
from builder.adapters import archive
from builder.adapters.fake_registry import IDENTITY, FakeRepositories
from builder.adapters.faults import Faults
from builder.adapters.layout import Layout
from builder.core.config.settings import Settings
from builder.core.images import lock as images
from builder.errors import BuildError
from builder.model import Image
from tests.unit.build.registry_fake import FakeRegistry
from tests.unit.build.samples import a_layer, a_saved_image

if TYPE_CHECKING:
    from pathlib import Path

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
BASE = a_layer({"base": b"b" * 5000})


@dataclass
class Site:
    """A project with built images, an ECR and its registry."""

    root: Path
    registry: FakeRegistry = field(default_factory=lambda: FakeRegistry(password="token", mounts=True))
    repositories: FakeRepositories = field(default_factory=lambda: FakeRepositories(Faults()))
    mounts: list[str] = field(default_factory=list)

    def build(self, *modules: str) -> None:
        for module in modules:
            (self.root / "saved.tar").write_bytes(a_saved_image("x:latest", [BASE, a_layer({module: b""})]))
            taken = archive.take_in(self.root / "saved.tar", {module: "x:latest"}, Layout(self.root / "images"))[module]
            image = Image(
                module=module,
                repository="",
                digest=taken.image.manifest.digest,
                media_type=taken.image.manifest.media_type,
                size=taken.unpacked,
                content_hash=f"sha256:{'00' * 32}",
                functions=(module,),
            )
            images.write(self.root, {**images.read(self.root), module: image})

    def pusher(self, registry: str | None = None) -> push.Pusher:
        return push.Pusher(
            repositories=self.repositories,
            layout=Layout(self.root / "images"),
            state=self.root,
            settings=Settings(lambda_prefix="dev-", image_registry=registry),
            identity=IDENTITY,
            mounts=self.mounts,
            open=self.registry.open,
        )

    def push(self, module: str, *, registry: str | None = None) -> push.Outcome:
        outcome = self.pusher(registry).push(module)
        # What the registry has, ECR's API tells of.
        self.repositories.images[f"dev-{module}"].add(outcome.image.digest)
        return outcome


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.build("quadbin", "h3")
    return made


def test_an_image_is_tagged_by_its_digest_so_that_the_lifecycle_rule_passes_it_by(site: Site) -> None:
    digest = site.push("quadbin").image.digest
    assert set(site.registry.manifests["dev-quadbin"]) == {digest, digest.replace(":", "-")}
    rule = json.loads(str(site.repositories.held["dev-quadbin"].lifecycle))["rules"]
    assert (rule["selection"]["tagStatus"], rule["action"]["type"]) == ("untagged", "expire")


def test_an_image_that_is_there_without_its_tag_gets_it(site: Site) -> None:
    digest = site.push("quadbin").image.digest
    site.repositories.untagged.add(digest)
    del site.registry.manifests["dev-quadbin"][digest.replace(":", "-")]
    assert site.push("quadbin").uploaded == 0
    assert digest.replace(":", "-") in site.registry.manifests["dev-quadbin"]


def test_a_push_mends_what_somebody_changed_of_the_repository(site: Site) -> None:
    site.push("quadbin")
    held = site.repositories.held
    good = held["dev-quadbin"]
    held["dev-quadbin"] = replace(good, mutability="MUTABLE", scan_on_push=False, lifecycle=None)
    assert site.push("quadbin").uploaded is None
    assert held["dev-quadbin"] == good


def test_the_repository_is_made_and_tagged_as_ours(site: Site) -> None:
    outcome = site.push("quadbin")
    assert outcome.created
    assert site.repositories.held["dev-quadbin"].tags
    assert list(site.registry.manifests) == ["dev-quadbin"]


def test_the_lock_learns_what_deploy_uses(site: Site) -> None:
    before = images.read(site.root)
    site.push("quadbin")
    after = images.read(site.root)
    assert after["quadbin"].reference == f"{ECR}/dev-quadbin@{before['quadbin'].digest}"
    assert after["h3"] == before["h3"]


def test_what_is_there_already_is_not_asked_of_the_registry(site: Site) -> None:
    site.push("quadbin")
    site.registry.log.clear()
    outcome = site.push("quadbin")
    assert outcome.uploaded is None
    assert not outcome.created
    assert site.registry.log == []


def test_a_registry_of_ones_own_is_pushed_to_and_deployed_from(site: Site) -> None:
    outcome = site.push("quadbin", registry="localhost:4566")
    assert outcome.image.repository == "localhost:4566/dev-quadbin"
    assert images.read(site.root)["quadbin"].repository == "localhost:4566/dev-quadbin"


def test_another_registry_is_pushed_to_although_the_first_has_the_image(site: Site) -> None:
    site.push("quadbin", registry="localhost:4566")
    site.registry.log.clear()
    assert site.push("quadbin").image.repository == f"{ECR}/dev-quadbin"
    assert site.registry.log != []


def test_the_base_is_uploaded_once_for_two_modules(site: Site) -> None:
    first = site.push("quadbin").uploaded
    second = site.push("h3").uploaded
    assert first is not None
    assert second is not None
    assert second < first


def test_a_push_that_fails_leaves_the_lock_as_it_was(site: Site) -> None:
    before = images.read(site.root)
    site.registry.misfit = lambda request: (500, {}) if request.method == "PUT" else None
    with pytest.raises(BuildError, match="500"):
        site.push("quadbin")
    assert images.read(site.root) == before


def test_an_image_whose_files_are_gone_must_be_built_again(site: Site) -> None:
    for blob in (site.root / "images" / "blobs" / "sha256").iterdir():
        blob.unlink()
    with pytest.raises(BuildError, match="builder build"):
        site.push("quadbin")


def test_every_module_that_was_not_built_is_named(site: Site) -> None:
    with pytest.raises(BuildError) as caught:
        push.check(images.read(site.root), ["s2", "quadbin", "placekey"])
    assert [problem.where for problem in caught.value.problems] == ["s2", "placekey"]
    assert caught.value.problems[0].hint == "run `builder build --modules s2,placekey`"
