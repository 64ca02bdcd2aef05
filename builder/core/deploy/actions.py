"""What a deploy can do, as values. A plan is a tuple of these: explained, executed, compared, never interpreted twice.

`old` and `new` hold what stands there and what will; `changes` where several fields change in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

if TYPE_CHECKING:
    from typing import TypeAlias

    from builder.model import Architecture, Definition, Kind, LambdaOptions, Routine, Statement

# A policy document as canonical JSON; in a plan's JSON it is an object.
Document: TypeAlias = Annotated[str, "a policy document"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field of a resource, before and after."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of an AWS resource. Ours say who made it, so that we never touch what others made."""

    key: str
    value: str


@dataclass(frozen=True, kw_only=True)
class CreateRole:
    """A role of ours. `trust` is a policy document as canonical JSON."""

    name: str
    description: str
    trust: Document
    tags: tuple[Tag, ...]


@dataclass(frozen=True, kw_only=True)
class UpdateTrust:
    """Who may assume a role of ours."""

    role: str
    old: Document
    new: Document


@dataclass(frozen=True, kw_only=True)
class PutRolePolicy:
    """The inline policy of a role of ours. `old` is None where there was none."""

    role: str
    policy: str
    old: Document | None
    new: Document


@dataclass(frozen=True, kw_only=True)
class DeleteRole:
    """A role of ours and its inline policies, when no function of ours is left."""

    name: str
    policies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AttachRole:
    """The invoke role, attached to a cluster or to the namespace behind a workgroup. `holder` is `cluster NAME` or
    `workgroup NAME`; `old` are the roles that are attached already, and stay.
    """

    holder: str
    role: str
    old: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DetachRole:
    """Takes back what AttachRole gave, before the role goes. `old` as there: all but `role` stay."""

    holder: str
    role: str
    old: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CreateRepository:
    """An ECR repository with immutable tags, whose images are scanned when they are pushed."""

    module: str
    name: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, kw_only=True)
class ConfigureRepository:
    """Immutable tags and the scan on push, where somebody has changed them."""

    module: str
    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PutLifecyclePolicy:
    """Which images of a repository expire. `old` is None where none did."""

    module: str
    name: str
    old: Document | None
    new: Document


@dataclass(frozen=True, kw_only=True)
class PutRepositoryPolicy:
    """Which other accounts may use a repository's images: our statements in its policy. None: no statement of ours."""

    module: str
    name: str
    old: Document | None
    new: Document | None


@dataclass(frozen=True, kw_only=True)
class PushImage:
    """A built image into its repository. `name` is the repository's, `image` the image's in the lock, `address` is
    `host/repository`, `size` what the image unpacks to, in bytes.
    """

    module: str
    name: str
    image: str
    address: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class DeleteRepository:
    """An ECR repository of ours, with the images in it."""

    module: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CreateFunction:
    """A Lambda function that runs `image` (repository@digest). memory_size in MB, timeout in seconds."""

    module: str
    name: str
    role: str
    image: str
    architecture: Architecture
    memory_size: int
    timeout: int
    options: LambdaOptions
    tags: tuple[Tag, ...]


@dataclass(frozen=True, kw_only=True)
class AwaitFunction:
    """A function that an earlier run left on its way. Changing it before it has arrived is a ResourceConflict."""

    module: str
    name: str
    state: str


@dataclass(frozen=True, kw_only=True)
class UpdateFunctionConfiguration:
    """Role, memory, time-out and options; whatever else somebody has set of these goes."""

    module: str
    name: str
    role: str
    memory_size: int
    timeout: int
    options: LambdaOptions
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class UpdateFunctionCode:
    """Another image, by digest. Where it is of another architecture, both change in the one call."""

    module: str
    name: str
    old: str
    new: str
    old_architecture: str
    architecture: Architecture


@dataclass(frozen=True, kw_only=True)
class TryImage:
    """New code in a passing function, asked whether it works, before the function that SQL calls runs it."""

    module: str
    name: str
    creation: CreateFunction


@dataclass(frozen=True, kw_only=True)
class GoLive:
    """Publishes a version of the function as it is, asks it whether it works, and points the alias at it.

    `old` is the version that the alias pointed at. `keep` versions stay, the newest, besides the alias's own.
    """

    module: str
    name: str
    alias: str
    old: str | None
    image: str
    tested: bool
    keep: int


