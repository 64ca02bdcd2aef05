"""The log groups of Lambda functions: how long they keep what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from builder.adapters.aws import Aws
    from builder.core.deploy.actions import Tag

# Lambda's own name for a function's log group.
GROUPS = "/aws/lambda/"
_ABSENT = ("ResourceNotFoundException",)


class Logs(Protocol):
    """CloudWatch Logs, as far as we need it. Every method raises AwsError."""

    def retention(self, prefix: str) -> dict[str, int | None]:
        """The days that the group of each function with this prefix keeps; None where it keeps all."""

    def keep(self, function: str, days: int | None, tags: tuple[Tag, ...]) -> None:
        """Makes the group where it is missing, and sets its days. None: it keeps all again."""


class CloudWatchLogs:
    """CloudWatch Logs through boto3."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def retention(self, prefix: str) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        marker: dict[str, Any] = {}
        while True:
            page = self._aws.call(
                "logs", "describe_log_groups", about="the log groups", logGroupNamePrefix=f"{GROUPS}{prefix}", **marker
            )
            for group in page["logGroups"]:
                found[group["logGroupName"].removeprefix(GROUPS)] = group.get("retentionInDays")
            if not page.get("nextToken"):
                return found
            marker = {"nextToken": page["nextToken"]}

    def keep(self, function: str, days: int | None, tags: tuple[Tag, ...]) -> None:
        if days is None:
            self._call("delete_retention_policy", function, absent=_ABSENT)
            return
        pairs = {tag.key: tag.value for tag in tags}
        self._call("create_log_group", function, absent=("ResourceAlreadyExistsException",), tags=pairs)
        self._call("put_retention_policy", function, retentionInDays=days)

    def _call(self, operation: str, function: str, *, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        name = f"{GROUPS}{function}"
        return self._aws.call(
            "logs", operation, about=f"log group {name}", absent=absent, logGroupName=name, **parameters
        )
