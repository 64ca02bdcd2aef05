"""Push: the locked images from the layout into their repositories, which are made where they are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from builder import names
from builder.adapters.registry import Credentials, Repository
from builder.core.deploy import policies
from builder.core.images import lock as images
from builder.errors import BuildError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from builder.adapters.layout import Layout
    from builder.adapters.repositories import Repositories
    from builder.model import Image


def open_repository(address: str, credentials: Credentials) -> Repository:
    """The repository at `host/name`, over the network."""
    return Repository(address=address, credentials=credentials)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a push of one module did. `uploaded` is in bytes, None where nothing had to be asked of the registry."""

    image: Image
    created: bool
    uploaded: int | None


@dataclass(frozen=True, kw_only=True)
class Pusher:
    """Pushes one module after the other; the lock learns each repository as soon as its image is there.

    `registry` is the host to push to where it differs from ECR's own answer.
    """

    repositories: Repositories
    layout: Layout
    state: Path
    prefix: str
    registry: str | None = None
    open: Callable[[str, Credentials], Repository] = open_repository

    def push(self, module: str, *, mount_from: str | None = None) -> Outcome:
        """Raises BuildError where the image is not there or the registry refuses, AwsError where ECR does."""
        image = images.read(self.state)[module]
        name = names.repository_name(self.prefix, module)
        repository = self.repositories.get(name)
        created = repository is None
        if repository is None:
            repository = self.repositories.create(name, policies.ownership(self.prefix))
        address = f"{self.registry}/{name}" if self.registry else repository.uri
        if image.repository == address and self.repositories.holds(name, image.digest):
            return Outcome(image=image, created=created, uploaded=None)
        stored = self.layout.image(image.digest)
        if stored is None:
            raise BuildError("the built image is not there", where=module, hint="run `builder build`")
        login = self.repositories.login()
        there = self.open(address, Credentials(user=login.user, password=login.password))
        pushed = there.push(stored, self.layout, tag="latest", mount_from=mount_from)
        image = images.pushed(image, address)
        images.write(self.state, {**images.read(self.state), module: image})
        return Outcome(image=image, created=created, uploaded=pushed.uploaded)


def check(lock: Mapping[str, Image], modules: Sequence[str]) -> None:
    """Every module must have been built. Raises BuildError with all that were not."""
    missing = [module for module in modules if module not in lock]
    if missing:
        hint = f"run `builder build --modules {','.join(missing)}`"
        raise BuildError(problems=[Problem(where=module, what="has no image yet", hint=hint) for module in missing])
