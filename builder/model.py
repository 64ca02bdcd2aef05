"""The values that pass between the rooms. All are frozen; none knows where it came from or where it goes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

Volatility = Literal["volatile", "stable", "immutable"]
Kind = Literal["lambda", "sql"]
# Lambda's names of what a function and its image run on.
Architecture = Literal["x86_64", "arm64"]
# What DROP FUNCTION goes by: a name, and types.
RoutineKey: TypeAlias = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One argument. `type` is a Redshift type as SQL spells it, upper case: `VARCHAR(MAX)`, `DOUBLE PRECISION`."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file that goes into an image. `path` is POSIX, relative to its root (see Function.files, SharedLib.files)."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Example:
    """A call worth showing, as the docs print it."""

    description: str = ""
    sql: str
    output: str = ""


# CloudWatch Logs API reference, PutRetentionPolicy: the days that a log group can keep.
LOG_RETENTION = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What a Lambda function starts in its image, where that is not what the image says itself."""

    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""


@dataclass(frozen=True, kw_only=True)
class LambdaOptions:
    """What a Lambda function is configured with beside role, memory and time-out. `environment`: names and values."""

    environment: tuple[tuple[str, str], ...] = ()
    image_config: ImageConfig = ImageConfig()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    snap_start: bool = False


NO_OPTIONS = LambdaOptions()


@dataclass(frozen=True, kw_only=True)
class Config:
    """What one function asks of its Lambda and its external function. None: the module's default.

    memory_size in MB (128 to 10240), timeout in seconds (1 to 900), max_batch_rows in rows (1 to 2147483647),
    max_batch_size in bytes (1 KB to 5 MB). own_lambda: whether it has a Lambda of its own; None: as the mode says.
    """

    memory_size: int | None = None
    timeout: int | None = None
    max_batch_rows: int | None = None
    max_batch_size: int | None = None
    runtime: str | None = None
    handler: str = "handler.lambda_handler"
    volatility: Volatility | None = None
    own_lambda: bool | None = None
    environment: tuple[tuple[str, str], ...] = ()
    image_config: ImageConfig | None = None
    log_retention: int | None = None
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    snap_start: bool | None = None
    vpc: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class SharedLib:
    """Code that several functions use: `functions/_shared/python/<name>/`, imported as `lib.<name>`.

    `root` is the library's folder; or the one file `<name>.py` that is all of it, whose only entry in `files` is
    then `__init__.py`, the name that it takes in the image.
    """

    name: str
    root: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, kw_only=True)
class Function:
    """One SQL function of the catalogue.

    `root` is the function's folder as given to the loader (for messages and for reading its files); the files' paths
    are relative to `<root>/<code>`, the folder of the code file. `sql` is the body of a native SQL function or, with
    `template` true, a whole template of statements; then there may be no types: parameters () and returns "".
    `sql_file` is where it stands, from the root. `wrappers` are the names under which its code imports another
    catalogue's wrapper.
    """

    name: str
    module: str
    root: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    returns: str
    status: str = "stable"
    author: str = ""
    description: str = ""
    examples: tuple[Example, ...] = ()
    config: Config = field(default_factory=Config)
    code: str = "code/lambda/python"
    files: tuple[SourceFile, ...] = ()
    requirements: tuple[str, ...] = ()
    shared_libs: tuple[str, ...] = ()
    lambda_name: str | None = None
    sql: str | None = None
    sql_file: str = "code/redshift.sql"
    template: bool = False
    wrappers: tuple[str, ...] = ()

    @property
    def private(self) -> bool:
        """A leading `__`: deployed, but left out of lists and docs unless asked for."""
        return self.name.startswith("__")


@dataclass(frozen=True, kw_only=True)
class PartLock:
    """A lock beside a module's first: `requirements.<group>.lock`, for functions that cannot share its packages.

    `reason` says with what they cannot be met together, as the lock's header does.
    """

    module: str
    group: str
    functions: tuple[str, ...]
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Module:
    """The functions that share one image, unless their requirements split them.

    `requirements_lock` is the text of the hashed lock (`functions/<module>/requirements.lock`), "" where no function
    needs a package. A module that is split has `parts`, each of them one image with the lock that it needs; the first
    of them has the module's own name and no `group`. `reason` says why a part is one.
    """

    name: str
    functions: tuple[Function, ...]
    shared_libs: tuple[SharedLib, ...] = ()
    requirements_lock: str = ""
    group: str = ""
    reason: str = ""
    parts: tuple[Module, ...] = ()

    @cached_property
    def lambdas(self) -> tuple[Function, ...]:
        """The functions that the image must answer; a module of SQL functions alone has none and needs no image."""
        return tuple(function for function in self.functions if function.kind == "lambda")

    @property
    def image(self) -> str:
        """The name of the image, without prefix: the module's, or `<module>-<group>`."""
        return f"{self.name}-{self.group}" if self.group else self.name

    @cached_property
    def images(self) -> tuple[Module, ...]:
        """What is one image each: the parts, or the module itself; nothing where no function is a Lambda's."""
        return tuple(part for part in self.parts or (self,) if part.lambdas)


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """Everything that the roots hold, sorted by module and function name.

    `requirements_locks` are pairs of module and text, `part_locks` those beside them where a module is split; `notices`
    what a person should know that is no problem; `wrappers` the names of wrappers that the roots list themselves;
    `left_out` the functions in development, where it is production's.
    """

    roots: tuple[str, ...]
    functions: tuple[Function, ...]
    shared_libs: tuple[SharedLib, ...] = ()
    requirements_locks: tuple[tuple[str, str], ...] = ()
    part_locks: tuple[PartLock, ...] = ()
    notices: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image as the lock records it. `repository@digest` is the only reference that deploy uses.

    `module` is the image's name: the module's, or `<module>-<group>` where requirements split it.
    """

    module: str
    repository: str
    digest: str
    media_type: str
    size: int
    content_hash: str
    functions: tuple[str, ...]
    architecture: Architecture = "x86_64"

    @property
    def reference(self) -> str:
        return f"{self.repository}@{self.digest}"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One SQL statement, and the function or schema that it is for."""

    subject: str
    text: str


@dataclass(frozen=True, kw_only=True, order=True)
class Routine:
    """One SQL function by its exact signature: types in lower case, without lengths, as Redshift tells them apart."""

    name: str
    arguments: tuple[str, ...]
    returns: str

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"

    @property
    def key(self) -> RoutineKey:
        """What it is told apart by."""
        return self.name, self.arguments


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What Redshift shows of how a function is made. `source` is the body of a SQL function; nobody documents what it
    is of an external one, so it is compared and never read.
    """

    name: str
    arguments: tuple[str, ...]
    language: str
    volatility: str
    source: str

    @property
    def key(self) -> RoutineKey:
        """As a Routine's."""
        return self.name, self.arguments

    @property
    def fingerprint(self) -> str:
        """`sha256:...` over all that is shown."""
        whole = f"{self.language}\0{self.volatility}\0{self.source}"
        return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"

    def __str__(self) -> str:
        return f"{self.volatility} {self.language}: {' '.join(self.source.split())}"
