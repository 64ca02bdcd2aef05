"""The roads to Redshift: a connection of our own, by password or by IAM, and the Data API. The settings choose one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from builder.core.config import values
from builder.core.config.keys import ROADS
from builder.core.config.secret import Secret
from builder.errors import Problem

if TYPE_CHECKING:
    from builder.core.config.lookup import Lookup

# Redshift's endpoints: <cluster>.<id>.<region>.redshift.amazonaws.com, and a workgroup's
# <workgroup>.<account>.<region>.redshift-serverless.amazonaws.com (Redshift, "Connecting").
ENDPOINT = re.compile(
    r"(?P<name>[^.]+)\.(?P<owner>[^.]+)\.(?P<region>[a-z]+(?:-[a-z]+)+-\d+)\.(?P<kind>redshift(?:-serverless)?)"
    r"\.amazonaws\.com(?:\.cn)?\.?"
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Redshift over its own protocol.

    `cluster_identifier` or `workgroup` say what stands behind the host; without a password, AWS makes one for it.
    """

    host: str
    port: int = 5439
    database: str = "dev"
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    ssl: bool = True
    cluster_identifier: str | None = None
    workgroup: str | None = None

    @property
    def iam(self) -> bool:
        """Whether user and password are temporary ones of AWS's."""
        return bool(self.cluster_identifier or self.workgroup) and not self.password

    @property
    def label(self) -> str:
        """What a receipt calls it: the same for a cluster by whichever road, where its name can be told."""
        if self.cluster_identifier or self.workgroup:
            return _label(self.cluster_identifier, self.workgroup)
        endpoint = ENDPOINT.fullmatch(self.host.lower())
        if endpoint is None:
            return f"{self.host}:{self.port}"
        return _label(endpoint["name"], endpoint["name"] if endpoint["kind"] == "redshift-serverless" else None)

    @property
    def shown(self) -> str:
        """For people."""
        login = "by IAM" if self.iam else "by password"
        return f"{self.host}:{self.port}/{self.database}, a connection {login}"


@dataclass(frozen=True, kw_only=True)
class DataApi:
    """Redshift by its Data API: a cluster or a workgroup, and a secret or (a cluster's) user to log in with.

    With neither, the database's user is the caller's IAM identity.
    """

    cluster_identifier: str | None = None
    workgroup: str | None = None
    secret_arn: str | None = None
    user: str | None = None
    database: str = "dev"

    @property
    def label(self) -> str:
        """What a receipt calls it."""
        return _label(self.cluster_identifier, self.workgroup)

    @property
    def shown(self) -> str:
        """For people."""
        login = "a secret" if self.secret_arn else f"user {self.user}" if self.user else "the caller's IAM identity"
        return f"{self.label}/{self.database}, the Data API with {login}"


Road: TypeAlias = "Connection | DataApi"


def road(told: Lookup) -> Road | None:
    """The road that the settings lead to; None where they name neither host, cluster nor workgroup."""
    host = told.value("RS_HOST", values.host)
    cluster = told.value("RS_CLUSTER_IDENTIFIER", values.cluster)
    workgroup = told.value("RS_WORKGROUP", values.workgroup)
    if cluster and workgroup:
        hint = "set one: a cluster or a serverless workgroup"
        told.problems.append(Problem(where="RS_WORKGROUP", what="is set beside RS_CLUSTER_IDENTIFIER", hint=hint))
    port = told.value("RS_PORT", values.port)
    ssl = told.value("RS_SSL", values.boolean)
    if host is None:
        return _data_api(told, cluster, workgroup)
    if told.given("RS_SECRET_ARN") is not None:
        _unused(told, "RS_SECRET_ARN", "RS_HOST", "only the Data API logs in with a secret")
    password = told.value("RS_PASSWORD", Secret) or Secret("")
    return Connection(
        host=host,
        port=port or Connection.port,
        database=told.value("RS_DATABASE", values.plain) or Connection.database,
        user=_user(told, password, cluster, workgroup) or "",
        password=password,
        ssl=Connection.ssl if ssl is None else ssl,
        cluster_identifier=cluster,
        workgroup=workgroup,
    )


def _user(told: Lookup, password: Secret, cluster: str | None, workgroup: str | None) -> str | None:
    """A connection's: needed with a password, possible with a cluster, none where AWS makes a workgroup's."""
    user = told.value("RS_USER", values.plain)
    if workgroup and not password:
        _unused(told, "RS_USER", "RS_WORKGROUP", "a workgroup's user is the caller's IAM identity")
        return None
    if user is None and (password or cluster is None):
        hint = "set it, or RS_CLUSTER_IDENTIFIER or RS_WORKGROUP for credentials that AWS makes"
        told.problems.append(Problem(where="RS_USER", what="is not set, but RS_HOST is", hint=hint))
    return user


def _data_api(told: Lookup, cluster: str | None, workgroup: str | None) -> DataApi | None:
    secret = told.value("RS_SECRET_ARN", values.secret_arn)
    if cluster is None and workgroup is None:
        if secret is not None and not any(told.given(name) for name in ROADS[1:]):
            told.incomplete("RS_SECRET_ARN", "RS_CLUSTER_IDENTIFIER or RS_WORKGROUP")
        return None
    _unused(told, "RS_PASSWORD", "no RS_HOST", "the Data API takes a secret or an identity, never a password")
    user = told.value("RS_USER", values.plain)
    if secret or workgroup:
        why = "the secret names its user" if secret else "a workgroup's user is the caller's IAM identity"
        _unused(told, "RS_USER", "RS_SECRET_ARN" if secret else "RS_WORKGROUP", why)
        user = None
    return DataApi(
        cluster_identifier=cluster,
        workgroup=workgroup,
        secret_arn=secret,
        user=user,
        database=told.value("RS_DATABASE", values.plain) or DataApi.database,
    )


def _unused(told: Lookup, variable: str, beside: str, why: str) -> None:
    """Says what is set and has no effect. No problem: an environment serves other tools and other roads too."""
    given = told.given(variable)
    if given is not None:
        told.notices.append(f"{given.origin} is not used with {beside}: {why}")


def _label(cluster: str | None, workgroup: str | None) -> str:
    return f"workgroup:{workgroup}" if workgroup else f"cluster:{cluster}"
