"""Whom a call of the Data API speaks for: a cluster or a workgroup, a database, and its user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.local.cloud.parts import CLUSTER
from builder.local.data_api.model import invalid
from builder.local.objects.identities import secret
from builder.local.sqlstate import SqlError
from builder.local.wire import login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from builder.local.engine.backend import Session
    from builder.local.engine.engine import Engine
    from builder.local.wire.login import Credentials

WORKGROUP = "local"


@dataclass(frozen=True, kw_only=True)
class Access:
    """A call's own words; `user` is the session's, `password` what a secret says, None without a secret."""

    cluster: str = ""
    workgroup: str = ""
    database: str = ""
    db_user: str = ""
    secret: str = ""
    user: str = ""
    password: str | None = None

    def shown(self) -> dict[str, str]:
        """What replies repeat."""
        members = {
            "ClusterIdentifier": self.cluster,
            "WorkgroupName": self.workgroup,
            "Database": self.database,
            "DbUser": self.db_user,
            "SecretArn": self.secret,
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where calls come in. `secret` reads a secret's text from Secrets Manager, and raises ApiError where it cannot."""

    engine: Engine
    credentials: Credentials
    secret: Callable[[str], str]
    cluster: str = CLUSTER
    workgroup: str = WORKGROUP

    def access(self, given: Mapping[str, Any]) -> Access:
        """Raises ApiError for what AWS refuses before it connects."""
        cluster, workgroup = given.get("ClusterIdentifier", ""), given.get("WorkgroupName", "")
        if cluster and workgroup:
            raise invalid("ClusterIdentifier and WorkgroupName cannot be specified together.")
        if not cluster and not workgroup:
            raise invalid("Either ClusterIdentifier or WorkgroupName must be specified.")
        # A workgroup comes by its name or by its ARN, which ends in the workgroup's id; here the id is the name.
        if (cluster or workgroup.rpartition("/")[2]) != (self.cluster if cluster else self.workgroup):
            raise invalid("Redshift endpoint doesn't exist in this region.")
        if not given.get("Database") and not {"Sql", "Sqls"}.isdisjoint(given):
            raise invalid("Database must be specified.")
        return self._identified(given, cluster, workgroup)

    def _identified(self, given: Mapping[str, Any], cluster: str, workgroup: str) -> Access:
        db_user, secret = given.get("DbUser", ""), given.get("SecretArn", "")
        user: str = db_user or self.credentials.user
        password = None
        if secret:
            user, password = self._opened(secret, cluster)
        return Access(
            cluster=cluster,
            workgroup=workgroup,
            database=given.get("ConnectedDatabase") or given.get("Database") or self.engine.name,
            db_user=db_user,
            secret=secret,
            user=user,
            password=password,
        )

    def _opened(self, secret: str, cluster: str) -> tuple[str, str]:
        try:
            content = json.loads(self.secret(secret))
        except ValueError:
            content = None
        if not isinstance(content, dict) or not content.get("username") or not content.get("password"):
            raise invalid("username and password in secret cannot be empty")
        stored = content.get("dbClusterIdentifier", cluster)
        if cluster and stored != cluster:
            raise invalid(
                f"Cluster identifier {cluster} does not match the cluster identifier in the secret, {stored}."
            )
        return str(content["username"]), str(content["password"])

    def connect(self, access: Access) -> Session:
        """A session of the engine. Raises SqlError with the words of a connection that the database refuses."""
        if access.password is not None and login.kept(self.engine, self.credentials, access.user) != login.stored(
            access.password, access.user
        ):
            raise SqlError("28000", f'password authentication failed for user "{access.user}"')
        if access.database != self.engine.name:
            raise SqlError("3D000", f'database "{access.database}" does not exist')
        if self.engine.ask(lambda duck: secret(duck, access.user)) is None:
            raise SqlError("28000", f'user "{access.user}" does not exist')
        return self.engine.session(access.user)