@dataclass(frozen=True, kw_only=True)
class TagFunction:
    """Tags of ours that differ, and those that we set and that are wanted no more; other people's tags stay."""

    module: str
    name: str
    tags: tuple[Tag, ...]
    changes: tuple[Change, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeepLogs:
    """The days that a function's log group keeps; the group is made before the function. None: it keeps all."""

    module: str
    name: str
    old: int | None
    new: int | None
    tags: tuple[Tag, ...]


@dataclass(frozen=True, kw_only=True)
class ReserveConcurrency:
    """How many calls of a function run at a time, at most. None: as many as the account has left."""

    module: str
    name: str
    old: int | None
    new: int | None


@dataclass(frozen=True, kw_only=True)
class ProvisionConcurrency:
    """How many containers are kept ready behind an alias. 0: none."""

    module: str
    name: str
    alias: str
    old: int
    new: int


@dataclass(frozen=True, kw_only=True)
class GrantInvoke:
    """Lets a role that we were given, and must not change, call the function. `old`: whom it replaces."""

    module: str
    name: str
    old: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class RevokeInvoke:
    """Takes back what GrantInvoke gave."""

    module: str
    name: str
    old: str


@dataclass(frozen=True, kw_only=True)
class DeleteFunction:
    """A Lambda function of ours."""

    module: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CreateSchema:
    """The schema of our SQL functions, where there is none yet: it is ours to drop."""

    schema: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class DropSchema:
    """A schema that we created and that nothing is left in."""

    schema: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class SqlChange:
    """One catalogue function in Redshift: what is dropped, what is there afterwards.

    A fingerprint covers the function's statements; None: not there. `dropped` are signatures that go for good or that
    are made again (Redshift replaces a function only when its arguments and its return type stay). `grantees` may call
    it afterwards, `revoked` may no more; not `made`: its privileges alone change. `altered`: Redshift shows another
    definition than the one that we left.
    """

    function: str
    old: str | None
    new: str | None
    kind: Kind = "lambda"
    dropped: tuple[Routine, ...] = ()
    signatures: tuple[Routine, ...] = ()
    made: bool = True
    altered: tuple[Definition, ...] = ()
    grantees: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunSql:
    """All SQL of one module, in one transaction. `revoked` have no function left here, and lose USAGE of the schema."""

    module: str
    schema: str
    changes: tuple[SqlChange, ...]
    statements: tuple[Statement, ...]
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Note:
    """Changes the receipt alone: what is known of a module's functions that no call can tell."""

    module: str
    remember: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SplitModule:
    """Does nothing by itself: says which functions of a module have an image apart, and why, where a plan is about it.

    The partition is in the module's locks, so that two plans tell the same.
    """

    module: str
    image: str
    functions: tuple[str, ...]
    reason: str


RoleAction: TypeAlias = CreateRole | UpdateTrust | PutRolePolicy | DeleteRole
FunctionAction: TypeAlias = (
    CreateFunction
    | AwaitFunction
    | UpdateFunctionConfiguration
    | UpdateFunctionCode
    | TagFunction
    | KeepLogs
    | ReserveConcurrency
    | ProvisionConcurrency
    | GrantInvoke
    | RevokeInvoke
    | DeleteFunction
)
RolloutAction: TypeAlias = TryImage | GoLive
RepositoryAction: TypeAlias = (
    CreateRepository | ConfigureRepository | PutLifecyclePolicy | PutRepositoryPolicy | PushImage | DeleteRepository
)
HolderAction: TypeAlias = AttachRole | DetachRole
SqlAction: TypeAlias = CreateSchema | DropSchema | RunSql
# What leaves the world as it is.
RemarkAction: TypeAlias = Note | SplitModule
Action: TypeAlias = (
    RoleAction | HolderAction | RepositoryAction | FunctionAction | RolloutAction | SqlAction | RemarkAction
)


class NoBranchError(AssertionError):
    """Raised after the last branch of a match over actions: mypy proves that nothing gets there."""

    def __init__(self, action: NoReturn) -> None:
        super().__init__(f"no branch for {action!r}")
