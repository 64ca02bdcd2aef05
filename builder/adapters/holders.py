"""The roles attached to a Redshift cluster, or to the namespace behind a serverless workgroup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from builder.adapters import aws_errors
from builder.adapters.patience import Patience
from builder.core.deploy.observed import HolderState
from builder.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from builder.adapters.aws import Aws
    from builder.core.config.settings import RoleHolder

# Seconds. A role takes half a minute to be in sync, and a cluster that is being resized takes no change meanwhile.
SECONDS = 600.0
# A cluster or namespace in the middle of another change (Redshift API reference, InvalidClusterState; Redshift
# Serverless, ConflictException).
_BUSY = ("InvalidClusterState", "ConflictException")
# What a role that IAM has just made is refused with, beside words that name the role.
_UNKNOWN_ROLE = ("InvalidParameterValue", "ValidationException")
# GetNamespace answers with the text of a structure where its model promises an ARN:
# `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`.
_ROLE = re.compile(r"arn:[^,)\s]+")
_STATUS = re.compile(r"applyStatus=([\w-]+)")


class Holder(Protocol):
    """Who holds the roles. Every method raises AwsError."""

    def get(self) -> HolderState:
        """The roles that are attached."""

    def attach(self, role: str) -> None:
        """Adds a role and waits until it can be used. All others stay, the default one included."""

    def detach(self, role: str) -> None:
        """Takes a role away, and waits until it is gone. One that is not attached is no error."""


def open_holder(aws: Aws, wanted: RoleHolder) -> Holder:
    """The door to a cluster's or a workgroup's roles. No call is made yet."""
    return ClusterRoles(aws, wanted.name) if wanted.kind == "cluster" else NamespaceRoles(aws, wanted.name)


class ClusterRoles:
    """A provisioned cluster, through boto3. It is told what comes and what goes; the rest stays by itself."""

    def __init__(self, aws: Aws, name: str, *, patience: Patience | None = None) -> None:
        self._aws = aws
        self._name = name
        self._patience = patience or Patience(deadline=SECONDS)

    def get(self) -> HolderState:
        cluster = self._cluster()
        return HolderState(
            # One on its way out is there no more.
            roles=tuple(each["IamRoleArn"] for each in _roles(cluster) if each.get("ApplyStatus") != "removing"),
            default=cluster.get("DefaultIamRoleArn", ""),
        )

    def attach(self, role: str) -> None:
        self._modify(AddIamRoles=[role])
        _wait(self._patience, self._about, lambda: self._states().get(role) == "in-sync")

    def detach(self, role: str) -> None:
        if role in self._states():
            self._modify(RemoveIamRoles=[role])
            _wait(self._patience, self._about, lambda: role not in self._states())

    @property
    def _about(self) -> str:
        return f"cluster {self._name}"

    def _modify(self, **change: list[str]) -> None:
        self._patience.until(
            lambda: self._call("modify_cluster_iam_roles", **change),
            transient=_passes,
        )

    def _states(self) -> dict[str, str]:
        return {each["IamRoleArn"]: each.get("ApplyStatus", "in-sync") for each in _roles(self._cluster())}

    def _cluster(self) -> dict[str, Any]:
        found: dict[str, Any] = self._call("describe_clusters")["Clusters"][0]
        return found

    def _call(self, operation: str, **parameters: Any) -> Any:
        return self._aws.call("redshift", operation, about=self._about, ClusterIdentifier=self._name, **parameters)


class NamespaceRoles:
    """The namespace behind a workgroup, through boto3. An update replaces the whole list: read, change, write."""

    def __init__(self, aws: Aws, workgroup: str, *, patience: Patience | None = None) -> None:
        self._aws = aws
        self._workgroup = workgroup
        self._patience = patience or Patience(deadline=SECONDS)

    def get(self) -> HolderState:
        return _state(self._namespace())

    def attach(self, role: str) -> None:
        self._change(lambda roles: [*roles, role] if role not in roles else None)
        _wait(self._patience, self._about, lambda: self._settled(role, "in-sync"))

    def detach(self, role: str) -> None:
        self._change(lambda roles: [each for each in roles if each != role] if role in roles else None)
        _wait(self._patience, self._about, lambda: self._settled(role, None))

    @property
    def _about(self) -> str:
        return f"the namespace of workgroup {self._workgroup}"

    def _change(self, edit: Callable[[tuple[str, ...]], list[str] | None]) -> None:
        """`edit` gives the new list, or None where the old one is right. Read anew at every try."""

        def write() -> None:
            namespace = self._namespace()
            before = _state(namespace)
            roles = edit(before.roles)
            if roles is None:
                return
            # What is not said again is lost, the default role too; one that is not attached may not be the default.
            default = {"defaultIamRoleArn": before.default} if before.default in roles else {}
            self._call("update_namespace", namespaceName=namespace["namespaceName"], iamRoles=roles, **default)

        self._patience.until(write, transient=_passes)

    def _settled(self, role: str, status: str | None) -> bool:
        namespace = self._namespace()
        found = {_arn(text): _apply_status(text) for text in namespace.get("iamRoles", ())}
        return namespace.get("status", "AVAILABLE") == "AVAILABLE" and found.get(role) == status

    def _namespace(self) -> dict[str, Any]:
        workgroup = self._call("get_workgroup", workgroupName=self._workgroup)["workgroup"]
        found: dict[str, Any] = self._call("get_namespace", namespaceName=workgroup["namespaceName"])["namespace"]
        return found

    def _call(self, operation: str, **parameters: Any) -> Any:
        return self._aws.call("redshift-serverless", operation, about=self._about, **parameters)


def _roles(cluster: dict[str, Any]) -> list[dict[str, str]]:
    return list(cluster.get("IamRoles", ()))


def _state(namespace: dict[str, Any]) -> HolderState:
    kept = (text for text in namespace.get("iamRoles", ()) if _apply_status(text) != "removing")
    return HolderState(roles=tuple(_arn(text) for text in kept), default=namespace.get("defaultIamRoleArn", ""))


def _arn(text: str) -> str:
    found = _ROLE.search(text)
    return found.group() if found else text


def _apply_status(text: str) -> str:
    found = _STATUS.search(text)
    return found.group(1) if found else "in-sync"


def _passes(error: Exception) -> bool:
    """Another change is under way, or IAM has not told Redshift of a new role yet. Only the words tell the latter."""
    cause = error.__cause__ or error
    unknown = aws_errors.code(cause) in _UNKNOWN_ROLE and "role" in aws_errors.words(cause).lower()
    return aws_errors.code(cause) in _BUSY or unknown


class _NotYetError(AwsError):
    """The state that is waited for has not come."""


def _wait(patience: Patience, about: str, arrived: Callable[[], bool]) -> None:
    """Raises AwsError where the state has not come at the deadline."""

    def look() -> None:
        if not arrived():
            what = f"its roles are still changing after {patience.deadline:.0f} s"
            raise _NotYetError(what, where=about, hint="run the same command again: it goes on from here")

    patience.until(look, transient=lambda error: isinstance(error, _NotYetError))
