"""What goes into a module's image, and when it must be built again. Pure: paths and hashes in, plans out.

The layout is the one of docs/architecture.md. An image always holds the whole module, whatever was selected: its Lambda
answers for every function of the module, those that were deployed before included.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.core.catalog import sql_names
from builder.core.images import oci

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from builder.model import Architecture, Function, Module, SharedLib, SourceFile

TASK = "var/task"

# One layer a name, from the most stable to the most touched; images/module/Dockerfile copies them by these names.
LAYERS = ("shared", "functions", "manifest")

# A change of what the staging means, for the content hash: images built by an older rule are built again.
_RULES = 1


# What a module's Lambda gets when none of its functions asks: memory in MB, time-out in seconds. Python with NumPy and
# shapely needs some 150 MB to start; Lambda gives processor time in proportion to memory.
DEFAULT_MEMORY = 512
DEFAULT_TIMEOUT = 60
_UNTYPED = "VARCHAR(MAX)"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a Lambda may use. Memory in MB, time in seconds."""

    memory_size: int
    timeout: int


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A file of the catalogue and its place in the image, relative to the layer's root."""

    layer: str
    source: str
    target: str


def limits(functions: Iterable[Function]) -> Limits:
    """The most that any function asks for, the default where one does not ask: they share one Lambda."""
    configs = [function.config for function in functions]
    return Limits(
        memory_size=max((config.memory_size or DEFAULT_MEMORY for config in configs), default=DEFAULT_MEMORY),
        timeout=max((config.timeout or DEFAULT_TIMEOUT for config in configs), default=DEFAULT_TIMEOUT),
    )


def image_manifest(module: Module) -> dict[str, Any]:
    """The manifest of an image: paths relative to /var/task."""
    return _manifest(
        module,
        root=lambda function: f"functions/{function.name}",
        shared=lambda library: f"shared/{library}",
    )


def source_manifest(module: Module) -> dict[str, Any]:
    """The manifest that runs a module from the catalogue's own folders, without an image."""
    roots = {library.name: library.root.removesuffix(".py") for library in module.shared_libs}
    return _manifest(module, root=lambda function: f"{function.root}/{function.code}", shared=roots.__getitem__)


def staged(module: Module) -> tuple[Staged, ...]:
    """Every file that the image takes from the catalogue, sorted. The manifest is not among them: it is made."""
    files = [
        Staged(
            layer="functions",
            source=f"{function.root}/{function.code}/{file.path}",
            target=f"{TASK}/functions/{function.name}/{file.path}",
        )
        for function in module.lambdas
        for file in function.files
    ]
    files += [
        Staged(
            layer="shared",
            source=_library_file(library, file),
            target=f"{TASK}/shared/{library.name}/{file.path}",
        )
        for library in module.shared_libs
        for file in library.files
    ]
    return tuple(sorted(files, key=lambda file: (file.layer, file.target)))


def content_hash(module: Module, *, recipe: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """`sha256:...` over all that decides the image's bytes.

    `recipe` maps the files of the recipe (Dockerfiles, runtime, locks) to their sha256; `variables` are bake's: the
    Python image, the time of the files.
    """
    document = {
        "rules": _RULES,
        "manifest": image_manifest(module),
        "functions": {function.name: _hashes(function.files) for function in module.lambdas},
        "shared": {library.name: _hashes(library.files) for library in module.shared_libs},
        "requirements": hashlib.sha256(module.requirements_lock.encode()).hexdigest(),
        "recipe": dict(recipe),
        "variables": dict(variables),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def bake_command(*, bake_file: str, targets: Sequence[str], no_cache: bool = False) -> list[str]:
    """The command line of a bake. What varies travels in the environment: see `bake_environment`."""
    flags = ["--no-cache"] if no_cache else []
    return ["docker", "buildx", "bake", "--file", bake_file, "--progress", "plain", *flags, *targets]


def bake_environment(
    *,
    modules: Sequence[str],
    prefix: str,
    functions: str,
    package: str,
    python_image: str | None,
    architecture: Architecture = "x86_64",
) -> dict[str, str]:
    """Values for the variables of docker-bake.hcl; what is not here keeps the file's default."""
    values = {
        "MODULES": ",".join(modules),
        "PREFIX": prefix,
        "FUNCTIONS": functions,
        "BUILDER": package,
        "PLATFORM": f"linux/{oci.MACHINES[architecture]}",
    }
    return {**values, "PYTHON_IMAGE": python_image} if python_image else values


def _manifest(module: Module, *, root: Callable[[Function], str], shared: Callable[[str], str]) -> dict[str, Any]:
    return {
        "version": 1,
        "module": module.name,
        "functions": [
            {
                "name": function.name,
                "sql_names": list(sql_names.answered(function)),
                "root": root(function),
                "handler": function.config.handler,
                "arguments": [parameter.type for parameter in function.parameters],
                "returns": function.returns or _UNTYPED,
                "shared_libs": {library: shared(library) for library in sorted(function.shared_libs)},
                # A template says what crosses; arguments and returns are the public function's, where they are said.
                **({"untyped": True} if function.template else {}),
                **({"wrappers": list(function.wrappers)} if function.wrappers else {}),
            }
            for function in sorted(module.lambdas, key=lambda function: function.name)
        ],
    }


def _library_file(library: SharedLib, file: SourceFile) -> str:
    """A library of one file has that file as its root, and takes the name of a package's in the image."""
    return library.root if library.root.endswith(".py") else f"{library.root}/{file.path}"


def _hashes(files: Sequence[SourceFile]) -> dict[str, str]:
    return {file.path: file.sha256 for file in files}
