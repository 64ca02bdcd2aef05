"""What stands in AWS and Redshift, as the planner sees it. Adapters fill these in; nothing here knows how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from builder.model import NO_OPTIONS

if TYPE_CHECKING:
    from builder.core.deploy.actions import Tag
    from builder.core.deploy.receipt import Receipt
    from builder.model import Definition, LambdaOptions, Routine

# The version that every update changes, and that a function's bare name calls.
LATEST = "$LATEST"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose account this is. `partition` is `aws`, `aws-cn` or `aws-us-gov`: it leads every ARN."""

    account: str
    region: str
    partition: str = "aws"
    arn: str = ""


@dataclass(frozen=True, kw_only=True)
class RoleState:
    """An IAM role. `trust` and the documents in `policies` (name, document) are canonical JSON."""

    name: str
    arn: str
    trust: str
    policies: tuple[tuple[str, str], ...] = ()
    tags: tuple[Tag, ...] = ()

    def policy(self, name: str) -> str | None:
        return dict(self.policies).get(name)


@dataclass(frozen=True, kw_only=True)
class FunctionState:
    """A Lambda function. `image` is what it runs, as repository@digest; `reason` is AWS's code for a bad state.

    `principals` are the roles that the resource policy lets in under our statement's name. `live` is the published
    version that the alias points at, None where there is no alias.
    """

    name: str
    arn: str
    role: str
    package_type: str
    image: str
    memory_size: int
    timeout: int
    architectures: tuple[str, ...] = ("x86_64",)
    options: LambdaOptions = NO_OPTIONS
    log_retention: int | None = None
    reserved_concurrency: int | None = None
    provisioned_concurrency: int = 0
    state: str = "Active"
    last_update: str = "Successful"
    reason: str = ""
    tags: tuple[Tag, ...] = ()
    principals: tuple[str, ...] = ()
    version: str = LATEST
    live: FunctionState | None = None

    @property
    def digest(self) -> str:
        return self.image.partition("@")[2]


@dataclass(frozen=True, kw_only=True)
class RepositoryState:
    """An ECR repository. `uri` is ECR's own address of it. `lifecycle` and `policy`, of which only our statements are
    here, are canonical JSON; None where there is none.
    """

    name: str
    arn: str
    uri: str
    tags: tuple[Tag, ...] = ()
    mutability: str = "MUTABLE"
    scan_on_push: bool = False
    lifecycle: str | None = None
    policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImageState:
    """What is known of one image. `present`: the digest of the lock is in the registry (None: not asked); `built`: it
    is on this machine, to be pushed.
    """

    name: str
    repository: RepositoryState | None = None
    present: bool | None = None
    built: bool = False


@dataclass(frozen=True, kw_only=True)
class HolderState:
    """The roles attached to a cluster or to a workgroup's namespace, by ARN. `default`: what IAM_ROLE DEFAULT means."""

    roles: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class WarehouseState:
    """Our schema in Redshift. `tables` counts what else is in it: a schema with tables is never dropped.

    `definitions` are those that Redshift shows; of a procedure it may be none. `missing_grantees` are to be let in and
    are not there.
    """

    place: str
    schema_exists: bool = False
    routines: tuple[Routine, ...] = ()
    definitions: tuple[Definition, ...] = ()
    tables: int = 0
    missing_grantees: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The world before a deploy. `warehouse` is None where no Redshift is configured.

    Strangers carry our prefix and are of no module of the catalogue; empty where nobody asked.

    A role is None where it is missing or was not asked for, as one that the settings give; `missing_roles` tells.
    `missing_functions` were asked for and are not there. `holder` is None where the settings name neither cluster nor
    workgroup. `siblings` are the names of all Lambda functions with our prefix, `zips` of those of package type Zip;
    None where nobody asked. `suffixes` are those of the second sets that there are.
    """

    identity: Identity
    receipt: Receipt
    execution_role: RoleState | None = None
    invoke_role: RoleState | None = None
    missing_roles: tuple[str, ...] = ()
    functions: tuple[FunctionState, ...] = ()
    missing_functions: tuple[str, ...] = ()
    images: tuple[ImageState, ...] = ()
    siblings: tuple[str, ...] | None = None
    suffixes: tuple[str, ...] = ()
    strangers: tuple[FunctionState, ...] = ()
    stranger_repositories: tuple[RepositoryState, ...] = ()
    zips: tuple[str, ...] | None = None
    holder: HolderState | None = None
    warehouse: WarehouseState | None = None

    @cached_property
    def _by_name(self) -> dict[str, FunctionState]:
        return {state.name: state for state in self.functions}

    @cached_property
    def _by_image(self) -> dict[str, ImageState]:
        return {state.name: state for state in self.images}

    def function(self, name: str) -> FunctionState | None:
        """The Lambda function of this name."""
        return self._by_name.get(name)

    def image(self, name: str) -> ImageState:
        """What is known of an image, by its name."""
        return self._by_image.get(name, ImageState(name=name))
