"""Bake: from modules to images in the engine, in the layout and in the lock. One of the three calls that change things.

The lock is written once, after everything else: a build that fails or is stopped leaves it as it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from builder.adapters import archive, docker, host, locks, roots
from builder.adapters.layout import Layout
from builder.core.images import build_plan, oci, requirements
from builder.core.images import lock as images
from builder.errors import BuildError, EngineError, Problem
from builder.files import check_writable
from builder.model import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from builder.adapters.archive import Taken
    from builder.assets import Assets
    from builder.model import Architecture, Catalog, Module

# What of the assets decides an image's bytes.
_RECIPE = ("Dockerfile.base", "docker-bake.hcl", "images/**/*")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a project keeps what its builds make."""

    state: Path
    build: Path

    @property
    def layout(self) -> Layout:
        return Layout(self.build / "images")

    @property
    def log(self) -> Path:
        return self.build / "logs" / "bake.log"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to build. `modules` are those with a Lambda function; of one that is split each part, with its own image.

    `locked` are the same with all of their functions, those that production leaves out included: what locks answer.
    """

    catalog: Catalog
    modules: tuple[Module, ...]
    locked: tuple[Module, ...]
    assets: Assets
    place: Place
    prefix: str
    python_image: str | None = None
    architecture: Architecture = "x86_64"
    environ: Mapping[str, str] = field(default_factory=dict)
    no_cache: bool = False

    def tag(self, module: Module) -> str:
        return docker.local_tag(self.prefix, module.image)

    @property
    def tags(self) -> dict[str, str]:
        return {module.image: self.tag(module) for module in self.modules}


def check(request: Request) -> None:
    """Raises BuildError for locks that answer something else than the functions' requirements."""
    stale = [problem for module in request.locked if (problem := requirements.stale(module))]
    if stale:
        raise BuildError(problems=stale)


def content_hashes(request: Request) -> dict[str, str]:
    """The content hash of each image."""
    files = recipe(request.assets.root)
    variables = {"PYTHON_IMAGE": request.python_image or "", "ARCHITECTURE": request.architecture}
    return {
        module.image: build_plan.content_hash(module, recipe=files, variables=variables) for module in request.modules
    }


def outdated(request: Request, hashes: Mapping[str, str]) -> tuple[Module, ...]:
    """The modules that must be built: their content changed, or their image went missing.

    Where everything else is in order and no engine answers, nothing needs one.
    """
    lock, layout = images.read(request.place.state), request.place.layout
    found = [module for module in request.modules if not _kept(lock.get(module.image), hashes[module.image], layout)]
    rest = [module for module in request.modules if module not in found]
    built = layout.engine_ids()
    try:
        # By id too: another checkout on this machine gives the same tag to images of its own.
        present = docker.present([name for each in rest for name in (request.tag(each), built.get(each.image)) if name])
    except EngineError:
        return tuple(found)
    lost = [each for each in rest if not {request.tag(each), built.get(each.image)} <= present.keys()]
    return tuple(module for module in request.modules if module in found or module in lost)


def bake(request: Request, hashes: Mapping[str, str]) -> tuple[tuple[Image, ...], str]:
    """Builds all modules of the request; gives their images as locked, and a summary of the build's steps.

    Raises EngineError where no engine can build, BuildError where the build fails.
    """
    docker.check()
    place = request.place
    for folder in (place.state, place.build):
        check_writable(folder)
    names = [module.image for module in request.modules]
    context = roots.one_root(request.catalog, place.build / "context" / "functions")
    environ = host.build_variables(request.environ) | build_plan.bake_environment(
        modules=names,
        prefix=request.prefix,
        functions=str(context),
        package=str(request.assets.package),
        python_image=request.python_image,
        architecture=request.architecture,
    )
    command = build_plan.bake_command(bake_file=str(request.assets.bake_file), targets=names, no_cache=request.no_cache)
    log = docker.bake(command, environ, folder=request.assets.root, log=place.log)
    # The saved tar, the layout's index and the lock are the project's, and two builds may be at work in it.
    with locks.wait(place.layout.root / "take-in.lock"):
        return _record(request, hashes), log.summary()


def _record(request: Request, hashes: Mapping[str, str]) -> tuple[Image, ...]:
    taken = _take_in(request)
    _check_limits(taken)
    _check_architecture(request, taken)
    built = tuple(_image(module, taken[module.image], hashes[module.image]) for module in request.modules)
    lock = images.read(request.place.state)
    lock |= {image.module: images.rebuilt(lock.get(image.module), image) for image in built}
    images.write(request.place.state, lock)
    return tuple(lock[image.module] for image in built)


def _take_in(request: Request) -> dict[str, Taken]:
    layout = request.place.layout
    layout.root.mkdir(parents=True, exist_ok=True)
    saved = layout.root / "saved.tar"
    try:
        docker.save(list(request.tags.values()), saved)
        taken = archive.take_in(saved, request.tags, layout)
    except OSError as error:
        raise BuildError(f"cannot be written: {error.strerror}", where=str(layout.root)) from error
    finally:
        saved.unlink(missing_ok=True)
    ids = docker.present(list(request.tags.values()))
    layout.set_engine_ids({name: ids[tag] for name, tag in request.tags.items() if tag in ids})
    return taken


def _check_architecture(request: Request, taken: Mapping[str, Taken]) -> None:
    """A PYTHON_IMAGE that is there for one platform alone is taken by the engine, whatever platform was asked for."""
    problems = [
        Problem(
            where=name,
            what=f"the image was built for {each.architecture or 'something else'}, not for {request.architecture}",
            hint="PYTHON_IMAGE must be there for that platform; RS_LAMBDA_ARCHITECTURE chooses it",
        )
        for name, each in taken.items()
        if each.architecture != request.architecture
    ]
    if problems:
        raise BuildError(problems=problems)


def _check_limits(taken: Mapping[str, Taken]) -> None:
    problems = [
        problem
        for name, one in taken.items()
        for problem in oci.check_limits(name, unpacked=one.unpacked, manifest_size=one.image.manifest.size)
    ]
    if problems:
        raise BuildError(problems=problems)


def _image(module: Module, taken: Taken, content_hash: str) -> Image:
    return Image(
        module=module.image,
        repository="",
        digest=taken.image.manifest.digest,
        media_type=taken.image.manifest.media_type,
        size=taken.unpacked,
        content_hash=content_hash,
        functions=tuple(sorted(function.name for function in module.lambdas)),
        architecture=taken.architecture or "x86_64",
    )


def _kept(locked: Image | None, content_hash: str, layout: Layout) -> bool:
    return locked is not None and locked.content_hash == content_hash and layout.image(locked.digest) is not None


def recipe(root: Path) -> dict[str, str]:
    files = sorted(path for pattern in _RECIPE for path in root.glob(pattern) if path.is_file())
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if "__pycache__" not in path.parts
    }


def only(request: Request, modules: Sequence[Module]) -> Request:
    """The request for some of its modules."""
    return replace(request, modules=tuple(modules))
