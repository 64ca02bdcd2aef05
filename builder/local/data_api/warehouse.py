"""Enough of the APIs `redshift` and `redshift-serverless` to attach roles and to log in: one cluster, one workgroup.

The one database stands behind both, so both show the same roles.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.files import write_whole
from builder.local.cloud.parts import CLUSTER
from builder.local.data_api.access import WORKGROUP
from builder.local.data_api.model import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

ACCOUNT = "000000000000"
NAMESPACE = "local"
# Redshift quotas, "Cluster IAM roles for Amazon Redshift to access other AWS services".
ROLES = 50
# GetClusterCredentials, DurationSeconds: 900 by default.
LIFE = 900.0
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)


@dataclass(kw_only=True)
class Warehouse:
    """`file` keeps the roles over restarts; None: in memory. `host` and `port` are what clients connect to."""

    user: str
    password: str = field(default="", repr=False)
    database: str
    host: str = "localhost"
    port: int = 5439
    region: str = "us-east-1"
    file: Path | None = None
    cluster: str = CLUSTER
    workgroup: str = WORKGROUP
    namespace: str = NAMESPACE
    clock: Callable[[], float] = time.time
    attached: tuple[str, ...] = ()
    default: str = ""
    created: float = field(init=False)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.created = self.clock()
        if self.file is not None and self.file.exists():
            known = json.loads(self.file.read_text())
            self.attached, self.default, self.created = tuple(known["roles"]), known["default"], known["created"]

    def call(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """A reply to a request that fits the model. Raises ApiError."""
        handler = _OPERATIONS.get(operation)
        if handler is None:
            raise ApiError("UnsupportedOperation", f"{operation} is not an operation of the local Redshift")
        with self.lock:
            return handler(self, given)

    # redshift -------------------------------------------------------------------------------------------------------

    def describe_clusters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("ClusterIdentifier"):
            self._known_cluster(given)
        return {"Clusters": [self._cluster()]}

    def modify_cluster_roles(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Adds and removes. Roles that come or go say so in this reply, and are in place in the next one."""
        self._known_cluster(given)
        added, removed = given.get("AddIamRoles") or [], given.get("RemoveIamRoles") or []
        wrong = [arn for arn in [*added, *removed] if not _ROLE.fullmatch(arn)]
        if wrong:
            raise ApiError("InvalidParameterValue", f"The IAM role {wrong[0]} is not valid.")
        before = self.attached
        left = [arn for arn in before if arn not in removed]
        self._attach([*left, *added], given.get("DefaultIamRoleArn"), "InvalidParameterValue")
        states = dict.fromkeys(self.attached, "in-sync")
        states |= {arn: "adding" for arn in self.attached if arn not in before}
        states |= {arn: "removing" for arn in before if arn not in self.attached}
        return {"Cluster": self._cluster(states)}

    def cluster_credentials(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The endpoint has one user: whoever asks is given that one's password, as the Data API lets everyone in."""
        self._known_cluster(given)
        if given.get("DbUser", self.user) != self.user:
            raise ApiError("InvalidParameterValue", f'The local Redshift has no user but "{self.user}".')
        return {"DbUser": self.user, "DbPassword": self.password, "Expiration": self._stamp(self.clock() + LIFE)}

    def _known_cluster(self, given: Mapping[str, Any]) -> None:
        name = given["ClusterIdentifier"]
        if name != self.cluster:
            raise ApiError("ClusterNotFound", f"Cluster {name} not found.", status=404)

    def _cluster(self, states: Mapping[str, str] | None = None) -> dict[str, Any]:
        roles = states if states is not None else dict.fromkeys(self.attached, "in-sync")
        return {
            "ClusterIdentifier": self.cluster,
            "NodeType": "ra3.large",
            "ClusterStatus": "available",
            "ClusterAvailabilityStatus": "Available",
            "MasterUsername": self.user,
            "DBName": self.database,
            "Endpoint": {"Address": self.host, "Port": self.port},
            "ClusterCreateTime": self._stamp(),
            "NumberOfNodes": 1,
            "PubliclyAccessible": False,
            "Encrypted": False,
            "ClusterVersion": "1.0",
            "ClusterNamespaceArn": f"arn:aws:redshift:{self.region}:{ACCOUNT}:namespace:{self.cluster}",
            "IamRoles": [{"IamRoleArn": arn, "ApplyStatus": state} for arn, state in roles.items()],
            **({"DefaultIamRoleArn": self.default} if self.default else {}),
        }

    # redshift-serverless --------------------------------------------------------------------------------------------

    def get_workgroup(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._known("Workgroup", given["workgroupName"], self.workgroup)
        return {"workgroup": self._workgroup()}

    def list_workgroups(self, _given: Mapping[str, Any]) -> dict[str, Any]:
        return {"workgroups": [self._workgroup()]}

    def get_namespace(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._known("Namespace", given["namespaceName"], self.namespace)
        return {"namespace": self._namespace()}

    def list_namespaces(self, _given: Mapping[str, Any]) -> dict[str, Any]:
        return {"namespaces": [self._namespace()]}

    def update_namespace(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`iamRoles` replaces the whole list."""
        self._known("Namespace", given["namespaceName"], self.namespace)
        other = sorted(set(given) - {"namespaceName", "iamRoles", "defaultIamRoleArn"})
        if other:
            raise invalid(f"The local Redshift does not change {', '.join(other)}.")
        roles = self.attached if given.get("iamRoles") is None else given["iamRoles"]
        wrong = [arn for arn in roles if not _ROLE.fullmatch(arn)]
        if wrong:
            raise invalid(f"The IAM role {wrong[0]} is not valid.")
        self._attach(roles, given.get("defaultIamRoleArn"), "ValidationException")
        return {"namespace": self._namespace()}

    def credentials(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._known("Workgroup", given.get("workgroupName", ""), self.workgroup)
        return {"dbUser": self.user, "dbPassword": self.password, "expiration": self.clock() + LIFE}

    def _known(self, kind: str, asked: str, name: str) -> None:
        if asked != name:
            raise ApiError("ResourceNotFoundException", f"{kind} {asked} not found.", status=404, resourceName=asked)

    def _workgroup(self) -> dict[str, Any]:
        return {
            "workgroupName": self.workgroup,
            "workgroupId": self.workgroup,
            "workgroupArn": f"arn:aws:redshift-serverless:{self.region}:{ACCOUNT}:workgroup/{self.workgroup}",
            "namespaceName": self.namespace,
            "status": "AVAILABLE",
            "port": self.port,
            "endpoint": {"address": self.host, "port": self.port},
            "publiclyAccessible": False,
            "creationDate": self._stamp(),
        }

    def _namespace(self) -> dict[str, Any]:
        return {
            "namespaceName": self.namespace,
            "namespaceId": self.namespace,
            "namespaceArn": f"arn:aws:redshift-serverless:{self.region}:{ACCOUNT}:namespace/{self.namespace}",
            "dbName": self.database,
            "adminUsername": self.user,
            # AWS answers with the text of a structure where its model promises an ARN.
            "iamRoles": [f"IamRole(applyStatus=in-sync, iamRoleArn={arn})" for arn in self.attached],
            **({"defaultIamRoleArn": self.default} if self.default else {}),
            "status": "AVAILABLE",
            "creationDate": self._stamp(),
        }

    # Both -----------------------------------------------------------------------------------------------------------

    def _attach(self, roles: Iterable[str], default: str | None, refusal: str) -> None:
        roles = tuple(dict.fromkeys(roles))
        wanted = self.default if default is None else default
        if len(roles) > ROLES:
            raise ApiError(refusal, f"The number of IAM roles exceeds the limit of {ROLES}.")
        if default and default not in roles:
            raise ApiError(refusal, f"The default IAM role {default} is not attached.")
        self.attached, self.default = roles, wanted if wanted in roles else ""
        if self.file is not None:
            known = {"roles": list(self.attached), "default": self.default, "created": self.created}
            write_whole(self.file, json.dumps(known))

    def _stamp(self, seconds: float | None = None) -> str:
        moment = dt.datetime.fromtimestamp(self.created if seconds is None else seconds, dt.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_OPERATIONS: dict[str, Callable[[Warehouse, Mapping[str, Any]], dict[str, Any]]] = {
    "DescribeClusters": Warehouse.describe_clusters,
    "ModifyClusterIamRoles": Warehouse.modify_cluster_roles,
    "GetClusterCredentials": Warehouse.cluster_credentials,
    "GetClusterCredentialsWithIAM": Warehouse.cluster_credentials,
    "GetCredentials": Warehouse.credentials,
    "GetWorkgroup": Warehouse.get_workgroup,
    "ListWorkgroups": Warehouse.list_workgroups,
    "GetNamespace": Warehouse.get_namespace,
    "ListNamespaces": Warehouse.list_namespaces,
    "UpdateNamespace": Warehouse.update_namespace,
}
