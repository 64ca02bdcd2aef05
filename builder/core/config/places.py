"""The two places that we go to, AWS and Redshift, as the settings tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from builder.core.config import values
from builder.core.config.keys import KEYS_OF_AWS, ROADS, SERVICE_ENDPOINTS, WEB_IDENTITY
from builder.core.config.secret import Secret
from builder.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from builder.core.config.lookup import Lookup


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Where AWS is and who we are there. Without keys, profile and web identity boto3's own chain looks for them."""

    region: str | None = None
    profile: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    role_arn: str | None = None
    web_identity_token_file: str | None = None
    assume_role_arn: str | None = None
    external_id: str | None = None
    session_name: str | None = None
    endpoint_url: str | None = None
    service_endpoints: tuple[tuple[str, str], ...] = ()

    def endpoint(self, service: str) -> str | None:
        """Where a service is, in boto3's spelling of it; None: where AWS has it."""
        return dict(self.service_endpoints).get(service, self.endpoint_url)


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
class DataApi:
    """Redshift by its Data API: a cluster or a workgroup, and a secret or (a cluster's) user to log in with."""

    cluster_identifier: str | None = None
    workgroup: str | None = None
    secret_arn: str | None = None
    user: str | None = None
    database: str = "dev"


@dataclass(frozen=True, kw_only=True)
class RoleHolder:
    """Who has IAM roles attached: a cluster, or the namespace behind a serverless workgroup."""

    kind: Literal["cluster", "workgroup"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def aws(told: Lookup) -> Aws:
    """AWS. Credentials come from one source."""
    key, secret = (told.value(name, values.plain) for name in KEYS_OF_AWS[:2])
    if (key is None) != (secret is None):
        told.incomplete(*(KEYS_OF_AWS[:2] if key else (KEYS_OF_AWS[1], KEYS_OF_AWS[0])))
    # The environment's half of a web identity is no problem: AWS's own tools leave it alone, too.
    role_arn, token_file = told.value(WEB_IDENTITY[0], values.role), told.value(WEB_IDENTITY[1], values.plain)
    found = Aws(
        region=told.value("AWS_REGION", values.region) or told.value("AWS_DEFAULT_REGION", values.region),
        profile=told.value("AWS_PROFILE", values.plain),
        access_key_id=key,
        secret_access_key=None if secret is None else Secret(secret),
        session_token=told.value("AWS_SESSION_TOKEN", Secret),
        role_arn=role_arn if token_file else None,
        web_identity_token_file=token_file if role_arn else None,
        assume_role_arn=told.value("AWS_ASSUME_ROLE_ARN", values.role),
        external_id=told.value("AWS_ASSUME_ROLE_EXTERNAL_ID", values.external_id),
        session_name=told.value("AWS_ROLE_SESSION_NAME", values.session_name),
        endpoint_url=told.value("AWS_ENDPOINT_URL", values.url),
        service_endpoints=tuple(_service_endpoints(told)),
    )
    if found.external_id and told.given("AWS_ASSUME_ROLE_ARN") is None:
        told.incomplete("AWS_ASSUME_ROLE_EXTERNAL_ID", "AWS_ASSUME_ROLE_ARN")
    return found


def _service_endpoints(told: Lookup) -> Iterator[tuple[str, str]]:
    for variable, service in SERVICE_ENDPOINTS.items():
        url = told.value(variable, values.url)
        if url is not None:
            yield service, url


def warehouse(told: Lookup) -> Warehouse | None:
    """Redshift by a connection of our own; None without a host."""
    host = told.value("RS_HOST", values.host)
    port = told.value("RS_PORT", values.port)
    user = told.value("RS_USER", values.plain)
    ssl = told.value("RS_SSL", values.boolean)
    if host is None:
        return None
    if user is None:
        told.problems.append(Problem(where="RS_USER", what="is not set, but RS_HOST is", hint="set both or none"))
    return Warehouse(
        host=host,
        port=port or Warehouse.port,
        database=told.value("RS_DATABASE", values.plain) or Warehouse.database,
        user=user or "",
        password=told.value("RS_PASSWORD", Secret) or Secret(""),
        ssl=Warehouse.ssl if ssl is None else ssl,
    )


def data_api(told: Lookup) -> DataApi | None:
    """Redshift by the Data API; None where neither cluster nor workgroup is named."""
    cluster = told.value("RS_CLUSTER_IDENTIFIER", values.cluster)
    workgroup = told.value("RS_WORKGROUP", values.workgroup)
    secret = told.value("RS_SECRET_ARN", values.secret_arn)
    user = told.value("RS_USER", values.plain)
    if cluster is None and workgroup is None:
        if secret is not None and not any(told.given(name) for name in ROADS[1:]):
            told.incomplete("RS_SECRET_ARN", "RS_CLUSTER_IDENTIFIER or RS_WORKGROUP")
        return None
    if cluster and workgroup:
        hint = "set one: a cluster or a serverless workgroup"
        told.problems.append(Problem(where="RS_WORKGROUP", what="is set beside RS_CLUSTER_IDENTIFIER", hint=hint))
    elif cluster and not (secret or user):
        # A workgroup takes the caller's own identity instead (Data API, "Authenticating").
        told.incomplete("RS_CLUSTER_IDENTIFIER", "RS_SECRET_ARN or RS_USER")
    return DataApi(
        cluster_identifier=cluster,
        workgroup=workgroup,
        secret_arn=secret,
        user=user,
        database=told.value("RS_DATABASE", values.plain) or DataApi.database,
    )
