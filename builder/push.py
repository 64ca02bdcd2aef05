"""Push: the locked images from the layout into their repositories, which are made where they are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from builder import names
from builder.adapters import execute
from builder.adapters.layout import Layout
from builder.adapters.registry import Credentials, Repository
from builder.core.deploy import plan_images
from builder.core.deploy.actions import RepositoryAction
from builder.core.images import lock as images
from builder.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from builder.adapters.repositories import Repositories
    from builder.core.config.settings import Settings
    from builder.core.deploy.observed import Identity
    from builder.model import Image


def open_repository(address: str, credentials: Credentials) -> Repository:
    """The repository at `host/name`, over the network."""
    return Repository(address=address, credentials=credentials)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a push of one image did. `uploaded` is in bytes, None where nothing had to be asked of the registry."""

    image: Image
    created: bool
    uploaded: int | None


@dataclass(frozen=True, kw_only=True)
class Pusher:
    """Pushes images; the lock learns each repository as soon as its image is there."""

    repositories: Repositories
    layout: Layout
    state: Path
    settings: Settings
    identity: Identity
    open: Callable[[str, Credentials], Repository] = open_repository
    writing: Lock = field(default_factory=Lock)
    # Repositories that have the base's layers now: a registry that can, takes them from there.
    mounts: list[str] = field(default_factory=list)

    def push(self, name: str) -> Outcome:
        """One image of the lock, into its repository, which is made or put right before.

        Raises BuildError where the image is not there or the registry refuses, AwsError where ECR does.
        """
        image = images.read(self.state)[name]
        repository = self.repositories.get(names.repository_name(self.settings.lambda_prefix, name))
        for action in plan_images.keep(name, name, repository, self.settings, self.identity):
            if isinstance(action, RepositoryAction):
                execute.repository(action, self.repositories)
        address = plan_images.address(name, self.settings, self.identity, repository)
        created, tag = repository is None, names.image_tag(image.digest)
        there = repository is not None and self.repositories.holds(repository.name, image.digest, tag=tag)
        if there and image.repository == address:
            return Outcome(image=image, created=created, uploaded=None)
        uploaded = self.upload(name, address)
        return Outcome(image=images.read(self.state)[name], created=created, uploaded=uploaded)

    def built(self, digest: str) -> bool:
        return self.layout.image(digest) is not None

    def upload(self, image: str, address: str) -> int:
        locked = images.read(self.state)[image]
        stored = self.layout.image(locked.digest)
        if stored is None:
            raise BuildError("the built image is not there", where=image, hint="run `builder build`")
        login = self.repositories.login()
        there = self.open(address, Credentials(user=login.user, password=login.password))
        before = self.mounts[-1] if self.mounts else None
        pushed = there.push(stored, self.layout, tag=names.image_tag(locked.digest), mount_from=before)
        with self.writing:
            self.mounts.append(address.partition("/")[2])
            lock = images.read(self.state)
            images.write(self.state, {**lock, image: images.pushed(locked, address)})
        return pushed.uploaded


def pusher(settings: Settings, identity: Identity, repositories: Repositories, *, state: Path, build: Path) -> Pusher:
    """For the images that were built below `build`."""
    layout = Layout(build / "images")
    return Pusher(repositories=repositories, layout=layout, state=state, settings=settings, identity=identity)


def check(lock: Mapping[str, Image], modules: Sequence[str]) -> None:
    """Every module must have been built. Raises BuildError with all that were not."""
    missing = [module for module in modules if module not in lock]
    if missing:
        hint = f"run `builder build --modules {','.join(missing)}`"
        raise BuildError(problems=[Problem(where=module, what="has no image yet", hint=hint) for module in missing])
