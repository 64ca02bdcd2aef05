"""What the run is told: one frozen value, resolved once from flags, environment and files."""

from __future__ import annotations

from dataclasses import dataclass, field


class Secret(str):
    """A string that prints as `***`. `reveal()` gives the text, at the call that needs it and nowhere else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def reveal(self) -> str:
        return str.__str__(self)


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Where AWS is and who we are there. Keys stay with boto3's own chain, which reads the same environment."""

    region: str | None = None
    profile: str | None = None
    assume_role_arn: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """How to reach Redshift directly. Without a host there is none, and only Lambdas are deployed."""

    host: str
    port: int = 5439
    database: str = "dev"
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    ssl: bool = True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the builder can be told, with the defaults of the house."""

    lambda_prefix: str = "carto-at-"
    execution_role: str | None = None
    invoke_role: str | None = None
    schema: str = "carto"
    production: bool = False
    image_registry: str | None = None
    python_image: str | None = None
    functions_roots: tuple[str, ...] = ("functions",)
    aws: Aws = field(default_factory=Aws)
    warehouse: Warehouse | None = None
    notices: tuple[str, ...] = ()
